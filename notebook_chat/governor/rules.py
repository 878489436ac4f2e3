"""Which limits a request is held to."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ..pace import Limit, Pace
from ..policy.wildcards import widely


class Demand(NamedTuple):
    """A limit that a request is held to.

    Attributes:
        pattern: Whose requests count for it.
        limit: The limit.
    """

    pattern: str
    limit: Limit

    @property
    def key(self) -> tuple[str, str, int]:
        """What counts for it."""
        return (self.pattern, *self.limit.kind)


@lru_cache(maxsize=1024)
def fits(pattern: str, name: str) -> bool:
    """Whether a pattern is about somebody who is asked.

    Args:
        pattern: A provider, or ``provider:model``.
        name: Who is asked, as ``provider:model``.
    """
    return widely(pattern, name if ":" in pattern else name.partition(":")[0])


@lru_cache(maxsize=256)
def demands_of(pace: Pace, name: str) -> tuple[Demand, ...]:
    """The limits that requests to somebody are held to.

    Args:
        pace: All rules.
        name: Who is asked, as ``provider:model``.
    """
    found = (
        Demand(rule.pattern, limit)
        for rule in pace.rules
        if fits(rule.pattern, name)
        for limit in rule.limits
    )
    return tuple(dict.fromkeys(found))
