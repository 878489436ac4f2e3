"""How much the models of the vendors can read at once."""

from __future__ import annotations

# What the vendors' model lists say, by the longest beginning of a model's name; many services have the models of
# several vendors. A server may be set up with less, which its "context too long" tells.
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


def known_limit(model: str) -> int | None:
    """The context of a model, by its name.

    Args:
        model: The model's name, also with the vendor's before it, such as ``openai/gpt-5``.

    Returns:
        The number of tokens; ``None`` where it is not known.
    """
    name = model.rpartition(":")[2].rpartition("/")[2].lower()
    fitting = [beginning for beginning in _LIMITS if name.startswith(beginning)]
    return _LIMITS[max(fitting, key=len)] if fitting else None
