"""Requests and responses in the log, at level DEBUG, without keys."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from ..errors import ChatError
from ..request import HttpRequest
from ..secrets import Secret, excerpt, redact
from ..text import single_line
from .protocol import Response, Transport

LOGGER = logging.getLogger("notebook_chat.transport")

SHOWN = 500
"""How much of a body is logged, in characters."""

_KEPT = 4096  # of a body, in bytes: enough that a key at the end of what is shown is seen as one
_PRIVATE = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"})


def send(request: HttpRequest, transport: Transport) -> AbstractAsyncContextManager[Response]:
    """Sends a request on a transport, and logs it and what comes back where the log wants to know.

    Args:
        request: What to send.
        transport: The way to send it.

    Returns:
        As ``Transport.send``.
    """
    if not LOGGER.isEnabledFor(logging.DEBUG):
        return transport.send(request)
    return _logged(request, transport)


class _Observed:
    """A response that keeps count of its body."""

    def __init__(self, response: Response) -> None:
        self.status = response.status
        self.headers = response.headers
        self.size = 0
        self.head = b""
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for block in self._response:
            self._note(block)
            yield block

    async def read(self, limit: int = 1_000_000) -> bytes:
        body = await self._response.read(limit)
        self._note(body)
        return body

    def _note(self, block: bytes) -> None:
        self.size += len(block)
        if len(self.head) < _KEPT:
            self.head = (self.head + block)[:_KEPT]


@asynccontextmanager
async def _logged(request: HttpRequest, transport: Transport) -> AsyncGenerator[Response]:
    what = f"{request.method} {_clean(request.url, request)}"
    LOGGER.debug(
        "%s %s, %d bytes: %s",
        what,
        _headers(request.headers, request),
        len(request.body or b""),
        _excerpt(request.body or b"", request),
    )
    start = time.monotonic()
    observed: _Observed | None = None
    try:
        async with transport.send(request) as response:
            observed = _Observed(response)
            seconds = time.monotonic() - start
            headers = _headers(response.headers, request)
            LOGGER.debug("%s: status %d after %.3f s, %s", what, response.status, seconds, headers)
            yield observed
    except ChatError as error:
        LOGGER.debug("%s failed: %s", what, _clean(f"{type(error).__name__}: {error}", request))
        raise
    finally:
        if observed is not None:
            seconds = time.monotonic() - start
            excerpt = _excerpt(observed.head, request)
            LOGGER.debug("%s: %d bytes within %.3f s: %s", what, observed.size, seconds, excerpt)


def _headers(headers: Mapping[str, str | Secret], request: HttpRequest) -> dict[str, str]:
    return {
        _clean(name, request): "…"
        if isinstance(value, Secret) or name.lower() in _PRIVATE
        else _clean(value, request)
        for name, value in headers.items()
    }


def _excerpt(body: bytes, request: HttpRequest) -> str:
    text = excerpt(body, SHOWN + 1, *request.secrets)
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")


def _clean(text: str, request: HttpRequest) -> str:
    return single_line(redact(text, *request.secrets))
