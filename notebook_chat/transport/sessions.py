"""One session for each event loop: its connections are kept for the next request and closed with the loop."""

from __future__ import annotations

import asyncio
import atexit
import os
from collections.abc import AsyncGenerator
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

import aiohttp
from aiohttp.connector import Connection

from ..event_loop import require_asyncio


@dataclass(slots=True)
class Attempt:
    """What the pool and whoever sends a request tell each other about its connection.

    Attributes:
        reuse: Whether it may be one that served an earlier request.
        reused: Whether it is.
    """

    reuse: bool = True
    reused: bool = False


attempt: ContextVar[Attempt] = ContextVar("attempt")
"""The request that is being sent in this task."""


class _Connector(aiohttp.TCPConnector):
    """A pool that tells whether a connection had been used before; aiohttp's own tracing tells it too, and
    takes as long as the rest of our part of a request.

    It is closed with its loop, and warns of nothing where that could not be: in a forked child, whose parent
    uses its connections, and after a loop that was closed without ``shutdown_asyncgens``.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._used: WeakSet[object] = WeakSet()

    async def connect(self, *arguments: Any, **options: Any) -> Connection:
        sending = attempt.get()
        while True:
            connection = await super().connect(*arguments, **options)
            protocol = connection.protocol
            sending.reused = protocol in self._used
            if sending.reuse or not sending.reused:
                break
            connection.close()  # there are only so many idle ones, so this ends with a fresh one
        if protocol is not None:
            self._used.add(protocol)
        return connection

    def __del__(self, _warnings: Any = None) -> None:
        pass


_sessions: dict[asyncio.AbstractEventLoop, tuple[aiohttp.ClientSession, AsyncGenerator[None]]] = {}


def session_of_loop() -> aiohttp.ClientSession:
    """The session of the running event loop, made at its first request, and anew should somebody have closed it.

    Raises:
        ConfigurationError: The caller is not driven by asyncio.
    """
    loop = require_asyncio()
    if loop not in _sessions or _sessions[loop][0].closed:
        for closed in [other for other in _sessions if other.is_closed()]:
            _drop(closed)
        session = aiohttp.ClientSession(
            # Hundreds of streams at once are legitimate; a pool that is smaller would stall the rest.
            connector=_Connector(limit=0, ttl_dns_cache=300),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "notebook_chat"},
        )
        keeper = _keep(session, loop)
        _sessions[loop] = session, keeper
        # Only an async generator that has started is known to its loop. Its first step does not suspend.
        with suppress(StopIteration):
            keeper.asend(None).send(None)
    return _sessions[loop][0]


async def _keep(session: aiohttp.ClientSession, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[None]:
    """Closes the session when its loop ends: ``asyncio.run`` and ``loop.shutdown_asyncgens`` close every
    async generator that was started in the loop, and there is no other hook for a loop's end."""
    try:
        yield
    finally:
        await session.close()
        if loop in _sessions and _sessions[loop][0] is session:
            del _sessions[loop]


def _drop(loop: asyncio.AbstractEventLoop) -> None:
    """Forgets the session of a loop that was closed without ``shutdown_asyncgens``. Its connections
    cannot be closed any more, only let go."""
    session, _ = _sessions.pop(loop)
    session.detach()


def _after_fork() -> None:
    """The child leaves its parent's connections alone: closing them here would break them there."""
    for session, _ in _sessions.values():
        _of_parent.append(session.connector)
        session.detach()
    _sessions.clear()


_of_parent: list[object] = []

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@atexit.register
def _close_all() -> None:
    """Closes what is left at the interpreter's exit, so that nothing warns of an unclosed session."""
    for loop in list(_sessions):
        if loop.is_closed():
            _drop(loop)
        elif not loop.is_running():  # one that runs closes its session when it ends
            loop.run_until_complete(_sessions[loop][1].aclose())
