"""Images, sound and files that a model made: what of them may be shown, and how.

What a service says of their kind counts for nothing: the first bytes decide, and nothing is decoded or fetched here.
Front ends get the bytes of what they can show, under the type that these have.
"""

from __future__ import annotations

import base64
import re
from html import escape

from ..images import dimensions, media_type, unshowable
from ..parts import AudioPart, FilePart, ImagePart, MediaPart, Part
from ..text import replace_surrogates, single_line

MOST = 50
"""How many images and recordings of an answer are shown."""

LARGEST_RECORDING = 32 * 1024 * 1024
"""The largest recording that is shown, in bytes."""

_LONGEST_NAME = 100
_RAW = re.compile(r"audio/(?:l16|pcm|x-pcm|raw)\b", re.IGNORECASE)
_RATE = re.compile(r";\s*rate=([0-9]{4,6})(?![0-9])", re.IGNORECASE)
_USUAL_RATE = 24_000  # samples a second, in what models speak


class Medium:
    """An image or a recording that is shown.

    Attributes:
        data: The bytes.
        media_type: What they are, by their first ones.
        told: What it is, in words.
        is_image: Whether it is an image.
    """

    __slots__ = ("data", "is_image", "media_type", "told")

    def __init__(self, data: bytes, media_type: str, told: str) -> None:
        self.data = data
        self.media_type = media_type
        self.told = told
        self.is_image = media_type.startswith("image/")

    @property
    def base64(self) -> str:
        """The bytes as notebooks hold them."""
        return base64.b64encode(self.data).decode("ascii")

    @property
    def html(self) -> str:
        """An element that shows it, with the bytes in it."""
        url = f"data:{self.media_type};base64,{self.base64}"
        if self.is_image:
            return f'<p><img src="{url}" alt="{escape(self.told)}" style="max-width:100%;height:auto"></p>'
        return f'<p><audio controls preload="metadata" src="{url}" title="{escape(self.told)}"></audio></p>'

    @property
    def bundle(self) -> dict[str, str]:
        """It as an output of its own."""
        if self.is_image:
            return {self.media_type: self.base64, "text/plain": self.told}
        return {"text/html": self.html, "text/plain": self.told}


def medium(part: Part) -> Medium | str:
    """A part as it can be shown; else why it cannot, in words for the reader.

    Args:
        part: An image, a recording or a file.
    """
    assert isinstance(part, MediaPart)
    told = told_of(part)
    if isinstance(part, FilePart):
        return f"{told}, which is not shown"
    if isinstance(part, ImagePart):
        if problem := unshowable(part.data):
            return f"{told}, which is not shown: {problem}"
        return Medium(part.data, media_type(part.data) or "", told)
    if len(part.data) > LARGEST_RECORDING:
        return f"{told}, which is not shown: too large"
    data, kind = _playable(part)
    return (
        Medium(data, kind, told) if kind else f"{told}, which is not shown: not a WAV, MP3, Ogg, FLAC or MP4"
    )


def told_of(part: MediaPart) -> str:
    """What an image, a recording or a file is, in a few words: its type, and how large it is."""
    kind = part.media_type
    name = part.name if isinstance(part, FilePart) else ""
    size = ""
    if isinstance(part, ImagePart):
        kind = media_type(part.data) or kind
        width, height = dimensions(part.data) or (0, 0)
        size = f", {width:,} × {height:,} pixels" if width and height else ""
    shown = single_line(replace_surrogates((name or kind)[:_LONGEST_NAME]))
    return f"{shown}{size}, {_size(len(part.data))}"


def _size(count: int) -> str:
    if count < 100_000:
        return f"{count:,} bytes"
    return f"{count / 1_000_000:,.1f} MB"


_ENDINGS = {
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/webp": ("webp",),
    "image/gif": ("gif",),
    "audio/wav": ("wav",),
    "audio/mpeg": ("mp3",),
    "audio/aac": ("aac",),
    "audio/ogg": ("ogg", "oga", "opus"),
    "audio/flac": ("flac",),
    "audio/mp4": ("m4a", "mp4"),
}

ENDINGS = frozenset(ending for endings in _ENDINGS.values() for ending in endings)
"""How files of images and recordings end."""


def ending_of(medium: Medium) -> str:
    """How the name of a file ends that has an image or a recording in it."""
    return _ENDINGS[medium.media_type][0]


def may_end(medium: Medium, ending: str) -> bool:
    """Whether a file with an image or a recording in it may end so."""
    return ending in _ENDINGS[medium.media_type]


def audio_type(data: bytes) -> str:
    """The media type of a recording by its first bytes; ``""`` where it is none that browsers play."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "audio/wav"
    if data.startswith(b"ID3") or (
        len(data) > 1 and data[0] == 0xFF and data[1] & 0xE6 in (0xE2, 0xE4, 0xE6)
    ):
        return "audio/mpeg"
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0:
        return "audio/aac"
    if data.startswith(b"OggS"):
        return "audio/ogg"
    if data.startswith(b"fLaC"):
        return "audio/flac"
    if data[4:8] == b"ftyp":
        return "audio/mp4"
    return ""


def _playable(part: AudioPart) -> tuple[bytes, str]:
    """A recording's bytes and type as a browser plays it. Samples alone, as speech models send them, get the head of a
    WAV file."""
    if _RAW.match(part.media_type) and not part.data.startswith(b"RIFF"):
        found = _RATE.search(part.media_type)
        return _wav(part.data, int(found[1]) if found else _USUAL_RATE), "audio/wav"
    return part.data, audio_type(part.data)


def _wav(samples: bytes, rate: int) -> bytes:
    """Samples of 16 bits in one channel, the smaller byte first, as a file."""
    length = len(samples)
    head = [b"RIFF", (36 + length).to_bytes(4, "little"), b"WAVEfmt ", (16).to_bytes(4, "little")]
    head += [(1).to_bytes(2, "little"), (1).to_bytes(2, "little"), rate.to_bytes(4, "little")]
    head += [(2 * rate).to_bytes(4, "little"), (2).to_bytes(2, "little"), (16).to_bytes(2, "little")]
    return b"".join([*head, b"data", length.to_bytes(4, "little"), samples])
