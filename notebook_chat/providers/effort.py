"""How hard a model is asked to think, in the words that a service has for it."""

from __future__ import annotations

from collections.abc import Sequence

from .options import EFFORTS

_TOKENS = (
    ("none", 0),
    ("minimal", 512),
    ("low", 1024),
    ("medium", 8192),
    ("high", 24_576),
    ("xhigh", 32_768),
    ("max", 65_536),
)


def nearest(effort: str | int, known: Sequence[str]) -> str:
    """The word of a service that comes nearest to what is asked for; of two that are as near, the lower one.

    Args:
        effort: One of ``EFFORTS``, or how many tokens at most.
        known: The words that the service has, all of them among ``EFFORTS``; at least one.
    """
    asked = EFFORTS.index(_word(effort))
    return min(known, key=lambda word: (abs(EFFORTS.index(word) - asked), EFFORTS.index(word)))


def tokens(effort: str | int) -> int:
    """About how many tokens of thought an effort is, for services that take a number.

    Args:
        effort: One of ``EFFORTS``, or the number itself.
    """
    return effort if isinstance(effort, int) else dict(_TOKENS)[effort]


def _word(effort: str | int) -> str:
    if isinstance(effort, str):
        return effort
    return next((word for word, most in _TOKENS if effort <= most), EFFORTS[-1])
