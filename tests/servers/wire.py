"""How an answer looks on the wire: framing, line ends, and where the bytes are cut."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

Cut = Callable[[bytes], Sequence[bytes]]
"""Cuts the bytes of an answer into the pieces that are written one by one."""

Framing = Literal["sse", "ndjson", "text"]


@dataclass(frozen=True)
class Wire:
    """The form of a streamed body. The default is what the vendors send today.

    Attributes:
        events_per_write: How many events go into one write (and one HTTP chunk).
        cut: Where the bytes are cut instead, regardless of events; each piece is one write.
        newline: SSE's line ends. NDJSON always has LF.
        bom: Whether the body begins with a byte order mark.
        space: Whether a space follows SSE's colons.
        heartbeat: A comment sent before every event (SSE).
        unknown_fields: Whether SSE events also have an id, a retry time and fields nobody knows.
        extra: Keys nobody knows, put into every JSON object at its top level.
        data_lines: Whether an event's JSON is spread over several ``data:`` lines.
        ascii: Whether JSON escapes all beyond ASCII.
        done: Whether chat completions end with ``[DONE]``.
        final_newlines: How many line ends are left of those that end the last event.
        content_length: Whether the length is told instead of using chunked encoding.
        compression: The body's Content-Encoding.
    """

    events_per_write: int = 1
    cut: Cut | None = None
    newline: Literal["\n", "\r\n", "\r"] = "\n"
    bom: bool = False
    space: bool = True
    heartbeat: str | None = None
    unknown_fields: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    data_lines: bool = False
    ascii: bool = False
    done: bool = True
    final_newlines: int = 2
    content_length: bool = False
    compression: Literal["gzip", "deflate", "br"] | None = None


@dataclass(frozen=True)
class Frame:
    """One event of a dialect: a JSON object, or text that is sent as it is, and SSE's event name."""

    data: Mapping[str, Any] | str
    event: str | None = None
    cut_short: bool = False

    def text(self, wire: Wire) -> str:
        """The data as it goes on the wire."""
        if isinstance(self.data, str):
            return self.data
        text = json.dumps(
            {**self.data, **wire.extra},
            ensure_ascii=wire.ascii,
            indent=1 if wire.data_lines else None,
            separators=(",", ": " if wire.data_lines else ":"),
        )
        return text[: len(text) // 2] if self.cut_short else text


def encode(frame: Frame, framing: Framing, wire: Wire) -> bytes:
    """The bytes of one event, its end included."""
    if framing == "text":
        return b"\xc3\xff\xfe" if frame.cut_short else frame.text(wire).encode()
    if framing == "ndjson":
        return frame.text(wire).replace("\n", "").encode() + b"\n"
    colon = ": " if wire.space else ":"
    lines = [f"event{colon}{frame.event}"] if frame.event else []
    if wire.unknown_fields:
        lines += [f"id{colon}7", f"retry{colon}3000", f"x-nobody{colon}knows", "alone"]
    lines += [f"data{colon}{line}" for line in frame.text(wire).split("\n")]
    heartbeat = comment(wire.heartbeat, framing, wire) if wire.heartbeat else b""
    return heartbeat + (wire.newline.join(lines) + 2 * wire.newline).encode()


def comment(text: str, framing: Framing, wire: Wire) -> bytes:
    """A sign of life that carries nothing."""
    if framing == "text":
        return b""
    return b"\n" if framing == "ndjson" else f": {text}{2 * wire.newline}".encode()


def shorten(last: bytes, framing: Framing, wire: Wire) -> bytes:
    """The last event with only ``final_newlines`` of its line ends left."""
    if framing == "text" or wire.final_newlines >= 2:
        return last
    newline = b"\n" if framing == "ndjson" else wire.newline.encode()
    while last.endswith(newline):
        last = last[: -len(newline)]
    return last + wire.final_newlines * newline


def writes(events: Sequence[bytes], wire: Wire) -> list[bytes]:
    """The events' bytes in the pieces that are written one by one.

    Raises:
        ValueError: The cut loses or adds bytes.
    """
    if wire.cut is None:
        step = wire.events_per_write
        return [b"".join(events[start : start + step]) for start in range(0, len(events), step)]
    whole = b"".join(events)
    pieces = list(wire.cut(whole))
    if b"".join(pieces) != whole:
        raise ValueError("the cut does not give the same bytes back")
    return [piece for piece in pieces if piece]


# --- cuts -----------------------------------------------------------------------------------------------


def every(size: int) -> Cut:
    """A cut after every ``size`` bytes; ``every(1)`` is single-byte feeding."""
    return lambda data: [data[start : start + size] for start in range(0, len(data), size)]


def at(*positions: int) -> Cut:
    """A cut at each of these positions, as far as there are so many bytes."""

    def cut(data: bytes) -> list[bytes]:
        edges = [0, *sorted({min(position, len(data)) for position in positions}), len(data)]
        return [data[start:end] for start, end in pairwise(edges)]

    return cut


def around(pattern: bytes) -> Cut:
    """A cut in the middle of every occurrence of ``pattern``: a line end, a character, a text."""
    middle = len(pattern) // 2

    def cut(data: bytes) -> Sequence[bytes]:
        positions = [match.start() + middle for match in re.finditer(re.escape(pattern), data)]
        return at(*positions)(data)

    return cut


def anywhere(seed: int, most: int = 16) -> Cut:
    """Pieces of one to ``most`` bytes, the same for the same ``seed``."""

    def cut(data: bytes) -> list[bytes]:
        sizes, pieces, start = random.Random(seed), [], 0
        while start < len(data):
            end = start + sizes.randint(1, most)
            pieces.append(data[start:end])
            start = end
        return pieces

    return cut
