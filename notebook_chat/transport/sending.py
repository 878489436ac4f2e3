"""Sending a request and reading its response, block by block."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace

import aiohttp

from .. import errors
from ..keys import Secret
from ..request import Request
from .failures import translated
from .proxies import proxy_for
from .sessions import attempt, session_of_loop


class Response:
    """A response whose head has arrived. Iterating gives its body as it comes, in blocks of bytes."""

    def __init__(self, response: aiohttp.ClientResponse, request: Request) -> None:
        self._response = response
        self._request = request
        self.status: int = response.status
        self.headers: Mapping[str, str] = response.headers
        self.content_type: str = response.content_type

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content = self._response.content
        try:
            while data := await content.readany():
                yield data
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise translated(error, self._request) from None

    async def read(self, limit: int = 1_000_000) -> bytes:
        """The body as a whole, up to ``limit`` bytes; what is missing of a broken one is left out."""
        blocks: list[bytes] = []
        size = 0
        try:
            async for block in self:
                blocks.append(block)
                size += len(block)
                if size >= limit:
                    break
        except errors.TransportError:
            pass  # an error's body is read for its words; without them its status must do
        return b"".join(blocks)[:limit]


@asynccontextmanager
async def send(request: Request) -> AsyncGenerator[Response]:
    """Sends the request; the body of the ``async with`` has the response. Leaving early closes the
    connection, leaving after the body's end keeps it for the next request.

    Raises:
        TransportError: The network failed; ``ConfigurationError`` where the address cannot be used.
    """
    response = await _send(request)
    try:
        yield Response(response, request)
    finally:
        # A response that was read to its end has given its connection back; any other is closed with it.
        response.close()


async def _send(request: Request) -> aiohttp.ClientResponse:
    timeouts = aiohttp.ClientTimeout(
        total=request.timeouts.total,
        connect=None,
        sock_connect=request.timeouts.connect,
        sock_read=request.timeouts.idle,
        ceil_threshold=3600,
    )
    while True:
        sending = SimpleNamespace(reused=False)
        attempt.set(sending)
        try:
            return await session_of_loop().request(
                request.method,
                request.url,
                headers={
                    name: value.reveal() if isinstance(value, Secret) else value
                    for name, value in request.headers.items()
                },
                data=request.body,
                allow_redirects=False,
                proxy=proxy_for(request),
                ssl=request.ssl,
                timeout=timeouts,
            )
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            # Servers close idle connections when they like, and one may do so just as it is used again.
            # There are only so many idle ones, so this ends with a fresh one.
            if not sending.reused:
                raise translated(error, request) from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise translated(error, request) from None


def accepted_encodings() -> str:
    """The content codings that can be decoded here; ``br`` only when a decoder for it is installed."""
    brotli = any(importlib.util.find_spec(name) for name in ("brotli", "brotlicffi"))
    return "gzip, deflate, br" if brotli else "gzip, deflate"
