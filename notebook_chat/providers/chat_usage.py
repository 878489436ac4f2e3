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
    reasoning = _known(output.get("reasoning_tokens"), told.get("reasoning_tokens"))  # xAI, Perplexity
    hit, miss = (
        whole(told.get("prompt_cache_hit_tokens")),
        whole(told.get("prompt_cache_miss_tokens")),
    )  # DeepSeek
    both = None if hit is None or miss is None else hit + miss
    return Usage(
        _known(told.get("prompt_tokens"), both),
        _output(told, reasoning),
        reasoning,
        _known(given.get("cached_tokens"), told.get("cached_tokens"), hit),  # Moonshot has it outside
        whole(given.get("cache_write_tokens")),
        _cost(told),
        audio_input_tokens=whole(given.get("audio_tokens")) or None,
        audio_output_tokens=whole(output.get("audio_tokens")) or None,
        image_input_tokens=whole(given.get("image_tokens")) or None,
        image_output_tokens=whole(output.get("image_tokens")) or None,
        searches=_known(
            fields(told.get("server_tool_use")).get("web_search_requests"),  # OpenRouter
            told.get("num_search_queries"),  # Perplexity
        )
        or None,
    )


def _output(told: dict[str, Any], reasoning: int | None) -> int | None:
    """The tokens of the answer with those of the reasoning, which xAI counts beside it: its sum of all tells."""
    written, given = whole(told.get("completion_tokens")), whole(told.get("prompt_tokens"))
    if written is not None and given is not None and reasoning and reasoning > 0:
        beside = whole(told.get("total_tokens")) == given + written + reasoning
        return written + reasoning if beside else written
    return written


def _known(*figures: Any) -> int | None:
    return next((figure for one in figures if (figure := whole(one)) is not None), None)


def _cost(told: dict[str, Any]) -> float | None:
    """What the service charges: a number, as OpenRouter has it, or Perplexity's object with the sum of all. Where
    OpenRouter has asked with the user's own key, the vendor charges the rest of it."""
    cost = told.get("cost")
    charged = _number(cost.get("total_cost") if isinstance(cost, dict) else cost)
    if charged is not None and told.get("is_byok") is True:
        return charged + (_number(fields(told.get("cost_details")).get("upstream_inference_cost")) or 0.0)
    return charged


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:  # of a number without an end
        return None
