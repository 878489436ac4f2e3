"""Questions that another library than asyncio drives: one line, and nothing is broken afterwards."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import sniffio

from notebook_chat import Chat
from notebook_chat.errors import ConfigurationError
from notebook_chat.providers import OpenAI
from notebook_chat.transport.sessions import session_of_loop

from .fakes import parrot
from .servers import Answer
from .servers.fixtures import ServerFactory


@pytest.fixture
def other_library(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Any]:
    """Drives a coroutine to its end as trio would, for one that ends at once."""

    def drive(coroutine: Any) -> Any:
        before, sniffio.thread_local.name = sniffio.thread_local.name, "trio"
        try:
            return coroutine.send(None)
        finally:
            sniffio.thread_local.name = before
            coroutine.close()

    return drive


async def test_it_is_refused_and_the_next_question_is_answered(
    other_library: Any, vendor_server: ServerFactory
) -> None:
    server = vendor_server("openai_chat", Answer("fine"))
    chat = Chat("openai:m", base_url=server.base_url)
    for coroutine in (
        chat.ask_async("a"),
        anext(chat.stream_async("a")),
        OpenAI.create_async("m", "a", base_url=server.base_url),
        anext(OpenAI.create_async_generator("m", "a", base_url=server.base_url)),
    ):
        with pytest.raises(ConfigurationError, match=r"trio runs this.*to_thread") as caught:
            other_library(coroutine)
        assert "\n" not in str(caught.value)
    assert server.requests == ()
    assert await chat.ask_async("b") == "fine"
    assert [turn.prompt.text for turn in chat.conversation.turns] == ["b"]


def test_without_any_loop_it_is_refused_too() -> None:
    coroutine = Chat(provider=parrot()).ask_async("a")
    with pytest.raises(ConfigurationError, match="no event loop of asyncio runs here"):
        coroutine.send(None)


async def test_a_session_that_was_closed_is_made_anew(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", Answer("fine"))
    chat = Chat("openai:m", base_url=server.base_url)
    assert await chat.ask_async("a") == "fine"
    await session_of_loop().close()
    assert await chat.ask_async("b") == "fine"


SCRIPT = """
import asyncio, sys, trio
from notebook_chat import Chat
from notebook_chat.errors import ConfigurationError
chat = Chat("openai:m", base_url=sys.argv[1])
def refused():
    try:
        trio.run(chat.ask_async, "a")
    except ConfigurationError as error:
        print(error)
async def cell():
    refused()
    return await chat.ask_async("b")
refused()
print(asyncio.run(cell()), asyncio.run(chat.ask_async("c")), chat.ask("d"))
async def in_a_thread():
    print(await trio.to_thread.run_sync(chat.ask, "e"))
trio.run(in_a_thread)
"""


def test_trio_itself(vendor_server: ServerFactory) -> None:
    pytest.importorskip("trio")
    server = vendor_server("openai_chat", Answer("fine"))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, server.base_url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    first, second, *answers = done.stdout.splitlines()
    assert first == second
    assert first.startswith("trio runs this, and answers come by asyncio. Ask in a thread")
    assert answers == ["fine fine fine", "fine"]


def test_asyncio_on_a_loop_of_ones_own() -> None:
    loop = asyncio.new_event_loop()
    try:
        assert loop.run_until_complete(Chat(provider=parrot()).ask_async("a")) == "Hello you"
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
