"""Images and sound in an answer in chat completions. Nothing is fetched, and what calls itself an image is one only
where its bytes are."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterator
from typing import Any

from ..images import LARGEST, media_type
from ..parts import AudioPart, ImagePart, SourcePart, UnknownPart
from .chat_values import cut, fields, text, unknown
from .wire_values import bytes_of_base64

_MOST_SOUND = 64 * 1024 * 1024
"""How much sound of one answer is kept, in bytes: twenty minutes."""

_RATE = 24_000  # samples in a second of the sound that comes in pieces, of one channel and two bytes each

_BEGINNINGS = (
    (b"RIFF", "audio/wav"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
)
_FORMATS = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "opus": "audio/ogg",
    "aac": "audio/aac",
}
_LONGEST_URL = 8000


def images(items: Any) -> Iterator[ImagePart | SourcePart | UnknownPart]:
    """The images that a model has made; the address of one that is elsewhere.

    Args:
        items: The ``images`` of a piece, or one of them.
    """
    for item in items if isinstance(items, list) else [items]:
        image = fields(item)
        url = image.get("image_url", image.get("url", item))
        url = text(fields(url).get("url")) or text(url)
        if url:
            yield _of_url(url)
        elif data := text(image.get("b64_json")):
            yield image_of(data) or unknown("image", item)
        elif item:
            yield unknown(image.get("type") or "image", item)


def _of_url(url: str) -> ImagePart | SourcePart | UnknownPart:
    head, _, payload = url.partition(",") if url[:5].lower() == "data:" else ("", "", "")
    if head:
        said = head[5:].partition(";")[0].strip().lower()
        image = image_of(payload) if head.lower().endswith(";base64") else None
        return image or UnknownPart(cut(said or "image", 100), len(url))
    if url[:8].lower().startswith(("https://", "http://")) and len(url) <= _LONGEST_URL:
        return SourcePart(url, "an image")
    return UnknownPart("image", len(url))


def image_of(data: str) -> ImagePart | None:
    """The image that a text in base64 is; ``None`` where it is none that can be shown."""
    found = bytes_of_base64(data) or b""
    kind = media_type(found)
    return None if kind is None or len(found) > LARGEST else ImagePart(found, kind)


class Sound:
    """What a model says aloud, joined from its pieces.

    Args:
        form: The form that was asked for, such as ``mp3``; ``""`` for the usual one.
    """

    def __init__(self, form: str = "") -> None:
        self._form = form
        self._rest = ""  # of a piece that was cut within four characters
        self._sound = bytearray()
        self._lost = 0

    def take(self, data: str) -> None:
        """Takes a piece, in base64."""
        data = self._rest + "".join(data.split())
        whole = len(data) // 4 * 4
        data, self._rest = data[:whole], data[whole:]
        try:
            found = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            found, self._lost = b"", self._lost + len(data)
        room = _MOST_SOUND - len(self._sound)
        self._sound += found[:room]
        self._lost += len(found[room:])

    def finish(self) -> Iterator[AudioPart | UnknownPart]:
        """The recording, once it is whole, and what could not be read of it."""
        lost, sound = self._lost + len(self._rest), bytes(self._sound)
        self._lost, self._rest, self._sound = 0, "", bytearray()
        if sound:
            yield self._part(sound)
        if lost:
            yield UnknownPart("audio", lost)

    def _part(self, sound: bytes) -> AudioPart:
        kind = next((kind for beginning, kind in _BEGINNINGS if sound.startswith(beginning)), None)
        kind = kind or _FORMATS.get(self._form)
        return AudioPart(sound, kind) if kind else AudioPart(_wav(sound), "audio/wav")


def _wav(samples: bytes) -> bytes:
    """Bare samples as a file."""
    samples = samples[: len(samples) // 2 * 2]
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, _RATE, _RATE * 2, 2, 16)
    head = struct.pack("<4sI4s", b"RIFF", 4 + len(form) + 8 + len(samples), b"WAVE")
    return head + form + struct.pack("<4sI", b"data", len(samples)) + samples
