"""A real forward proxy on loopback: absolute-form requests, CONNECT tunnels, basic authentication.

Facts: RFC 9110, sections 7.6.1 (hop-by-hop fields), 9.3.6 (CONNECT) and 11.7 (407); RFC 9112, section 3.2.2
(absolute-form). Each request gets a connection of its own to where it goes, closed after the response.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from .proxy import Proxy, close
from .sending import reset

_HOP_BY_HOP = {"connection", "proxy-connection", "proxy-authorization", "keep-alive", "upgrade"}
_LINGER_SECONDS = 2.0

Address = tuple[str, int]


@dataclass(eq=False)
class Passage:
    """What passed, or was not let through.

    Attributes:
        method: The HTTP method; ``CONNECT`` for a tunnel.
        target: The request's target as on the request line: a URL, or host and port.
        headers: The request's headers as they arrived, in order.
        status: What the proxy answered: 200 for a tunnel, 407, 502, …; None when it passed the request on.
        sent: Bytes passed to the target, without the request's head.
        received: Bytes passed back from it.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    status: int | None = None
    sent: int = 0
    received: int = 0

    def header(self, name: str) -> str | None:
        """The first value of a header, its name in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class ForwardProxy(Proxy):
    """A forward proxy, on a port and a thread of its own. Use it in a ``with``.

    It reaches loopback alone; whatever is elsewhere is a bad gateway (502).

    Args:
        user: The user it wants to see, together with ``password``; anybody is let through when None.
        password: That user's password.
        hosts: Addresses on loopback for names that only the proxy knows, such as ``api.example.test:443``.
        refuse: A status that it answers everything with instead.
        tls: The proxy itself is spoken to over TLS with this context (an ``https://`` proxy).
    """

    def __init__(
        self,
        *,
        user: str | None = None,
        password: str = "",
        hosts: Mapping[str, Address] | None = None,
        refuse: int | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__("forward proxy", tls)
        self.passages: list[Passage] = []
        self._credentials = None if user is None else _basic(user, password)
        self._hosts = dict(hosts or {})
        self._refuse = refuse

    @property
    def url(self) -> str:
        """The proxy's URL, without credentials."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def url_for(self, user: str, password: str) -> str:
        """The proxy's URL with credentials in it."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{user}:{password}@{rest}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        await self._pass(_parse(head), reader, writer)

    async def _pass(
        self, passage: Passage, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.passages.append(passage)
        credentials = passage.header("Proxy-Authorization")
        if self._credentials is not None and credentials != self._credentials:
            return await _answer(passage, 407, reader, writer)
        address = self._address(passage)
        if self._refuse or address is None:
            return await _answer(passage, self._refuse or 502, reader, writer)
        try:
            there = await asyncio.open_connection(*address)
        except OSError:
            return await _answer(passage, 502, reader, writer)
        if passage.method == "CONNECT":
            passage.status = 200
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            there[1].write(_origin_form(passage))
        try:
            await _relay(passage, (reader, writer), there)
        finally:
            await close(there[1])
        return None

    def _address(self, passage: Passage) -> Address | None:
        """Where a request goes; None for all that is not on loopback."""
        url = urlsplit("//" + passage.target if passage.method == "CONNECT" else passage.target)
        host, port = url.hostname or "", url.port or 80
        known = self._hosts.get(f"{host}:{port}")
        if known is not None:
            return known
        return (host, port) if host == "localhost" or host.startswith("127.") else None


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _parse(head: bytes) -> Passage:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines if line)
    return Passage(method, target, tuple((name, value.strip()) for name, _, value in pairs))


def _origin_form(passage: Passage) -> bytes:
    """The head of the request as it is passed on."""
    url = urlsplit(passage.target)
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    kept = [f"{name}: {value}" for name, value in passage.headers if name.lower() not in _HOP_BY_HOP]
    lines = [f"{passage.method} {path} HTTP/1.1", *kept, "Connection: close", "Via: 1.1 tests", "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def _answer(
    passage: Passage, status: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """The proxy's own response."""
    passage.status = status
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Content-Length: 0", "Connection: close"]
    if status == 407:
        lines.append('Proxy-Authenticate: Basic realm="tests"')
    writer.write("\r\n".join([*lines, "", ""]).encode())
    await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    # To close with the request's body unread would reset the connection, and the response would be lost.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_discard(reader), _LINGER_SECONDS)


async def _discard(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _relay(passage: Passage, here: Stream, there: Stream) -> None:
    """Pass bytes both ways until either side ends; a reset on one side is a reset on the other."""

    async def pipe(source: Stream, target: Stream, count: str) -> None:
        try:
            while data := await source[0].read(65536):
                setattr(passage, count, getattr(passage, count) + len(data))
                target[1].write(data)
                await target[1].drain()
        except ConnectionError:
            reset(target[1].transport)

    ways = [
        asyncio.create_task(pipe(here, there, "sent")),
        asyncio.create_task(pipe(there, here, "received")),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
