"""A way to the services on which somebody is told of each request, as it goes out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from ..request import HttpRequest
from . import departures
from .protocol import Response, Transport

Witness = Callable[[HttpRequest], Callable[[int], object]]
"""Is told of a request; what it gives is told of the response's status."""


class RecordingTransport:
    """Sends requests on another transport, and tells of them. The response goes through untouched.

    Args:
        inner: The way that the requests go; ``None`` for the network.
        witness: Who is told.
    """

    def __init__(self, inner: Transport | None, witness: Witness) -> None:
        self._inner = inner
        self._witness = witness

    def send(self, request: HttpRequest) -> AbstractAsyncContextManager[Response]:
        """Sends a request; as ``Transport.send``."""
        if self._inner is None:
            from .client import AiohttpTransport

            self._inner = AiohttpTransport()
        return _Told(self._inner.send(request), self._witness(request))


class _Told(AbstractAsyncContextManager[Response]):
    """A response on its way, whose status somebody is told of."""

    def __init__(self, inner: AbstractAsyncContextManager[Response], told: Callable[[int], object]) -> None:
        self._inner = inner
        self._told = told

    async def __aenter__(self) -> Response:
        with departures.accounted():
            response = await self._inner.__aenter__()
        self._told(response.status)
        return response

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return await self._inner.__aexit__(kind, error, traceback)
