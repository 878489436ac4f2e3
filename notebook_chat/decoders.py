"""Bytes to frames, without any I/O.

A decoder is fed the blocks of bytes of one response in the order they arrive, however they were cut, and
gives the frames that are complete; ``flush`` gives what is left when the response has ended.
"""

from __future__ import annotations

import codecs
import json
from typing import Any, Protocol, TypeVar

import msgspec

from .lenient import refitted

MAX_FRAME = 16 * 1024 * 1024
"""The largest frame accepted, in bytes: an endless one must not fill the memory."""

_MOST_DIGITS = 400  # of a whole number: no float has more
MAX_CARELESS = 4 * 1024 * 1024
"""The largest JSON text that is put right where it is not as it should be, in bytes: that takes many times its size."""

MOST_VALUES = 2_000_000
"""How many values a large JSON text may have: each takes many times as much memory as it takes to write it."""

_LARGE = 1024 * 1024  # bytes; what is smaller cannot hold too many

T = TypeVar("T")

_BOM = b"\xef\xbb\xbf"


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One complete unit of a stream: the payload, and the event's name where the framing has one."""

    data: bytes
    event: str = "message"


class FrameTooLongError(ValueError):
    """A frame is longer than ``MAX_FRAME``, or has more values than ``MOST_VALUES``."""


def check_values(data: bytes) -> None:
    """Looks at a JSON text before it is read.

    Args:
        data: The text; or a block of them, all but one of which are small.

    Raises:
        FrameTooLongError: It is large, and has more values than a text should have.
    """
    if len(data) > _LARGE and sum(map(data.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise FrameTooLongError(f"a JSON text has more than {MOST_VALUES:,} values")


class Decoder(Protocol):
    """What every decoder of frames can do."""

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that ``data`` completes."""

    def flush(self) -> list[Frame]:
        """The frames that the end of the response completes."""


class _Backlog:
    """The bytes of a frame that is not complete. They are joined once, when its end has come, so that a
    frame of megabytes costs what it weighs and not its square."""

    __slots__ = ("_bytes",)

    def __init__(self) -> None:
        self._bytes = bytearray()

    def __bool__(self) -> bool:
        return bool(self._bytes)

    @property
    def last(self) -> bytes:
        return bytes(self._bytes[-1:])

    def push(self, data: bytes) -> None:
        if len(self._bytes) + len(data) > MAX_FRAME:
            raise FrameTooLongError(f"a frame is longer than {MAX_FRAME:,} bytes")
        self._bytes += data

    def take(self, data: bytes = b"") -> bytes:
        if self._bytes:
            data = b"".join((self._bytes, data))
            self._bytes = bytearray()  # an emptied one would keep its room
            check_values(data)
        return data


class SSEDecoder:
    """Server-sent events as the WHATWG HTML standard defines them, with two leniencies: an event that the
    end of the stream cuts off before its blank line is still given, since servers forget that line; and an ``error``
    field, by which llama.cpp's server and those built on it say why they end a stream, is given as a JSON object
    with that one field."""

    def __init__(self) -> None:
        self._backlog = _Backlog()
        self._head: bytes | None = b""  # the first bytes, while they may still be a byte order mark
        self._after_cr = False

    def feed(self, data: bytes) -> list[Frame]:
        """The events that ``data`` completes."""
        if self._head is not None:
            data = self._head + data
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._head = data
                return []
            self._head = None
            data = data.removeprefix(_BOM)
        if self._after_cr or b"\r" in data:
            data = self._line_feeds(data)
        backlog = self._backlog
        if b"\n\n" not in data and not (backlog and data.startswith(b"\n") and backlog.last.endswith(b"\n")):
            backlog.push(data)
            return []
        data = backlog.take(data)
        end = data.rindex(b"\n\n")
        backlog.push(data[end + 2 :])
        return _events(data[:end])

    def flush(self) -> list[Frame]:
        """The event that the end of the stream cut off, if there is one."""
        frame = _event(self._backlog.take())
        return [] if frame is None else [frame]

    def _line_feeds(self, data: bytes) -> bytes:
        """``data`` with CRLF and CR as LF. A CR ends its line at once; the LF that may follow it in the
        next block is then dropped."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        if data.endswith(b"\r"):
            self._after_cr = True
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _events(text: bytes) -> list[Frame]:
    """The events of a text that ends where an event ends.

    Nearly every event of a model's stream is one line of data, or a name and a line of data, and the events
    that arrive together have the same name: then the text is cut in one go and no line is looked at.
    """
    prefix = text[: text.find(b"data: ") + 6]
    name, _, rest = prefix.partition(b"\n")
    if prefix == b"data: " or (name.startswith(b"event: ") and rest == b"data: "):
        payloads = text[len(prefix) :].split(b"\n\n" + prefix)
        lines = 2 if rest else 1
        if text.count(b"\n") == (lines + 1) * len(payloads) - 2:
            event = name[7:].decode("utf-8", "replace") or "message"
            return [Frame(payload, event) for payload in payloads]
    return [frame for block in text.split(b"\n\n") if (frame := _event(block)) is not None]


def _event(block: bytes) -> Frame | None:
    data: list[bytes] = []
    failure: list[bytes] = []
    event = "message"
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            event = value.decode("utf-8", "replace") or "message"
        elif field == b"error":
            failure.append(value)
    if failure:
        return Frame(_error_object(b"\n".join(failure)), "error")
    return Frame(b"\n".join(data), event) if data else None


def _error_object(words: bytes) -> bytes:
    """``{"error": …}`` of an ``error:`` field's value, a JSON text or any other."""
    try:
        value = msgspec.json.decode(words)
        return msgspec.json.encode(
            value if isinstance(value, dict) and "error" in value else {"error": value}
        )
    except (ValueError, RecursionError):
        return msgspec.json.encode({"error": words.decode("utf-8", "replace")})


class NDJSONDecoder:
    """JSON values, one on a line. Blank lines are passed over."""

    def __init__(self) -> None:
        self._backlog = _Backlog()

    def feed(self, data: bytes) -> list[Frame]:
        """The lines that ``data`` completes."""
        if b"\n" not in data:
            self._backlog.push(data)
            return []
        lines = self._backlog.take(data).split(b"\n")
        self._backlog.push(lines.pop())
        return [Frame(line) for line in lines if line and not line.isspace()]

    def flush(self) -> list[Frame]:
        """The last line, when no line end followed it."""
        line = self._backlog.take()
        return [Frame(line)] if line.strip() else []


class TextDecoder:
    """UTF-8 text. A character split over two blocks is whole; invalid bytes become U+FFFD."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, data: bytes) -> str:
        """The text that ``data`` completes."""
        return self._decoder.decode(data)

    def flush(self) -> str:
        """What is left of a character that was cut off, as U+FFFD."""
        return self._decoder.decode(b"", final=True)


def decode_json(decoder: msgspec.json.Decoder[T], data: bytes) -> T:
    """The value of a JSON text, with two further tries where a service is careless.

    Invalid UTF-8, raw control characters, ``NaN`` and numbers beyond all counting (as null), half of a surrogate pair
    (as U+FFFD) and a byte order mark are put right. A field of another type than the decoder expects counts as absent,
    and a text of which nothing fits as an empty object.

    Raises:
        ValueError: It is not JSON, nested deeper than anybody reads, or too large to be put right.
    """
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if len(data) > MAX_CARELESS:
            raise
        try:
            return decoder.decode(refitted(_value(data), decoder.type))
        except RecursionError as error:
            raise ValueError(str(error)) from None
    except RecursionError as error:
        raise ValueError(str(error)) from None


def decode_any(data: bytes | str) -> Any:
    """What a JSON text says, whatever it is.

    Raises:
        ValueError: It is not JSON, or nested deeper than anybody reads.
    """
    try:
        return msgspec.json.decode(data)
    except RecursionError as error:
        raise ValueError(str(error)) from None


def _value(data: bytes) -> Any:
    """What a JSON text says, written with care or not."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = data.decode("utf-8-sig", "replace")
        value = json.loads(text, strict=False, parse_constant=lambda _: None, parse_int=_whole)
        text = json.dumps(value, ensure_ascii=False)
        return json.loads(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= _MOST_DIGITS else None  # Python refuses to read thousands of them
