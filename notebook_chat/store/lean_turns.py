"""A turn as a notebook's file holds it: without what would make the file heavy, and is there already or elsewhere.

Images and sound of an answer stand in outputs of their own beside its text; the history on this machine has them, too.
An answer in its vendor's own form is never taken from a file.
"""

from __future__ import annotations

import operator

from msgspec.structs import replace

from ..conversation import Turn
from ..messages import Message
from ..parts import MediaPart, Part, ReplayPart, UnknownPart

LARGEST_REPLAY = 8_000
"""How large an answer in its vendor's own form may be in a notebook's file, in characters."""

MOST_MEDIA = 16_000
"""How many bytes of images, sound and files an answer may have there."""


def lean(turn: Turn) -> Turn:
    """The turn as a notebook's file holds it; itself where that is all of it. What is left out of the media is named by
    its type and its size.

    Args:
        turn: A turn, as it was had or as a file has it.
    """
    exchange = _exchange(turn.exchange)
    others = tuple(
        other if (said := _exchange(other.exchange)) is other.exchange else replace(other, exchange=said)
        for other in turn.alternatives
    )
    if exchange is turn.exchange and all(map(operator.is_, others, turn.alternatives)):
        return turn
    return replace(turn, exchange=exchange, alternatives=others)


def _exchange(exchange: tuple[Message, ...]) -> tuple[Message, ...]:
    if not any(isinstance(message.content, tuple) for message in exchange):
        return exchange
    parts = [part for message in exchange for part in message.parts]
    replays = sum(len(part.raw) for part in parts if isinstance(part, ReplayPart))
    media = sum(len(part.data) for part in parts if isinstance(part, MediaPart))
    if replays <= LARGEST_REPLAY and media <= MOST_MEDIA:
        return exchange
    kept = []
    for message in exchange:
        own = tuple(_lean(part, media > MOST_MEDIA) for part in message.parts)
        if replays > LARGEST_REPLAY:
            own = tuple(part for part in own if not isinstance(part, ReplayPart))
        if own:
            kept.append(replace(message, content=own))
    return tuple(kept)


def _lean(part: Part, heavy: bool) -> Part:
    if heavy and isinstance(part, MediaPart):
        return UnknownPart(part.media_type, len(part.data))
    return part
