"""HTTP by aiohttp: sending a request and reading its response, block by block.

One session for each event loop keeps connections for reuse, so that first text does not wait for a connection to be
made. Every failure of the network comes out as an error of the project's own tree.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from .. import errors
from ..request import HttpRequest
from ..secrets import Secret, bare
from . import departures
from .certificates import trusted
from .connector import Attempt, attempt
from .error_mapping import through_socks, translated
from .protocol import Response
from .proxies import proxy_for
from .sessions import session_of_loop
from .socks import SocksError, is_socks

_BODY_SECONDS = 30.0
"""How long a body may take that is read as a whole, in seconds."""


class AiohttpTransport:
    """The transport that speaks HTTP. It keeps nothing of its own: all of them share the sessions of their loops."""

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncGenerator[Response]:
        """Sends a request; the body of the ``async with`` has the response. Leaving early closes the connection,
        leaving after the body's end keeps it for the next request.

        Args:
            request: What to send.

        Raises:
            StaleConnectionError: A kept connection was closed as it was used again. With ``reuse=False`` in the
                request there is none.
            TransportError: The network failed.
            ConfigurationError: The address or the proxy cannot be used.
        """
        answered = departures.left(request)
        response = await _sent(request)
        answered(response.status)
        try:
            yield _Response(response, request)
        finally:
            # A response that was read to its end has given its connection back; any other is closed with it.
            response.close()


class _Response:
    """A response of aiohttp's, its failures in the project's words."""

    def __init__(self, response: aiohttp.ClientResponse, request: HttpRequest) -> None:
        self._response = response
        self._request = request
        self.status: int = response.status
        self.headers: Mapping[str, str] = response.headers

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content = self._response.content
        failure: BaseException | None = None
        try:
            while data := await content.readany():
                yield data
        except Exception as error:
            failure = translated(error, self._request)
        except asyncio.CancelledError as error:
            failure = bare(error)
        if failure is not None:
            raise failure

    async def read(self, limit: int = 1_000_000) -> bytes:
        blocks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                async for block in self:
                    blocks.append(block)
                    size += len(block)
                    if size >= limit:
                        break
        except (errors.TransportError, TimeoutError):
            pass  # an error's body is read for its words; without them its status must do
        return b"".join(blocks)[:limit]


class _Unshown(str):
    """A text that goes out as it is, and that the frames of what sends it do not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


async def _sent(request: HttpRequest) -> aiohttp.ClientResponse:
    """The response to a request. What is raised has none of the frames of aiohttp's, whose variables are the address,
    the headers and the proxy in clear."""
    try:
        return await _response(request)
    except BaseException as error:
        failure = bare(error)
    try:
        raise failure
    finally:
        del failure  # it has this frame, which has it


async def _response(request: HttpRequest) -> aiohttp.ClientResponse:
    sending = Attempt(reuse=request.reuse)
    attempt.set(sending)
    try:
        proxy = proxy_for(request)
        through = proxy if is_socks(proxy) else None
        return await session_of_loop(through).request(
            request.method,
            request.url,
            headers={
                name: _Unshown(value.reveal()) if isinstance(value, Secret) else value
                for name, value in request.headers.items()
            },
            data=request.body,
            allow_redirects=False,
            proxy=None if through else proxy,
            ssl=trusted(request),
            timeout=aiohttp.ClientTimeout(
                total=request.timeouts.total,
                connect=None,
                sock_connect=request.timeouts.connect,
                sock_read=request.timeouts.idle,
                ceil_threshold=3600,
            ),
        )
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        if sending.reused:
            raise errors.StaleConnectionError(
                f"{request.host} had closed the connection that was kept from before"
            ) from None
        raise translated(error, request) from None
    except SocksError as error:
        raise through_socks(error.cause, request) from None
    except Exception as error:
        raise translated(error, request) from None


def accepted_encodings() -> str:
    """The content codings that can be decoded here; ``br`` only when a decoder for it is installed."""
    brotli = any(importlib.util.find_spec(name) for name in ("brotli", "brotlicffi"))
    return "gzip, deflate, br" if brotli else "gzip, deflate"
