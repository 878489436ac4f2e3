"""Describers of Pillow's images."""

from __future__ import annotations

import sys
from typing import Any

from ...errors import ChatError
from ...images import image_part
from ...parts import ImagePart
from ..description import Description
from .scalars import file_label

LONGEST_SIDE = 1_500
"""How many pixels an image that goes along has at most on a side; the services make larger ones smaller anyway."""

_MOST_PIXELS = 100_000_000


def describe_picture(picture: Any, tokens: int) -> Description:
    """An image: itself, made smaller where it is large, and in words its size, its mode and its format."""
    width, height = picture.size
    form = f", format {picture.format}" if getattr(picture, "format", None) else ""
    name = getattr(picture, "filename", "")
    file = f", from {file_label(name)}" if type(name) is str and name else ""
    text = f"A PIL image of {width:,} × {height:,} pixels (width × height), mode {picture.mode}{form}{file}."
    part = _part(picture)
    if part is None:
        text += " The image itself is left out: it is empty, too large, or cannot be read."
    return Description(text, f"{width:,} × {height:,} {picture.mode}", (part,) if part else ())


def smaller(data: bytes) -> bytes:
    """A PNG whose longer side is at most ``LONGEST_SIDE`` pixels; the same bytes where Pillow is not there."""
    pillow = sys.modules.get("PIL.Image")
    if pillow is None:
        return data
    import io

    with pillow.open(io.BytesIO(data)) as picture:
        if max(picture.size) <= LONGEST_SIDE:
            return data
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        file = io.BytesIO()
        picture.save(file, format="PNG")
        return file.getvalue()


def _part(picture: Any) -> ImagePart | None:
    width, height = picture.size
    if not 0 < width * height <= _MOST_PIXELS:
        return None
    try:
        own = _own(picture)
        try:
            if max(own.size) > LONGEST_SIDE:
                own = (
                    own
                    if own.mode in ("RGB", "RGBA", "L", "LA")
                    else own.convert("RGBA" if _clear(own) else "RGB")
                )
                own.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            return image_part(own)
        finally:
            own.close()
    except (OSError, ValueError, ChatError):
        return None


def _clear(picture: Any) -> bool:
    return "transparency" in picture.info or "A" in picture.mode


def _own(picture: Any) -> Any:
    """An image of the same pixels that may be changed. A file that has not been read yet is opened a second time, so
    that it is not read through the one that is there."""
    pillow = sys.modules["PIL.Image"]
    name = getattr(picture, "filename", "")
    if getattr(picture, "fp", None) is not None and type(name) is str and name and _is_unread(picture):
        return pillow.open(name)
    return pillow.Image.copy(picture)


def _is_unread(picture: Any) -> bool:
    return bool(getattr(picture, "tile", None)) and getattr(picture, "_im", None) is None
