"""What exchanges have used, added up out of the ledger."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

_TOLD = "input_tokens IS NOT NULL OR output_tokens IS NOT NULL"

_ASKED = f"requests > 0 OR {_TOLD} OR status NOT IN ('failed', 'stopped')"
"""Whether anybody was asked at all. What a budget refuses, or is stopped while it waits, is no answer."""

_SUMS = f"""
    COUNT(CASE WHEN {_ASKED} THEN 1 END),
    TOTAL(requests), TOTAL(input_tokens), TOTAL(output_tokens), TOTAL(reasoning_tokens),
    TOTAL(cached_tokens), TOTAL(cache_write_tokens), TOTAL(estimated), SUM(cost), COUNT(cost),
    COUNT(CASE WHEN cost IS NULL AND ({_TOLD} OR status = 'lost') THEN 1 END), TOTAL(seconds)
"""

_COUNTS = (
    *("answers", "requests", "input_tokens", "output_tokens", "reasoning_tokens"),
    *("cached_tokens", "cache_write_tokens", "estimated"),
)
"""The first columns of that."""

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "model": "model",
        "notebook": "notebook",
        "day": "strftime('%Y-%m-%d', at, 'unixepoch', 'localtime')",
    }
)
"""By what exchanges can be grouped: what makes a group's key, in SQL. A day is one of this machine's clock."""

COLUMNS = (
    *("at", "model", "answered_by", "notebook", "conversation", "cell", "status", "requests"),
    *("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "cache_write_tokens"),
    *("estimated", "cost", "cost_from", "seconds", "first_text"),
)
"""The columns of the ledger that are given out of each exchange."""


class Scope(msgspec.Struct, frozen=True):
    """Which exchanges are meant.

    Attributes:
        name: What that is called.
        where: The condition, in SQL; empty for all.
        values: The values in it.
    """

    name: str
    where: str = ""
    values: tuple[Any, ...] = ()

    @property
    def condition(self) -> str:
        """What stands behind ``WHERE``: those that are still coming count when they have ended."""
        return f"status <> 'open' AND ({self.where})" if self.where else "status <> 'open'"

    def also(self, where: str, value: Any, *, name: str = "") -> Scope:
        """Those of them that meet another condition as well.

        Args:
            where: The condition, in SQL.
            value: The value in it.
            name: What they are called then, behind what all of them are; empty for the same.
        """
        called = name if self.name == "all" and name else f"{self.name} {name}".rstrip()
        condition = f"({self.where}) AND {where}" if self.where else where
        return Scope(called, condition, (*self.values, value))

    @classmethod
    def since(cls, name: str, begin: datetime) -> Scope:
        """Those that were asked from a time on.

        Args:
            name: What that is called.
            begin: The time.
        """
        return cls(name, "at >= ?", (begin.timestamp(),))

    @classmethod
    def today(cls, now: datetime) -> Scope:
        """Those of today, by this machine's clock.

        Args:
            now: The time there.
        """
        return cls.since("today", now.replace(hour=0, minute=0, second=0, microsecond=0))

    @classmethod
    def month(cls, now: datetime) -> Scope:
        """Those of this month, by this machine's clock.

        Args:
            now: The time there.
        """
        return cls.since("this month", now.replace(day=1, hour=0, minute=0, second=0, microsecond=0))


class Sums(msgspec.Struct, frozen=True):
    """What some exchanges used together.

    Attributes:
        name: Which they are: the name of the scope, or the key of a group.
        answers: How many exchanges, without those that ended before anybody was asked.
        requests: How many requests.
        input_tokens, output_tokens, reasoning_tokens, cached_tokens, cache_write_tokens: As in ``Usage``.
        estimated: How many of the exchanges have figures that are estimated.
        cost: What they cost in US dollars, as far as that is known; ``None`` where it is known of none.
        unpriced: Of how many it is not known what they cost.
        seconds: How long they took, in seconds.
    """

    name: str
    answers: int = 0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    estimated: int = 0
    cost: float | None = None
    unpriced: int = 0
    seconds: float = 0.0


def sums(connection: sqlite3.Connection, scope: Scope) -> Sums:
    """What the exchanges of a scope used together.

    Args:
        connection: The ledger's.
        scope: Which are meant.
    """
    asked = f"SELECT {_SUMS} FROM exchanges WHERE {scope.condition}"
    return _sums(scope.name, connection.execute(asked, scope.values).fetchone())


def grouped(connection: sqlite3.Connection, scope: Scope, by: str) -> list[Sums]:
    """What the exchanges of a scope used, by groups: days in order, others with the dearest and largest first.

    Args:
        connection: The ledger's.
        scope: Which are meant.
        by: By what, one of ``GROUPS``.
    """
    asked = f"SELECT {GROUPS[by]}, {_SUMS} FROM exchanges WHERE {scope.condition} GROUP BY 1"
    found = [_sums(str(key or ""), row) for key, *row in connection.execute(asked, scope.values)]
    if by == "day":
        return sorted(found, key=lambda one: one.name)
    return sorted(
        found, key=lambda one: (-(one.cost or 0.0), -(one.input_tokens + one.output_tokens), one.name)
    )


def exchanges(connection: sqlite3.Connection, scope: Scope) -> list[dict[str, Any]]:
    """The exchanges of a scope one by one, the oldest first, without what was asked and answered.

    Args:
        connection: The ledger's.
        scope: Which are meant.
    """
    asked = f"SELECT {', '.join(COLUMNS)} FROM exchanges WHERE {scope.condition} ORDER BY at, id"
    return [dict(zip(COLUMNS, row, strict=True)) for row in connection.execute(asked, scope.values)]


def _sums(name: str, row: Any) -> Sums:
    *counts, cost, known, unpriced, seconds = row
    amount = cost if known and isinstance(cost, (int, float)) and math.isfinite(cost) else None
    figures = dict(zip(_COUNTS, map(int, counts), strict=True))
    return Sums(name, **figures, cost=amount, unpriced=unpriced, seconds=seconds)


def by_day(connection: sqlite3.Connection, scope: Scope, by: str) -> list[tuple[str, Sums]]:
    """What the exchanges of a scope used on each day, by groups; the days in order.

    Args:
        connection: The ledger's.
        scope: Which are meant.
        by: By what else, one of ``GROUPS``.
    """
    asked = f"SELECT {GROUPS['day']}, {GROUPS[by]}, {_SUMS} FROM exchanges WHERE {scope.condition}"
    rows = connection.execute(f"{asked} GROUP BY 1, 2 ORDER BY 1, 2", scope.values)
    return [(str(day), _sums(str(key or ""), row)) for day, key, *row in rows]


def table(
    connection: sqlite3.Connection, scope: Scope, by: str | None
) -> tuple[list[dict[str, Any]], list[str]]:
    """The figures of a scope as rows of values by their columns, and the columns: each exchange, or each group.

    Args:
        connection: The ledger's.
        scope: Which are meant.
        by: By what they are grouped, one of ``GROUPS``; ``None`` for each exchange.
    """
    if by is None:
        return exchanges(connection, scope), [*COLUMNS]
    columns = [by, *(name for name in Sums.__struct_fields__ if name != "name")]
    groups = map(msgspec.structs.asdict, grouped(connection, scope, by))
    return [{by: group.pop("name"), **group} for group in groups], columns
