"""Whose event loop requests belong to, and whether it still goes."""

from __future__ import annotations

import asyncio
import contextlib
import time
import weakref
from collections.abc import Callable

from .. import loop_thread
from .service import Service, Ticket

STUCK_SECONDS = 2.0
"""After how long without an answer, in seconds, a loop holds nobody up: it is closed or blocks, or nobody runs it.
A cell that waits for its turn blocks the notebook's own loop, on which others may be on their way."""


class Home:
    """An event loop, as the owner of the requests that are made on it.

    Args:
        loop: The loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self._asked: float | None = None  # since when it has not answered
        self._lost: list[Callable[[], object]] = []

    def news(self, ticket: Ticket) -> None:
        """As ``Owner.news``."""
        loop, event = self._loop(), ticket.event
        if loop is not None and event is not None:
            with contextlib.suppress(RuntimeError):  # it is closed, and whoever waits gone with it
                loop.call_soon_threadsafe(event.set)

    def gone(self, service: Service, ticket: Ticket) -> bool:
        """As ``Owner.gone``."""
        if not self._is_stuck():
            return False
        self._lost.append(lambda: service.come_back(ticket))
        return True

    def _is_stuck(self) -> bool:
        loop = self._loop()
        if loop is None or loop.is_closed() or loop_thread.is_replaced(loop):
            return True
        now = time.monotonic()
        if self._asked is None:
            self._asked = now
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._answer)
        return now - self._asked > STUCK_SECONDS

    def _answer(self) -> None:
        self._asked = None
        lost, self._lost = self._lost, []
        for come_back in lost:
            come_back()


_homes: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Home] = weakref.WeakKeyDictionary()


def home() -> Home:
    """That of the loop which runs here."""
    loop = asyncio.get_running_loop()
    found = _homes.get(loop)
    if found is None:
        found = _homes.setdefault(loop, Home(loop))
    return found
