"""What the proxies share: a port and a thread of their own, and an end that leaves no connection open."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from types import TracebackType
from typing import Self

from .background import BackgroundLoop, stop_listening


class Proxy:
    """The base of a proxy on loopback. Use it in a ``with``; a subclass writes ``_serve``.

    Attributes:
        port: Where it listens.

    Args:
        name: The name of its thread.
        tls: The proxy itself is spoken to over TLS with this context.
    """

    def __init__(self, name: str, tls: ssl.SSLContext | None = None) -> None:
        self._name = name
        self._tls = tls
        self._clients: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._background = BackgroundLoop(self._name)
        self.port: int = self._background.run(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._background.run(self._stop())
        finally:
            self._background.close()

    async def _start(self) -> int:
        self._listener = await asyncio.start_server(self._take, "127.0.0.1", 0, ssl=self._tls)
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    async def _stop(self) -> None:
        await stop_listening(self._listener)
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has gone, or the proxy closes
        finally:
            self._clients.discard(task)
            await close(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one client; the connection is closed after it."""
        raise NotImplementedError


async def close(writer: asyncio.StreamWriter) -> None:
    """Closes a connection, and waits until it is: a loop that ends before would leave it open."""
    writer.close()
    with contextlib.suppress(OSError, asyncio.CancelledError):
        await writer.wait_closed()
