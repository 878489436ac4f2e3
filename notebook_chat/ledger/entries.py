"""What is written of an exchange: that it begins, that a request leaves for it, and how it has ended. Each can be
written twice, and comes to the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from ..events import Usage
from . import chain, rows
from .record import Used


class Priced(Protocol):
    """What something costs."""

    @property
    def amount(self) -> float:
        """How many US dollars."""

    @property
    def source(self) -> str:
        """Where that is from, such as ``service``, ``prices`` or ``own``."""


Cost = Callable[[str, str, Usage], Priced | None]
"""What the tokens of a request cost: of a model as ``provider:model``, of the address of its service."""

_SURE = ("prices", "own", "service")  # where a cost is from, the least sure first


_NULL = msgspec.Raw(b"null")


class Opening(msgspec.Struct, frozen=True, tag="open"):
    """An exchange begins.

    Attributes:
        id: Its id.
        values: Its values by their columns.
    """

    id: str
    values: dict[str, Any]

    def write(self, connection: sqlite3.Connection, cost: Cost | None) -> None:
        """Writes it down."""
        rows.insert(connection, self.id, self.values)


class Leaving(msgspec.Struct, frozen=True, tag="left"):
    """A request leaves.

    Attributes:
        id: The exchange's id.
        at: When, which no two requests of an exchange have the same.
        values: What ``chain.FIXED`` names behind these.
    """

    id: str
    at: float
    values: list[Any]

    def write(self, connection: sqlite3.Connection, cost: Cost | None) -> None:
        """Writes it down."""
        known = "SELECT 1 FROM requests WHERE exchange = ? AND at = ?"
        if connection.execute(known, (self.id, self.at)).fetchone() is None:
            chain.append(connection, [self.id, self.at, *self.values])


class Answered(msgspec.Struct, frozen=True, tag="answered"):
    """Responses to requests have come.

    Attributes:
        id: The exchange's id.
        statuses: The statuses, each with when its request left.
    """

    id: str
    statuses: list[tuple[float, int]]

    def write(self, connection: sqlite3.Connection, cost: Cost | None) -> None:
        """Writes it down."""
        for at, status in self.statuses:
            found = "SELECT number FROM requests WHERE exchange = ? AND at = ?"
            for (number,) in connection.execute(found, (self.id, at)).fetchall():
                chain.answered(connection, number, status)


class Ending(msgspec.Struct, frozen=True, tag="end"):
    """An exchange has ended.

    Attributes:
        id: Its id.
        values: Its values by their columns, all but what it used and was told.
        used: What its requests used.
        answered: The statuses of the responses.
        key: Its request as JSON; ``null`` where that is not kept.
        answer: What followed, as JSON; likewise.
    """

    id: str
    values: dict[str, Any]
    used: tuple[Used, ...]
    answered: Answered
    key: msgspec.Raw = _NULL
    answer: msgspec.Raw = _NULL

    def write(self, connection: sqlite3.Connection, cost: Cost | None) -> None:
        """Writes it down."""
        key, answer = (None if one == _NULL else bytes(one).decode() for one in (self.key, self.answer))
        size = sum(len(one) for one in (key, answer) if one is not None)
        figures = sums(self.used, self.values["base_url"], cost)
        rows.write(
            connection, self.id, {**self.values, **figures, "size": size, "key": key, "answer": answer}
        )
        self.answered.write(connection, cost)


Entry = Opening | Leaving | Answered | Ending
"""Whatever is written of an exchange."""


def sums(used: tuple[Used, ...], base_url: str, cost: Cost | None) -> dict[str, Any]:
    """What all requests of an exchange used together, by the columns of its row.

    Args:
        used: What each used.
        base_url: Where the service is.
        cost: What a request costs; ``None`` where nobody knows.
    """
    told = [one for one in used if one.usage is not None or one.estimated is not None]
    total: Usage | None = None
    for one in told:
        total = one.total.added(total)
    return {
        **{name: getattr(total, name, None) for name in rows.TOKENS},
        "estimated": int(any(one.estimated is not None for one in told)),
        **_costs(told, base_url, cost),
    }


def _costs(told: list[Used], base_url: str, cost: Cost | None) -> dict[str, Any]:
    """What all requests cost together; unknown where one of them is."""
    if cost is None or not told:
        return {"cost": None, "cost_from": ""}
    prices = [cost(one.model, base_url, one.total) for one in told]
    known = [price for price in prices if price is not None]
    if len(known) < len(prices):
        return {"cost": None, "cost_from": ""}
    sources = {price.source for price in known}
    source = next((one for one in _SURE if one in sources), known[0].source)
    return {"cost": sum(price.amount for price in known), "cost_from": source}
