"""The way out: what becomes of connections when loops, processes and servers end."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
from typing import Any

import pytest

from notebook_chat.providers import OpenAI

from .servers import Answer
from .servers.fixtures import ServerFactory

PRELUDE = """
import asyncio, os, sys, warnings
from notebook_chat.providers import OpenAI
url = sys.argv[1]
async def ask():
    return await OpenAI.create_async("m", "hi", base_url=url)
"""

SCRIPTS = {
    "two runs": "assert asyncio.run(ask()) == asyncio.run(ask()) == 'Hello'",
    "synchronous": "assert ''.join(OpenAI.create_completion('m', 'hi', base_url=url)) == 'Hello'",
    "left in the middle": "next(OpenAI.create_completion('m', 'hi', base_url=url))",
    "left in the middle of a run": """
async def leave():
    async for piece in OpenAI.create_async_generator('m', 'hi', base_url=url):
        break
asyncio.run(leave())
""",
    "a loop that stays open": "loop = asyncio.new_event_loop(); loop.run_until_complete(ask())",
    "a loop that is closed bare": """
loop = asyncio.new_event_loop(); loop.run_until_complete(ask()); loop.close(); asyncio.run(ask())
""",
}
if hasattr(os, "fork"):
    SCRIPTS["a fork"] = """
warnings.simplefilter("ignore", DeprecationWarning)
assert "".join(OpenAI.create_completion("m", "hi", base_url=url)) == "Hello"
child = os.fork()
assert "".join(OpenAI.create_completion("m", "hi", base_url=url)) == "Hello"
if child:
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert "".join(OpenAI.create_completion("m", "hi", base_url=url)) == "Hello"
"""


@pytest.mark.parametrize("name", SCRIPTS)
def test_nothing_is_said_at_the_end(name: str, vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", Answer("Hel", "lo"))
    command = [sys.executable, "-c", PRELUDE + SCRIPTS[name], server.base_url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


async def test_a_loop_has_a_pool_of_its_own(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", Answer("Hello"))

    async def twice() -> None:
        for _ in range(2):
            await OpenAI.create_async("m", "hi", base_url=server.base_url)

    await asyncio.to_thread(asyncio.run, twice())
    await asyncio.to_thread(asyncio.run, twice())
    assert (len(server.requests), server.connections) == (4, 2)
    gc.collect()


async def test_an_idle_connection_that_dies_as_it_is_used_again_costs_nothing() -> None:
    """The server answers, and closes the connection when the next request comes in on it."""
    requests = 0
    writers: list[asyncio.StreamWriter] = []
    body = b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n" % len(body)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        writers.append(writer)
        request = await reader.readuntil(b"\r\n\r\n")
        [length] = [line for line in request.lower().split(b"\r\n") if line.startswith(b"content-length")]
        await reader.readexactly(int(length.partition(b":")[2]))
        requests += 1
        writer.write(head + body)
        await reader.read(1)
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        results = [OpenAI.create_async_generator("m", "hi", base_url=url, retries=0) for _ in range(3)]
        answers = [await result.read() for result in results]
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0.01)
    assert answers == ["Hi"] * 3
    assert requests == 3
    told = [result.snapshot.notice for result in results]
    assert [notice is not None and "on a fresh one" in notice.text for notice in told] == [False, True, True]


def many(server: Any, count: int) -> list[str]:
    async def main() -> list[str]:
        asks = (OpenAI.create_async("m", "hi", base_url=server.base_url) for _ in range(count))
        return await asyncio.gather(*asks)

    return asyncio.run(main())


def test_many_at_once_do_not_wait_for_each_other(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", Answer("Hel", "lo"))
    assert many(server, 150) == ["Hello"] * 150
