"""An answer from before as the events of an answer that comes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Literal

from msgspec.structs import replace

from ..events import Event, Finish, ReasoningDelta, TextDelta
from ..ledger import Record
from ..messages import Message
from ..parts import Part, ReasoningPart, ReplayPart, TextPart

Pace = Literal["at once", "natural"]
PACES: tuple[Pace, ...] = ("at once", "natural")

_PIECES_A_SECOND = 20
_LONGEST = 600.0  # seconds that an answer takes at most, whatever its record says
_WORD = re.compile(r"\S*\s*")


async def play(record: Record, pace: Pace = "at once") -> AsyncGenerator[Sequence[Event]]:
    """The events of an answer from before: all its parts, what it used, and why it ended.

    Args:
        record: The answer.
        pace: ``at once``, or ``natural``: as it came then.
    """
    parts = [part for message in playable(record.exchange) for part in message.parts]
    if pace == "natural":
        async for batch in _paced(record, parts):
            yield batch
    else:
        yield tuple(event for part in parts for event in _events(part))
    end: list[Event] = [] if record.usage is None else [record.usage]
    yield (*end, *([Finish(record.finish_reason)] if record.finish_reason is not None else []))


def playable(exchange: tuple[Message, ...]) -> tuple[Message, ...]:
    """An exchange as it is had again, wherever it is read: without what its vendor alone can read, which belongs to the
    answer as it was had first.

    Args:
        exchange: What followed a prompt.
    """
    if not any(isinstance(part, ReplayPart) for message in exchange for part in message.parts):
        return exchange
    kept = (
        (message, tuple(part for part in message.parts if not isinstance(part, ReplayPart)))
        for message in exchange
    )
    return tuple(_with(message, parts) for message, parts in kept if parts)


def _with(message: Message, parts: tuple[Part, ...]) -> Message:
    [first, *others] = parts
    if message.role == "assistant" and isinstance(first, TextPart) and not others:
        return replace(message, content=first.text)
    return replace(message, content=parts)


def _events(part: Part) -> Iterator[Event]:
    """What a part comes as. Texts come as pieces do, since whoever takes pieces looks for them."""
    match part:
        case TextPart():
            yield TextDelta(part.text)
        case ReasoningPart():
            yield ReasoningDelta(part.text)
        case _:
            yield part


async def _paced(record: Record, parts: Sequence[Part]) -> AsyncGenerator[Sequence[Event]]:
    """The events, spread over the time that the answer took."""
    seconds = min(max(record.seconds, 0.0), _LONGEST)
    first = min(max(record.first_text or 0.0, 0.0), seconds)
    said = sum(len(part.text) for part in parts if isinstance(part, (TextPart, ReasoningPart)))
    most = max(int((seconds - first) * _PIECES_A_SECOND), 1)
    size = max(-(-said // most), 1)
    pause = (seconds - first) / max(-(-said // size), 1)
    await asyncio.sleep(first)
    for part in parts:
        if not isinstance(part, (TextPart, ReasoningPart)):
            yield tuple(_events(part))
            continue
        for piece in _pieces(part.text, size):
            yield (TextDelta(piece) if isinstance(part, TextPart) else ReasoningDelta(piece),)
            await asyncio.sleep(pause * len(piece) / size)


def _pieces(text: str, size: int) -> Iterator[str]:
    """A text in pieces of about a size, words whole where they are no longer."""
    piece = ""
    for found in _WORD.finditer(text):
        word = found[0]
        while word:
            piece, word = piece + word[: 2 * size], word[2 * size :]
            if len(piece) >= size:
                yield piece
                piece = ""
    if piece:
        yield piece
