"""Models that end soon: told once, while there is time."""

from __future__ import annotations

from datetime import date

from ..providers.model_table import successors
from ..question import Target

_SOON = 90  # days


def ending_news(target: Target, told: set[str], today: date | None = None) -> list[str]:
    """What to tell of the end of the model that is asked; nothing where it is far, or has been told.

    Args:
        target: Who is asked.
        told: What the user has been told, to which it is added.
        today: The day; ``None`` for that of the clock.
    """
    ends = target.facts.ends
    today = today or date.today()
    key = f"ends:{target.name}"
    if ends is None or key in told or (ends - today).days > _SOON:
        return []
    told.add(key)
    listed = successors(target.model)
    instead = f"; {listed[1][0]} takes its place" if listed else ""
    verb = "ends" if ends >= today else "was to end"
    return [f"{target.model} {verb} on {ends:%Y-%m-%d}{instead}"]
