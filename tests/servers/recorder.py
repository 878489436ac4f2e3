"""What a server has seen: requests, connections, and who left early."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .background import PATIENCE, Signal


@dataclass(frozen=True)
class Turn:
    """A turn of the conversation in a request, the same for every dialect.

    Attributes:
        role: ``system``, ``user``, ``assistant`` or ``tool``.
        text: Its text; that of several parts, joined.
    """

    role: str
    text: str


@dataclass(frozen=True)
class Request:
    """A request as it arrived.

    Attributes:
        method: The HTTP method.
        target: The request's target, as on the request line.
        path: The target's path, percent-decoded.
        query: The target's query; of a name given twice, the first.
        headers: Names and values in their order, the names in their case.
        body: The body's bytes, after any Content-Encoding is undone.
        connection: Which of the server's connections it came on, counted from 0.
        at: When it had arrived, by ``time.monotonic()``.
        turns: The conversation it carries, oldest first.
    """

    method: str
    target: str
    path: str
    query: Mapping[str, str]
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int = 0
    at: float = 0.0
    turns: tuple[Turn, ...] = ()

    @property
    def json(self) -> Any:
        """The body, decoded as JSON.

        Raises:
            ValueError: It is none.
        """
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """The first value of a header, its name in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(eq=False)
class Exchange:
    """A request, and how its response fared.

    Attributes:
        request: What arrived.
        sent: How many bytes of the response's body have been handed to the connection.
        finished: Set when the server has nothing more to do for it, however it ended.
        disconnected: Set when the client closed the connection before the response was whole.
        disconnected_at: When that was, by ``time.monotonic()``.
    """

    request: Request
    sent: int = 0
    finished: Signal = field(default_factory=Signal)
    disconnected: Signal = field(default_factory=Signal)
    disconnected_at: float | None = None

    def disconnect(self) -> None:
        """Note that the client has gone."""
        self.disconnected_at = time.monotonic()
        self.disconnected.set()


class Recorder:
    """The exchanges of one server, in the order in which their requests arrived."""

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self._lock = threading.Lock()
        self._waiters: list[tuple[int, Signal]] = []

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that there were so far."""
        with self._lock:
            return tuple(self._exchanges)

    def add(self, exchange: Exchange) -> None:
        """Record one more."""
        with self._lock:
            self._exchanges.append(exchange)
            for count, signal in self._waiters:
                if len(self._exchanges) >= count:
                    signal.set()

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._exchanges.clear()

    def arrival(self, count: int) -> Signal:
        """A signal that is set as soon as there have been ``count`` of them."""
        signal = Signal()
        with self._lock:
            self._waiters.append((count, signal))
            if len(self._exchanges) >= count:
                signal.set()
        return signal

    def exchange(self, index: int, timeout: float = PATIENCE) -> Exchange:
        """The exchange at ``index``, counted from 0, once its request has arrived.

        Raises:
            TimeoutError: It has not within ``timeout`` seconds.
        """
        if not self.arrival(index + 1).wait(timeout):
            raise TimeoutError(f"only {len(self.exchanges)} requests arrived within {timeout} s")
        return self.exchanges[index]
