"""The text of an answer as Gemini counts it, in bytes of UTF-8, and the same places in the text that is read."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

_BLOCK = 4096  # bytes whose characters are counted in advance
_WITHIN = bytes(range(0x80, 0xC0))  # the bytes that are not the first of a character
_MOST_PARTS = 16  # whose beginnings are tried for a place
_MOST_SEARCHES = 200  # in the text, for places that are not where the service says


class AnswerText:
    """The text that has come.

    Attributes:
        gap: How many characters stand between one text and the next where something else came between them.
    """

    gap = 2

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0  # in characters, without the gaps
        self._gaps: list[int] = []  # behind how many characters of the service's text
        self._starts = [0]  # of the parts, likewise

    def add(self, text: str) -> None:
        """Takes the next piece.

        Args:
            text: The text.
        """
        self._pieces.append(text)
        self._length += len(text)

    def begin(self) -> None:
        """A part of the content begins with the next piece."""
        if len(self._starts) < _MOST_PARTS and self._starts[-1] != self._length:
            self._starts.append(self._length)

    def stand_apart(self) -> None:
        """A gap stands before the next piece in the text that is read."""
        self._gaps.append(self._length)

    def places(self) -> Places:
        """What finds places in the text, as far as it has come."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return Places("".join(self._pieces), self._starts, self._gaps)


class Places:
    """Finds places in a text.

    Args:
        text: The text.
        starts: Where its parts begin, in characters.
        gaps: Where characters stand between in the text that is read, likewise.
    """

    def __init__(self, text: str, starts: list[int], gaps: list[int]) -> None:
        self._data = text.encode("utf-8", "replace")
        self._gaps = tuple(gaps)
        self._ascii = len(self._data) == len(text)
        self._counts = self._counted()
        self._starts = [len(text[:start].encode("utf-8", "replace")) for start in starts]
        self._searches = 0

    def end(self, segment: dict[str, Any]) -> int | None:
        """Behind how many characters of the text that is read a segment ends.

        Args:
            segment: As the service has it. Its bytes count from the beginning of the text or of one of its parts, which
                its ``text`` decides; where that stands elsewhere, it is right.

        Returns:
            The place; ``None`` where there is none.
        """
        start, end = _whole(segment.get("startIndex", 0)), _whole(segment.get("endIndex"))
        words = segment.get("text")
        sought = words.encode("utf-8", "replace") if isinstance(words, str) else b""
        known = start is not None and end is not None and 0 <= start < end
        if not sought:
            # Without its text nobody knows which part of several is meant: it may be any.
            certain = known and end <= len(self._data) and not segment.get("partIndex")  # type: ignore[operator]
            return self._read(end) if certain else None  # type: ignore[arg-type]
        if known:
            assert start is not None
            assert end is not None
            for base in self._starts:
                if self._data[base + start : base + end] == sought:
                    return self._read(base + end)
        return self._search(sought, start or 0)

    def _search(self, sought: bytes, start: int) -> int | None:
        if self._searches == _MOST_SEARCHES:
            return None
        self._searches += 1
        found = self._data.find(sought, max(start, 0))
        if found < 0:
            found = self._data.find(sought)
        return None if found < 0 else self._read(found + len(sought))

    def _read(self, place: int) -> int:
        """A number of bytes as one of characters of the text that is read. A character that is cut counts."""
        if not self._ascii:
            block = place // _BLOCK
            place = self._counts[block] + _characters(self._data[block * _BLOCK : place])
        return place + AnswerText.gap * bisect_left(self._gaps, place)

    def _counted(self) -> list[int]:
        """How many characters begin before each block."""
        counts = [0]
        if not self._ascii:
            for start in range(0, len(self._data), _BLOCK):
                counts.append(counts[-1] + _characters(self._data[start : start + _BLOCK]))
        return counts


def _characters(data: bytes) -> int:
    """How many characters begin in bytes of UTF-8."""
    return len(data.translate(None, _WITHIN))


def _whole(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
