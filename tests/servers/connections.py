"""aiohttp's low-level server, with an eye on its connections."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

from .recorder import Exchange
from .sending import reset

_LARGEST_REQUEST = 64 * 1024**2
"""The largest body it takes, in bytes: images travel in JSON."""


class HTTPConnections(web.Server):
    """The connections of one server.

    Args:
        handler: Answers a request.

    Attributes:
        accepted: How many connections there were.
        open: Those that are open, each with its number.
        exchanges: What is going on, on which connection.
    """

    def __init__(self, handler: Any) -> None:
        super().__init__(
            handler,
            request_factory=self._request,
            handler_cancellation=True,
            access_log=None,
            logger=logging.getLogger(__name__),
        )
        self.accepted = 0
        self._closed = False
        self.open: dict[RequestHandler, int] = {}
        self.exchanges: dict[RequestHandler, Exchange] = {}

    def _request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: RequestHandler,
        writer: AbstractStreamWriter,
        task: asyncio.Task[None],
    ) -> web.BaseRequest:
        loop = asyncio.get_running_loop()
        size = _LARGEST_REQUEST
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=size)

    def number(self, connection: RequestHandler) -> int:
        """Which connection it is, counted from 0."""
        return self.open.get(connection, -1)

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self.open[handler] = self.accepted
        self.accepted += 1
        if self._closed:  # it was on its way in when the others were cut
            reset(transport)

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self.open.pop(handler, None)
        if (exchange := self.exchanges.get(handler)) is not None:
            exchange.disconnect()

    def abort_all(self) -> None:
        """Cut every connection, and those that are on their way; an exchange does not count as left by the client."""
        self._closed = True
        self.exchanges.clear()
        for connection in tuple(self.open):
            if connection.transport is not None:
                reset(connection.transport)
