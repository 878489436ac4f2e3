"""The subcommands about one conversation and its turns."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..session import DEFAULT
from .arguments import conversation_names
from .output import shorten, show_document, show_system, show_table, show_text, turns
from .subcommand import CONVERSATION, Context, Group, argument

if TYPE_CHECKING:
    from ..conversation import Turn

group = Group()

_DIGITS = 9  # Python reads no number of thousands of them

_MARKS = {"stopped": " (stopped)", "failed": " (incomplete)", "complete": ""}


def turn_number(text: str) -> int:
    """The number of a turn, as it is written."""
    if not text.isdecimal() or len(text) > _DIGITS:
        raise argparse.ArgumentTypeError(f"{text!r} is not the number of a turn, which %chat history shows")
    return int(text)


NUMBER = argument(
    "number", metavar="N", type=turn_number, help="the number of a turn, as the history shows it"
)


@group.subcommand(
    "panel",
    "shows a conversation in a window that keeps working while cells run",
    CONVERSATION,
)
def panel(context: Context, arguments: Namespace) -> None:
    """Shows the panel."""
    from IPython.display import display

    from .asked_tools import asked_tools

    conversation = context.session.conversation(arguments.name or DEFAULT)
    settings, shell = context.settings, context.shell
    shown = context.panels.of(
        conversation,
        model=settings.model,
        context=settings.context,
        max_characters=settings.max_characters,
        tools=lambda: asked_tools((), settings.tools, shell.user_ns),
        disclosure=settings.disclosure(asks=False),
    )
    display(shown)  # type: ignore[no-untyped-call]


@group.subcommand("history", "shows the turns of a conversation", CONVERSATION)
def history(context: Context, arguments: Namespace) -> None:
    """Shows a table of turns."""
    from .older_values import older_names

    conversation = context.session.named(arguments.name)
    stale = conversation.stale
    older = older_names(conversation.turns, context.shell.user_ns)
    rows = [
        _row(number, turn, turn.id in stale, older.get(turn.id, ()))
        for number, turn in enumerate(conversation.turns, start=1)
    ]
    if rows:
        show_table(context.shell, ("", "Prompt", "Answer", "Model"), rows)
    else:
        show_text("Nothing has been said yet.")
    show_system(conversation)


@group.subcommand("show", "shows a turn as a whole", NUMBER, CONVERSATION)
def show(context: Context, arguments: Namespace) -> None:
    """Shows a turn."""
    from .. import exports
    from ..renderers.excerpt import left_out, shown

    turn = context.session.named(arguments.name).turn(arguments.number)
    more = left_out(turn.answer)
    turn = shown(turn)
    html = exports.turn_html(turn) + (f"<p>{more}</p>" if more else "")
    show_document(
        context.shell, "\n\n".join(filter(None, (exports.turn_markdown(turn, embed=False), more))), html
    )


@group.subcommand("reset", "forgets the turns of a conversation; undo brings them back", CONVERSATION)
def reset(context: Context, arguments: Namespace) -> None:
    """Forgets all turns."""
    count = context.session.named(arguments.name).reset()
    show_text(f"{turns(count)} forgotten; %chat undo brings them back." if count else "Nothing to forget.")


@group.subcommand("undo", "takes the last change of a conversation back", CONVERSATION)
def undo(context: Context, arguments: Namespace) -> None:
    """Takes a change back."""
    conversation = context.session.named(arguments.name)
    if conversation.undo():
        show_text(f"Taken back; the conversation has {turns(len(conversation))} now.")
    else:
        show_text("Nothing to take back.")


@group.subcommand(
    "fork",
    "begins a conversation with what has been said so far; %%chat -c NAME goes on with it",
    argument("name", metavar="NAME", help="what it is called"),
    argument(
        "source",
        nargs="?",
        metavar="OF",
        help="the conversation it begins with; the default one unless it is named",
        complete=conversation_names,
    ),
)
def fork(context: Context, arguments: Namespace) -> None:
    """Makes a branch."""
    count = context.session.fork(arguments.name, context.session.named(arguments.source))
    show_text(f"%%chat -c {arguments.name} goes on after {turns(count)}.")


@group.subcommand(
    "pin", "keeps a turn in the context however long the conversation grows", NUMBER, CONVERSATION
)
def pin(context: Context, arguments: Namespace) -> None:
    """Pins a turn."""
    context.session.named(arguments.name).pin(arguments.number)
    show_text(f"Turn {arguments.number} stays in the context.")


@group.subcommand("unpin", "keeps a turn in the context no longer than others", NUMBER, CONVERSATION)
def unpin(context: Context, arguments: Namespace) -> None:
    """Takes the pin away."""
    context.session.named(arguments.name).pin(arguments.number, False)
    show_text(f"Turn {arguments.number} is not pinned any more.")


def _row(number: int, turn: Turn, stale: bool, older: Sequence[str]) -> list[str]:
    marks = _MARKS[turn.status] + " (stale)" * stale + " (pinned)" * turn.pinned
    if older:
        marks += f" (answered from an older {', '.join(older)})"
    role = "" if turn.prompt.role == "user" else f"[{turn.prompt.role}] "
    beside = f" (+{len(turn.alternatives)} beside it)" if turn.alternatives else ""
    return [str(number), shorten(role + turn.asked), shorten(turn.answer) + marks, turn.model + beside]
