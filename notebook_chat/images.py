"""Any image that a notebook may hold, as a part of a message."""

from __future__ import annotations

import base64
import binascii
import io
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from . import files
from .errors import InvalidMessagesError
from .parts import ImagePart

LARGEST = 32 * 1024 * 1024
"""The largest image accepted, in bytes; no service takes a larger request (Anthropic's bound)."""

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
