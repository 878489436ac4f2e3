"""Answers that somebody has begun to read and left, and questions after that."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.errors import ConversationBusyError

from .fakes import parrot

LONG = ["first ", "second ", 60.0, "never"]


@pytest.fixture
def chat() -> Chat:
    """A chat whose first answer stalls."""
    provider = parrot()
    provider.script = staticmethod(lambda messages: LONG if len(provider.requests) == 1 else ["fine"])
    return Chat(provider=provider)


async def leave(stream: AsyncGenerator[str]) -> str:
    """The first piece of a stream that is not closed."""
    async for piece in stream:
        return piece
    raise AssertionError("nothing came")


def kept(chat: Chat) -> list[tuple[str, str, str]]:
    """What the conversation has of each turn."""
    return [(turn.prompt.text, turn.answer, turn.status) for turn in chat.conversation.turns]


BOTH = [("a", "first ", "stopped"), ("b", "fine", "complete")]


async def test_ask_after_a_break(chat: Chat) -> None:
    async for _ in chat.stream_async("a"):
        break
    assert await chat.ask_async("b") == "fine"
    assert kept(chat) == BOTH


async def test_ask_synchronously_after_a_break(chat: Chat) -> None:
    async for _ in chat.stream_async("a"):
        break
    assert chat.ask("b") == "fine"
    assert kept(chat) == BOTH


async def test_stream_again_after_a_break(chat: Chat) -> None:
    async for _ in chat.stream_async("a"):
        break
    assert [piece async for piece in chat.stream_async("b")] == ["fine"]
    async for _ in chat.stream_async("c"):
        break
    assert list(chat.stream("d")) == ["fine"]


async def test_ask_while_the_stream_is_still_in_a_variable(chat: Chat) -> None:
    stream = chat.stream_async("a")
    assert await leave(stream) == "first "
    assert await chat.ask_async("b") == "fine"
    assert kept(chat) == BOTH
    with pytest.raises(ConversationBusyError, match="another question"):
        await anext(stream)
    assert [piece async for piece in stream] == []
    assert kept(chat) == BOTH


async def test_ask_after_an_exception_in_the_loop(chat: Chat) -> None:
    with contextlib.suppress(ZeroDivisionError):
        async for _ in chat.stream_async("a"):
            raise ZeroDivisionError
    assert await chat.ask_async("b") == "fine"


async def test_ask_when_the_task_that_left_it_has_ended(chat: Chat) -> None:
    stream = chat.stream_async("a")
    await asyncio.create_task(leave(stream))
    assert await asyncio.to_thread(chat.ask, "b") == "fine"
    assert kept(chat) == BOTH
    await stream.aclose()
    assert kept(chat) == BOTH


async def test_a_cell_that_waits_for_others_does_not_wait_for_what_was_left(chat: Chat) -> None:
    stream = chat.stream_async("a")
    await asyncio.create_task(leave(stream))
    async for _ in chat.reply("b", wait=True).batches():
        pass
    assert kept(chat) == BOTH


async def test_the_request_that_was_left_is_closed(chat: Chat) -> None:
    stream = chat.stream_async("a")
    await leave(stream)
    await chat.ask_async("b")
    provider: Any = chat._addressee.provider
    while not provider.closed.is_set():
        await asyncio.sleep(0.001)


async def test_who_still_reads_is_not_disturbed(chat: Chat) -> None:
    reading = asyncio.Event()

    async def read() -> None:
        async for _ in chat.stream_async("a"):
            reading.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(read())
    await reading.wait()
    with pytest.raises(ConversationBusyError, match="still coming"):
        await chat.ask_async("b")
    with pytest.raises(ConversationBusyError, match="still coming"):
        await asyncio.to_thread(chat.ask, "b")
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert await chat.ask_async("b") == "fine"
