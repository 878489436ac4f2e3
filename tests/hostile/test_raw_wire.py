"""A service that speaks anything but HTTP, or breaks off at any byte: one ``ChatError``, and what had come is kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.errors import ChatError, UnexpectedError
from notebook_chat.providers import get_provider

from . import strange_answers
from .strange_answers import FRAMED

HEAD = b"HTTP/1.1 200 OK\r\n"
TYPE = b"Content-Type: text/event-stream\r\n"
PIECE = b'data: {"choices":[{"delta":{"content":"so far "}}]}\n\n'
END = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
DIGITS = b"9" * 5_000

ODD = {
    "superscript status": b"HTTP/1.1 \xc2\xb200 OK\r\n\r\n",
    "no status": b"HTTP/1.1\r\n\r\n",
    "long status": b"HTTP/1.1 " + DIGITS + b" OK\r\n\r\n",
    "status 000": b"HTTP/1.1 000 x\r\n\r\n",
    "status 999": b"HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n",
    "status 101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nx",
    "only 100": b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
    "status 204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "version": b"HTTP/9.9 200 OK\r\n\r\n",
    "not http": b"SSH-2.0-OpenSSH_9.6\r\n",
    "tls alert": b"\x15\x03\x01\x00\x02\x02\x28",
    "nothing": b"",
    "zeros": bytes(2_000),
    "length": HEAD + b"Content-Length: x\r\n\r\n",
    "length superscript": HEAD + b"Content-Length: \xc2\xb2\r\n\r\n",
    "length negative": HEAD + b"Content-Length: -1\r\n\r\n",
    "length digits": HEAD + b"Content-Length: " + DIGITS + b"\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    "chunk size": HEAD + TYPE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "chunk digits": HEAD + TYPE + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 5_000 + b"\r\n",
    "encoding": HEAD + TYPE + b"Content-Encoding: gzip\r\n\r\nnot gzip at all",
    "encoding br": HEAD + TYPE + b"Content-Encoding: br\r\n\r\nnot br at all",
    "encoding zstd": HEAD + TYPE + b"Content-Encoding: zstd\r\n\r\nnot zstd at all",
    "encoding unknown": HEAD + TYPE + b"Content-Encoding: \xff\xfe\r\n\r\nx",
    "charset": HEAD + b"Content-Type: text/event-stream; charset=\xff\x00nobody\r\n\r\n",
    "header name": HEAD + b"\xff\xfe: x\r\n\r\n",
    "header nul": HEAD + b"X: a\x00b\r\n\r\n",
    "header line": HEAD + b"no colon\r\n\r\n",
    "huge header": HEAD + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "many headers": HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(50_000)) + b"\r\n",
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: http://[::g]\r\nContent-Length: 0\r\n\r\n",
    "redirect empty": b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
    "redirect bytes": b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe//\x80\r\nContent-Length: 0\r\n\r\n",
    "cookie": HEAD + b"Set-Cookie: \xff=\xfe; expires=never\r\nContent-Length: 0\r\n\r\n",
    "wait": b"HTTP/1.1 429 x\r\nRetry-After: Mon, 1 Jan 99999999999 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n",
    "failure in gzip": b"HTTP/1.1 401 x\r\nContent-Encoding: gzip\r\n\r\nnot gzip",
}


@contextlib.asynccontextmanager
async def saying(*answers: bytes) -> AsyncGenerator[str]:
    """A server that says something, whatever it is asked, and closes the connection; its address."""
    left = iter(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(next(left, answers[-1]))
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
async def test_what_is_no_http(answer: bytes) -> None:
    async with saying(answer) as address:
        chat = Chat("openai:m", api_key="k", base_url=address, retries=0, timeout=20)
        with pytest.raises(ChatError) as caught:
            await chat.ask_async("hi")
        provider: Any = get_provider("openai")
        with pytest.raises(ChatError) as listed:
            await provider.list_models(api_key="k", base_url=address)
    for error in (caught.value, listed.value):
        assert not isinstance(error, UnexpectedError), str(error)
        assert len(str(error)) < 1_000


@pytest.mark.parametrize("name", FRAMED)
async def test_a_connection_that_ends_at_any_byte(name: str) -> None:
    body = strange_answers.good(name)
    head = HEAD + b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body)
    whole = head + body
    cuts = sorted({*range(0, len(head), 7), *range(len(head), len(whole), max(1, len(body) // 60))})
    async with saying(*(whole[:cut] for cut in cuts)) as address:
        provider: Any = get_provider(name)
        longest = ""
        for _ in cuts:
            answer = provider.create_async_generator("m", "hi", api_key="k", base_url=address, retries=0)
            pieces = []
            try:
                async for piece in answer:
                    pieces += [piece]
            except ChatError as error:
                assert error.partial == "".join(pieces)
                assert not isinstance(error, UnexpectedError), str(error)
            assert "so far and more".startswith("".join(pieces))
            longest = max(longest, "".join(pieces), key=len)
    assert longest == "so far and more"


async def test_garbage_after_the_text_keeps_the_text() -> None:
    chunked = HEAD + TYPE + b"Transfer-Encoding: chunked\r\n\r\n"
    first = b"%x\r\n%s\r\n" % (len(PIECE), PIECE)
    for rest in (
        b"zz\r\n",
        b"",
        b"-1\r\n",
        b"f" * 100 + b"\r\n",
        b"5\r\nab",
        b"\x00" * 100,
        b"0\r\n\xff\r\n\r\n",
    ):
        async with saying(chunked + first + rest) as address:
            chat = Chat("openai:m", api_key="k", base_url=address, retries=0)
            with pytest.raises(ChatError) as caught:
                await chat.ask_async("hi")
            assert not isinstance(caught.value, UnexpectedError)
            # Where both arrive in one block the parser may refuse all of it; the text is never half told.
            assert caught.value.partial in ("so far ", "")


async def test_the_same_server_answers_well() -> None:
    async with saying(HEAD + TYPE + b"\r\n" + PIECE + END) as address:
        assert await Chat("openai:m", api_key="k", base_url=address).ask_async("hi") == "so far "
