"""One request and its response: the events of the answer, as they come."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import NamedTuple

from .. import errors
from ..events import Event, Finish, ReasoningDelta, TextDelta
from ..request import HttpRequest
from ..transport import Transport, send
from . import error_mapping
from .reader import Reader

Batch = list[Event] | tuple[Event, ...]
"""The events that arrived together."""

_CARELESS = 6  # times as patient with a service that goes on after it has given a reason to end


class Patience(NamedTuple):
    """How long to wait for more, in seconds, when a service could have closed the response and has not.

    Attributes:
        after_end: After the answer's end mark, for the usage that may follow.
        after_reason: After a mere reason for the end, which some services give with every piece.
    """

    after_end: float = 1.0
    after_reason: float = 5.0


async def answer_batches(
    request: HttpRequest, transport: Transport, reader: Reader, *, provider: str, patience: Patience
) -> AsyncGenerator[Batch]:
    """Sends a request and reads the answer.

    Args:
        request: What to send.
        transport: The way to send it.
        reader: What makes events of the response's bytes.
        provider: The provider's name, for its errors.
        patience: How long to wait for what may follow.

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
        async for batch in _what_follows(blocks, reader, patience) if finished else _last(reader):
            yield batch
            finished = finished or Finish in map(type, batch)
            if reader.failure is not None:
                raise reader.failure
        if not finished:
            raise errors.StreamInterruptedError(f"{request.host} ended the answer before it was whole")


async def _last(reader: Reader) -> AsyncGenerator[Batch]:
    if events := reader.flush():
        yield events


async def _what_follows(
    blocks: AsyncIterator[bytes], reader: Reader, patience: Patience
) -> AsyncGenerator[Batch]:
    """What follows the reason for an answer's end: the usage mostly, and the end mark. The answer may be whole: a
    connection that is lost or stays open is no failure any more."""
    goes_on = 1
    with contextlib.suppress(TimeoutError, errors.TransportError):
        while True:
            seconds = patience.after_end if reader.ended else patience.after_reason * goes_on
            async with asyncio.timeout(seconds):
                data = await anext(blocks, None)
            if data is None:
                break
            if events := reader.feed(data):
                yield events
                if not {TextDelta, ReasoningDelta}.isdisjoint(map(type, events)):
                    goes_on = _CARELESS
        if events := reader.flush():
            yield events
