"""A service's own count of a prompt's tokens: one request, for which it is sent the prompt."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Protocol

import msgspec

from .. import errors
from ..request import HttpRequest
from ..transport import Transport, send
from . import addresses, error_mapping
from .call import Call

SECONDS = 10.0
"""How long a count may take, in seconds."""

_LARGEST = 100_000  # bytes of the answer


class Counter(Protocol):
    """What has a count at its service; a class derived from ``HTTPProvider`` is one."""

    @property
    def count_path(self) -> str:
        """Where the count is, beneath the service's address."""
        ...

    @property
    def count_fields(self) -> frozenset[str]:
        """The fields of a request that the count takes."""
        ...


class _Count(msgspec.Struct, frozen=True, gc=False):
    input_tokens: int | None = None
    total_tokens: int | None = msgspec.field(default=None, name="totalTokens")


_COUNT = msgspec.json.Decoder(_Count)


def request(counter: Counter, call: Call, asked: HttpRequest) -> HttpRequest:
    """The request for a count, made of one for an answer: with those of its fields that the count takes.

    Args:
        counter: Whose count it is.
        call: The call.
        asked: The request for an answer.
    """
    fields = msgspec.json.decode(asked.body or b"{}")
    body = msgspec.json.encode(
        {name: value for name, value in fields.items() if name in counter.count_fields}
    )
    return replace(asked, url=addresses.joined(call.base_url, counter.count_path), body=body)


def parse(body: bytes) -> int:
    """The number in a service's answer.

    Raises:
        ValueError: There is none.
    """
    read = _COUNT.decode(body)
    count = read.input_tokens if read.input_tokens is not None else read.total_tokens
    if count is None or count < 0:
        raise ValueError("no count")
    return count


async def count(request: HttpRequest, transport: Transport, provider: str) -> int:
    """Has a service count.

    Args:
        request: What asks it to.
        transport: The way to it.
        provider: Its name, for its errors.

    Raises:
        ChatError: The service or the way to it failed.
    """
    try:
        async with asyncio.timeout(SECONDS), send(request, transport) as response:
            if response.status != 200:
                raise await error_mapping.from_response(response, request, provider)
            body = await response.read(_LARGEST)
    except TimeoutError:
        raise errors.RequestTimeoutError(f"no count from {request.host} within {SECONDS:g} s") from None
    try:
        return parse(body)
    except (ValueError, RecursionError):
        raise error_mapping.not_an_answer(body[: error_mapping.LONGEST_WORDS], request, provider) from None
