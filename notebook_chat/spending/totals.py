"""What has been used of budgets, out of the ledger: added up once, and from then on what other exchanges add."""

from __future__ import annotations

import math
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from copy import copy
from pathlib import Path
from typing import Any

import msgspec

from ..database import is_dead
from ..ledger import Origin
from ..policy.limits import Limit
from .periods import Span

FREE = "local"
"""The provider of the embedded model. What it is asked counts in no budget."""

UNPRICED = frozenset({FREE, "ollama", "lmstudio", "llamacpp", "vllm"})
"""Providers of models that nobody charges for where they run on the user's own machine."""

_LONGEST = (
    86_400.0  # seconds that an exchange takes at most, for whoever looks for those that have ended in a time
)
_REVIVED = 3_600.0  # seconds within which an exchange that was taken for lost may turn out to go on
_AMPLE = 0.5  # of a limit may be used where a request does not wait for the ledger
_SMALL = 0.05  # of a limit may such a request take
_USUAL_SECONDS = 60.0  # for which it is known how long a model's answers are
_MOST = 200  # sums that are kept up
_ROW = (
    "rowid, id, status, at, ended, touched, owner, model, notebook, conversation, input_tokens, output_tokens, cost,"
    " reserved_tokens, reserved_cost"
)


class Amount(msgspec.Struct):
    """How much is used.

    Attributes:
        tokens: The tokens that went in and came out.
        cost: What they cost in US dollars, as far as that is known.
        unpriced: Of how many exchanges it is not known what they cost.
    """

    tokens: float = 0
    cost: float = 0.0
    unpriced: int = 0

    def of(self, unit: str) -> float:
        """How much it is in a unit.

        Args:
            unit: As in ``Limit``.
        """
        return self.tokens if unit == "tokens" else self.cost

    def add(self, tokens: float, cost: float, unpriced: int = 0) -> None:
        """Adds something.

        Args:
            tokens, cost, unpriced: As the attributes.
        """
        self.tokens += tokens
        self.cost += cost
        self.unpriced += unpriced


class Row(msgspec.Struct, gc=False):
    """An exchange, as far as budgets know it: the columns of ``_ROW``. ``number`` is its place in the ledger."""

    number: int
    id: str
    status: str
    at: float
    ended: float | None
    touched: float
    owner: str
    model: str
    notebook: str
    conversation: str
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    reserved_tokens: float | None
    reserved_cost: float | None

    @property
    def amounts(self) -> tuple[float, float, int]:
        """What it has used: tokens, cost, and whether that is not known."""
        tokens = _number(self.input_tokens) + _number(self.output_tokens)
        unknown = self.cost is None and tokens > 0 and self.model.partition(":")[0] not in UNPRICED
        return tokens, _number(self.cost), int(unknown)

    def reserved(self, unit: str) -> float:
        """What is reserved for it, in a unit."""
        return _number(self.reserved_tokens if unit == "tokens" else self.reserved_cost)

    @property
    def is_settled(self) -> bool:
        """Whether nothing changes it any more."""
        lost = self.status == "lost"
        return self.status != "open" and not (lost and time.time() - _number(self.touched) < _REVIVED)


class Flying(msgspec.Struct, frozen=True):
    """An exchange of this kernel that is on its way, or has ended just now.

    Attributes:
        model, notebook, conversation: As in the ledger.
        tokens, cost: What is reserved for it.
    """

    model: str
    notebook: str
    conversation: str
    tokens: float
    cost: float

    def of(self, unit: str) -> float:
        """What is reserved for it, in a unit."""
        return self.tokens if unit == "tokens" else self.cost


class Known(msgspec.Struct, frozen=True):
    """What the ledger held when it was looked at.

    Attributes:
        state: The state of its file then, as ``_state`` gives it.
        kept: What has been added up, by the keys of ``Totals``.
        coming: The exchanges of others that were coming.
    """

    state: object
    kept: dict[Any, _Kept]
    coming: tuple[Row, ...]


class _Kept(msgspec.Struct):
    """What has been added up for one limit in one period."""

    limit: Limit
    span: Span
    notebook: str
    conversation: str
    amount: Amount

    def takes(self, row: Row | Flying) -> bool:
        limit = self.limit
        if limit.scope == "notebook":
            return row.notebook == self.notebook
        return (
            limit.is_for(row.model)
            if limit.scope != "conversation"
            else row.conversation == self.conversation
        )

    def counts(self, row: Row) -> bool:
        return (
            (_number(row.ended) or _number(row.at)) >= self.span.begin
            and self.takes(row)
            and not row.model.startswith(f"{FREE}:")
        )


class Standing(msgspec.Struct, frozen=True):
    """How much of a limit is used.

    Attributes:
        used: By exchanges that have ended.
        coming: What is reserved for those that are coming, in the limit's unit.
    """

    used: Amount
    coming: float = 0.0


class Totals:
    """What has been used, for whoever asks again and again. It belongs to the ledger's thread, but for what says that
    it may be called in any.

    An exchange counts in the period in which it ends; one that is coming counts now, with what is reserved for it,
    unless its kernel is gone.

    Attributes:
        priced: Whether a price has been asked for: the first takes a while.
    """

    def __init__(self) -> None:
        self.priced = False
        self._told: dict[Any, str] = {}
        self._kept: dict[Any, _Kept] = {}
        self._pending: set[str] = set()
        self._last: tuple[int, str] = (0, "")
        self._forgotten: object = None
        self._usual: dict[str, tuple[float, float | None]] = {}
        self._lock = threading.Lock()
        self._flying: dict[str, Flying] = {}
        self._unpublished: set[str] = set()
        self._known: Known | None = None

    def standings(
        self,
        connection: sqlite3.Connection,
        limits: Iterable[tuple[Limit, Span]],
        origin: Origin,
        without: str = "",
    ) -> list[Standing]:
        """How much of some limits is used.

        Args:
            connection: The ledger's, in a transaction.
            limits: The limits, each with its period.
            origin: Which notebook and which conversation is meant.
            without: The id of an exchange that does not count.
        """
        unsettled = self._catch_up(connection)
        coming = [
            row
            for row in unsettled
            if row.status == "open" and row.id != without and not is_dead(row.owner, row.touched)
        ]
        standings = []
        for limit, span in limits:
            kept = self._sum(connection, limit, span, origin)
            reserved = sum(row.reserved(limit.unit) for row in coming if kept.takes(row))
            standings.append(Standing(msgspec.structs.replace(kept.amount), reserved))
        return standings

    def fly(self, exchange: str, flying: Flying | None) -> None:
        """Notes what is reserved for an exchange of this kernel; it may be called in any thread.

        Args:
            exchange: The exchange's id.
            flying: What is reserved; ``None`` where it does not go out.
        """
        with self._lock:
            if flying is not None:
                self._flying[exchange] = flying
            else:
                self._flying.pop(exchange, None)

    def quickly(
        self,
        limits: Iterable[tuple[Limit, Span]],
        path: Path,
        origin: Origin,
        exchange: str,
        flying: Flying,
    ) -> list[Standing] | None:
        """How much of some limits is used, without a look at the ledger; and notes what is reserved for an exchange. It
        may be called in any thread.

        That is for a request that is small beside each of the limits, of which more than half is left, while nobody has
        written to the ledger since it was looked at. Others learn of it a moment later, when ``published`` is called;
        until then all of that together is small. So nothing passes a limit that is not on its way.

        Args:
            limits: The limits, each with its period.
            path: The ledger's file.
            origin: Which notebook and which conversation is meant.
            exchange: The exchange's id.
            flying: What is to be reserved.

        Returns:
            The standings; ``None`` where the ledger must be asked, and nothing is noted.
        """
        known = self._known
        if known is None or _state(path) != known.state:
            return None
        standings = []
        with self._lock:
            for limit, span in limits:
                kept = known.kept.get(_key(limit, span, origin))
                if kept is None:
                    return None
                coming, mine = 0.0, flying.of(limit.unit)
                small = mine
                for id, own in self._flying.items():
                    if id != exchange and kept.takes(own):
                        coming += own.of(limit.unit)
                        small += own.of(limit.unit) if id in self._unpublished else 0.0
                coming += sum(row.reserved(limit.unit) for row in known.coming if kept.takes(row))
                used = kept.amount.of(limit.unit) + coming + mine
                if used > limit.amount * _AMPLE or small > limit.amount * _SMALL:
                    return None
                standings.append(Standing(kept.amount, coming))
            self._flying[exchange] = flying
            self._unpublished.add(exchange)
        return standings

    def published(self, exchange: str) -> None:
        """What is reserved for an exchange stands in the ledger; it may be called in any thread.

        Args:
            exchange: The exchange's id.
        """
        with self._lock:
            self._unpublished.discard(exchange)

    def look(self, connection: sqlite3.Connection, path: Path) -> None:
        """Notes what the ledger holds now, for those who come next.

        Args:
            connection: The ledger's, in no transaction.
            path: Its file.
        """
        state, known = _state(path), self._known
        if not self._kept or (known is not None and known.state == state):
            return
        self._known = None
        version = connection.execute("PRAGMA data_version").fetchone()
        unsettled = self._catch_up(connection)
        kept = {key: msgspec.structs.replace(one, amount=copy(one.amount)) for key, one in self._kept.items()}
        coming = [one for one in unsettled if one.status == "open" and not is_dead(one.owner, one.touched)]
        with self._lock:
            for id in [id for id in self._flying if id not in self._pending]:
                found = connection.execute("SELECT status FROM exchanges WHERE id = ?", (id,)).fetchone()
                if found is not None and found[0] != "open":
                    self.usual_output(connection, self._flying.pop(id).model)
            others = tuple(one for one in coming if one.id not in self._flying)
            if (
                connection.execute("PRAGMA data_version").fetchone() == version
            ):  # nobody else has written meanwhile
                self._known = Known(state, kept, others)

    def tells(self, limit: Limit, span: Span, exchange: str) -> bool:
        """Whether it is for an exchange to tell that a limit is nearly used up: one does in each period. It may be
        asked in any thread.

        Args:
            limit: The limit.
            span: Its period.
            exchange: The exchange's id.
        """
        if len(self._told) > _MOST:
            self._told.clear()
        return self._told.setdefault((limit, span.begin), exchange) == exchange

    def usual_output(self, connection: sqlite3.Connection, model: str) -> float | None:
        """How many tokens a model usually answers with; ``None`` where that is not known.

        Args:
            connection: The ledger's.
            model: The model, as ``provider:model``.
        """
        looked, usual = self._usual.get(model, (0.0, None))
        if not looked or time.monotonic() - looked > _USUAL_SECONDS:
            asked = (
                "SELECT output_tokens, requests FROM exchanges WHERE model = ? AND status = 'complete'"
                " ORDER BY at DESC LIMIT 20"
            )
            rows = [row for row in connection.execute(asked, (model,)) if row[0] is not None]
            usual = sum(row[0] for row in rows) / sum(max(row[1] or 0, 1) for row in rows) if rows else None
            if len(self._usual) >= _MOST:
                self._usual.clear()
            self._usual[model] = time.monotonic(), usual
        return usual

    def known_output(self, model: str) -> float | None:
        """As ``usual_output``, as far as that is known already; it may be called in any thread."""
        return self._usual.get(model, (0.0, None))[1]

    def _sum(self, connection: sqlite3.Connection, limit: Limit, span: Span, origin: Origin) -> _Kept:
        key = _key(limit, span, origin)
        kept = self._kept.get(key)
        if kept is None:
            now = time.time()
            self._kept = {name: one for name, one in self._kept.items() if (one.span.end or now + 1) > now}
            if len(self._kept) >= _MOST:
                self._kept.clear()
            kept = self._kept[key] = _Kept(limit, span, origin.notebook, origin.conversation, Amount())
            self._add_up(connection, kept)
        return kept

    def _add_up(self, connection: sqlite3.Connection, kept: _Kept) -> None:
        """Adds up what is there already. What is not settled has no figures yet."""
        where: list[str] = ["rowid <= ?"]
        values: list[Any] = [self._last[0]]
        if kept.span.begin:
            where.append("at >= ? AND coalesce(ended, at) >= ?")
            values += [kept.span.begin - _LONGEST, kept.span.begin]
        if kept.limit.scope in ("notebook", "conversation"):
            where.append(f"{kept.limit.scope} = ?")
            values.append(getattr(kept, kept.limit.scope))
        told = "input_tokens > 0 OR output_tokens > 0"
        asked = (
            "SELECT model, total(input_tokens) + total(output_tokens), total(cost),"
            f" total(cost IS NULL AND ({told})) FROM exchanges WHERE {' AND '.join(where)} GROUP BY model"
        )
        found = connection.execute(asked, values).fetchall()
        if kept.limit.scope not in ("notebook", "conversation"):
            gone = (
                "SELECT model, total(tokens), total(cost), 0 FROM forgotten WHERE ended >= ? GROUP BY model"
            )
            found += connection.execute(gone, (kept.span.begin,)).fetchall()
        for model, tokens, cost, unknown in found:
            provider = model.partition(":")[0]
            if provider != FREE and kept.limit.is_for(model):
                kept.amount.add(tokens, cost, 0 if provider in UNPRICED else int(unknown))

    def _catch_up(self, connection: sqlite3.Connection) -> list[Row]:
        """Adds what has ended since the last time; gives what has not."""
        last, forgotten = self._last, connection.execute("SELECT max(rowid) FROM forgotten").fetchone()
        new = list(_rows(connection, "rowid >= ?", (last[0],))) if last[0] else []
        if not new or new[0].id != last[1] or forgotten != self._forgotten:  # what was known has gone
            return self._begin(connection, forgotten)
        known = [row for id in self._pending for row in _rows(connection, "id = ?", (id,))]
        rows = [*known, *new[1:]]
        for row in rows:
            if row.is_settled:
                for kept in self._kept.values():
                    if kept.counts(row):
                        kept.amount.add(*row.amounts)
        self._last = new[-1].number, new[-1].id
        return self._unsettled(rows)

    def _begin(self, connection: sqlite3.Connection, forgotten: object) -> list[Row]:
        """Begins anew."""
        self._kept, self._forgotten = {}, forgotten
        newest = connection.execute("SELECT rowid, id FROM exchanges ORDER BY rowid DESC LIMIT 1").fetchone()
        self._last = newest or (0, "")
        lost = _rows(connection, "status = 'lost' AND at > ?", (time.time() - _LONGEST,))
        return self._unsettled([*_rows(connection, "status = 'open'", ()), *lost])

    def _unsettled(self, rows: list[Row]) -> list[Row]:
        unsettled = [row for row in rows if not row.is_settled]
        self._pending = {row.id for row in unsettled}
        return unsettled


def _key(limit: Limit, span: Span, origin: Origin) -> tuple[str, float, str]:
    place = {"notebook": origin.notebook, "conversation": origin.conversation}.get(limit.scope, "")
    return limit.scope, span.begin, place


def _state(path: Path) -> object:
    """What changes when somebody writes to a file; ``None`` where it is not there."""
    try:
        status = os.stat(path)  # noqa: PTH116  it is asked for with each request
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _rows(connection: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> Iterator[Row]:
    for values_of_row in connection.execute(f"SELECT {_ROW} FROM exchanges WHERE {where}", values):
        yield Row(*values_of_row)


def _number(value: object) -> float:
    """A number of the ledger; nothing where somebody has put something else there."""
    return value if isinstance(value, (int, float)) and math.isfinite(value) and value > 0 else 0
