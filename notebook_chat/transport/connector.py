"""The pool of connections, which tells whether one had been used before."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

import aiohttp
from aiohttp.connector import Connection


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


class Connector(aiohttp.TCPConnector):
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
