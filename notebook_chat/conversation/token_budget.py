"""How much messages are, in tokens."""

from __future__ import annotations

from collections.abc import Sequence

from ..messages import MediaPart, Message
from .media_size import tokens_of

DEFAULT_RESERVE = 4096
"""How many tokens are kept for the answer where its length is not bounded."""

BYTES_PER_TOKEN = 3.3
"""How many bytes a token has, about: English prose has 4, code and Chinese 3."""

_TOKENS_PER_MESSAGE = 4  # what a chat template writes around each


def estimate(messages: Sequence[Message]) -> int:
    """How many tokens the messages are, about: rather too many than too few. Each model counts in its own
    way, so it is a guess from the bytes."""
    return sum(_TOKENS_PER_MESSAGE + _content(message) for message in messages)


def _content(message: Message) -> int:
    media = 0
    if not isinstance(message.content, str):
        media = sum(tokens_of(part) for part in message.content if isinstance(part, MediaPart))
    text = message.text
    size = len(text) if text.isascii() else len(text.encode(errors="replace"))
    return int(size / BYTES_PER_TOKEN) + 1 + media
