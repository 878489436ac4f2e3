"""The way out to the network: the only module that imports aiohttp.

One session for each event loop keeps connections for reuse, so that first text does not wait for a new
connection. Every failure of the network comes out as a ``TransportError`` of the project's own tree.
"""

from __future__ import annotations

import asyncio
import atexit
import importlib.util
import os
import ssl as tls
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from . import errors
from .keys import Secret, redact
from .request import Request


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
            raise _translated(error, self._request) from None

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
        connection = SimpleNamespace(reused=False)
        try:
            return await _session().request(
                request.method,
                request.url,
                headers={
                    name: value.reveal() if isinstance(value, Secret) else value
                    for name, value in request.headers.items()
                },
                data=request.body,
                allow_redirects=False,
                proxy=_proxy_for(request),
                ssl=request.ssl,
                timeout=timeouts,
                trace_request_ctx=connection,
            )
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            # Servers close idle connections when they like, and one may do so just as it is used again.
            # There are only so many idle ones, so this ends with a fresh one.
            if not connection.reused:
                raise _translated(error, request) from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise _translated(error, request) from None


def accepted_encodings() -> str:
    """The content codings that can be decoded here; ``br`` only when a decoder for it is installed."""
    brotli = any(importlib.util.find_spec(name) for name in ("brotli", "brotlicffi"))
    return "gzip, deflate, br" if brotli else "gzip, deflate"


# --- the session of each loop -------------------------------------------------------------------------


class _Connector(aiohttp.TCPConnector):
    """A pool that is closed with its loop, and warns of nothing where that could not be: in a forked child,
    whose parent uses its connections, and after a loop that was closed without ``shutdown_asyncgens``."""

    def __del__(self, _warnings: Any = None) -> None:
        pass


_sessions: dict[asyncio.AbstractEventLoop, tuple[aiohttp.ClientSession, AsyncGenerator[None]]] = {}


def _session() -> aiohttp.ClientSession:
    loop = asyncio.get_running_loop()
    if loop not in _sessions:
        for closed in [other for other in _sessions if other.is_closed()]:
            _drop(closed)
        session = aiohttp.ClientSession(
            # Hundreds of streams at once are legitimate; a pool that is smaller would stall the rest.
            connector=_Connector(limit=0, ttl_dns_cache=300),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "notebook_chat"},
            trace_configs=[_tracing()],
        )
        keeper = _keep(session)
        _sessions[loop] = session, keeper
        # Only an async generator that has started is known to its loop. Its first step does not suspend.
        with suppress(StopIteration):
            keeper.asend(None).send(None)
    return _sessions[loop][0]


def _tracing() -> aiohttp.TraceConfig:
    """Notes in a request's context whether its connection had been used before."""

    async def reused(session: object, context: SimpleNamespace, params: object) -> None:
        context.trace_request_ctx.reused = True

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_reuseconn.append(reused)
    return tracing


async def _keep(session: aiohttp.ClientSession) -> AsyncGenerator[None]:
    """Closes the session when its loop ends: ``asyncio.run`` and ``loop.shutdown_asyncgens`` close every
    async generator that was started in the loop, and there is no other hook for a loop's end."""
    try:
        yield
    finally:
        await session.close()
        _sessions.pop(asyncio.get_running_loop(), None)


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


# --- proxies --------------------------------------------------------------------------------------------


def _proxy_for(request: Request) -> str | None:
    """The proxy to use: the caller's, or that of ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``NO_PROXY``."""
    if request.proxy is not None:
        proxy: str | None = request.proxy.reveal()
    else:
        parts = urlsplit(request.url)
        proxies = getproxies()
        proxy = proxies.get(parts.scheme) or proxies.get("all")
        if proxy is None or proxy_bypass(parts.hostname or ""):
            return None
    if not proxy:
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    if urlsplit(proxy).scheme not in ("http", "https"):
        raise errors.ConfigurationError(
            f"the proxy {redact(proxy)} is not an HTTP proxy", hint="Give one such as http://host:port."
        )
    return proxy


# --- failures -------------------------------------------------------------------------------------------


def _translated(error: Exception, request: Request) -> errors.ChatError:
    """The error of the project's tree for one of aiohttp's or the operating system's."""
    host = request.host
    if isinstance(error, errors.ChatError):
        return error
    if isinstance(error, TimeoutError):
        return _timeout(error, request)
    reason = redact(_reason(error), *request.secrets)
    match error:
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return errors.ConfigurationError(
                f"{redact(request.url)!r} is not an address that can be asked",
                hint="An address looks like https://host/v1.",
            )
        case aiohttp.ClientProxyConnectionError():
            return errors.ProxyError(f"the proxy does not answer: {reason}")
        case aiohttp.ClientHttpProxyError():
            return errors.ProxyError(f"the proxy refused to connect to {host}: {reason}", status=error.status)
        case aiohttp.ClientConnectorDNSError():
            return errors.NameResolutionError(f"the host {host} cannot be found: {reason}")
        case aiohttp.ClientSSLError() | tls.SSLError() | aiohttp.ServerFingerprintMismatch():
            return errors.TLSError(f"no secure connection to {host}: {reason}")
        case aiohttp.ClientConnectorError():
            return errors.ConnectError(f"cannot connect to {host}: {reason}")
        case aiohttp.ClientResponseError():
            return errors.ResponseFormatError(f"{host} does not speak HTTP: {reason}")
        case aiohttp.ClientError() | OSError():
            return errors.StreamInterruptedError(f"the connection to {host} was lost: {reason}")
        case _:
            # A ValueError of aiohttp's own checks: a header with a line break, a malformed proxy.
            return errors.ConfigurationError(f"the request to {host} cannot be sent: {reason}")


def _timeout(error: TimeoutError, request: Request) -> errors.RequestTimeoutError:
    timeouts = request.timeouts
    match error:
        case aiohttp.ConnectionTimeoutError():
            return errors.RequestTimeoutError(
                f"no connection to {request.host} within {timeouts.connect:g} s"
            )
        case aiohttp.SocketTimeoutError():
            return errors.RequestTimeoutError(f"{request.host} sent nothing for {timeouts.idle:g} s")
        case _ if timeouts.total is not None:
            return errors.RequestTimeoutError(
                f"no whole answer from {request.host} within {timeouts.total:g} s"
            )
        case _:
            return errors.RequestTimeoutError(f"{request.host} does not answer")


def _reason(error: Exception) -> str:
    """The words of an error that mean something to a reader."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return str(error.certificate_error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error.strerror or str(error.os_error)
    if isinstance(error, aiohttp.ClientResponseError):
        return error.message
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
