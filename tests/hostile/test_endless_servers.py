"""Servers without an end: each loop that reads from one has a bound, and what had come is kept."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import pytest

from notebook_chat import Chat, errors
from notebook_chat.attempts import RetryPolicy
from notebook_chat.events import ToolCall
from notebook_chat.magics.chat_magics import ChatMagics
from notebook_chat.parts import ImagePart, SourcePart
from notebook_chat.providers import OpenAI, exchange
from notebook_chat.providers.async_result import AsyncResult
from notebook_chat.providers.options import MAX_CHARACTERS
from notebook_chat.providers.retry_delay import LONGEST, duration, retry_after
from notebook_chat.renderers.footer import ending
from notebook_chat.request import Timeouts

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n%bConnection: close\r\n\r\n"
DONE = b"data: [DONE]\n\n"
Blocks = Iterable[bytes | float]


def chunk(text: str) -> bytes:
    return b'data: {"choices": [{"index": 0, "delta": {"content": "%b"}}]}\n\n' % text.encode()


class Sender:
    """What has become of the connections to a server."""

    def __init__(self) -> None:
        self.sent = 0
        self.requests = 0


@asynccontextmanager
async def sending(
    blocks: Callable[[], Blocks], head: bytes = HEAD % b""
) -> AsyncIterator[tuple[str, Sender]]:
    """A server that answers each request with blocks of bytes; a number among them is a pause in seconds."""
    sender = Sender()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            sender.requests += 1
            for block in itertools.chain((head,), blocks()):
                if isinstance(block, float):
                    await asyncio.sleep(block)
                else:
                    writer.write(block)
                    sender.sent += len(block)
                    await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", sender
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def asked(url: str, **options: object) -> AsyncResult:
    return OpenAI.create_async_generator("m", "hi", base_url=url, api_key="k", retries=0, **options)  # type: ignore[arg-type]


async def test_an_answer_has_a_largest_size() -> None:
    async with sending(lambda: itertools.repeat(chunk("word " * 20) * 50)) as (url, _):
        answer = asked(url, max_characters=100_000)
        text = await answer.read()
    assert 100_000 <= len(text) <= 106_250
    assert answer.finish_reason == "max_characters"
    assert "the setting max_characters takes more" in ending(answer.finish_reason)


async def test_so_has_one_that_comes_at_once() -> None:
    async with sending(lambda: [chunk("a" * 1_000_000), DONE]) as (url, _):
        answer = asked(url, max_characters=1000)
        assert len(await answer.read()) <= 1000
        assert answer.finish_reason == "max_characters"


async def test_a_small_bound_leaves_what_is_within_it() -> None:
    async with sending(lambda: [chunk("0123456789") * 100, DONE]) as (url, _):
        answer = asked(url, max_characters=20)
        assert (await answer.read()) == "01234567890123456789"


async def test_the_turn_is_kept() -> None:
    async with sending(lambda: itertools.repeat(chunk("word " * 20) * 50)) as (url, _):
        chat = Chat("openai:m", base_url=url, api_key="k", max_characters=10_000)
        answer = await chat.ask_async("hi")
    [turn] = chat.conversation.turns
    assert turn.status == "complete"
    assert turn.answer == answer
    assert answer.finish_reason == "max_characters"
    with pytest.raises(errors.InvalidOptionError, match="max_characters must be a whole number, 1 or more"):
        Chat("openai:m", base_url=url, api_key="k").reply(
            "hi", max_characters=0
        ).provider.create_async_generator("m", "hi", max_characters=0)


@pytest.mark.parametrize(
    "piece",
    [
        "word ",
        ToolCall(0, "id", "name", "{} "),
        *(SourcePart("https://example.org"), ImagePart(bytes(50_000), "image/png")),
    ],
    ids=["text", "arguments", "sources", "images"],
)
async def test_whoever_writes_it(piece: object) -> None:
    async def endless(messages: object) -> AsyncIterator[object]:
        for number in itertools.count():
            yield ToolCall(number, str(number), "name", "{}") if isinstance(piece, ToolCall) else piece

    answer = await Chat(provider=endless, max_characters=100_000).ask_async("hi")
    assert answer.finish_reason == "max_characters"
    assert len(answer.parts) < 700
    assert len(answer) < 106_250


async def test_events_that_add_nothing_are_counted() -> None:
    usage = b'data: {"choices": [], "usage": {"prompt_tokens": 1}}\n\n'
    async with sending(lambda: itertools.chain([chunk("a")], itertools.repeat(usage * 100))) as (url, _):
        answer = asked(url, max_characters=1000)
        assert await answer.read() == "a"
    assert answer.finish_reason == "max_characters"


def test_the_setting_is_that_of_python() -> None:
    assert ChatMagics.max_characters.default_value == MAX_CHARACTERS


@pytest.mark.parametrize("junk", [b": ping\n\n", b"data: {}\n\n", b"\n\n\n", b"data:\n\n", b"a", b"data: a"])
async def test_comments_and_empty_events_have_an_end(junk: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "_UNHEARD", 1_000_000)
    monkeypatch.setattr("notebook_chat.decoders.MAX_FRAME", 1_000_000)
    many = junk * 5000
    async with sending(lambda: itertools.chain([chunk("so far")], itertools.repeat(many))) as (url, _):
        with pytest.raises(errors.ChatError) as caught:
            await asked(url).read()
    assert caught.value.partial == "so far"
    assert "1,000,000 bytes" in str(caught.value)


async def test_signs_of_life_have_an_end() -> None:
    def blocks() -> Blocks:
        yield chunk("so far")
        for _ in range(1000):
            yield from (0.02, b": ping\n\n")

    async with sending(blocks) as (url, _):
        with pytest.raises(errors.RequestTimeoutError, match="signs of life and no answer for") as caught:
            await asked(url, timeout=Timeouts(quiet=0.2)).read()
    assert caught.value.partial == "so far"


@pytest.mark.parametrize(
    "drop", [b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n", b"X"], ids=["other heads", "a head in drops"]
)
async def test_a_head_has_an_end(drop: bytes) -> None:
    def blocks() -> Blocks:
        for _ in range(1000):
            yield from (drop, 0.02)

    async with sending(blocks, head=b"") as (url, _):
        with pytest.raises(errors.ChatError) as caught:
            await asked(url, timeout=Timeouts(quiet=0.3)).read()
    assert isinstance(caught.value, errors.RequestTimeoutError | errors.ResponseFormatError)


async def test_headers_have_an_end() -> None:
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(5000)) + b"\r\n"
    async with sending(lambda: [chunk("a"), DONE], head) as (url, _):
        with pytest.raises(errors.ChatError):
            await asked(url).read()


@pytest.mark.parametrize("junk", [b": ping\n\n", chunk("more"), b"x"])
@pytest.mark.parametrize("pause", [0.0, 0.05], ids=["at once", "in drops"])
async def test_what_follows_the_end_mark_has_an_end(
    junk: bytes, pause: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OpenAI, "patience", exchange.Patience(0.2, 0.2))

    def blocks() -> Blocks:
        yield chunk("all") + DONE
        for _ in range(1_000_000):
            yield junk if pause else junk * 1000
            if pause:
                yield pause

    async with sending(blocks) as (url, sender):
        answer = asked(url)
        assert await answer.read() == "all"
        assert answer.finish_reason in ("stop", None)
        assert sender.sent < 20_000_000


async def test_signs_of_life_behind_a_reason_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenAI, "patience", exchange.Patience(0.1, 0.1))
    reason = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'

    def blocks() -> Blocks:
        yield chunk("all") + reason
        for _ in range(1_000_000):
            yield from (b": ping\n\n", 0.03)

    async with sending(blocks) as (url, _):
        assert await asked(url).read() == "all"


async def test_what_is_compressed_is_bounded_as_it_comes_out() -> None:
    packed = gzip.compress(b"data: " + bytes(1_000_000) * 100)
    head = HEAD % b"Content-Encoding: gzip\r\n"
    async with sending(lambda: [packed], head) as (url, _):
        with pytest.raises(errors.ResponseFormatError, match="longer than 16,777,216 bytes"):
            await asked(url).read()


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        (b'data: {"choices": [{"delta": {"content": [', b"[],", b"[]]}}]}\n\n"),
        (b'data: {"choices": [{"delta": {"tool_calls": [', b"{},", b"{}]}}]}\n\n"),
        (b'data: {"error": [', b"[],", b"[]]}\n\n"),
        (b'{"choices": [', b"{},", b"{}]}"),
    ],
    ids=["content", "tool calls", "error", "a whole answer"],
)
async def test_a_text_of_millions_of_values_is_not_read(before: bytes, value: bytes, after: bytes) -> None:
    """Sixteen megabytes of them would take nearly a gigabyte."""
    async with sending(lambda: [before, value * 5_000_000, after]) as (url, _):
        with pytest.raises(errors.ResponseFormatError):
            await asked(url).read()


async def test_an_error_body_is_read_so_far_and_not_further() -> None:
    head = b"HTTP/1.1 500 -\r\nContent-Type: application/json\r\n\r\n"
    many = b"token count " * 5000

    def blocks() -> Blocks:
        yield b'{"error": {"message": "'
        yield from itertools.repeat(many)

    async with sending(blocks, head) as (url, sender):
        with pytest.raises(errors.ServerError) as caught:
            await asked(url).read()
    assert len(caught.value.message) <= 2000
    assert sender.sent < 20_000_000


async def test_a_list_of_models_is_bounded() -> None:
    def blocks() -> Blocks:
        yield b'{"data": ['
        yield from itertools.repeat(b'{"id": "m"},' * 5000)

    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
    async with sending(blocks, head) as (url, _):
        with pytest.raises(errors.ResponseFormatError, match="list of models is too large"):
            await OpenAI.list_models(base_url=url, api_key="k")


async def test_one_timeout_is_for_all_requests_and_waits() -> None:
    head = b"HTTP/1.1 503 -\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    async with sending(list, head) as (url, sender):
        began = time.monotonic()
        with pytest.raises(errors.OverloadedError):
            await OpenAI.create_async_generator(
                "m", "hi", base_url=url, api_key="k", timeout=0.4, retries=RetryPolicy(1000, 1000.0)
            ).read()
        assert sender.requests < 3
        assert time.monotonic() - began < 20  # and not the minutes that a thousand requests take


async def test_a_drip_is_ended_by_the_timeout() -> None:
    def blocks() -> Blocks:
        for _ in range(1_000_000):
            yield from (chunk("a"), 0.01)

    async with sending(blocks) as (url, _):
        with pytest.raises(
            errors.RequestTimeoutError, match=r"no whole answer from .* within 0\.5 s"
        ) as caught:
            await asked(url, timeout=0.5).read()
    assert caught.value.partial.startswith("aa")


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("inf", LONGEST),
        ("1e308", LONGEST),
        ("1e999", LONGEST),
        ("9" * 400, LONGEST),
        ("300000", 300_000.0),
        ("-5", 0.0),
        ("-inf", 0.0),
        ("nan", None),
        ("inf hours", None),
        ("9" * 300 + "h", LONGEST),
        ("99999999h", LONGEST),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST),
        ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +1400", 0.0),
        ("9999-12-31T23:59:59-12:00", LONGEST),
        ("0001-01-01T00:00:00+14:00", 0.0),
        ("²", None),
        ("", None),
    ],
)
def test_waits_that_are_told_are_sensible(told: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": told}) == seconds
    if seconds is not None:
        failure = errors.RateLimitError("limit", retry_after=seconds)
        wait = RetryPolicy().delay(1, failure)
        assert wait is None or wait <= 30


def test_waits_are_told_in_words() -> None:
    assert duration(300_000) == "3 days"
    assert duration(LONGEST) == "30 days or more"
    assert duration(float("inf")) == "inf days or more"


def test_a_wait_that_is_no_number_is_no_wait() -> None:
    assert RetryPolicy().delay(1, errors.RateLimitError("limit", retry_after=float("nan"))) is None
