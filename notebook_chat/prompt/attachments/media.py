"""Documents, recordings and videos by their first bytes: what may go along as it is."""

from __future__ import annotations

import re
from types import MappingProxyType

from ...providers.file_types import EXCEL, PDF, POWERPOINT, WORD

LARGEST = 75 * 1024 * 1024
"""How large such a file may be, in bytes: no service takes a larger request than one of 100 MB, and a file grows by a
third in it."""

_ZIP = b"PK\x03\x04"
_OFFICE = ((b"word/", WORD), (b"ppt/", POWERPOINT), (b"xl/", EXCEL))
_BEGINNINGS = (
    (b"%PDF-", PDF),
    (b"ID3", "audio/mpeg"),
    *((b"\xff" + bytes([second]), "audio/mpeg") for second in (0xFB, 0xFA, 0xF3, 0xF2)),
    *((b"\xff" + bytes([second]), "audio/aac") for second in (0xF1, 0xF9)),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"\0\0\x01\xba", "video/mpeg"),
)
_RIFF = MappingProxyType({b"WAVE": "audio/wav", b"AVI ": "video/avi"})
_BRANDS = MappingProxyType({b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/mov"})
_PICTURES = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")
_SUFFIXES = MappingProxyType(
    {
        PDF: ".pdf",
        WORD: ".docx",
        POWERPOINT: ".pptx",
        EXCEL: ".xlsx",
        "audio/mpeg": ".mp3",
        "audio/mp4": ".m4a",
        "video/mpeg": ".mpg",
    }
)
_TEXTS = (b"ID3",)  # a text may begin so, too

_PAGE = re.compile(rb"/Type\s{0,9}/Page(?![A-Za-z])")
_ENCRYPTED = re.compile(rb"/Encrypt\s{0,9}(?:\d{1,10}\s{1,9}\d|<<)")
_END = 65_536  # bytes, in which a PDF's end mark is


def may_be(head: bytes) -> bool:
    """Whether what begins so may be a file of these kinds, which is worth nothing in parts.

    Args:
        head: Its first 16 bytes.
    """
    return head.startswith(_ZIP) or media_type_of(head) is not None


def media_type_of(data: bytes, *, text: bool = False) -> str | None:
    """What kind of document, recording or video a file is; ``None`` for any other.

    Args:
        data: Its bytes, of a zipped one all of them.
        text: Whether it can be read as a text: then a beginning that texts have too says nothing.
    """
    for beginning, found in _BEGINNINGS:
        if data.startswith(beginning):
            return None if text and beginning != b"%PDF-" else found
    if data.startswith(_ZIP):
        inside = (found for folder, found in _OFFICE if folder in data)
        return next(inside, None) if b"[Content_Types].xml" in data else None
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12])
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff"
    if data[4:8] == b"ftyp":
        return None if data[8:12] in _PICTURES else _BRANDS.get(data[8:12], "video/mp4")
    return "video/webm" if data.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in data[:64] else None


def suffix_of(media_type: str) -> str:
    """How the name of a file ends, such as ``.pdf``.

    Args:
        media_type: What it is.
    """
    return _SUFFIXES.get(media_type) or f".{media_type.partition('/')[2]}"


def pages(data: bytes) -> int | None:
    """How many pages a PDF has, as far as it says so without being unpacked; ``None`` where it does not."""
    return sum(1 for _ in _PAGE.finditer(data)) or None


def is_encrypted(data: bytes) -> bool:
    """Whether a PDF is encrypted: services cannot open it, whoever may read it."""
    return b"/Encrypt" in data and _ENCRYPTED.search(data) is not None


def is_cut_off(data: bytes) -> bool:
    """Whether a PDF has no end, as one whose download broke off."""
    return b"%%EOF" not in data[-_END:]


def seconds(data: bytes, media_type: str) -> float | None:
    """How long a WAV is, in seconds; ``None`` where that is not known.

    Args:
        data: The recording.
        media_type: What it is.
    """
    if media_type != "audio/wav" or data[12:16] != b"fmt " or len(data) < 44:
        return None
    rate = int.from_bytes(data[28:32], "little")
    return (len(data) - 44) / rate if rate else None
