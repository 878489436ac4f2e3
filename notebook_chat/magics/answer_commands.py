"""The subcommands about one answer: its code in a cell, all of it in a file."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import InvalidMessagesError, InvalidOptionError
from .arguments import conversation_names
from .output import shorten, show_text
from .subcommand import CONVERSATION, Context, Group, argument, path_of

if TYPE_CHECKING:
    from ..conversation import Turn

group = Group()

LATEST = argument(
    "number",
    nargs="?",
    metavar="N",
    help="the number of a turn, as the history shows it; the last one with an answer unless it is given",
    complete=conversation_names,
)
"""The turn that a subcommand is about, where the last one is meant unless it is given."""


@group.subcommand(
    "code",
    "puts the code of an answer into a new cell below, where you can read and run it",
    LATEST,
    CONVERSATION,
)
def code(context: Context, arguments: Namespace) -> None:
    """Inserts the code of an answer."""
    from .code_cells import insert_code

    turn = _turn(context, arguments)
    show_text(insert_code(turn, context.settings.inserted, context.shell, whole=False))


@group.subcommand(
    "save",
    "writes an answer into a file: its code (.py, .sql, …), its text (.md, .txt), .html, .ipynb, its images and sound"
    " (.png, .wav, …)",
    argument("file", metavar="FILE", help="the file; its ending says what to write"),
    LATEST,
    CONVERSATION,
)
def save(context: Context, arguments: Namespace) -> None:
    """Writes an answer into a file."""
    from .. import answer_files

    path = path_of(arguments.file)
    turn = _turn(context, arguments, answer_files.is_meant_by(path))
    saved = answer_files.write(turn, path, context.session.notebook)
    where = arguments.file
    if saved.written.spared:
        where = f"{saved.written.path}: {arguments.file} {saved.written.spared}, and stays as it is"
    show_text(f"{saved.what} is written to {where}. {saved.told}".strip())


def _has_words(turn: Turn) -> bool:
    return bool(turn.answer.strip())


def _turn(context: Context, arguments: Namespace, is_meant: Callable[[Turn], bool] = _has_words) -> Turn:
    """The turn that is meant.

    Args:
        context: What the subcommand is about.
        arguments: What stands on the line.
        is_meant: Whether a turn has what is wanted, where the last one that does is meant.

    Raises:
        InvalidOptionError: What is given is no number.
        InvalidMessagesError: There is no such turn, or no answer in it.
    """
    number, name = arguments.number, arguments.name
    if number is not None and not number.removeprefix("-").isdecimal():
        if name is not None:
            raise InvalidOptionError(f"{number!r} is not the number of a turn, which %chat history shows")
        number, name = None, number  # one word that is no number names a conversation
    conversation = context.session.named(name)
    if number is not None:
        try:
            place = int(number)
        except ValueError:  # Python reads none of thousands of digits
            raise InvalidMessagesError(f"there is no turn {shorten(number)}") from None
        turn = conversation.turn(place)
        if not is_meant(turn) and not _has_words(turn):
            raise InvalidMessagesError(f"turn {number} has no answer in words")
        return turn
    turns = conversation.turns[::-1]
    latest = next(filter(is_meant, turns), None) or next(filter(_has_words, turns), None)
    if latest is None:
        raise InvalidMessagesError(
            f"{conversation.name!r} has no answer yet", hint="Ask something with %%chat."
        )
    return latest
