"""One request and its response: the events of the answer, as they come."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from typing import NamedTuple

from .. import errors
from ..events import (
    Event,
    Finish,
    ModelName,
    Notice,
    ReasoningDelta,
    Remark,
    TextBlock,
    TextDelta,
    TextIsReasoning,
    Usage,
)
from ..request import HttpRequest
from ..transport import Response, Transport, send
from . import error_mapping
from .reader import Reader

Batch = list[Event] | tuple[Event, ...]
"""The events that arrived together."""

_CARELESS = 6  # times as patient with a service that goes on after it has given a reason to end

_UNHEARD = 16 * 1024 * 1024
"""How many bytes may come that hold no piece of the answer, one after the other: comments, empty events."""

_AFTERWARDS = 1024 * 1024
"""How many bytes are read that follow the answer's end."""

_BESIDE = (Usage, ModelName, Notice, Remark, TextBlock, TextIsReasoning)
"""What tells of an answer, and is no piece of it."""

_WAITS = 5  # times as long as one wait may all take together that follow the answer's end


class Patience(NamedTuple):
    """How long to wait for more, in seconds, when a service could have closed the response and has not.

    Attributes:
        after_end: After the answer's end mark, for the usage that may follow.
        after_reason: After a mere reason for the end, which some services give with every piece.
    """

    after_end: float = 1.0
    after_reason: float = 5.0


async def answer_batches(
    request: HttpRequest,
    transport: Transport,
    reader: Reader,
    *,
    provider: str,
    patience: Patience,
    heard: Callable[[Mapping[str, str]], object] | None = None,
) -> AsyncGenerator[Batch]:
    """Sends a request and reads the answer.

    Args:
        request: What to send.
        transport: The way to send it.
        reader: What makes events of the response's bytes.
        provider: The provider's name, for its errors.
        patience: How long to wait for what may follow.
        heard: Is told of the headers of an answer.

    Yields:
        The events of the answer, those that arrived together in one batch.

    Raises:
        ChatError: The service or the way to it failed.
    """
    async with AsyncExitStack() as stack:
        response = await _head(stack, request, transport)
        if response.status != 200:
            raise await error_mapping.from_response(response, request, provider)
        if heard is not None:
            heard(response.headers)
        blocks = aiter(response)
        finished = False
        unheard = _Unheard(request)
        async for data in blocks:
            events = reader.feed(data)
            if any(map(is_piece, events)):
                unheard.since = None
            else:
                unheard.note(len(data))
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


async def _head(stack: AsyncExitStack, request: HttpRequest, transport: Transport) -> Response:
    """The response, once its head is there: one that comes in drops, or behind any number of others, is not waited for
    for ever."""
    quiet = request.timeouts.quiet
    try:
        async with asyncio.timeout(quiet):
            return await stack.enter_async_context(send(request, transport))
    except errors.ChatError:
        raise
    except TimeoutError:
        raise errors.RequestTimeoutError(f"no answer from {request.host} within {quiet:g} s") from None


def is_piece(event: Event) -> bool:
    """Whether there is more of the answer with an event than before.

    Args:
        event: The event.
    """
    if isinstance(event, TextDelta | ReasoningDelta):
        return bool(event.text)
    return not isinstance(event, _BESIDE)


class _Unheard:
    """What has come that held no piece of the answer, since the last one."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._size = 0
        self.since: float | None = time.monotonic()
        """When it began; ``None`` while there is none."""

    def note(self, size: int) -> None:
        """Takes a block.

        Raises:
            RequestTimeoutError: It goes on for too long.
            ResponseFormatError: It is too much.
        """
        host, quiet = self._request.host, self._request.timeouts.quiet
        if self.since is None:
            self.since, self._size = time.monotonic(), 0
        self._size += size
        if self._size > _UNHEARD:
            raise errors.ResponseFormatError(
                f"{host} sent {_UNHEARD:,} bytes without a piece of an answer among them"
            )
        if quiet is not None and time.monotonic() - self.since > quiet:
            raise errors.RequestTimeoutError(f"{host} sent signs of life and no answer for {quiet:g} s")


async def _last(reader: Reader) -> AsyncGenerator[Batch]:
    if events := reader.flush():
        yield events


async def _what_follows(
    blocks: AsyncIterator[bytes], reader: Reader, patience: Patience
) -> AsyncGenerator[Batch]:
    """What follows the reason for an answer's end: the usage mostly, and the end mark. The answer may be whole: a
    connection that is lost or stays open, or more than belongs there, is no failure any more."""
    goes_on = 1
    size, began = 0, time.monotonic()
    with contextlib.suppress(TimeoutError, errors.TransportError):
        while size <= _AFTERWARDS:
            seconds = patience.after_end if reader.ended else patience.after_reason * goes_on
            left = began + _WAITS * seconds - time.monotonic()
            async with asyncio.timeout(min(seconds, left)):
                data = await anext(blocks, None)
            if data is None:
                break
            size += len(data)
            if events := reader.feed(data):
                yield events
                if not {TextDelta, ReasoningDelta}.isdisjoint(map(type, events)):
                    goes_on = _CARELESS
                    size, began = 0, time.monotonic()
        if events := reader.flush():
            yield events
