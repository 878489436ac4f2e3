"""Accounts that the ledger keeps: an exchange is a row from before its first request on, whatever becomes of it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Protocol

from ..answer import AnswerSnapshot
from ..database import owner
from ..events import Usage
from ..request import HttpRequest
from ..secrets import redact_address
from . import chain, rows
from .books import Planned
from .record import Origin, Record, Used
from .request_key import RequestKey

_OPENED_SECONDS = 1.0
"""How long a request waits at most until its exchange is written down."""

_TOUCH_SECONDS = 5.0  # others take an exchange for lost that is not touched for twenty


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


class Book(Protocol):
    """Where accounts are written."""

    @property
    def failure(self) -> str | None:
        """Why nothing can be written now; ``None`` where it can."""

    def write(self, work: Callable[[sqlite3.Connection], Any]) -> Future[Any]:
        """Has something written. It may be done twice."""

    def opened(self, account: LedgerAccount) -> None:
        """An account is open: what comes is to be written now and then."""

    def closed(self, account: LedgerAccount) -> None:
        """An account is closed."""


class LedgerAccounts:
    """Opens accounts in a ledger.

    Args:
        book: Where they are written.
        cost: What a request costs; ``None`` where nobody knows.
        contents: Whether what was asked and answered is kept, and not only what it used.
    """

    def __init__(self, book: Book, cost: Cost | None = None, contents: bool = True) -> None:
        self._book = book
        self._cost = cost
        self._contents = contents

    def open(self, key: RequestKey, origin: Origin) -> LedgerAccount:
        """As ``Accounts.open``."""
        return LedgerAccount(self._book, key, origin, self._cost, self._contents)


class LedgerAccount:
    """The account of one exchange: a row that is open until it is closed, or its process is gone.

    Args:
        book: Where it is written.
        key: The exchange's request.
        origin: Where it is asked for.
        cost, contents: As for ``LedgerAccounts``.

    Attributes:
        id: The exchange's id. Later ones are greater.
        key: As given.
        origin: As given.
    """

    def __init__(
        self, book: Book, key: RequestKey, origin: Origin, cost: Cost | None, contents: bool
    ) -> None:
        self.id = f"{time.time_ns():016x}{os.urandom(6).hex()}"
        self.key = key
        self.origin = origin
        self._book = book
        self._cost = cost
        self._contents = contents
        self._model = f"{key.provider}:{key.model}"
        self._used: list[Used] = []
        self._requests = 0
        self._last = 0.0  # when the last request left
        self._statuses: dict[float, int] = {}
        self._ended = False
        self._snapshot: Callable[[], AnswerSnapshot] | None = None
        self._touched = time.monotonic()
        self._values = self._opening()
        self._written = book.write(partial(rows.insert, id=self.id, values=self._values))
        book.opened(self)

    def _opening(self) -> dict[str, Any]:
        now, origin = time.time(), self.origin
        return {
            "request": self.key.digest,
            "at": now,
            "status": "open",
            "touched": now,
            "owner": owner(),
            "provider": self.key.provider,
            "base_url": redact_address(self.key.base_url),
            "model": self._model,
            "answered_by": "",
            "notebook": origin.notebook,
            "conversation": origin.conversation,
            "turn": origin.turn,
            "cell": origin.cell,
            "batch": origin.batch,
            "estimated": 0,
            "cost_from": "",
            "requests": 0,
            "size": 0,
        }

    async def before(self, planned: Planned) -> None:
        """As ``Account.before``: waits until the exchange is written down, so that none goes out that is not."""
        self._model = planned.model
        if not self._written.done():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_OPENED_SECONDS):
                    await asyncio.shield(asyncio.wrap_future(self._written))

    def left(self, request: HttpRequest | None) -> Callable[[int], object]:
        """As ``Account.left``."""
        self._requests += 1
        self._last = at = max(
            time.time(), self._last + 1e-5
        )  # which tells it from the others of the exchange
        leaving: Any = partial(_leaving, request)
        if self._book.failure is not None:  # a body does not wait until it can be written
            leaving = leaving()
        self._book.write(partial(self._leave, at, leaving, self._model))
        return partial(self._told, at)

    def follow(self, snapshot: Callable[[], AnswerSnapshot]) -> None:
        """As ``Account.follow``."""
        self._snapshot = snapshot

    def used(self, used: Used) -> None:
        """As ``Account.used``."""
        self._used.append(used)

    def close(self, record: Record) -> Future[Any]:
        """As ``Account.close``."""
        self._ended = True
        self._book.closed(self)
        used, statuses = tuple(self._used), dict(self._statuses)
        return self._book.write(partial(self._close, record, used, statuses, time.time()))

    # --- what is done on the ledger's thread

    def _leave(
        self,
        at: float,
        leaving: Any,
        model: str,
        connection: sqlite3.Connection,
    ) -> None:
        known = "SELECT 1 FROM requests WHERE exchange = ? AND at = ?"
        if connection.execute(known, (self.id, at)).fetchone() is not None:
            return
        origin = self.origin
        place = (origin.notebook, origin.conversation, origin.turn, origin.cell)
        left = leaving if isinstance(leaving, tuple) else leaving()
        chain.append(connection, [self.id, at, *left, model, *place])

    def _told(self, at: float, status: int) -> None:
        if self._ended:
            self._book.write(partial(self._answered, at, status))
        else:
            self._statuses[at] = status  # which is written with the end

    def _answered(self, at: float, status: int, connection: sqlite3.Connection) -> None:
        found = "SELECT number FROM requests WHERE exchange = ? AND at = ?"
        for (number,) in connection.execute(found, (self.id, at)).fetchall():
            chain.answered(connection, number, status)

    def _close(
        self,
        record: Record,
        used: tuple[Used, ...],
        statuses: dict[float, int],
        ended: float,
        connection: sqlite3.Connection,
    ) -> None:
        values = {**self._values, **self._sums(record, used), "ended": ended, "touched": ended}
        values |= {"status": record.status, "model": record.model or self._model, "requests": self._requests}
        values |= {"answered_by": record.answered_by, "finish_reason": record.finish_reason}
        values |= {"reserved_tokens": None, "reserved_cost": None, **self._told_of(record.exchange)}
        rows.write(connection, self.id, values)
        for at, status in statuses.items():
            self._answered(at, status, connection)

    def _told_of(self, exchange: Any) -> dict[str, Any]:
        """What was asked and answered, where that is kept."""
        if not self._contents:
            return {"key": None, "answer": None, "size": 0}
        key, answer = rows.key_json(self.key), rows.answer_json(exchange)
        return {"key": key, "answer": answer, "size": len(key) + len(answer)}

    def _sums(self, record: Record, used: tuple[Used, ...]) -> dict[str, Any]:
        """What all requests used together."""
        told = [one for one in used if one.usage is not None or one.estimated is not None]
        total = record.usage if not used else None
        for one in told:
            total = one.total.added(total)
        first = next((one.first_text for one in used if one.first_text is not None), record.first_text)
        return {
            **{name: getattr(total, name, None) for name in rows.TOKENS},
            "estimated": int(any(one.estimated is not None for one in told)),
            **self._costs(told),
            "usage": rows.usage_json(record.usage),
            "seconds": record.seconds or sum(one.seconds for one in used),
            "first_text": first,
        }

    def _costs(self, told: list[Used]) -> dict[str, Any]:
        """What all requests cost together; unknown where one of them is."""
        if self._cost is None or not told:
            return {"cost": None, "cost_from": ""}
        prices = [self._cost(one.model, self.key.base_url, one.total) for one in told]
        known = [price for price in prices if price is not None]
        if len(known) < len(prices):
            return {"cost": None, "cost_from": ""}
        sources = {price.source for price in known}
        source = next((one for one in _SURE if one in sources), known[0].source)
        return {"cost": sum(price.amount for price in known), "cost_from": source}

    def touch(self, connection: sqlite3.Connection, due: Callable[[str, int], bool]) -> None:
        """Writes that it is still coming, and what has come of it.

        Args:
            connection: The connection.
            due: Says whether an answer of an id and a size is to be written now.
        """
        changes: dict[str, Any] = {}
        if self._contents and self._snapshot is not None:
            snapshot = self._snapshot()
            size = len(snapshot.text)
            if snapshot.parts and due(self.id, size):
                answer = rows.answer_json(snapshot.messages)
                changes = {"answer": answer, "size": len(answer)}
        if not changes and time.monotonic() - self._touched < _TOUCH_SECONDS:
            return
        self._touched = time.monotonic()
        changes |= {"touched": time.time(), "status": "open", "requests": self._requests}
        named = ", ".join(f"{name} = ?" for name in changes)
        connection.execute(
            f"UPDATE exchanges SET {named} WHERE id = ? AND status IN ('open', 'lost')",
            (*changes.values(), self.id),
        )


def _leaving(request: HttpRequest | None) -> tuple[str, str, int, str]:
    """How a request leaves: its method, its address without credentials, the size of its body, and that one's hash."""
    if request is None:
        return "", "", 0, ""
    body = request.body or b""
    hashed = hashlib.sha256(body).hexdigest() if body else ""
    return request.method, redact_address(request.url, *request.secrets), len(body), hashed
