"""What a way to a service is: something that sends a request and gives its response."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable

from ..request import HttpRequest


class Response(Protocol):
    """A response whose head has arrived. Iterating it with ``async for`` gives its body, in blocks of bytes, as it
    comes.

    Attributes:
        status: The HTTP status, such as 200.
        headers: The headers; names are looked up in any case of letters.
    """

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def read(self, limit: int = 1_000_000) -> bytes:
        """The body as a whole.

        Args:
            limit: How many bytes to read at most.

        Returns:
            The body's first ``limit`` bytes; of a body that breaks off, what had arrived.
        """
        ...


@runtime_checkable
class Transport(Protocol):
    """A way to the services. The one that speaks HTTP is ``transport.client.AiohttpTransport``; a test, a recorder
    or a replay takes its place by being given as ``transport=`` to a provider or a ``Chat``."""

    def send(self, request: HttpRequest) -> AbstractAsyncContextManager[Response]:
        """Sends a request.

        Args:
            request: What to send.

        Returns:
            An async context manager whose ``async with`` gives the response. Leaving it before the body's end
            ends the request.

        Raises:
            TransportError: On entering: no response came. While the body is read: it broke off.
            ConfigurationError: On entering: the address or the proxy cannot be used.
        """
        ...
