"""The subcommand about the ledger: what it holds, taking that along, and forgetting it."""

from __future__ import annotations

import argparse
import math
import time
from argparse import Namespace
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from ..errors import ChatError, InvalidOptionError
from ..text import single_line
from .arguments import conversation_names, model_names
from .output import confirm, show_table, show_text
from .subcommand import Context, Group, argument, path_of

if TYPE_CHECKING:
    from ..ledger.forgetting import Selection
    from ..ledger.ledger import Ledger

group = Group()

_LARGEST = 1_000_000_000  # bytes of an export, which is written whole


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = math.nan
    if not 0 <= days < 100_000:
        raise argparse.ArgumentTypeError(f"{text!r:.40} is no number of days")
    return days


@group.subcommand(
    "ledger",
    "shows what the ledger holds of all that was asked; writes it into a file, or forgets some of it",
    argument(
        "action",
        nargs="?",
        choices=("forget", "export"),
        metavar="forget|export",
        help="forget, by one or several of the options; or export FILE.jsonl, one exchange a line",
    ),
    argument("file", nargs="?", metavar="FILE.jsonl", help="the file to export to"),
    argument("--older", type=_days, metavar="DAYS", help="those that are older than so many days"),
    argument("--notebook", metavar="FILE.ipynb", help="those of a notebook, by its path or its name"),
    argument(
        *("-c", "--conversation"),
        metavar="NAME|ID",
        help="those of a conversation",
        complete=conversation_names,
    ),
    argument(
        *("-m", "--model"),
        metavar="MODEL",
        help="those of a model, as provider:model; 'openai:*' for all of a provider",
        complete=model_names,
    ),
    argument("--all", action="store_true", help="all of them"),
    argument(
        "--contents",
        action="store_true",
        help="forget only what was asked and answered, and keep the accounts",
    ),
    argument("--yes", action="store_true", help="do not ask"),
)
def ledger(context: Context, arguments: Namespace) -> None:
    """Shows what there is, exports it, or forgets it."""
    if arguments.action is None:
        return _show(context, context.session.ledger)
    if arguments.action == "forget":
        return _forget(context, arguments)
    return _export(context, arguments)


def _show(context: Context, ledger: Ledger) -> None:
    if not ledger.is_there:
        return show_text("Nothing has been asked yet that the ledger would hold.")
    held = ledger.summary()
    other = held.exchanges - held.complete - held.open
    told = [f"{held.complete:,} whole"]
    told += [f"{other:,} stopped, failed or lost"] * bool(other) + [f"{held.open:,} coming"] * bool(held.open)
    settings = context.settings
    days, megabytes = settings.ledger_days, settings.ledger_megabytes
    rows = [
        ["Exchanges", f"{held.exchanges:,}" + f" ({', '.join(told)})" * bool(held.exchanges)],
        ["With what was asked and answered", f"{held.contents:,}"],
        ["Requests that left", f"{held.requests:,}"],
        *([["Since", time.strftime("%Y-%m-%d %H:%M", time.localtime(held.since))]] if held.since else []),
        ["File", f"{ledger.path}, {held.bytes / 1e6:,.1f} MB"],
        ["Kept", f"answers {days:,} days, accounts {10 * days:,} days, up to {megabytes:,} MB"],
    ]
    if not context.session.history.on:
        rows.append(["Now", "accounts only, since the history is off"])
    return show_table(context.shell, (), rows)


def _forget(context: Context, arguments: Namespace) -> None:
    if arguments.file is not None:
        raise InvalidOptionError(
            f"{arguments.file!r:.80} is no option",
            hint="Write %chat ledger forget with --older DAYS, --notebook FILE, -c NAME, -m MODEL or --all.",
        )
    ledger = context.session.ledger
    selection = _selection(context, arguments)
    count = ledger.count(selection) if ledger.is_there else 0
    if not count:
        return show_text("There is nothing of that kind in the ledger.")
    what = f"{count:,} exchange{'s' * (count != 1)}"
    question = f"Forget {what} for good, what they used and cost included?"
    if arguments.contents:
        question = f"Forget for good what was asked and answered in {what}?"
    if not (arguments.yes or confirm(question)):
        return show_text("Nothing was forgotten.")
    gone = ledger.forget(selection, contents=arguments.contents)
    whole = "what was asked and answered in " * arguments.contents
    told = [f"Forgotten: {whole}{what}."]
    if not gone:
        told.append("Another program holds the ledger: they go from its file as soon as it is free.")
    if ledger.set_aside:
        told.append(f"They may also be in {', '.join(map(str, ledger.set_aside))}.")
    told.append("What notebooks and the history hold stays: %chat delete deletes a conversation.")
    return show_text(" ".join(told))


def _export(context: Context, arguments: Namespace) -> None:
    from .. import export_files

    if arguments.file is None:
        raise InvalidOptionError("missing FILE: write %chat ledger export FILE.jsonl")
    path = path_of(arguments.file)
    if path.suffix != ".jsonl":
        raise InvalidOptionError(f"{arguments.file!r:.80} must end in .jsonl")
    ledger = context.session.ledger
    if not ledger.is_there:
        return show_text("There is nothing to export.")
    lines, size = list[bytes](), 0
    for line in ledger.lines(_selection(context, arguments, every=True)):
        lines.append(line)
        size += len(line)
        if size > _LARGEST:
            raise InvalidOptionError(
                "that is more than one file should hold", hint="Name a notebook, a conversation or a model."
            )
    written = export_files.write(path, b"".join(lines), context.session.notebook)
    where = arguments.file
    if written.spared:
        where = f"{written.path}: {arguments.file} {written.spared}, and stays as it is"
    return show_text(f"{len(lines):,} exchange{'s' * (len(lines) != 1)} written to {where}.")


def _selection(context: Context, arguments: Namespace, *, every: bool = False) -> Selection:
    """Which exchanges the options mean.

    Raises:
        InvalidOptionError: There are none, or no option says which.
    """
    from ..ledger.forgetting import Selection

    given = (arguments.older, arguments.notebook, arguments.conversation, arguments.model)
    named = any(one is not None for one in given)
    if named and arguments.all:
        raise InvalidOptionError("--all means all exchanges: write it alone")
    if not (named or arguments.all or every):
        raise InvalidOptionError(
            "say which exchanges", hint="With --older DAYS, --notebook FILE, -c NAME, -m MODEL or --all."
        )
    return Selection(
        None if arguments.older is None else time.time() - 86_400 * arguments.older,
        None if arguments.notebook is None else _notebooks(context.session.ledger, arguments.notebook),
        None if arguments.conversation is None else _conversations(context, arguments.conversation),
        None if arguments.model is None else _models(context.session.ledger, arguments.model),
    )


def _notebooks(ledger: Ledger, given: str) -> tuple[str, ...]:
    known = ledger.names("notebook")
    paths = {given, str(Path(path_of(given)).absolute())}
    found = tuple(one for one in known if one in paths) or tuple(
        one for one in known if PurePath(one).name == given
    )
    return found or _unknown("notebook", given, [PurePath(one).name for one in known])


def _models(ledger: Ledger, given: str) -> tuple[str, ...]:
    known = ledger.names("model")
    found = tuple(one for one in known if fnmatchcase(one, given) or one.partition(":")[2] == given)
    return found or _unknown("model", given, known)


def _conversations(context: Context, given: str) -> tuple[str, ...]:
    """The conversation of a name, or those of the ledger whose ids begin so: of one that the history has not any
    more, there is nothing else."""
    here = context.session.conversations.get(given)
    if here is not None:
        return (here.id,)
    known = context.session.ledger.names("conversation")
    found = tuple(one for one in known if len(given) >= 6 and one.startswith(given))
    if len(found) == 1:
        return found
    try:
        return (context.session.locate(given)[0],)
    except ChatError:
        raise InvalidOptionError(
            f"no conversation has the name or id {single_line(given)!r:.80}", hint="%chat list has the ids."
        ) from None


def _unknown(what: str, given: str, known: list[str]) -> tuple[str, ...]:
    there = ", ".join(single_line(one) for one in dict.fromkeys(known[:20])) or "none yet"
    raise InvalidOptionError(
        f"the ledger has nothing of a {what} {single_line(given)!r:.80}", hint=f"There are: {there}."
    )
