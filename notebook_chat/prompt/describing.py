"""Values as a model can read them."""

from __future__ import annotations

from typing import Any

from .description import DEFAULT_TOKENS, Description


def describe(value: Any, *, name: str = "", tokens: int = DEFAULT_TOKENS) -> Description:
    """A value as a model can read it. It never raises, whatever the value does.

    Args:
        value: The value.
        name: What the prompt calls it.
        tokens: How long the text may be, in tokens.
    """
    if type(value) in (str, int, float, bool, type(None)):
        return Description(str(value)[: 4 * tokens], inline=True)
    try:
        return Description(repr(value)[: 4 * tokens])
    except Exception as error:
        return Description(f"{type(value).__name__}, which cannot be shown ({type(error).__name__})")
