"""How much messages are, in tokens."""

from __future__ import annotations

from collections.abc import Sequence

from ..messages import ImagePart, Message

DEFAULT_RESERVE = 4096
"""How many tokens are kept for the answer where its length is not bounded."""

BYTES_PER_TOKEN = 3.3
"""How many bytes a token has, about: English prose has 4, code and Chinese 3."""

_TOKENS_PER_MESSAGE = 4  # what a chat template writes around each

TOKENS_PER_IMAGE = 1100
"""How many tokens an image counts as: a large one, as OpenAI and Anthropic count it."""


def estimate(messages: Sequence[Message]) -> int:
    """How many tokens the messages are, about: rather too many than too few. Each model counts in its own
    way, so it is a guess from the bytes."""
    return sum(_TOKENS_PER_MESSAGE + _content(message) for message in messages)


def _content(message: Message) -> int:
    images = sum(isinstance(part, ImagePart) for part in message.parts)
    text = message.text
    size = len(text) if text.isascii() else len(text.encode(errors="replace"))
    return int(size / BYTES_PER_TOKEN) + 1 + images * TOKENS_PER_IMAGE
