"""Media types of the files that models take, and who takes them."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

PDF = "application/pdf"
TEXT = "text/plain"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
POWERPOINT = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

OFFICE = frozenset({WORD, POWERPOINT, EXCEL})
DOCUMENTS = OFFICE | {PDF}
WAV_AND_MP3 = frozenset({"audio/wav", "audio/mpeg"})
AUDIO = WAV_AND_MP3 | {"audio/aac", "audio/aiff", "audio/flac", "audio/mp4", "audio/ogg"}
VIDEO = frozenset({"video/mp4", "video/mov", "video/webm", "video/avi", "video/mpeg"})

_KINDS = MappingProxyType(
    {
        PDF: "PDF",
        **dict.fromkeys(OFFICE, "Office documents"),
    }
)
_TAKERS = MappingProxyType(
    {
        "PDF": "a model of anthropic, gemini, openai or openrouter",
        "Office documents": "a model of openai",
        "sound": "a model of gemini, or openai:gpt-audio",
        "video": "a model of gemini",
        "images": "a model of openai, anthropic, gemini or xai",
    }
)
"""Who takes a kind of files."""


def kind_of(media_type: str) -> str:
    """What a media type is called, in a sentence that somebody takes it, or takes none: ``PDF``, ``sound``.

    Args:
        media_type: Such as ``audio/wav``.
    """
    if found := _KINDS.get(media_type):
        return found
    general = media_type.partition("/")[0]
    return {"audio": "sound", "video": "video", "image": "images"}.get(general, "files of this kind")


def kinds_of(media_types: Iterable[str]) -> list[str]:
    """What several media types are called, each kind once and in a fixed order; plain text is none.

    Args:
        media_types: The media types.
    """
    found = {kind_of(one) for one in media_types}
    return [kind for kind in _TAKERS if kind in found]


def takers(kind: str) -> str:
    """Whom to ask who takes a kind of files; ``another model`` where nobody is known.

    Args:
        kind: As ``kind_of`` gives it.
    """
    return _TAKERS.get(kind, "another model")
