"""The subcommand about turns that several models have answered."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..errors import InvalidMessagesError, InvalidOptionError
from ..session import NotebookSession
from .conversation_commands import turn_number
from .output import shorten, show_table, show_text
from .subcommand import CONVERSATION, Context, Group, argument

if TYPE_CHECKING:
    from ..conversation import Alternative, Conversation, Turn

group = Group()


def answering_models(session: NotebookSession) -> Iterable[str]:
    """The models of the alternatives that there are."""
    turns = (turn for conversation in session.conversations.values() for turn in conversation.turns)
    return dict.fromkeys(other.model for turn in turns for other in turn.alternatives if other.model)


@group.subcommand(
    "keep",
    "puts another answer into the conversation, where several models were asked; alone, lists the answers",
    argument(
        "answer",
        nargs="?",
        metavar="MODEL|N",
        help="whose answer: the model's name or its end, or the number of the answer",
        complete=answering_models,
    ),
    CONVERSATION,
    argument(
        "--turn",
        type=turn_number,
        metavar="T",
        help="the number of the turn, as the history shows it; the one that was asked last unless it is given",
    ),
)
def keep(context: Context, arguments: Namespace) -> None:
    """Lists the answers of a turn, or puts another one in force."""
    conversation = context.session.named(arguments.name)
    turn = _compared(conversation, arguments.turn)
    if arguments.answer is None:
        head = ("", "Model", "Answer", "Tokens", "Seconds")
        rows = [_row(place, answer, turn) for place, answer in enumerate(turn.answers)]
        return show_table(context.shell, head, rows)
    place = _place(turn.answers, arguments.answer)
    if place == turn.kept:
        return show_text(f"The answer of {turn.model} is in the conversation already.")
    later = conversation.turns[-1].id != turn.id
    turn = conversation.keep(turn.id, place)
    stale = " The turns after it are stale: they were answered to the other one." if later else ""
    return show_text(
        f"The answer of {turn.model} is in the conversation now; %chat undo takes that back.{stale}"
    )


def _compared(conversation: Conversation, number: int | None) -> Turn:
    """The turn that is meant.

    Raises:
        InvalidMessagesError: There is no such turn, or it has one answer only.
    """
    if number is not None:
        turn = conversation.turn(number)
        if not turn.alternatives:
            raise InvalidMessagesError(f"turn {number} has one answer only")
        return turn
    compared = [turn for turn in conversation.turns if turn.alternatives]
    if not compared:
        raise InvalidMessagesError(
            f"no turn of {conversation.name!r} was answered by several models",
            hint="Ask several with %%chat -m MODEL -m MODEL.",
        )
    return max(compared, key=lambda turn: turn.revision)


def _place(answers: Sequence[Alternative], wanted: str) -> int:
    """Which answer is meant.

    Raises:
        InvalidOptionError: It is none of them, or several.
    """
    from ..conversation import matching

    found = matching([answer.model for answer in answers], wanted)
    if len(found) == 1:
        return found[0]
    there = ", ".join(f"{place + 1} {answers[place].model}" for place in found or range(len(answers)))
    which = "several answers are" if found else "none of the answers is"
    raise InvalidOptionError(f"{which} of {shorten(wanted)!r}", hint=f"Write the number: {there}.")


def _row(place: int, answer: Alternative, turn: Turn) -> list[str]:
    usage = answer.usage
    tokens = "" if usage is None or usage.output_tokens is None else f"{usage.output_tokens:,}"
    mark = " (in the conversation)" if place == turn.kept else ""
    status = "" if answer.status == "complete" else f" ({answer.status})"
    return [
        str(place + 1),
        f"{answer.model}{mark}",
        f"{shorten(answer.answer)}{status}",
        tokens,
        f"{answer.seconds:.1f}",
    ]
