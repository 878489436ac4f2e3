"""Which model each provider is asked for where nobody says one, and which models have ended: one table, dated.

The dates are those that the vendors announce in their own clients (openai 3.57.0, anthropic 2.13.0). A service's list
of models knows better than this table wherever it answers: an unknown model names those of it that are most like it.
"""

from __future__ import annotations

from datetime import date

AS_OF = date(2026, 11, 30)
"""When this table was last held against what the vendors say."""

DEFAULTS = {
    "openai": "gpt-6-luna",
    "openai-responses": "gpt-6-luna",
    "anthropic": "claude-haiku-5-5",
    "gemini": "gemini-flash-latest",
    "ollama": "llama3.2",
    "colab": "google/gemini-flash-latest",
    "openrouter": "openrouter/auto",
    "groq": "openai/gpt-oss-120b",
    "mistral": "mistral-small-latest",
    "deepseek": "deepseek-flash",
    "together": "openai/gpt-oss-20b",
    "xai": "grok-4.3",
    "perplexity": "sonar",
}
"""The model that is asked where none is named, by provider."""

_ENDS: tuple[tuple[date, tuple[str, ...], tuple[str, ...]], ...] = (
    (date(2026, 10, 23), ("gpt-3.5-turbo", "gpt-4", "gpt-4-turbo"), ("gpt-6-luna", "gpt-6-sol")),
    (date(2026, 10, 23), ("gpt-4.1-nano", "o1", "o3-mini", "o4-mini"), ("gpt-6-luna", "gpt-5.4-mini")),
    (date(2026, 11, 30), ("claude-sonnet-4-5",), ("claude-sonnet-5-5", "claude-haiku-5-5")),
    (date(2027, 1, 22), ("claude-opus-4-5",), ("claude-opus-5-5", "claude-sonnet-5-5")),
    (date(2026, 12, 11), ("gpt-5-mini", "gpt-5-nano"), ("gpt-6-luna", "gpt-5.4-mini")),
    (date(2026, 12, 11), ("gpt-5", "o3"), ("gpt-6-sol", "gpt-5.6-sol")),
    (date(2027, 1, 14), ("gpt-4o-mini", "gpt-4.1-mini"), ("gpt-6-luna", "gpt-5.4-mini")),
    (date(2027, 1, 14), ("gpt-4o", "gpt-4.1"), ("gpt-6-sol", "gpt-5.6-sol")),
    (date(2027, 4, 1), ("gpt-5.1", "gpt-5.4-nano"), ("gpt-6-luna", "gpt-6-sol")),
)


def successors(model: str) -> tuple[date, tuple[str, ...]] | None:
    """When a model ends or has ended, and which are there in its place.

    Args:
        model: Its name, also with a vendor's before it or the date of its release at the end.

    Returns:
        The day and the names; ``None`` where nothing of the kind is known.
    """
    name = model.rpartition("/")[2].lower()
    for day, ended, instead in _ENDS:
        if name in ended or any(name.startswith(f"{one}-20") for one in ended):
            return day, instead
    return None
