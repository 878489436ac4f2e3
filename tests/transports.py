"""Transports without a network: they answer from memory, and remember what was sent."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat

from notebook_chat.request import HttpRequest


@dataclass
class Canned:
    """A response from memory: a status, headers, and the blocks of its body. An exception among them is raised."""

    blocks: Sequence[bytes | Exception] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for block in self.blocks:
            if isinstance(block, Exception):
                raise block
            yield block

    async def read(self, limit: int = 1_000_000) -> bytes:
        return b"".join([block async for block in self])[:limit]


class InMemory:
    """A transport that gives the responses in turn, the last one for ever; an exception is raised.

    Attributes:
        requests: What was sent.
        left: How many of the responses have been let go again.
    """

    def __init__(self, *responses: Canned | Exception) -> None:
        self.requests: list[HttpRequest] = []
        self.left = 0
        self._responses = chain(responses, repeat(responses[-1]))

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncGenerator[Canned]:
        self.requests.append(request)
        response = next(self._responses)
        if isinstance(response, Exception):
            raise response
        try:
            yield response
        finally:
            self.left += 1


def completion(*pieces: str) -> Canned:
    """An answer in OpenAI's dialect."""
    blocks = [b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' % piece.encode() for piece in pieces]
    return Canned([*blocks, b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'])
