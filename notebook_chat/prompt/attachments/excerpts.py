"""The beginning and the end of a text that is too long, and how much was left out."""

from __future__ import annotations

from dataclasses import dataclass

from ...conversation import BYTES_PER_TOKEN
from .texts import Text


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a model is shown of a text.

    Attributes:
        text: The text, or its two ends with a line between them that says what is missing.
        label: How much it is, such as ``12 lines`` or ``first 40 and last 38 of 900 lines``.
        cut: Whether something is missing.
    """

    text: str
    label: str
    cut: bool = False


def excerpt(text: Text, tokens: int, unit: str = "line", kept: int = 0) -> Excerpt:
    """What a model is shown of a text: all of it, or its first and last lines.

    Args:
        text: The text.
        tokens: How much may be shown.
        unit: What a line is called, such as ``row``.
        kept: How many of the first lines are not counted, such as the names of columns.
    """
    room = int(tokens * BYTES_PER_TOKEN)
    if text.tail is None and _size(text.head) <= room:
        return Excerpt(text.head, counted(max(_lines(text.head) - kept, 0), unit))
    head, tail = _head(text.head, room // 2), _tail(text.head if text.tail is None else text.tail, room // 2)
    if not head.endswith("\n") or tail is None:
        return _by_characters(text, room)
    first, last = max(_lines(head) - kept, 0), _lines(tail)
    if text.tail is None:
        lines = _lines(text.head) - kept
        of, missing = counted(lines, unit), counted(max(lines - first - last, 1), unit)
        label = f"first {first:,} and last {last:,} of {of}"
    else:
        missing = f"about {size_in_words(max(text.size - _size(head) - _size(tail), 0))}"
        label = f"first {first:,} and last {last:,} {unit}s of {size_in_words(text.size)}"
    return Excerpt(f"{head}[… {missing} left out …]\n{tail}", label, True)


def shortened(text: str, room: int) -> str:
    """A text with its middle left out where it has more than ``room`` characters."""
    if len(text) <= room:
        return text
    half = room // 2
    return f"{text[:half]} [… {len(text) - 2 * half:,} characters left out …] {text[-half:]}"


def counted(count: int, unit: str) -> str:
    """A number of things, such as ``1 line`` or ``1,200 lines``."""
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"


def size_in_words(size: int) -> str:
    """A number of bytes, as a reader takes it in."""
    for power, unit in ((3, "GB"), (2, "MB"), (1, "kB")):
        if size >= 1000**power:
            return f"{size / 1000**power:.1f} {unit}"
    return counted(size, "byte")


def _by_characters(text: Text, room: int) -> Excerpt:
    """The two ends of a text whose lines are too long."""
    ended = text.head if text.tail is None else text.tail
    head = text.head[: room // 2].encode(errors="replace")[: room // 2].decode(errors="ignore")
    tail = ended[-max(room // 2, 1) :].encode(errors="replace")[-max(room // 2, 1) :].decode(errors="ignore")
    if text.tail is None:
        missing = counted(len(text.head) - len(head) - len(tail), "character")
        label = f"first {len(head):,} and last {len(tail):,} of {len(text.head):,} characters"
    else:
        missing = f"about {size_in_words(text.size)}"
        label = f"first {len(head):,} and last {len(tail):,} characters of {size_in_words(text.size)}"
    return Excerpt(f"{head}\n[… {missing} left out …]\n{tail}", label, True)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def _lines(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n") and text != "")


def _head(text: str, room: int) -> str:
    """As many of the first lines as there is room for, with the end of the last one; a part of the first where that is
    longer."""
    begun = text[:room].encode(errors="replace")[:room].decode(errors="ignore")
    end = begun.rfind("\n")
    return begun[: end + 1] if end >= 0 else begun


def _tail(text: str, room: int) -> str | None:
    """As many of the last lines as there is room for; ``None`` where the last one is longer."""
    ended = text[-max(room, 1) :].encode(errors="replace")[-max(room, 1) :].decode(errors="ignore")
    if len(ended) == len(text):
        return ended
    start = ended.find("\n", 0, len(ended) - 1)
    return ended[start + 1 :] if start >= 0 else None
