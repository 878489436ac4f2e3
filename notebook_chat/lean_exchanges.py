"""An exchange as a notebook's file holds it: without what would make the file heavy, and is there or elsewhere anyway.

What is left out of the media is named by its type and its size. An answer in its vendor's own form is never taken from
a file. Of what tools gave there is as much as a reader needs.
"""

from __future__ import annotations

from msgspec.structs import replace

from .messages import Message
from .parts import MediaPart, Part, ReplayPart, TextPart, ToolResultPart, UnknownPart

LARGEST_REPLAY = 8_000
"""How large an answer in its vendor's own form may be in a notebook's file, in characters."""

MOST_MEDIA = 16_000
"""How many bytes of images, sound and files an answer may have there."""

MOST_RESULTS = 100_000
"""How much text the results of an answer's tools may have there, in characters."""

_LEAST_RESULT = 300


def lean_exchange(exchange: tuple[Message, ...], most_media: int = MOST_MEDIA) -> tuple[Message, ...]:
    """An exchange as a notebook's file holds it; itself where that is all of it. What is lean stays as it is.

    Args:
        exchange: What followed a prompt.
        most_media: How many bytes of images, sound and files there may be.
    """
    if not any(isinstance(message.content, tuple) for message in exchange):
        return exchange
    parts = [part for message in exchange for part in message.parts]
    replays = sum(len(part.raw) for part in parts if isinstance(part, ReplayPart))
    results = [part for part in parts if isinstance(part, ToolResultPart)]
    inner = [one for result in results for one in result.parts]
    media = sum(len(part.data) for part in (*parts, *inner) if isinstance(part, MediaPart))
    # The words that a notebook's file has for media count, too: what is lean stays as it is, with them and without.
    named = [_named(one) if media > MOST_MEDIA else one for one in inner]
    texts = [one for one in named if isinstance(one, TextPart)]
    given = sum(len(one.text) for one in texts)
    if replays <= LARGEST_REPLAY and media <= most_media and given <= MOST_RESULTS:
        return exchange
    most = max(MOST_RESULTS // len(texts), _LEAST_RESULT) if given > MOST_RESULTS else given
    kept = []
    for message in exchange:
        own = tuple(_lean(part, media > most_media, most) for part in message.parts)
        if replays > LARGEST_REPLAY:
            own = tuple(part for part in own if not isinstance(part, ReplayPart))
        if own:
            kept.append(replace(message, content=own))
    return tuple(kept)


def _lean(part: Part, heavy: bool, most: int) -> Part:
    if isinstance(part, ToolResultPart):
        return replace(part, parts=tuple(_result(one, heavy, most) for one in part.parts))
    if heavy and isinstance(part, MediaPart):
        return UnknownPart(part.media_type, len(part.data))
    return part


def _result(part: TextPart | MediaPart, heavy: bool, most: int) -> TextPart | MediaPart:
    """A part of what a tool gave. Once shortened it stays as it is."""
    part = _named(part) if heavy else part
    if not isinstance(part, TextPart) or len(part.text) <= most:
        return part
    end = f"\n… (shortened, from {len(part.text):,} characters)"
    return TextPart(part.text[: most - len(end)] + end)


def _named(part: TextPart | MediaPart) -> TextPart:
    """A text, or words for something else."""
    if isinstance(part, TextPart):
        return part
    return TextPart(f"({part.media_type[:100]}, {len(part.data):,} bytes)\n")
