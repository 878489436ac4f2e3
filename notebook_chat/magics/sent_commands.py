"""What goes out, to look at: before it is sent, and the subcommand for afterwards."""

from __future__ import annotations

import argparse
import re
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InvalidOptionError
from .output import show_document, show_lines, show_text
from .subcommand import CONVERSATION, Context, Group, argument

if TYPE_CHECKING:
    from ..conversation import Conversation, SentRequest
    from ..outgoing import Outgoing

group = Group()

_NUMBER = re.compile(r"[0-9]{1,9}")


def show_outgoing(shell: Any, outgoing: Outgoing) -> None:
    """Shows what goes out, or went out.

    Args:
        shell: IPython's shell.
        outgoing: It.
    """
    show_document(shell, outgoing.text, outgoing.html)


def _count(text: str) -> int:
    if not _NUMBER.fullmatch(text) or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not the number of a request, from 1 on")
    return int(text)


@group.subcommand(
    "sent",
    "shows what went out with an answer, byte for byte; with the last one unless its turn is named",
    argument("number", nargs="?", metavar="N", help="the number of a turn, as the history shows it"),
    CONVERSATION,
    argument(
        "--request", type=_count, metavar="K", help="which of several requests, where it was asked again"
    ),
    argument("--body", action="store_true", help="print the whole body and nothing else"),
    argument("--save", metavar="FILE", help="write the body into a file, byte for byte"),
)
def sent(context: Context, arguments: Namespace) -> None:
    """Shows a request of this kernel."""
    from ..outgoing import shown_body, went_out

    number, name = arguments.number, arguments.name
    if number is not None and not _NUMBER.fullmatch(number) and name is None:
        number, name = None, number
    if number is not None and not _NUMBER.fullmatch(number):
        raise InvalidOptionError(f"{number!r:.80} is not the number of a turn, which %chat history shows")
    conversation = context.session.named(name)
    requests = _requests(conversation, None if number is None else int(number))
    if not requests:
        return show_text(_unknown(conversation, number))
    if (arguments.request or 1) > len(requests):
        raise InvalidOptionError(f"there is no request {arguments.request}: {len(requests)} went out")
    outgoing = went_out(requests, arguments.request)
    if (arguments.body or arguments.save) and not outgoing.body:
        raise InvalidOptionError(f"{outgoing.model} was given the messages: what it sent itself is not known")
    if arguments.save:
        return _save(context, arguments.save, outgoing.body)
    if arguments.body:
        return show_lines(shown_body(outgoing.body))
    if number is None and all(turn.id != requests[0].turn for turn in conversation.turns):
        show_text("No turn of the conversation has it: no answer came, or the turn is gone.")
    return show_outgoing(context.shell, outgoing)


def _requests(conversation: Conversation, number: int | None) -> tuple[SentRequest, ...]:
    """All that went out with a turn, or when the conversation was asked last."""
    turn = None if number is None else conversation.turn(number)
    kept = conversation.sent_requests
    if kept is None:
        return ()
    return kept.latest(conversation) if turn is None else kept.of_turn(turn.id)


def _unknown(conversation: Conversation, number: str | None) -> str:
    from ..outgoing import forgotten

    what = f"turn {number}" if number is not None else f"the last turn of {conversation.name!r}"
    if not len(conversation):
        return "Nothing has been sent yet."
    return forgotten(what)


def _save(context: Context, name: str, body: bytes) -> None:
    from .. import export_files

    try:
        path = Path(name).expanduser()
    except RuntimeError:
        raise InvalidOptionError(f"there is no home folder {name.partition('/')[0]}") from None
    written = export_files.write(path, body, context.session.notebook)
    spared = f": {name} {written.spared}, and stays as it is" if written.spared else ""
    show_text(f"{len(body):,} bytes written to {written.path}{spared}.")
