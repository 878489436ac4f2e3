"""How much of a tool's result a model is given."""

from __future__ import annotations

from ..messages import MediaPart, TextPart
from .tool import ResultPart, ToolOutput

LONGEST = 50_000
"""How much text of one result is given, in characters: about 12,000 tokens."""

MOST_MEDIA = 8
LARGEST_MEDIUM = 5 * 1024 * 1024
"""How many images and files of one result are given, and how large each may be, in bytes."""

_TAIL = 2_000  # characters of the end of a text that is too long: what went wrong stands there


def bounded(output: ToolOutput) -> ToolOutput:
    """A result that is not too much for a model: what was left out is told.

    Args:
        output: The result, of any size.
    """
    parts: list[ResultPart] = []
    room, media = LONGEST, 0
    for part in output.parts:
        if isinstance(part, MediaPart):
            media += 1
            if media > MOST_MEDIA or len(part.data) > LARGEST_MEDIUM:
                parts.append(TextPart(f"({part.media_type}, {len(part.data):,} bytes: left out)\n"))
            else:
                parts.append(part)
            continue
        if room <= 0:
            continue
        text = part.text
        parts.append(TextPart(_shortened(text, room)) if len(text) > room else part)
        room -= len(text)
    return ToolOutput(tuple(parts) or (TextPart("(nothing)"),), output.is_error)


def _shortened(text: str, room: int) -> str:
    tail = min(_TAIL, room // 4)
    out = len(text) - room
    return f"{text[: room - tail]}\n… ({out:,} characters left out) …\n{text[-tail:] if tail else ''}"
