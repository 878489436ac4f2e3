"""Parts of answers, one of each kind, and images made by hand."""

from __future__ import annotations

import struct
import zlib

from notebook_chat.parts import (
    AudioPart,
    CodePart,
    CodeResultPart,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    ReplayPart,
    SearchPart,
    SourcePart,
    TextPart,
    UnknownPart,
)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 3, height: int = 2, *, noise: bytes = b"") -> bytes:
    """A PNG that says so of its size; up to a thousand pixels it is one."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + b"\xff\0\0" * width for _ in range(height)) if width * height <= 1000 else b"\0"
    body = _chunk(b"IHDR", head) + (_chunk(b"tEXt", b"x\0" + noise) if noise else b"")
    return b"\x89PNG\r\n\x1a\n" + body + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def wav(samples: int = 800) -> bytes:
    """A tenth of a second of silence."""
    head = b"RIFF" + (36 + 2 * samples).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    form = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)
    return head + form + b"data" + (2 * samples).to_bytes(4, "little") + bytes(2 * samples)


TEXT = "Water boils at `100 °C`. At home."

PARTS: tuple[Part, ...] = (
    ReasoningPart("hm"),
    SearchPart(("boiling point", "of <b>water</b>")),
    SearchPart(("https://e.org/page",), "open"),
    TextPart("Water boils at `100 °C`."),
    ReasoningPart("so"),
    CodePart("print(6 * 7)\n"),
    CodeResultPart("42\n"),
    ImagePart(png(), "image/png"),
    AudioPart(wav(), "audio/wav"),
    FilePart(b"a,b\n", "text/csv", "table.csv"),
    TextPart(" At home."),
    CodePart("1 / 0", "python"),
    CodeResultPart("ZeroDivisionError", is_error=True),
    UnknownPart("hologram", 12),
    SourcePart("https://e.org/a", "A title", "water boils", (24,)),
    SourcePart("", "A document", "at 100 °C", (33,)),
    SourcePart("https://e.org/a", "A title", "", (33,)),
    ReplayPart("parrot", "grey", "digest", '{"raw": 1}'),
)
"""An answer that has a part of each kind but tools."""
