"""How much of a long conversation its services read from their caches, by fakes that count as they do."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest

from notebook_chat import Chat
from notebook_chat.request import HttpRequest

from .strict_vendors import events
from .transports import Canned

SHARE = 0.85
ANSWER = "The answer goes on for a while, as answers do. " * 20


def size(text: str) -> int:
    """How many tokens a text is, for these fakes."""
    return len(text) // 4


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class CachingVendor(ABC):
    """A transport that answers, and counts what it has read from its cache.

    Attributes:
        counted: Of each request, how many tokens came in and how many of them were read from the cache.
    """

    model: ClassVar[str]

    def __init__(self) -> None:
        self.counted: list[tuple[int, int]] = []
        self.cache: set[str] = set()

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncGenerator[Canned]:
        body = json.loads(request.body or b"{}")
        blocks = [json.dumps(block) for block in self.blocks(body)]
        total = sum(map(size, blocks))
        read, written = self.look_up(body, blocks)
        self.counted.append((total, read))
        yield Canned([self.answer(total, read, written)])

    def share(self, start: int, end: int | None = None) -> float:
        """How much of the input of some requests was read from the cache."""
        counted = self.counted[start:end]
        return sum(read for _, read in counted) / sum(total for total, _ in counted)

    @abstractmethod
    def blocks(self, body: dict[str, Any]) -> list[Any]:
        """What a request is made of, in the order in which the cache sees it."""

    @abstractmethod
    def look_up(self, body: dict[str, Any], blocks: list[str]) -> tuple[int, int]:
        """How many tokens are read from the cache and how many are written into it."""

    @abstractmethod
    def answer(self, total: int, read: int, written: int) -> bytes:
        """The answer, with its figures."""


class CachingAnthropic(CachingVendor):
    """A cache that must be asked for: the top-level ``cache_control`` marks the last block, and what was marked before
    is looked for among the 20 blocks ahead of it."""

    model = "anthropic:claude-haiku-5-5"

    def blocks(self, body: dict[str, Any]) -> list[Any]:
        said = []
        for message in body["messages"]:
            content = message["content"]
            texts = [{"type": "text", "text": content}] if isinstance(content, str) else content
            said += [[message["role"], block] for block in texts]
        return [*(body.get("tools") or ()), body.get("system") or "", *said]

    def look_up(self, body: dict[str, Any], blocks: list[str]) -> tuple[int, int]:
        if body.get("cache_control", {}).get("type") != "ephemeral":
            return 0, 0
        total, read = sum(map(size, blocks)), 0
        for end in range(len(blocks), max(len(blocks) - 20, 0), -1):
            if digest("".join(blocks[:end])) in self.cache:
                read = sum(map(size, blocks[:end]))
                break
        if total >= 1024:
            self.cache.add(digest("".join(blocks)))
        return read, total - read if total >= 1024 else 0

    def answer(self, total: int, read: int, written: int) -> bytes:
        usage = {
            "input_tokens": total - read - written,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": written,
            "output_tokens": 1,
        }
        message = {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": []}
        return events(
            {"type": "message_start", "message": {**message, "usage": usage}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": ANSWER}},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 200}},
            {"type": "message_stop"},
        )


class CachingOpenAI(CachingVendor):
    """A cache that is there by itself, from 1,024 tokens on and in steps of 128, on the machine that a key leads to."""

    model = "openai:gpt-6-luna"
    step = 128 * 4  # characters

    def blocks(self, body: dict[str, Any]) -> list[Any]:
        if "input" in body:
            return [body.get("tools"), body.get("instructions"), *body["input"]]
        return [body.get("tools"), *body["messages"]]

    def look_up(self, body: dict[str, Any], blocks: list[str]) -> tuple[int, int]:
        machine = body.get("prompt_cache_key")
        assert machine, "without a key, which machine answers is a matter of luck"
        text = "".join(blocks)
        ends = range(8 * self.step, len(text) + 1, self.step)
        known = [end for end in ends if digest(machine + text[:end]) in self.cache]
        self.cache |= {digest(machine + text[:end]) for end in ends}
        return (known[-1] // 4 if known else 0), 0

    def answer(self, total: int, read: int, written: int) -> bytes:
        if self.model.startswith("openai-responses") or self.responses:
            return self._response(total, read)
        usage = {
            "prompt_tokens": total,
            "completion_tokens": 200,
            "prompt_tokens_details": {"cached_tokens": read},
        }
        return (
            events(
                {"choices": [{"index": 0, "delta": {"content": ANSWER}}]},
                {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
                {"choices": [], "usage": usage},
            )
            + b"data: [DONE]\n\n"
        )

    responses = False

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncGenerator[Canned]:
        self.responses = request.url.endswith("/responses")
        async with super().send(request) as response:
            yield response

    def _response(self, total: int, read: int) -> bytes:
        usage = {
            "input_tokens": total,
            "output_tokens": 200,
            "input_tokens_details": {"cached_tokens": read},
            "output_tokens_details": {"reasoning_tokens": 0},
        }
        content = [{"type": "output_text", "text": ANSWER, "annotations": []}]
        said = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": content}
        done = {"id": "r", "object": "response", "model": "gpt-6-luna", "status": "completed"}
        return events(
            {"type": "response.output_item.added", "output_index": 0, "item": {**said, "content": []}},
            {
                "type": "response.output_text.delta",
                "output_index": 0,
                "content_index": 0,
                "item_id": "m",
                "delta": ANSWER,
            },
            {"type": "response.output_item.done", "output_index": 0, "item": said},
            {"type": "response.completed", "response": {**done, "output": [said], "usage": usage}},
        )


class CachingResponses(CachingOpenAI):
    """The same cache, asked in the other dialect."""

    model = "openai-responses:gpt-6-luna"


@pytest.mark.parametrize("vendor", [CachingAnthropic, CachingOpenAI, CachingResponses])
def test_the_beginning_of_a_conversation_is_paid_once(vendor: type[CachingVendor]) -> None:
    service = vendor()
    system = "You know all about penguins. " * 30
    chat = Chat(service.model, system=system, transport=service, api_key="sk-0123456789")
    for number in range(20):
        answer = chat.ask(f"Question {number}. " + "What is there to know of it? " * 20, cell=f"c{number}")
        assert answer.usage is not None
        assert (answer.usage.input_tokens, answer.usage.cached_tokens) == service.counted[-1]
    assert service.share(3) >= SHARE
    chat.ask("Another question. " + "What is there to know of it? " * 20, cell="c17")
    for number in (18, 19, 20):
        chat.ask(f"Question {number} again. " + "What is there to know of it? " * 20, cell=f"c{number}")
    assert service.share(20) >= SHARE
    assert len(chat.conversation) == 21


@pytest.mark.parametrize("vendor", [CachingAnthropic, CachingResponses])
def test_it_is_so_in_a_conversation_that_is_too_long_for_its_model(vendor: type[CachingVendor]) -> None:
    service = vendor()
    chat = Chat(service.model, transport=service, api_key="sk-0123456789", context=20_000)
    for number in range(60):
        chat.ask(f"Question {number}. " + "What is there to know of it? " * 40, max_tokens=500)
    assert service.counted[-1][0] < 20_000
    assert service.share(20) >= 0.75  # of a window that moved with each turn, nothing would be
