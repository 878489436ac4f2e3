"""How much images, files and recordings are, in tokens."""

from __future__ import annotations

from ..parts import AudioPart, ImagePart, MediaPart

TOKENS_PER_IMAGE = 1100
"""How many tokens an image counts as: a large one, as OpenAI and Anthropic count it."""

_PER_PAGE = 2000  # of a PDF, which is read as a text and as an image
_BYTES_PER_PAGE = 50_000  # where the pages are packed away
_PER_SECOND = 32  # of a recording, as Gemini counts it
_BYTES_PER_SECOND = 16_000  # of one that is compressed as usual
_BYTES_PER_TOKEN = 10  # of other documents, which are packed


def tokens_of(part: MediaPart) -> int:
    """How many tokens an image, a file or a recording is, about.

    Args:
        part: It.
    """
    if isinstance(part, ImagePart):
        return TOKENS_PER_IMAGE
    data = part.data
    kind = part.media_type
    if isinstance(part, AudioPart) or kind.startswith(("audio/", "video/")):
        rate = int.from_bytes(data[28:32], "little") if data[8:12] == b"WAVE" else 0
        return int(len(data) / (rate or _BYTES_PER_SECOND) * _PER_SECOND) + 1
    if kind == "application/pdf":
        named = data.count(b"/Type /Page") + data.count(b"/Type/Page")
        trees = data.count(b"/Type /Pages") + data.count(b"/Type/Pages")
        return (named - trees or len(data) // _BYTES_PER_PAGE + 1) * _PER_PAGE
    if kind.startswith("text/"):
        return len(data) // 3 + 1
    return len(data) // _BYTES_PER_TOKEN + 1
