"""One session for each event loop: its connections are kept for the next request and closed with the loop."""

from __future__ import annotations

import asyncio
import atexit
import os
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

import aiohttp

from ..event_loop import require_asyncio
from .connector import Connector
from .socks import connector_through

_Place = tuple[asyncio.AbstractEventLoop, str | None]

_sessions: dict[_Place, tuple[aiohttp.ClientSession, AsyncGenerator[None]]] = {}


def session_of_loop(socks: str | None = None) -> aiohttp.ClientSession:
    """The session of the running event loop, made at its first request, and anew should somebody have closed it.

    Args:
        socks: The address of a SOCKS proxy, which has a session of its own.

    Raises:
        ConfigurationError: The proxy cannot be used, or the caller is not driven by asyncio.
    """
    loop = require_asyncio()
    place = loop, socks
    if place not in _sessions or _sessions[place][0].closed:
        for closed in [other for other in _sessions if other[0].is_closed()]:
            _drop(closed)
        # Hundreds of streams at once are legitimate; a pool that is smaller would stall the rest.
        options: dict[str, Any] = {"limit": 0, "ttl_dns_cache": 300}
        session = aiohttp.ClientSession(
            connector=Connector(**options) if socks is None else connector_through(socks, **options),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "notebook_chat"},
        )
        keeper = _keep(session, place)
        _sessions[place] = session, keeper
        # Only an async generator that has started is known to its loop. Its first step does not suspend.
        with suppress(StopIteration):
            keeper.asend(None).send(None)
    return _sessions[place][0]


async def _keep(session: aiohttp.ClientSession, place: _Place) -> AsyncGenerator[None]:
    """Closes the session when its loop ends: ``asyncio.run`` and ``loop.shutdown_asyncgens`` close every
    async generator that was started in the loop, and there is no other hook for a loop's end."""
    try:
        yield
    finally:
        await session.close()
        if place in _sessions and _sessions[place][0] is session:
            del _sessions[place]


def _drop(place: _Place) -> None:
    """Forgets the session of a loop that was closed without ``shutdown_asyncgens``. Its connections
    cannot be closed any more, only let go."""
    session, _ = _sessions.pop(place)
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
    for place in list(_sessions):
        loop = place[0]
        if loop.is_closed():
            _drop(place)
        elif not loop.is_running():  # one that runs closes its session when it ends
            loop.run_until_complete(_sessions[place][1].aclose())
