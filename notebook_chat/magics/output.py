"""How the magics tell something that is not an answer."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, TextIO

from ..errors import ChatError, InvalidOptionError
from ..faults import chat_error
from ..secrets import redact
from ..session import Resumed
from ..text import printable, seen, single_line

if TYPE_CHECKING:
    from ..conversation import Conversation, Withheld
    from ..prompt.secrets.disclosure import Answer

_MOST_NAMED = 3
_MOST_SHOWN = 200_000  # characters of a file, at once

_PLACES = 5
"""How many damaged places are named."""


def show_text(text: str) -> None:
    """A line of plain text. Whatever names are in it, it stays one line."""
    print(_written(single_line(redact(text)), sys.stdout))  # noqa: T201


def show_lines(text: str) -> None:
    """Lines of plain text: a table whose cells are in one line each, a help, a document."""
    print(_written(text, sys.stdout))  # noqa: T201


def show_problem(text: str | None) -> None:
    """A line beside the output proper, for what went wrong without stopping anything; ``None`` for nothing."""
    if text:
        line = single_line(redact(f"notebook_chat: {text}"))
        print(_written(line, sys.stderr), file=sys.stderr)  # noqa: T201


def show_resumed(resumed: Resumed, *, replays: bool = False) -> None:
    """What the notebook goes on with, if there is anything to tell of it.

    Args:
        resumed: What it goes on with.
        replays: Whether answers from before are taken: the outputs are to be what they were then, and say nothing of
            when the kernel was started.
    """
    if replays:
        if resumed.damaged:
            show_problem(_damage(resumed).strip())
        return show_problem(resumed.problem)
    told = describe([conversation for conversation in resumed.conversations if len(conversation)])
    if told:
        gone = " The kernel is new: the variables of before are gone." if resumed.new_kernel else ""
        show_text(f"The conversation goes on after {told}.{gone}{_damage(resumed)}")
    elif resumed.damaged:
        show_problem(_damage(resumed).strip())
    if resumed.foreign:
        held = turns(resumed.foreign)
        show_text(f"This notebook holds {held} from elsewhere: %chat restore goes on with them.")
    for id in resumed.named[:_MOST_NAMED]:
        show_text(
            "This notebook names a conversation of the history, and nothing here shows for certain that it is its"
            f" own: %chat restore {id[:8]} goes on with that one."
        )
    for other in resumed.others:
        show_text(
            f"Nothing here shows for certain that this is the notebook of {turns(len(other))} of {other.name!r} that"
            f" were had under this name: %chat restore {other.id[:8]} goes on with them."
        )
    show_problem(resumed.problem)
    return None


def show_system(conversation: Conversation) -> None:
    """The system prompt that a conversation's next prompt is sent with, whole; nothing where there is none."""
    if in_force := conversation.system_in_force:
        show_text(f"The system prompt of {conversation.name!r} in force: {seen(in_force)}")


def show_withheld(shell: Any, withheld: Sequence[Withheld], command: str, *, in_force: bool) -> None:
    """What a file holds besides the texts of user and assistant, whole, and which command puts it in force.

    Args:
        shell: IPython's shell, for whatever is shown.
        withheld: What the file holds.
        command: What puts it in force.
        in_force: Whether the user has given that command.
    """
    if not withheld:
        return
    counts = Counter(item.what for item in withheld)
    kinds = ", ".join(f"{count} × {what}" if count > 1 else what for what, count in counts.items())
    if in_force:
        show_text(f"In force now, because you said --yes: {kinds}.")
    else:
        show_text(f"Not in force, since no file speaks for you: {kinds}. {command} puts it in force.")
    items = []
    room = _MOST_SHOWN
    for item in withheld:
        text = seen(item.text[:room]) or "(empty)"
        if room < len(item.text):
            text += f"\n… ({len(item.text) - room:,} more characters: look at them in the file)"
        items += [(item.what, text)] * bool(room)
        room = max(room - len(item.text), 0)
    plain = "\n\n".join(f"[{what}]\n{text}" for what, text in items)
    style = "white-space:pre-wrap;overflow-wrap:anywhere"
    html = "".join(
        f'<p><em>{escape(what)}</em></p><pre style="{style}">{escape(text)}</pre>' for what, text in items
    )
    show_document(shell, plain, html)


def show_table(shell: Any, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table: HTML in a notebook, columns of text in a terminal. ``head`` may be empty."""
    rows = [[single_line(redact(cell)) for cell in row] for row in rows]
    plain = _columns([head, *rows] if head else rows)
    if not hasattr(shell, "kernel"):
        return show_lines(plain)
    from IPython.display import publish_display_data

    from ..markup import container

    top = f"<thead>{_row(head, 'th')}</thead>" if head else ""
    body = "".join(_row(row, "td") for row in rows)
    html = container(f"<table>{top}<tbody>{body}</tbody></table>", style=True)
    publish_display_data({"text/html": html, "text/plain": plain})  # type: ignore[no-untyped-call]
    return None


def show_document(shell: Any, plain: str, html: str) -> None:
    """A text: as HTML in a notebook, as it is in a terminal."""
    if not hasattr(shell, "kernel"):
        return show_lines(plain)
    from IPython.display import publish_display_data

    publish_display_data({"text/html": html, "text/plain": printable(plain)})  # type: ignore[no-untyped-call]
    return None


def confirm(question: str) -> bool:
    """Whether the user says yes.

    Raises:
        InvalidOptionError: Nobody can be asked here.
    """
    try:
        return input(_written(f"{single_line(question)} [y/N] ", sys.stdout)).strip().lower() in ("y", "yes")
    except Exception as error:  # ipykernel's own, where the front end takes no input, and EOFError
        raise InvalidOptionError(f"{question} Nobody can be asked here", hint="Add --yes.") from error


def ask_about_secrets(question: str) -> Answer:
    """What is to become of secrets, as the user says; they are not sent where nobody can be asked.

    Args:
        question: What was found, as a question.
    """
    try:
        said = input(_written(f"{single_line(question)} [y/N/r = redact] ", sys.stdout)).strip().lower()
    except Exception:  # ipykernel's own, where the front end takes no input, and EOFError
        return "refuse"
    return "send" if said in ("y", "yes") else "redact" if said in ("r", "redact") else "refuse"


def one_line(error: ChatError) -> ChatError:
    """The error, so that IPython shows it as one line and without a traceback: it is the user's or the
    network's doing, and the place in our code says nothing about it."""
    text = single_line(redact(f"{type(error).__name__}: {error}"))
    error._render_traceback_ = lambda: [_written(text, sys.stdout)]  # type: ignore[attr-defined]
    return error.with_traceback(None)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Tells in one line what fails in a block that goes on beside the user's own work, and lets that work go on."""
    try:
        yield
    except Exception as error:
        show_problem(str(chat_error(error)))


def _written(text: str, out: TextIO) -> str:
    """The text as it can be written without doing anything to the terminal."""
    from ..renderers.terminal import writable

    return writable(printable(text), out)


def describe_restored(resumed: Resumed) -> str:
    """What was restored, and what became of what was there before."""
    aside = "".join(
        f" What was said here before is kept: %%chat -c {shlex.quote(one.name)} goes on with {turns(len(one))}."
        for one in resumed.aside
    )
    told = describe(resumed.conversations)
    goes_on = f"The conversation goes on after {told}." if told else "There is nothing to go on with."
    return f"{goes_on}{_damage(resumed)}{aside}"


def _damage(resumed: Resumed) -> str:
    """What could not be read, by its places."""
    if not resumed.damaged:
        return f" {turns(resumed.broken)} could not be read." if resumed.broken else ""
    more = len(resumed.damaged) - _PLACES
    places = "; ".join(resumed.damaged[:_PLACES]) + (f"; and {more} more" if more > 0 else "")
    return f" Could not be read: {places}."


def describe(conversations: Sequence[Conversation]) -> str:
    """Conversations by their names, with how many turns each has."""
    return ", ".join(f"{turns(len(one))} of {one.name!r}" for one in conversations)


def turns(count: int) -> str:
    """How many turns, in words."""
    return "1 turn" if count == 1 else f"{count} turns"


def shorten(text: str, length: int = 80) -> str:
    """The beginning of a text, in one line of at most ``length`` characters."""
    line = " ".join(text[: 8 * length].split())
    return line if len(line) <= length else line[: length - 1] + "…"


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _columns(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
