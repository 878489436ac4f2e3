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
from typing import Any, Protocol

import msgspec

from ..answer import AnswerSnapshot
from ..database import owner
from ..request import HttpRequest
from ..secrets import redact_address
from . import rows
from .books import Planned
from .entries import Answered, Cost, Ending, Entry, Leaving, Opening
from .record import Origin, Record, Used
from .request_key import RequestKey

_OPENED_SECONDS = 1.0
"""How long a request waits at most until its exchange is written down."""

_TOUCH_SECONDS = 5.0  # others take an exchange for lost that is not touched for twenty


class Book(Protocol):
    """Where accounts are written."""

    def put(self, entry: Entry, cost: Cost | None) -> Future[Any]:
        """Has something written.

        Returns:
            A future that is done when it outlives this process, or that was tried.
        """

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
        self._statuses: list[tuple[float, int]] = []
        self._ended = False
        self._snapshot: Callable[[], AnswerSnapshot] | None = None
        self._touched = time.monotonic()
        self._values = self._opening()
        self._written = book.put(Opening(self.id, self._values), cost)
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
        origin = self.origin
        place = (origin.notebook, origin.conversation, origin.turn, origin.cell)
        self._book.put(Leaving(self.id, at, [*_leaving(request), self._model, *place]), self._cost)
        return lambda status: self._told(at, status)

    def follow(self, snapshot: Callable[[], AnswerSnapshot]) -> None:
        """As ``Account.follow``."""
        self._snapshot = snapshot

    def used(self, used: Used) -> None:
        """As ``Account.used``."""
        self._used.append(used)

    def close(self, record: Record) -> Future[Any]:
        """As ``Account.close``."""
        self._ended, ended = True, time.time()
        used = tuple(self._used)
        first = next((one.first_text for one in used if one.first_text is not None), record.first_text)
        values = {
            **self._values,
            "status": record.status,
            "ended": ended,
            "touched": ended,
            "requests": self._requests,
            "model": record.model or self._model,
            "answered_by": record.answered_by,
            "finish_reason": record.finish_reason,
            "usage": rows.usage_json(record.usage),
            "seconds": record.seconds or sum(one.seconds for one in used),
            "first_text": first,
            "reserved_tokens": None,
            "reserved_cost": None,
        }
        if not used and record.usage is not None:
            used = (Used(self._model, record.usage, requests=0),)
        contents: tuple[msgspec.Raw, ...] = ()
        if self._contents:
            key = msgspec.structs.replace(self.key, base_url=redact_address(self.key.base_url))
            told = (rows.key_json(key), rows.answer_json(record.exchange))
            contents = tuple(msgspec.Raw(one.encode()) for one in told)
        answered = Answered(self.id, list(self._statuses))
        self._book.closed(self)
        return self._book.put(Ending(self.id, values, used, answered, *contents), self._cost)

    def _told(self, at: float, status: int) -> None:
        self._statuses.append((at, status))
        if self._ended:  # else it is written with the end
            self._book.put(Answered(self.id, [(at, status)]), self._cost)

    def touch(self, connection: sqlite3.Connection, due: Callable[[str, int], bool]) -> None:
        """Writes that it is still coming, and what has come of it; on the ledger's thread.

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
