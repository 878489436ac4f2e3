"""The subcommand that asks a whole conversation of another model."""

from __future__ import annotations

import argparse
import contextlib
import re
import shlex
import uuid
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from .arguments import conversation_names, model_names
from .output import show_text, turns
from .subcommand import Context, Group, argument

if TYPE_CHECKING:
    from ..conversation import Conversation
    from ..rerun import Rerun

group = Group()

_RANGE = re.compile(r"([0-9]{1,9})?(\.\.|-)?([0-9]{1,9})?")


def _range(text: str) -> tuple[int, int | None]:
    """``N``, ``N..M``, ``N..`` or ``..M``, as the first and the last number."""
    found = _RANGE.fullmatch(text)
    if found is None or not (found[1] or found[3]):
        raise argparse.ArgumentTypeError(f"{text!r} are no turns, as 2..5 are")
    first = int(found[1] or 1)
    last = int(found[3]) if found[3] else None if found[2] else first
    if not first or (last is not None and last < first):
        raise argparse.ArgumentTypeError(f"{text!r} are no turns, as 2..5 are")
    return first, last


@group.subcommand(
    "rerun",
    "asks the turns of a conversation again of another model, and shows what differs",
    argument("-m", "--model", metavar="MODEL", required=True, help="who is asked", complete=model_names),
    argument("--turns", type=_range, metavar="N..M", help="these turns only, as the history numbers them"),
    argument(
        "--old-context",
        action="store_true",
        help="send each with the old answers before it, and not with those that the model has given itself",
    ),
    argument("--dry-run", action="store_true", help="say what it would take; nothing is sent"),
    argument(
        "-c",
        "--conversation",
        metavar="NAME",
        help="the conversation; the default one unless it is named",
        complete=conversation_names,
    ),
)
def rerun(context: Context, arguments: Namespace) -> None:
    """Asks again, one turn after the other; what comes of it is a conversation of its own."""
    from ..rerun import Rerun

    source = context.session.named(arguments.conversation)
    if not len(source):
        return show_text("Nothing has been said yet.")
    first, last = arguments.turns or (1, None)
    source.turn(first)
    numbers = range(first, 1 + (len(source) if last is None else min(last, len(source))))
    if arguments.dry_run:
        sketched = Rerun(source.turns, _chat(arguments.model, source.aside(), context), numbers)
        return show_text(_foreseen(sketched, arguments.model))
    asked = source.turns
    chat = _chat(arguments.model, source.aside(), context)
    name = re.sub(r"[^\w.:-]+", "-", f"{source.name}-on-{chat.model}")
    there = set(context.session.conversations)
    into = context.session.begin_from(source, name, first - 1)
    if into.name in there:
        show_text(f"What {into.name!r} held is replaced; %chat undo {shlex.quote(into.name)} brings it back.")
    running = Rerun(asked, chat.in_conversation(into), numbers, old_context=arguments.old_context)
    return _show(running, source, into, len(numbers), context)


def _chat(model: str, conversation: Conversation, context: Context) -> Any:
    from ..chat import Chat

    settings = context.settings
    mode = settings.answers.mode
    return Chat(
        model,
        conversation=conversation,
        context=settings.context or None,
        timeout=settings.timeout or None,
        max_characters=settings.max_characters,
        secrets=settings.disclosure(),
        replay="auto" if mode == "keep" else mode,  # no cell shows these answers, which are kept all the same
    )


def _foreseen(rerun: Rerun, model: str) -> str:
    would = rerun.foreseen()
    count = "1 request" if would.requests == 1 else f"{would.requests:,} requests"
    return (
        f"{count} to {model}, with about {would.read:,} tokens to read and {would.written:,} to write, if its answers"
        " are as long as the old ones. Nothing was sent."
    )


def _show(rerun: Rerun, source: Conversation, into: Conversation, count: int, context: Context) -> None:
    """Asks, and shows how far it has come; an interrupt ends it, and what has come stays."""
    from .. import runner
    from ..renderers import Interrupted
    from .rerun_report import Report

    report = Report(context.shell, uuid.uuid4().hex, count)
    for conversation in (source, into):  # it holds answers of both, and goes with either
        context.settings.shown.note(conversation, "", report.display_id)
    interrupted = False
    try:
        report.begin()
        stream = runner.iterate(rerun.asking(), nested=context.settings.nested, leave=rerun.leave)
        with contextlib.closing(stream) as steps:  # type: ignore[type-var]
            for _ in steps:
                report.show(rerun.steps)
    except KeyboardInterrupt:
        interrupted = True
    told = []
    if rerun.left_out:
        told.append(f"without {', '.join(sorted(rerun.left_out))}, which the model has no place for")
    if interrupted:
        told.append("stopped")
    elif len(rerun.steps) < count:
        left = count - len(rerun.steps)
        told.append(f"{turns(left)} not asked, since each would fail alike")
    report.end(rerun.steps, told)
    name = shlex.quote(into.name)
    show_text(f"Kept as {into.name!r}: %%chat -c {name} goes on with it, %chat history {name} shows it.")
    if interrupted:
        raise Interrupted
