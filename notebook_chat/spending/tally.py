"""What some requests have used together, added up in memory."""

from __future__ import annotations

import threading
from typing import Any

import msgspec

from ..events import Usage
from ..ledger import Used
from ..money import money
from .prices import Cost


class Spent(msgspec.Struct, frozen=True, omit_defaults=True):
    """What some requests have used together.

    Attributes:
        requests: How many requests there were, those that were refused included.
        usage: The tokens, those included that are estimated.
        estimated: How many of these tokens are estimated, where a service did not tell, or not all.
        cost: What they cost in US dollars, as far as that is known; ``None`` where it is known of none.
        unpriced: Of how many requests it is not known what they cost.
        seconds: How long they took, in seconds.
    """

    requests: int = 0
    usage: Usage = Usage()
    estimated: int = 0
    cost: float | None = None
    unpriced: int = 0
    seconds: float = 0.0

    @property
    def input_tokens(self) -> int:
        """Tokens that went in, those from a cache and those written into it included."""
        return self.usage.input_tokens or 0

    @property
    def output_tokens(self) -> int:
        """Tokens that came out, the reasoning included."""
        return self.usage.output_tokens or 0

    @property
    def cached_tokens(self) -> int:
        """How many of the input came from a service's cache."""
        return self.usage.cached_tokens or 0

    @property
    def reasoning_tokens(self) -> int:
        """How many of the output were reasoning."""
        return self.usage.reasoning_tokens or 0

    @property
    def cache_write_tokens(self) -> int:
        """How many of the input were written into a service's cache."""
        return self.usage.cache_write_tokens or 0

    def with_used(self, used: Used, cost: Cost | None) -> Spent:
        """The same with one more request.

        Args:
            used: What it used.
            cost: What it cost; ``None`` where that is not known.
        """
        known = self.cost if cost is None else (self.cost or 0.0) + cost.amount
        more = used.estimated.total_tokens if used.estimated is not None else 0
        return Spent(
            self.requests + used.requests,
            self.usage.added(used.total),
            self.estimated + (more or 0),
            known,
            self.unpriced + used.requests * (cost is None),
            self.seconds + used.seconds,
        )

    def to_dict(self) -> dict[str, Any]:
        """The figures by name, as for a row of a table; tokens that nobody told of are left out."""
        tokens = {name: value for name, value in self.usage.to_dict().items() if name != "cost"}
        own = {name: getattr(self, name) for name in ("requests", "estimated", "cost", "unpriced", "seconds")}
        return {**tokens, **own}

    def __str__(self) -> str:
        about = "about " if self.estimated else ""
        told = [f"{self.requests:,} request{'s' * (self.requests != 1)}"]
        told.append(f"{about}{self.input_tokens:,} + {self.output_tokens:,} tokens")
        told += [f"{about}{money(self.cost)}"] * (self.cost is not None)
        told += [f"{self.unpriced:,} of unknown price"] * bool(self.unpriced)
        return ", ".join(told)


class Tally:
    """Adds up what requests use. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._spent = Spent()
        self._lock = threading.Lock()

    @property
    def spent(self) -> Spent:
        """What they have used until now."""
        return self._spent

    def note(self, used: Used, cost: Cost | None) -> None:
        """Takes what a request has used.

        Args:
            used: What it has used.
            cost: What it cost; ``None`` where that is not known.
        """
        with self._lock:
            self._spent = self._spent.with_used(used, cost)
