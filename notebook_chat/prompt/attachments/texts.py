"""The text of a file, whatever its encoding."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from .content import Content

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, with whose mark it begins
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDTHS = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r\f\b\x1b\x1a") + b"\x7f"
_MOST_CONTROLS = 0.01  # of what is no UTF-8: texts in old encodings have none, other data has many


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a file, with the ends of lines of Unix.

    Attributes:
        head: The text; of a larger file its beginning, in whole lines where it has some.
        tail: Of a larger file its end, likewise; ``None`` where ``head`` is all.
        size: How many bytes the file has.
        encoding: The encoding that was guessed, to be told to the reader; empty where it is certain.
    """

    head: str
    tail: str | None
    size: int
    encoding: str = ""


def text_of(content: Content) -> Text | None:
    """The text of a file; ``None`` where it holds none.

    Args:
        content: What was read of it.
    """
    head, tail = content.head, content.tail
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            width = _WIDTHS.get(encoding, 1)
            if tail is not None:
                tail = tail[(content.size - len(tail)) % width :]
            return _text(content, head[len(mark) :], tail, encoding)
    if content.charset and (text := _as_told(content)) is not None:
        return text
    ends = head if tail is None else head + tail
    if b"\0" in ends:
        return None
    try:
        return _text(content, head, tail, "utf-8", strict=True)
    except UnicodeDecodeError:
        if _is_nearly_utf8(ends):
            return _text(content, head, tail, "utf-8", told="UTF-8 with bytes that are none")
        if len(ends) - len(ends.translate(None, _CONTROLS)) > _MOST_CONTROLS * len(ends):
            return None
    try:
        return _text(content, head, tail, "cp1252", strict=True, told="Windows-1252")
    except UnicodeDecodeError:
        return _text(content, head, tail, "latin-1", told="Latin-1")


def _as_told(content: Content) -> Text | None:
    """The text in the encoding that a server tells; ``None`` where that cannot be."""
    try:
        if not codecs.lookup(content.charset)._is_text_encoding:
            return None
        return _text(content, content.head, content.tail, content.charset, strict=True)
    except (LookupError, UnicodeError):
        return None


def _text(
    content: Content, head: bytes, tail: bytes | None, encoding: str, *, strict: bool = False, told: str = ""
) -> Text:
    if tail is None:
        whole = head.decode(encoding, "strict" if strict else "replace")
        return Text(_unix(whole), None, content.size, told)
    if strict and encoding == "utf-8":
        _check_utf8(head, tail)
    begun = _unix(head.decode(encoding, "ignore"))
    ended = _unix(tail.decode(encoding, "ignore"))
    # A line that was cut where reading ended is none.
    return Text(_to_last_line(begun), _from_first_line(ended), content.size, told)


def _is_nearly_utf8(data: bytes) -> bool:
    """Whether data is UTF-8 but for a few bytes, as a log is that was cut off in the middle of a character."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    other = len(text) - broken - len(text.encode("ascii", "ignore"))
    return other > broken


def _check_utf8(head: bytes, tail: bytes) -> None:
    """Checks two pieces, which may begin or end within a character.

    Raises:
        UnicodeDecodeError: They are no UTF-8.
    """
    codecs.getincrementaldecoder("utf-8")("strict").decode(head, final=False)
    cut = next((place for place in range(min(4, len(tail))) if tail[place] & 0xC0 != 0x80), 0)
    tail[cut:].decode("utf-8")


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _to_last_line(text: str) -> str:
    return text[: end + 1] if (end := text.rfind("\n")) >= 0 else text


def _from_first_line(text: str) -> str:
    return text[text.find("\n") + 1 :]
