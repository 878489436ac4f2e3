"""How the parts of an answer are seen that are neither its text nor its reasoning, where there is nothing but text, and
what of them stands beneath it.

Every place that shows an answer takes these: cells, terminals, the panel, exports. What is in them was written by a
model or a stranger, so lines of text are made safe where they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..parts import MediaPart, Part, TextPart, ToolCallPart, ToolResultPart
from .media import told_of
from .quiet import ALARM, QUIET
from .sources import source_lines, sources_html
from .steps import cut, line_html, step_line

__all__ = ["ALARM", "QUIET", "asides", "asides_html", "told"]

_MOST = 200  # lines


def asides(parts: Sequence[Part]) -> list[str]:
    """The lines for the parts of an answer, in order, and its sources behind them.

    Args:
        parts: All parts of the answer; text, reasoning and what is never shown give no line.

    Returns:
        Lines of plain text, which are not safe to be shown as HTML or in a terminal.
    """
    return [*told(parts), *source_lines(parts)]


def told(parts: Iterable[Part], most: int = _MOST) -> list[str]:
    """As ``asides``, without the sources.

    Args:
        parts: Some parts of an answer.
        most: How many lines there are at most, besides one that says how many there are more.
    """
    lines = [line for part in parts if (line := _tool_line(part) or step_line(part))]
    more = len(lines) - most
    return lines if more <= 0 else [*lines[:most], f"… and {more:,} more"]


def asides_html(parts: Sequence[Part]) -> str:
    """What stands beneath an answer's text, as safe HTML: tool calls and their results, and the list of sources; ``""``
    where there is none. All else stands between the texts."""
    tools = told(part for part in parts if isinstance(part, (ToolCallPart, ToolResultPart)))
    return "".join(map(line_html, tools)) + sources_html(parts)


def _tool_line(part: Part) -> str:
    match part:
        case ToolCallPart():
            return cut(f"asks for the tool {part.name}({part.arguments})")
        case ToolResultPart():
            inner = " ".join(told_of(one) if isinstance(one, MediaPart) else _text(one) for one in part.parts)
            return cut(f"the tool {part.name} {'failed' if part.is_error else 'gave'}: {inner}")
    return ""


def _text(part: Part) -> str:
    return part.text if isinstance(part, TextPart) else ""
