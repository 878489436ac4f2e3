"""Putting a reply on the wire: writes, pauses, and the ways in which a connection ends."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import socket
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from .answers import Answer, Control, End, Gate, Pause, Reset, Stall, Truncate
from .dialect import Dialect, steps
from .recorder import Exchange
from .replies import Drop, Response, Silence
from .wire import Wire

_MISSING = 1000
"""How many bytes more than are sent a Content-Length announces when the body is to break off."""


async def send_answer(
    raw: web.BaseRequest, exchange: Exchange, dialect: Dialect, answer: Answer
) -> web.StreamResponse:
    """Stream ``answer``, up to its end or to what ends it."""
    plan = steps(dialect, answer, exchange.request)
    compress = compressor(answer.wire)
    plan = [compress(step) if isinstance(step, bytes) else step for step in plan]
    if answer.wire.compression is not None:
        plan.append(compress(None))
    headers = {"Content-Type": dialect.content_type, "Cache-Control": "no-cache", **dialect.headers()}
    response = web.StreamResponse(headers={**headers, **answer.headers})
    if answer.wire.compression is not None:
        response.headers["Content-Encoding"] = answer.wire.compression
    if answer.wire.content_length:
        response.content_length = _length(plan)
    await response.prepare(raw)
    for step in plan:
        if isinstance(step, bytes):
            exchange.sent += len(step)
            await response.write(step)
        elif isinstance(step, End):
            break
        elif await _act(step, raw, answer.wire):
            return response
    await response.write_eof()
    return response


def _length(plan: Sequence[bytes | Control]) -> int:
    whole = sum(len(step) for step in plan if isinstance(step, bytes))
    breaks_off = any(isinstance(step, Reset | Truncate | Stall) for step in plan)
    return whole + _MISSING if breaks_off else whole


async def _act(step: Control, raw: web.BaseRequest, wire: Wire) -> bool:
    """Do what happens between two writes; True when nothing comes after it."""
    match step:
        case Pause(seconds):
            await asyncio.sleep(seconds)
            return False
        case Gate():
            await flushed(raw)
            step.reached.set()
            await step.opened.wait_async(None)
            return False
        case Reset():
            await flushed(raw)
            reset(transport_of(raw))
        case Truncate():
            if step.inside_chunk and not wire.content_length:
                transport_of(raw).write(b"%x\r\n" % _MISSING + b"x")
            await flushed(raw)
            transport_of(raw).close()
        case Stall():
            await asyncio.Event().wait()  # until the client goes, or the server
    return True


async def send_response(raw: web.BaseRequest, exchange: Exchange, reply: Response) -> web.StreamResponse:
    """Send a response that is no stream."""
    response = web.Response(status=reply.status, body=reply.body, headers=reply.headers)
    exchange.sent += len(reply.body)
    await response.prepare(raw)
    await response.write_eof()
    return response


async def drop(raw: web.BaseRequest, reply: Drop | Silence) -> web.StreamResponse:
    """End the connection without a response, or leave it as it is."""
    if isinstance(reply, Silence):
        await asyncio.Event().wait()
    else:
        transport_of(raw).write(reply.sent)
        await flushed(raw)
        if reply.how == "reset":
            reset(transport_of(raw))
        else:
            transport_of(raw).close()
    return web.Response()  # it finds the connection closed and stays unsent


# --- connections ----------------------------------------------------------------------------------------


def transport_of(raw: web.BaseRequest) -> asyncio.Transport:
    """The connection of a request.

    Raises:
        ConnectionResetError: It is gone.
    """
    if raw.transport is None:
        raise ConnectionResetError("the client has gone")
    return raw.transport


async def flushed(raw: web.BaseRequest) -> None:
    """Wait until the operating system has all that was written."""
    while transport_of(raw).get_write_buffer_size():
        await asyncio.sleep(0.001)


def reset(transport: asyncio.BaseTransport) -> None:
    """Close a connection by RST, at once: what is not yet sent is lost."""
    connection = transport.get_extra_info("socket")
    if connection is not None:  # else the connection has ended already
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert isinstance(transport, asyncio.WriteTransport)
    transport.abort()


# --- compression ----------------------------------------------------------------------------------------


def compressor(wire: Wire) -> Callable[[bytes | None], bytes]:
    """What compresses the writes of one body, each so that the client can read it at once; None ends it."""
    if wire.compression is None:
        return lambda data: data or b""
    if wire.compression == "br":
        stream: Any = importlib.import_module("brotli").Compressor()  # those who want it skip without it
        return lambda data: bytes(stream.finish() if data is None else stream.process(data) + stream.flush())
    window = 31 if wire.compression == "gzip" else 15
    packer = zlib.compressobj(wbits=window)
    return lambda data: (
        packer.flush() if data is None else packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)
    )
