"""Any image that a notebook may hold, as a part of a message."""

from __future__ import annotations

import base64
import binascii
import io
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from . import files
from .errors import InvalidMessagesError
from .parts import FilePart, ImagePart

LARGEST = 32 * 1024 * 1024
"""The largest image accepted, in bytes; no service takes a larger request (Anthropic's bound)."""

_LONGEST_SIDE = 65_535

MOST_PIXELS = 100_000_000
"""The largest image that is shown, in pixels: what shows it needs four bytes for each of them."""

_KINDS = "PNG, JPEG, WebP or GIF"


def image_part(value: Any) -> ImagePart:
    """The image, ready to be sent. It keeps its bytes where it has some, and becomes a PNG where it is an
    object of Pillow or matplotlib, neither of which is imported here.

    Args:
        value: The bytes of a PNG, JPEG, WebP or GIF file; the path of one; a ``data:`` URL; a Pillow image;
            a matplotlib figure; an ``ImagePart``.

    Raises:
        InvalidMessagesError: It is none of these, is of another format, is too large or cannot be read.
    """
    if isinstance(value, ImagePart):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _of_bytes(bytes(value), f"an image of {len(value):,} bytes")
    if isinstance(value, str) and value[:5].lower() == "data:":
        return _of_bytes(_data_of_url(value), "the image of a data URL")
    if isinstance(value, (str, os.PathLike)):
        return _of_path(value)
    if (drawn := _drawn(value)) is not None:
        return _of_bytes(drawn, f"a {type(value).__name__}")
    raise InvalidMessagesError(
        f"a value of type {type(value).__name__} is not an image",
        hint=f"Give the bytes or the path of a {_KINDS}, a data URL, a Pillow image or a matplotlib figure.",
    )


def media_type(data: bytes) -> str | None:
    """The media type of an image file by its first bytes; ``None`` where it is of no format known here."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return None


image_type = media_type
"""The same, by the name that says of what."""


def unshowable(data: bytes) -> str:
    """Why an image that somebody else has made is not shown; ``""`` where it is one that front ends can show. Only its
    head is read: nothing is decoded.

    Args:
        data: The bytes of its file, whatever they are said to be.
    """
    if media_type(data) is None:
        return f"not a {_KINDS}"
    if len(data) > LARGEST:
        return f"too large: {len(data):,} bytes of at most {LARGEST:,}"
    size = dimensions(data)
    if size is None or not all(size):
        return "damaged: it does not say how large it is"
    if size[0] * size[1] > MOST_PIXELS or max(size) > _LONGEST_SIDE:
        return f"too large: {size[0]:,} × {size[1]:,} pixels"
    return ""


def honest(part: ImagePart) -> ImagePart | FilePart:
    """An image that somebody else has made, under the type that its bytes have; as a file where they are no image that
    services and front ends take, such as an SVG.

    Args:
        part: The image, under the type that is said of it.
    """
    kind = media_type(part.data)
    if kind == part.media_type:
        return part
    return FilePart(part.data, part.media_type) if kind is None else ImagePart(part.data, kind)


def dimensions(data: bytes) -> tuple[int, int] | None:
    """The width and height that an image's file says it has, in pixels; ``None`` where it says nothing of the kind.

    Args:
        data: The bytes of a file.
    """
    read = _READERS.get(media_type(data) or "")
    try:
        return read(data) if read is not None else None
    except (struct.error, IndexError):  # cut off
        return None


def _png(data: bytes) -> tuple[int, int] | None:
    """PNG: its first chunk is the header."""
    length, kind, width, height = struct.unpack_from(">I4sII", data, 8)
    return (width, height) if kind == b"IHDR" and length == 13 else None


def _gif(data: bytes) -> tuple[int, int] | None:
    """GIF: the canvas, or a picture in it that is larger, since some viewers make room for that."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    place = 13 + _colors(flags)
    while place < len(data):
        sign = data[place]
        if sign == 0x2C:
            left, top, wide, high, flags = struct.unpack_from("<HHHHB", data, place + 1)
            width, height = max(width, left + wide), max(height, top + high)
            place += 11 + _colors(flags)
        elif sign == 0x21:
            place += 2
        else:  # the end
            break
        while place < len(data) and data[place]:
            place += data[place] + 1
        place += 1
    return width, height


def _colors(flags: int) -> int:
    """How many bytes a table of colors has."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """JPEG: the first frame's header, behind segments that say how long they are."""
    place = 2
    while data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # padding
            place += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, place + 5)
            return width, height
        elif marker == 0x01 or 0xD0 <= marker <= 0xD7:
            place += 2
        elif marker in (0xD9, 0xDA):  # the end, or the picture
            return None
        else:
            place += 2 + max(struct.unpack_from(">H", data, place + 2)[0], 2)
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    """WebP: the canvas, or the one picture."""
    kind = data[12:16]
    if kind == b"VP8X":
        if len(data) < 30:
            return None
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L" and data[20] == 0x2F:
        bits = struct.unpack_from("<I", data, 21)[0]
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


_READERS: dict[str, Callable[[bytes], tuple[int, int] | None]] = {
    "image/png": _png,
    "image/gif": _gif,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
}


def _of_bytes(data: bytes, what: str) -> ImagePart:
    kind = media_type(data)
    if kind is None:
        raise InvalidMessagesError(f"{what} is not a {_KINDS}", hint="Convert it to PNG first.")
    check_size(len(data), what)
    return ImagePart(data, kind)


def _of_path(path: str | os.PathLike[str]) -> ImagePart:
    text = os.fspath(path)
    shown = repr(text if len(text) <= 100 else text[:99] + "…")
    if "://" in text:
        raise InvalidMessagesError(
            f"{shown} is an address, and images are not fetched", hint="Download it and give its path."
        )
    try:
        with files.open_regular(Path(path).expanduser()) as file:
            check_size(os.fstat(file.fileno()).st_size, shown)
            head = file.read(16) or b""
            # A large file that is no image is not read to its end.
            return _of_bytes(head + files.read_rest(file, LARGEST) if media_type(head) else head, shown)
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, InvalidMessagesError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise InvalidMessagesError(f"the image {shown} cannot be read: {reason}") from None


def check_size(size: int, what: str) -> None:
    """Checks how large an image is.

    Args:
        size: How many bytes it has.
        what: What it is called.

    Raises:
        InvalidMessagesError: It is too large.
    """
    if size > LARGEST:
        raise InvalidMessagesError(
            f"{what} is too large: {size:,} bytes of at most {LARGEST:,}", hint="Make it smaller first."
        )


def _data_of_url(url: str) -> bytes:
    """The bytes of a ``data:`` URL (RFC 2397)."""
    head, comma, payload = url.partition(",")
    try:
        if not comma:
            raise ValueError("it has no comma")
        data = unquote_to_bytes(payload)
        if head.lower().endswith(";base64"):
            return base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error) as error:
        raise InvalidMessagesError(f"the data URL is broken: {error}") from None
    return data


def _drawn(value: Any) -> bytes | None:
    """The PNG that a Pillow image or a matplotlib figure draws; ``None`` for any other value. It can only be
    theirs where their module has been imported already."""
    file = io.BytesIO()
    try:
        if isinstance(value, _class("PIL.Image", "Image")):
            if value.mode not in ("1", "L", "LA", "I;16", "P", "RGB", "RGBA"):
                value = value.convert("RGB")  # such as CMYK, which a PNG cannot hold
            value.save(file, format="PNG")
        elif isinstance(value, _class("matplotlib.figure", "Figure")):
            value.savefig(file, format="png", bbox_inches="tight")
        else:
            return None
    except (OSError, ValueError) as error:
        raise InvalidMessagesError(f"the {type(value).__name__} cannot be drawn: {error}") from None
    return file.getvalue()


def _class(module: str, name: str) -> Any:
    """A class of a module that has been imported; of any other, one that no value is of."""
    return getattr(sys.modules.get(module), name, ())
