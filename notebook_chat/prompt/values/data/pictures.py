"""Describers of Pillow's images."""

from __future__ import annotations

import io
import sys
from typing import Any

from ....errors import ChatError
from ....images import image_part
from ....parts import ImagePart
from ..description import Description
from .scalars import file_label

LONGEST_SIDE = 1_500
"""How many pixels an image that goes along has at most on a side; the services make larger ones smaller anyway."""

_MOST_PIXELS = 100_000_000
_PHOTOS = ("JPEG", "MPO", "WEBP", "HEIF", "AVIF")


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
    with pillow.open(io.BytesIO(data)) as picture:
        if max(picture.size) <= LONGEST_SIDE:
            return data
        file = io.BytesIO()
        _fitting(picture).save(file, format="PNG")
        return file.getvalue()


def _part(picture: Any) -> ImagePart | None:
    width, height = picture.size
    if not 0 < width * height <= _MOST_PIXELS:
        return None
    try:
        again = _opened_again(picture)
        try:
            photo = getattr(picture, "format", None) in _PHOTOS and picture.mode in ("RGB", "L")
            shown = _fitting(_common(picture if again is None else again))
            if shown is picture:  # what saves an image notes in it how
                shown = sys.modules["PIL.Image"].Image.copy(picture)
            return image_part(_jpeg(shown)) if photo else image_part(shown)
        finally:
            if again is not None:
                again.close()
    except (OSError, ValueError, ChatError):
        return None


def _fitting(picture: Any) -> Any:
    """The image, or a smaller one where it is large."""
    width, height = picture.size
    scale = LONGEST_SIDE / max(width, height)
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return picture.resize(size, sys.modules["PIL.Image"].Resampling.BICUBIC, reducing_gap=2.0)


def _common(picture: Any) -> Any:
    """The image in a mode that a PNG can hold and that can be made smaller. Numbers that are no colors become shades
    of grey, from the least to the greatest."""
    if picture.mode in ("RGB", "RGBA", "L", "LA"):
        return picture
    if picture.mode[:1] in ("I", "F"):
        least, greatest = picture.getextrema()
        scale = 255 / (greatest - least) if greatest > least else 0.0
        offset = -least * scale
        return picture.convert("F").point(lambda value: value * scale + offset).convert("L")
    return picture.convert("RGBA" if "transparency" in picture.info or "A" in picture.mode else "RGB")


def _jpeg(picture: Any) -> bytes:
    """A photo as one: as a PNG it would be several times as large."""
    file = io.BytesIO()
    picture.save(file, format="JPEG", quality=90)
    return file.getvalue()


def _opened_again(picture: Any) -> Any:
    """A file that has not been read yet is opened a second time, so that it is not read through the image that is
    there; ``None`` for an image in memory."""
    name = getattr(picture, "filename", "")
    if getattr(picture, "fp", None) is not None and type(name) is str and name and _is_unread(picture):
        again = sys.modules["PIL.Image"].open(name)
        again.draft(None, (LONGEST_SIDE, LONGEST_SIDE))  # a large photo is read in a smaller size at once
        return again
    return None


def _is_unread(picture: Any) -> bool:
    return bool(getattr(picture, "tile", None)) and getattr(picture, "_im", None) is None
