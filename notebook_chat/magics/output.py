"""How the magics tell something that is not an answer."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from ..errors import InvalidOptionError
from ..renderers.terminal import printable


def show_text(text: str) -> None:
    """A line or more of plain text."""
    print(printable(text))  # noqa: T201


def show_table(shell: Any, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table: HTML in a notebook, columns of text in a terminal. ``head`` may be empty."""
    plain = _columns([head, *rows] if head else rows)
    if not hasattr(shell, "kernel"):
        return show_text(plain)
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
        return show_text(plain)
    from IPython.display import publish_display_data

    publish_display_data({"text/html": html, "text/plain": plain})  # type: ignore[no-untyped-call]
    return None


def confirm(question: str) -> bool:
    """Whether the user says yes.

    Raises:
        InvalidOptionError: Nobody can be asked here.
    """
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except Exception as error:  # ipykernel's own, where the front end takes no input, and EOFError
        raise InvalidOptionError(f"{question} Nobody can be asked here", hint="Add --yes.") from error


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _columns(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
