"""Answers that are data: a table that grows, an object by its fields, or JSON.

What is in the values was written by a model. It stands in HTML of ours, escaped, and nothing of it is alive.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Protocol

from ..answer import AnswerSnapshot
from ..parts import Part, ReasoningPart, SourcePart, TextPart
from ..schemas.rows import rows_of
from ..text import fenced, printable, replace_surrogates, single_line
from .base import Summary
from .display import DisplayRenderer
from .excerpt import excerpt
from .parts import QUIET, asides, asides_html
from .terminal import TerminalRenderer

MOST_ROWS = 500
MOST_COLUMNS = 100
_LONGEST = 1000
"""How much of one value is shown, in characters."""

_MOST = 200_000
"""How much is shown in all, in characters."""

_WIDEST = 60  # characters of a column of text


class Expected(Protocol):
    """The data that an answer is to be, as a renderer needs to know them."""

    @property
    def value(self) -> Any:
        """The data as JSON, once they are whole."""
        ...

    @property
    def error(self) -> Exception | None:
        """Why there are none; ``None`` once there are."""
        ...

    def partial(self, text: str) -> Any:
        """As much of the data as a text has that is still coming; ``None`` where there is none yet."""
        ...


class DataRenderer(DisplayRenderer):
    """Shows an answer in a cell that is data.

    Args:
        expected: The data.
        as_json: Whether they are to be shown as JSON, whatever they are.
        **options: As for ``DisplayRenderer``.
    """

    def __init__(self, *, expected: Expected, as_json: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._expected = expected
        self._as_json = as_json or self._form == "markdown"

    def _so_far(self, snapshot: AnswerSnapshot) -> str:
        shown = self._shown_data(snapshot.final_text, snapshot.reasoning)
        if self._form == "markdown":
            return shown
        self._feed(snapshot)
        return shown + self._body.html()

    def _whole(self, text: str, turn: Summary | None) -> str:
        broken = turn is not None and turn.status == "complete" and self._expected.error is not None
        thought = turn.reasoning if turn is not None else ""
        shown = self._as_text(text, thought) if broken else self._shown_data(text, thought)
        if self._form == "markdown":
            return shown
        return shown + self._body.finish(self._rendered(turn.parts if turn is not None else ()))

    def _rendered(self, parts: Sequence[Part]) -> Sequence[Part]:
        return [part for part in parts if not isinstance(part, TextPart | SourcePart)]

    def _shown_data(self, text: str, thought: str) -> str:
        whole = self._expected.error is None
        value = self._expected.value if whole else self._expected.partial(text)
        if value is None and not whole:
            return self._as_text(text, thought)
        if not self._as_json and (html := table_html(value)):
            return html
        return self._fenced(_pretty(value), "json", thought)

    def _as_text(self, text: str, thought: str) -> str:
        """What is no data, as it was written."""
        from .. import markup

        text = excerpt(text)
        if self._form == "markdown":
            return self._fenced(text, "", thought) if text.strip() else ""
        return markup.render_plain(text) if text else ""

    def _fenced(self, text: str, language: str, thought: str) -> str:
        body = self._new_body()
        html = body.finish((ReasoningPart(thought), TextPart(fenced(text, language))))
        if self._form == "markdown":  # which is written from the body's source
            self._body = body
        return html

    def _beside(self, turn: Summary) -> str:
        if self._expected.error is None and self._form == "html":
            return asides_html(turn.parts)
        return super()._beside(turn)

    def _plain(self, text: str, end: str, turn: Summary | None) -> str:
        if turn is None or self._expected.error is not None:
            return super()._plain(text, end, turn)
        return "\n".join([plain_text(self._expected.value), *asides(turn.parts)])


class DataTerminalRenderer(TerminalRenderer):
    """Writes an answer that is data as it comes, and what is a table once more as one at its end.

    Args:
        expected: The data.
        **options: As for ``TerminalRenderer``.
    """

    def __init__(self, *, expected: Expected, **options: Any) -> None:
        super().__init__(**options)
        self._expected = expected

    def _beneath(self) -> str:
        rows = rows_of(self._expected.value) if self._expected.error is None else None
        return f"\n{plain_text(self._expected.value)}\n" if rows else ""


def table_html(value: Any) -> str:
    """Data as an HTML table: a list of objects in rows, an object by its fields; ``""`` where they are neither.

    Args:
        value: The data as JSON.
    """
    if rows := rows_of(value):
        columns, shown, more = _cut(rows)
        head = "".join(f"<th>{_cell(name)}</th>" for name in columns)
        lines = (
            "".join(f"<td>{_cell(row[name]) if name in row else ''}</td>" for name in columns)
            for row in shown
        )
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return table + (f'<div style="{QUIET}">{escape(more)}</div>' if more else "")
    if isinstance(value, Mapping) and value:
        fields = list(value.items())[:MOST_ROWS]
        lines = (f"<tr><th>{_cell(name)}</th><td>{_cell(one)}</td></tr>" for name, one in fields)
        return f"<table><tbody>{''.join(lines)}</tbody></table>"
    return ""


def plain_text(value: Any) -> str:
    """Data as text: a list of objects in columns, all else as JSON.

    Args:
        value: The data as JSON.
    """
    rows = rows_of(value)
    if not rows:
        return printable(replace_surrogates(_pretty(value)))
    columns, shown, more = _cut(rows)
    cells = [columns, *([_text(row.get(name, "")) for name in columns] for row in shown)]
    lines = [[_short(cell) for cell in line] for line in cells]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join([*(line.rstrip() for line in text), *([more] if more else [])])


def _cut(rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], Sequence[Mapping[str, Any]], str]:
    """The columns of a table, as many of its rows as are shown, and what there is to say of the others."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    shown, left = 0, _MOST
    for row in rows[:MOST_ROWS]:
        left -= sum(min(len(_text(one)), _LONGEST) + 1 for one in row.values())
        if left < 0 and shown:
            break
        shown += 1
    more = [f"{len(rows) - shown:,} more rows"] * (shown < len(rows))
    more += [f"{len(columns) - MOST_COLUMNS:,} more columns"] * (len(columns) > MOST_COLUMNS)
    return columns[:MOST_COLUMNS], rows[:shown], f"… and {' and '.join(more)}" if more else ""


def _cell(value: Any) -> str:
    text = _text(value)
    from ..markup.characters import visible

    shown = escape(visible(replace_surrogates(text[:_LONGEST])))
    return shown if len(text) <= _LONGEST else f"{shown}…"


def _text(value: Any) -> str:
    """A value in a table."""
    match value:
        case str():
            return value
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _short(text: str) -> str:
    line = single_line(replace_surrogates(text[:_LONGEST]))
    return line if len(line) <= _WIDEST else line[: _WIDEST - 1] + "…"


def _pretty(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return text if len(text) <= _MOST else f"{text[:_MOST]}\n…"
