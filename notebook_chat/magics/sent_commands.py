"""What goes out, to look at: before it is sent, and the subcommand for afterwards."""

from __future__ import annotations

import argparse
import re
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from ..errors import InvalidOptionError
from .output import show_document, show_lines, show_text
from .sent_log import USUAL, list_if_any, own, save_list, show_check, show_list
from .subcommand import CONVERSATION, Context, Group, argument, path_of
from .times import point

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


_HOST = re.compile(r"[^\s/?#@]{1,255}")


def _host(text: str) -> str:
    name = text.strip().partition("://")[2] or text.strip()
    name = name.rstrip("/")
    if not _HOST.fullmatch(name):
        raise argparse.ArgumentTypeError(f"{text!r:.80} is no host, such as api.openai.com")
    return name


@group.subcommand(
    "sent",
    "lists the requests of this notebook that left, and shows what went out with an answer, byte for byte; with the"
    " last one unless its turn is named",
    argument("number", nargs="?", metavar="N", help="the number of a turn, as the history shows it"),
    CONVERSATION,
    argument(
        "--request", type=_count, metavar="K", help="which of several requests, where it was asked again"
    ),
    argument("--body", action="store_true", help="print the whole body and nothing else"),
    argument("--save", metavar="FILE", help="write the body into a file, byte for byte; of a list, the list"),
    argument("--all", action="store_true", help="list the requests of all notebooks"),
    argument("--since", type=point, metavar="TIME", help="list those since then: 2026-10-01, today, 2h, 7d"),
    argument("--to", type=_host, metavar="HOST", help="list those to a host, or to hosts beneath it"),
    argument(
        "--last", type=_count, metavar="K", help="how many are listed, the newest; 20 unless it is said"
    ),
    argument("--csv", metavar="FILE", help="write the whole list into a file, as comma-separated values"),
    argument(
        "--check",
        nargs="?",
        const="",
        metavar="HASH",
        help="look whether the log of all requests is as it was written, and whether a hash stands for it that was"
        " noted before",
    ),
)
def sent(context: Context, arguments: Namespace) -> None:
    """Shows requests."""
    lists = [name for name in ("all", "since", "to", "last", "csv") if getattr(arguments, name)]
    of_one = arguments.number or arguments.request or arguments.body
    if arguments.check is not None:
        if lists or of_one or arguments.save:
            raise InvalidOptionError("--check looks at the whole log: it stands alone")
        return show_check(context, arguments.check)
    if lists and of_one:
        raise InvalidOptionError(
            f"--{lists[0]} lists requests, and the rest shows one: write one or the other"
        )
    if lists:
        return _list(context, arguments)
    if not (of_one or arguments.save):
        list_if_any(context, own(context, everywhere=False, since=0.0, to=""), USUAL)
    return _show(context, arguments)


def _list(context: Context, arguments: Namespace) -> None:
    since, to = arguments.since or 0.0, arguments.to or ""
    selection = own(context, everywhere=arguments.all, since=since, to=to)
    if file := arguments.csv or arguments.save:
        return save_list(context, selection, path_of(file))
    if not show_list(context, selection, arguments.last or USUAL):
        show_text("No such request has left." if to or since else "Nothing has been sent yet.")
    return None


def _show(context: Context, arguments: Namespace) -> None:
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
    turn = conversation.turns[-1] if number is None else conversation.turn(int(number))
    if all(answer.replayed for answer in turn.answers):
        return f"Nothing went out with {what}: its answer is from before, and nobody was asked."
    return forgotten(what)


def _save(context: Context, name: str, body: bytes) -> None:
    from .. import export_files

    written = export_files.write(path_of(name), body, context.session.notebook)
    spared = f": {name} {written.spared}, and stays as it is" if written.spared else ""
    show_text(f"{len(body):,} bytes written to {written.path}{spared}.")
