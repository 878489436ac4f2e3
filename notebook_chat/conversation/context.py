"""How much a model can read at once, and how much messages are, in tokens."""

from __future__ import annotations

from collections.abc import Sequence

from ..messages import ImagePart, Message

DEFAULT_RESERVE = 4096
"""How many tokens are kept for the answer where its length is not bounded."""

_BYTES_PER_TOKEN = 3.3  # English prose has about 4, code and Chinese about 3
_TOKENS_PER_MESSAGE = 4  # what a chat template writes around each
_TOKENS_PER_IMAGE = 1100  # a large one, as OpenAI and Anthropic count it

# What the vendors' model lists say, by the longest beginning of a model's name. A server may be set up with
# less, which its "context too long" tells.
_LIMITS = {
    "gpt-3.5": 16_385,
    "gpt-4": 8_192,
    "gpt-4-turbo": 128_000,
    "gpt-4o": 128_000,
    "gpt-4.1": 1_047_576,
    "gpt-5": 272_000,
    "o1": 200_000,
    "o3": 200_000,
    "o4": 200_000,
    "claude": 200_000,
    "gemini": 1_048_576,
}
_LIMITS_OF_PROVIDERS = {"local": 8_192}  # what the embedded engine is started with


def known_limit(model: str) -> int | None:
    """The context of a model in tokens, where it is known.

    Parameters:
        model: ``provider:model``, or the model's own name.
    """
    provider = model.partition(":")[0]
    if provider in _LIMITS_OF_PROVIDERS:
        return _LIMITS_OF_PROVIDERS[provider]
    name = model.rpartition(":")[2].rpartition("/")[2].lower()
    fitting = [beginning for beginning in _LIMITS if name.startswith(beginning)]
    return _LIMITS[max(fitting, key=len)] if fitting else None


def estimate(messages: Sequence[Message]) -> int:
    """How many tokens the messages are, about: rather too many than too few. Each model counts in its own
    way, so it is a guess from the bytes."""
    return sum(_TOKENS_PER_MESSAGE + _content(message) for message in messages)


def _content(message: Message) -> int:
    images = sum(isinstance(part, ImagePart) for part in message.parts)
    text = message.text
    size = len(text) if text.isascii() else len(text.encode(errors="replace"))
    return int(size / _BYTES_PER_TOKEN) + 1 + images * _TOKENS_PER_IMAGE
