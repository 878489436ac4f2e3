"""A client that sees the bytes, for the tests of what an HTTP library would hide."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .server import VendorServer

PATHS = {
    "openai_chat": "/v1/chat/completions",
    "openai_responses": "/v1/responses",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/m:streamGenerateContent?alt=sse",
    "ollama": "/api/chat",
    "gpt_site": "/v1/chat/gpt/",
}
_TURN = {"role": "user", "content": "Say hello"}
BODIES: dict[str, dict[str, Any]] = {
    "openai_chat": {"model": "m", "messages": [_TURN], "stream": True},
    "openai_responses": {"model": "m", "input": "Say hello", "stream": True},
    "anthropic": {"model": "m", "max_tokens": 9, "messages": [_TURN], "stream": True},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "Say hello"}]}]},
    "ollama": {"model": "m", "messages": [_TURN]},
    "gpt_site": {"list": [_TURN], "prompt": "", "models": "0"},
}


def request_bytes(dialect: str, body: Any = None, headers: str = "") -> bytes:
    """A request for an answer, head and body."""
    data = body if isinstance(body, bytes) else json.dumps(BODIES[dialect] if body is None else body).encode()
    head = (
        f"POST {PATHS[dialect]} HTTP/1.1\r\nHost: tests\r\nanthropic-version: 2023-06-01\r\n{headers}"
        f"Content-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


@contextmanager
def connection(server: VendorServer, timeout: float = 5.0) -> Iterator[socket.socket]:
    """A bare connection to a server."""
    with socket.create_connection(("127.0.0.1", server.port), timeout) as opened:
        yield opened


def read_until(opened: socket.socket, end: bytes) -> bytes:
    """What comes, up to ``end`` or to the connection's end."""
    data = b""
    while not data.endswith(end) and (more := opened.recv(65536)):
        data += more
    return data


def ask(server: VendorServer, body: Any = None, headers: str = "") -> tuple[int, dict[str, str], bytes]:
    """One request on a connection of its own: the response's status, headers and raw body, to its end."""
    with connection(server) as opened:
        opened.sendall(request_bytes(server.dialect.name, body, f"Connection: close\r\n{headers}"))
        data = read_until(opened, b"never, as the server closes")
    head, _, raw = data.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    return int(line.split(" ")[1]), {name.lower(): value for name, _, value in pairs}, raw


def chunks(raw: bytes) -> list[bytes]:
    """The chunks of a chunked body.

    Raises:
        ValueError: It is not whole.
    """
    found: list[bytes] = []
    while True:
        size, _, raw = raw.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            return found
        if len(raw) < length + 2:
            raise ValueError("the body breaks off in the middle of a chunk")
        found.append(raw[:length])
        raw = raw[length + 2 :]
