"""The subcommand about the file that answers are written down in."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from ..errors import ChatError, InvalidOptionError
from ..text import single_line
from .output import show_problem, show_text
from .subcommand import Context, Group, argument

if TYPE_CHECKING:
    from ..ledger import Record
    from ..replay.record_file import RecordFile

group = Group()

WHAT = ("show", "write", "tidy")


@group.subcommand(
    "record",
    "shows what the file holds that answers are written down in; write makes it exactly what the notebook's cells need"
    " to run again, tidy drops what none of them asks for",
    argument(
        "what",
        nargs="?",
        choices=WHAT,
        default="show",
        metavar="write|tidy",
        help="what is done: nothing but shown unless it is named",
        complete=lambda _: WHAT[1:],
    ),
)
def record(context: Context, arguments: Namespace) -> None:
    """Shows the file, or writes it anew."""
    from ..replay.needed import needed

    session, answers = context.session, context.settings.answers
    path = answers.record_path()
    if path is None:
        raise InvalidOptionError(
            "no file is set for records, and it is not known which notebook this is"
            if answers.setting.lower() != "off"
            else "the record is off",
            hint="Write %config ChatMagics.record = 'NAME.chat.jsonl'.",
        )
    file = answers.library.record_file(path)
    wanted, lost = needed(
        tuple(session.conversations.values()), session.notebook, answers.library, answers.writer.keys
    )
    if arguments.what == "show":
        show_text(_told(file, wanted))
        show_problem(file.problem)
    elif arguments.what == "write":
        if not wanted:
            raise InvalidOptionError(
                "the notebook holds no answer that could be recorded", hint="Run its cells first."
            )
        _written(file, wanted)
        show_text(f"{_records(len(wanted))} written to {path.name}, in the order of the notebook.")
    else:
        requests = {one.request for one in wanted}
        before = file.contents()
        if not requests and not before.conflict:
            raise InvalidOptionError(
                "it is not known what the notebook's cells ask, so nothing is dropped",
                hint="Run its cells first.",
            )
        kept = [one for one in file.records() if not requests or one.request in requests]
        _written(file, kept)
        gone = before.lines - len(kept)
        show_text(
            f"{path.name}: {_records(len(kept))} kept, {gone:,} {'line' if gone == 1 else 'lines'} dropped."
        )
    if lost:
        what = "answer is" if lost == 1 else "answers are"
        show_text(
            f"{lost:,} {what} not in it: stopped, failed, or asked by an earlier version of notebook_chat."
        )


def _written(file: RecordFile, records: list[Record]) -> None:
    if problem := file.write(records):
        raise ChatError(problem.rstrip("."), hint="")


def _told(file: RecordFile, wanted: list[Record]) -> str:
    """What a file holds, in a line."""
    contents = file.contents()
    if not file.path.exists():
        return (
            f"There is no {file.path.name} yet: %chat record write makes it, and %config ChatMagics.record = 'on' has"
            " each answer written there."
        )
    models = dict.fromkeys(
        single_line(entry.model[:100]) for entry in contents.entries.values() if entry.model
    )
    there = sum(one.request in contents.entries for one in wanted)
    of = f"; {there:,} of the {len(wanted):,} that the notebook's cells need" if wanted else ""
    more = len(contents.entries) - there
    rest = f", and {more:,} that none of them asks for" if wanted and more else ""
    named = f" of {', '.join(list(models)[:5])}" if models else ""
    size = f"{contents.size / 1000:,.1f} kB"
    return f"{file.path.name} holds {_records(len(contents.entries))}{named}, {size}{of}{rest}."


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"
