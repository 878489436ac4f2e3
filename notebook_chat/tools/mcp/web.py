"""The way to a server that has an address: streamable HTTP, of which no more is held than may be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

from .launch import Launch
from .sdk import sdk
from .stdio import LARGEST

_CONNECT_SECONDS = 15.0
_READ_SECONDS = 300.0  # of silence, while an answer is waited for
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SAID = {
    401: "HTTP 401: it wants a sign-in, or another key: give it with --header",
    403: "HTTP 403: it does not let this key do that",
    404: "HTTP 404: there is no MCP server at this address",
    405: "HTTP 405: there is no MCP server at this address",
    406: "HTTP 406: it does not speak streamable HTTP",
    429: "HTTP 429: it asks to wait",
}


class WebTransport:
    """An address, as the SDK's ``Client`` takes it. It is entered and left in one task.

    Args:
        launch: The address, and what is sent along.

    Attributes:
        ended: Whether nothing can be said to it any more.
        changed: Never so: the SDK tells of changes.
        refused: The HTTP status of the last answer, where that was a refusal; else ``0``.
    """

    pid: int | None = None
    status: int | None = None

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._stack = AsyncExitStack()
        self.ended = asyncio.Event()
        self.refused = 0
        self.changed = False

    @property
    def last_words(self) -> str:
        """What the last refusal says, in words; ``""`` where there was none."""
        return _SAID.get(self.refused, f"HTTP {self.refused}" if self.refused else "")

    async def __aenter__(self) -> tuple[Any, Any]:
        """Opens the way; nothing is sent yet."""
        parts = sdk()
        client = parts.httpx.AsyncClient(
            # What is packed could be unpacked to any size.
            headers={"accept-encoding": "identity"}
            | {n: v.reveal() for n, v in self._launch.headers.items()},
            timeout=parts.httpx.Timeout(_CONNECT_SECONDS, read=_READ_SECONDS),
            event_hooks={"response": [self._look]},
            trust_env=urlsplit(self._launch.url).hostname not in _LOOPBACK,
        )
        await self._stack.enter_async_context(client)
        opened = parts.http.streamable_http_client(
            self._launch.url, http_client=client, max_sse_event_size=LARGEST
        )
        streams: tuple[Any, Any] = await self._stack.enter_async_context(opened)
        return streams

    async def __aexit__(self, *error: Any) -> bool | None:
        """Closes the way."""
        self.ended.set()
        return await self._stack.__aexit__(*error)

    async def _look(self, response: Any) -> None:
        """Looks at an answer before it is read."""
        self.refused = response.status_code if response.status_code >= 400 else 0
        if not response.headers.get("content-type", "").lower().startswith("text/event-stream"):
            response.stream = _bounded(response.stream)
        elif response.headers.get("content-encoding", "identity").lower() != "identity":
            response.headers["content-type"] = "application/octet-stream"  # refused, as what nobody reads


def _bounded(stream: Any) -> Any:
    """The bytes of an answer, which end in an error where they are too many."""
    httpx = sdk().httpx

    class Bounded(httpx.AsyncByteStream):  # type: ignore[misc,name-defined]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for piece in stream:
                size += len(piece)
                if size > LARGEST:
                    raise httpx.StreamError(f"its answer is larger than {LARGEST:,} bytes")
                yield piece

        async def aclose(self) -> None:
            await stream.aclose()

    return Bounded()
