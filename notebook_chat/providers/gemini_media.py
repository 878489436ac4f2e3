"""Images, sound and other files in an answer of Gemini."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..images import image_type
from ..parts import AudioPart, FilePart, ImagePart, MediaPart, UnknownPart
from .sound import wav
from .wire_values import bytes_of_base64

_KIND = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,63}")
_ANY = "application/octet-stream"
_BARE = frozenset(("audio/l16", "audio/pcm", "audio/raw"))  # samples without a head
_LONGEST = 32 * 1024 * 1024  # bytes of samples in one recording: more than ten minutes
_LONGEST_NAME = 200  # characters


class _Form(NamedTuple):
    """How samples are to be read."""

    rate: int
    channels: int


class Media:
    """Makes parts of the files in an answer. Samples that come in pieces become one recording."""

    def __init__(self) -> None:
        self._form: _Form | None = None
        self._samples: list[bytes] = []
        self._size = 0

    @property
    def waiting(self) -> bool:
        """Whether there are samples whose recording may go on."""
        return self._form is not None

    def take(self, blob: Any) -> Iterator[MediaPart | UnknownPart]:
        """The parts that are whole with a further file.

        Args:
            blob: ``inlineData``.
        """
        blob = blob if isinstance(blob, dict) else {}
        data, kind = bytes_of_base64(blob.get("data")), blob.get("mimeType")
        kind = kind if isinstance(kind, str) else ""
        name, _, rest = kind.lower().partition(";")
        if data is None:
            yield from self.flush()
            yield UnknownPart("a broken file", len(str(blob.get("data") or "")))
        elif name.strip() in _BARE:
            form = _form(rest)
            if form != self._form or self._size > _LONGEST:
                yield from self.flush()
            self._form = form
            self._samples.append(data)
            self._size += len(data)
        else:
            yield from self.flush()
            yield _file(data, name.strip(), blob.get("displayName"))

    def flush(self) -> Iterator[AudioPart]:
        """The recording whose samples have come."""
        if self._form is not None and self._size:
            data = wav(b"".join(self._samples), *self._form)
            self._samples, self._size = [], 0
            yield AudioPart(data, "audio/wav")
        self._form = None


def _file(data: bytes, kind: str, name: Any) -> MediaPart:
    """A file as a part. What is called an image is one if its first bytes say so."""
    if (image := image_type(data)) is not None:
        return ImagePart(data, image)
    kind = kind if _KIND.fullmatch(kind) else _ANY
    if kind.startswith("audio/"):
        return AudioPart(data, kind)
    words = name if isinstance(name, str) else ""
    return FilePart(data, kind, re.split(r"[/\\]", words)[-1][:_LONGEST_NAME])


def _form(parameters: str) -> _Form:
    """How samples are to be read, by what stands behind their media type."""
    found = {"rate": 24_000, "channels": 1}
    for parameter in parameters.split(";")[:10]:
        name, _, value = parameter.strip().partition("=")
        if name in found and value.isascii() and value.isdigit() and len(value) <= 6:
            found[name] = int(value)
    return _Form(min(max(found["rate"], 1000), 384_000), min(max(found["channels"], 1), 8))
