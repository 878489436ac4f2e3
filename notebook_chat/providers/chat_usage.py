"""The figures of an answer in chat completions, by whichever of their names a service has them."""

from __future__ import annotations

from typing import Any

from ..events import Usage
from .chat_values import fields, objects, whole


def usage(chunk: dict[str, Any]) -> Usage | None:
    """The figures in a piece of an answer; ``None`` where it has none.

    Args:
        chunk: The piece.
    """
    places = (chunk.get("usage"), fields(chunk.get("x_groq")).get("usage"))
    choices = (choice.get("usage") for choice in objects(chunk.get("choices")))  # where Moonshot has it
    told = next((place for place in (*places, *choices) if isinstance(place, dict)), None)
    if told is None:
        return None
    output, given = fields(told.get("completion_tokens_details")), fields(told.get("prompt_tokens_details"))
    return Usage(
        whole(told.get("prompt_tokens")),
        whole(told.get("completion_tokens")),
        _known(output.get("reasoning_tokens"), told.get("reasoning_tokens")),  # xAI, Perplexity
        _known(
            given.get("cached_tokens"),
            told.get("cached_tokens"),  # Moonshot
            told.get("prompt_cache_hit_tokens"),  # DeepSeek
        ),
        whole(given.get("cache_write_tokens")),
        _cost(told.get("cost")),
    )


def _known(*figures: Any) -> int | None:
    return next((figure for one in figures if (figure := whole(one)) is not None), None)


def _cost(told: Any) -> float | None:
    """What the service charges: a number, as OpenRouter has it, or Perplexity's object with the sum of all."""
    cost = told.get("total_cost") if isinstance(told, dict) else told
    return None if isinstance(cost, bool) or not isinstance(cost, (int, float)) else float(cost)
