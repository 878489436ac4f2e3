"""How the parts of an answer are seen that are neither its text nor its reasoning, where there is nothing but text, and
what of them stands beneath it.

Every place that shows an answer takes these: cells, terminals, the panel, exports. What is in them was written by a
model or a stranger, so lines of text are made safe where they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..parts import Part
from .calls import Called, called_line, paired
from .quiet import ALARM, QUIET
from .sources import source_lines, sources_html
from .steps import step_line

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
    lines = [
        line
        for part in paired(parts)
        if (line := called_line(part) if isinstance(part, Called) else step_line(part))
    ]
    more = len(lines) - most
    return lines if more <= 0 else [*lines[:most], f"… and {more:,} more"]


def asides_html(parts: Sequence[Part]) -> str:
    """What stands beneath an answer's text, as safe HTML: the list of sources; ``""`` where there is none. All else
    stands between the texts."""
    return sources_html(parts)
