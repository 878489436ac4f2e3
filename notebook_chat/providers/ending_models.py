"""Models that end soon: told once, while there is time."""

from __future__ import annotations

from datetime import date

from .model_facts import ModelFacts
from .model_table import successors

_SOON = 90  # days


def ending_news(name: str, facts: ModelFacts, told: set[str], today: date | None = None) -> list[str]:
    """What to tell of the end of a model that is asked; nothing where it is far, or has been told.

    Args:
        name: The model, as ``provider:model``.
        facts: What is known of it.
        told: What the user has been told, to which it is added.
        today: The day; ``None`` for that of the clock.
    """
    today = today or date.today()
    key = f"ends:{name}"
    if facts.ends is None or key in told or (facts.ends - today).days > _SOON:
        return []
    told.add(key)
    model = name.partition(":")[2]
    listed = successors(model)
    instead = f"; {listed[1][0]} takes its place" if listed else ""
    verb = "ends" if facts.ends >= today else "was to end"
    return [f"{model} {verb} on {facts.ends:%Y-%m-%d}{instead}"]
