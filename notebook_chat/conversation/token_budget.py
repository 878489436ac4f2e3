"""How much messages are, in tokens."""

from __future__ import annotations

import string
from collections.abc import Sequence

from ..messages import MediaPart, Message, ReplayPart
from . import media_size

DEFAULT_RESERVE = 4096
"""How many tokens are kept for the answer where its length is not bounded."""

BYTES_PER_TOKEN = 3.3
"""How many bytes of text are given for a token where a text is cut to a budget: English prose has 4, code and Chinese
3."""

_TOKENS_PER_MESSAGE = 4  # what a chat template writes around each

_LETTERS = string.ascii_letters.encode()
_FREE = b" \t\r\n" + bytes(
    range(0x80, 0xC0)
)  # the second and later bytes of a character count with its first

_WEIGHTS: tuple[tuple[bytes, float], ...] = (
    (_LETTERS, 1 / 4.0),
    (bytes(range(0xC2, 0xE0)), 1 / 3.3),  # Latin with marks, Greek, Cyrillic, Hebrew, Arabic
    (bytes(range(0xE0, 0xE2)), 1 / 2.0),  # the scripts of India and their neighbors
    (bytes(range(0xE3, 0xF0)), 1 / 1.2),  # Chinese, Japanese, Korean
    (bytes(range(0xF0, 0xF5)), 2.0),  # emoji
)
"""How many tokens a character is, by the first byte that it has in UTF-8. All others, which are digits and marks, are
``_MARK``."""

_MARK = 1 / 1.6


def tokens_of(text: str) -> float:
    """How many tokens a text is, about. The weights are those that come nearest to what the vocabularies of large
    models make of prose, code, JSON, tables and markup: within a sixth, but for base64, which is twice as much.

    Args:
        text: The text.
    """
    rest = text.encode(errors="replace").translate(None, _FREE)
    total = 0.0
    for some, weight in _WEIGHTS:
        if not rest:
            break
        others = rest.translate(None, some)
        total += (len(rest) - len(others)) * weight
        rest = others
    return total + len(rest) * _MARK


def estimate(messages: Sequence[Message]) -> int:
    """How many tokens the messages are, about. Each model counts in its own way: ``Calibration`` makes it better once
    a service has told what it counts.

    Args:
        messages: The messages.
    """
    return sum(_TOKENS_PER_MESSAGE + _content(message) for message in messages)


def _content(message: Message) -> int:
    if isinstance(message.content, str):
        return int(tokens_of(message.content)) + 1
    media = sum(media_size.tokens_of(part) for part in message.content if isinstance(part, MediaPart))
    kept = sum(len(part.raw) for part in message.content if isinstance(part, ReplayPart))
    return int(max(tokens_of(message.text), kept / BYTES_PER_TOKEN)) + 1 + media
