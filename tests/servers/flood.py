"""A server for measurements: all dialects, far more than one client can take, in a process of its own.

The bytes are encoded before they are asked for twice, and written by a bare asyncio protocol, so that what is
measured is the client::

    python -m tests.servers.flood --port 0 --chunks 20000 --events-per-write 64      # prints its port

    with flood(chunks=200, reset_share=0.2) as server:
        ...  # a client of server.base_url("openai_chat"), asking "variant-7", reads server.text(7)
        server.stats()

Every chunk of an answer carries ``size`` characters that say which variant of the answer and which chunk it
is, so a stream that lost, doubled or mixed something is seen to have. A request chooses the variant by having
``variant-N`` anywhere in its body.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from email.parser import Parser
from functools import cache
from urllib.parse import unquote, urlsplit

from .answers import Answer, Usage
from .dialect import steps
from .dialects import DIALECTS
from .recorder import Request
from .sending import reset
from .wire import Wire

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_VARIANT = re.compile(rb"variant-(\d+)")


@dataclass(frozen=True)
class Load:
    """What each stream is.

    Attributes:
        chunks: How many pieces of text it has.
        size: How many characters each piece has.
        events_per_write: How many events go into one write.
        interval: Seconds between two writes; 0 writes as fast as the client reads.
        reset_share: The share of streams (0 to 1) that end in a reset, at a random place.
        seed: What the random choices begin with.
    """

    chunks: int = 20_000
    size: int = 5
    events_per_write: int = 64
    interval: float = 0.0
    reset_share: float = 0.0
    seed: int = 0

    def pieces(self, variant: int) -> tuple[str, ...]:
        """The pieces of one variant of the answer."""
        return tuple(_piece(variant, index, self.size) for index in range(self.chunks))


def _piece(variant: int, index: int, size: int) -> str:
    """Two digits of the variant, three of the index, as often as fits."""
    code = ""
    for number, digits in ((variant, 2), (index, 3)):
        for place in reversed(range(digits)):
            code += _DIGITS[number // 36**place % 36]
    return (code * (size // len(code) + 1))[:size]


@dataclass
class Stats:
    """What became of the streams so far."""

    connections: int = 0
    streams: int = 0
    completed: int = 0
    reset: int = 0
    left: int = 0


class FloodProtocol(asyncio.Protocol):
    """One connection: reads requests with a Content-Length, writes streams."""

    def __init__(self, load: Load, stats: Stats, choices: random.Random) -> None:
        self._load = load
        self._stats = stats
        self._choices = choices
        self._received = b""
        self._writes: Sequence[bytes] = ()
        self._index = 0
        self._end: int | None = None  # before which write the stream is reset
        self._began = 0.0
        self._paused = False
        self._waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._stats.connections += 1

    def connection_lost(self, error: Exception | None) -> None:
        if self._writes:
            self._stats.left += 1
            self._writes = ()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self._waiting:
            self._waiting = False
            self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end or self._writes:
            return
        line, _, lines = head.decode("latin-1").partition("\r\n")
        headers = tuple(Parser().parsestr(lines, headersonly=True).items())
        request = _request(line, headers)
        length = int(request.header("Content-Length") or 0)
        if len(rest) >= length:
            self._received = rest[length:]
            self._answer(Request(**{**vars(request), "body": rest[:length]}))

    def _answer(self, request: Request) -> None:
        if request.path == "/stats":
            self._transport.write(_whole(200, json.dumps(asdict(self._stats)).encode()))
            return
        writes = prepare(self._load, request)
        if writes is None:
            self._transport.write(_whole(404, b"{}"))
            return
        self._stats.streams += 1
        self._writes, self._index, self._began = writes, 0, self._loop.time()
        fated = self._choices.random() < self._load.reset_share
        self._end = self._choices.randrange(len(writes)) if fated else None
        self._next()

    def _next(self) -> None:
        if not self._writes:
            return
        if self._paused:
            self._waiting = True
            return
        if self._index == self._end:
            self._writes = ()
            self._stats.reset += 1
            reset(self._transport)
            return
        self._transport.write(self._writes[self._index])
        self._index += 1
        if self._index == len(self._writes):
            self._writes = ()
            self._stats.completed += 1
        elif self._load.interval:
            self._loop.call_at(self._began + self._index * self._load.interval, self._next)
        else:
            self._loop.call_soon(self._next)  # the other connections have their turn


def _request(line: str, headers: tuple[tuple[str, str], ...]) -> Request:
    method, target, _ = line.split(" ", 2)
    url = urlsplit(target)
    query = dict(pair.split("=", 1) for pair in url.query.split("&") if "=" in pair)
    return Request(method, target, unquote(url.path), query, headers, b"")


def prepare(load: Load, request: Request) -> Sequence[bytes] | None:
    """The writes of the response to ``request``, head included; None when it is for no dialect's answer."""
    for name, dialect in DIALECTS.items():
        if dialect.route(request) == "chat":
            match = _VARIANT.search(request.body)
            wants_usage = b"include_usage" in request.body
            return _prepared(load, name, dialect.model(request), int(match[1]) if match else 0, wants_usage)
    return None


@cache
def _prepared(load: Load, name: str, model: str, variant: int, wants_usage: bool) -> Sequence[bytes]:
    dialect = DIALECTS[name]
    options = {"stream_options": {"include_usage": True}} if wants_usage else {}
    request = Request("POST", "/", "/", {}, (), json.dumps({"model": model, **options}).encode())
    answer = Answer(
        *load.pieces(variant),
        usage=Usage(11, load.chunks),
        model=model or "flood",
        wire=Wire(events_per_write=load.events_per_write),
    )
    bodies = [step for step in steps(dialect, answer, request) if isinstance(step, bytes)]
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {dialect.content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
    writes = [b"%x\r\n%b\r\n" % (len(body), body) for body in bodies]
    writes[0] = head.encode() + writes[0]
    writes[-1] += b"0\r\n\r\n"
    return tuple(writes)


def _whole(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def run(load: Load, port: int, *, until_stdin_closes: bool) -> None:
    """Serve, until interrupted or until the standard input ends; print the port first."""
    stats, choices, loop = Stats(), random.Random(load.seed), asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: FloodProtocol(load, stats, choices), "127.0.0.1", port, backlog=2048
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    if until_stdin_closes:

        def watch() -> None:
            sys.stdin.buffer.read()
            loop.call_soon_threadsafe(ended.set)

        threading.Thread(target=watch, daemon=True).start()
    await ended.wait()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.servers.flood", description="A server that floods."
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one, which is printed")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end with the standard input")
    for field in fields(Load):
        option = "--" + field.name.replace("_", "-")
        parser.add_argument(option, type=type(field.default), default=field.default)
    options = vars(parser.parse_args())
    port, until = options.pop("port"), options.pop("until_stdin_closes")
    asyncio.run(run(Load(**options), port, until_stdin_closes=until))


if __name__ == "__main__":
    main()
