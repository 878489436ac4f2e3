"""How the parts of an answer are seen that are neither its text nor its reasoning: a quiet line for each.

Every place that shows an answer takes these lines: cells, terminals, the panel, exports. What is in them was written
by a model or a stranger, so each place makes them safe as it does the text.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ..messages import AudioPart, FilePart, ImagePart, Part, SourcePart, ToolCallPart, ToolResultPart
from ..text import replace_surrogates

QUIET = "color:var(--jp-ui-font-color2,var(--vscode-descriptionForeground,#767676));font-size:85%"
"""The style of what stands beside an answer, in the colors of the front end's theme."""

ALARM = "color:var(--jp-error-color1,var(--vscode-errorForeground,#c62828));font-size:85%"
"""The style of what says that something failed."""

_LONGEST = 500  # characters of a line
_MOST = 200  # lines


def asides(parts: Iterable[Part]) -> list[str]:
    """The lines for the parts of an answer, in order.

    Args:
        parts: All parts of the answer; text, reasoning and what is never shown give no line.

    Returns:
        Lines of plain text, which are not safe to be shown as HTML or in a terminal.
    """
    lines = [line for part in parts if (line := _aside(part))]
    more = len(lines) - _MOST
    return lines if more <= 0 else [*lines[:_MOST], f"… and {more:,} more"]


def asides_html(parts: Iterable[Part]) -> str:
    """As ``asides``, as safe HTML; ``""`` where there are none."""
    lines = (escape(replace_surrogates(line)) for line in asides(parts))
    return "".join(f'<div style="white-space:pre-wrap;{QUIET}">{line}</div>' for line in lines)


def _aside(part: Part) -> str:
    match part:
        case ToolCallPart():
            return _cut(f"asks for the tool {part.name}({part.arguments})")
        case ToolResultPart():
            inner = " ".join(one.text if not isinstance(one, _MEDIA) else _media(one) for one in part.parts)
            return _cut(f"the tool {part.name} {'failed' if part.is_error else 'gave'}: {inner}")
        case SourcePart():
            return _cut("source: " + " · ".join(filter(None, (part.title, part.url))))
        case ImagePart() | AudioPart() | FilePart():
            return _media(part)
    return ""


_MEDIA = (ImagePart, AudioPart, FilePart)


def _media(part: ImagePart | AudioPart | FilePart) -> str:
    name = part.name if isinstance(part, FilePart) and part.name else part.media_type
    return _cut(f"{name}, {len(part.data):,} bytes")


def _cut(line: str) -> str:
    line = " ".join(line[: 8 * _LONGEST].split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
