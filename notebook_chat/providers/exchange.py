"""One request and its response: the events of the answer, as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from .. import errors
from ..events import Event, Finish
from ..request import HttpRequest
from ..transport import Transport, send
from . import error_mapping
from .reader import Reader

Batch = list[Event] | tuple[Event, ...]
"""The events that arrived together."""


async def answer_batches(
    request: HttpRequest, transport: Transport, reader: Reader, *, provider: str, tail_seconds: float
) -> AsyncGenerator[Batch]:
    """Sends a request and reads the answer.

    Args:
        request: What to send.
        transport: The way to send it.
        reader: What makes events of the response's bytes.
        provider: The provider's name, for its errors.
        tail_seconds: How long to wait, in seconds, for what may follow the answer's end mark.

    Yields:
        The events of the answer, those that arrived together in one batch.

    Raises:
        ChatError: The service or the way to it failed.
    """
    async with send(request, transport) as response:
        if response.status != 200:
            raise await error_mapping.from_response(response, request, provider)
        blocks = aiter(response)
        finished = False
        async for data in blocks:
            events = reader.feed(data)
            if events:
                yield events
                if reader.failure is not None:
                    raise reader.failure
                if Finish in map(type, events):
                    finished = True
                    break
        tail = await _tail(blocks, reader, tail_seconds) if finished else reader.flush()
        if tail:
            yield tail
        if reader.failure is not None:
            raise reader.failure
        if not finished and Finish not in map(type, tail):
            raise errors.StreamInterruptedError(f"{request.host} ended the answer before it was whole")


async def _tail(blocks: AsyncIterator[bytes], reader: Reader, seconds: float) -> list[Event]:
    """What follows an answer's end mark, the usage mostly. The answer is whole: a connection that is lost or stays
    open is no failure any more."""
    tail: list[Event] = []
    try:
        async with asyncio.timeout(seconds) as bound:
            async for data in blocks:
                if events := reader.feed(data):
                    tail += events
                    bound.reschedule(asyncio.get_running_loop().time() + seconds)
            tail += reader.flush()
    except (TimeoutError, errors.TransportError):
        pass
    except errors.ProviderError:
        if not tail or reader.failure is None:
            raise
    return tail
