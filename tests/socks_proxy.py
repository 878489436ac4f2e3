"""A real SOCKS5 proxy on loopback (RFC 1928, and RFC 1929 for the user and the password)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from .servers.proxy import Proxy, close

Address = tuple[str, int]

_NO_LOGIN, _PASSWORD, _REFUSED = 0, 2, 0xFF


class SocksProxy(Proxy):
    """The proxy.

    Attributes:
        targets: The names or addresses that were asked for, with their ports.

    Args:
        hosts: Addresses on loopback for names that only the proxy knows.
        login: The user and the password that it wants.
    """

    def __init__(
        self, hosts: Mapping[str, Address] | None = None, login: tuple[str, str] | None = None
    ) -> None:
        super().__init__("SOCKS proxy")
        self.targets: list[Address] = []
        self._hosts = dict(hosts or {})
        self._login = login

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await self._greeted(reader, writer):
            await self._pass(reader, writer)

    async def _greeted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        wanted = _NO_LOGIN if self._login is None else _PASSWORD
        writer.write(bytes([5, wanted if wanted in methods else _REFUSED]))
        if wanted not in methods:
            return False
        if self._login is None:
            return True
        await reader.readexactly(1)
        given = [(await reader.readexactly((await reader.readexactly(1))[0])).decode() for _ in range(2)]
        good = given == list(self._login)
        writer.write(bytes([1, 0 if good else 1]))
        return good

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, _, _, kind = await reader.readexactly(4)
        if kind == 3:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            host = ".".join(map(str, await reader.readexactly(4)))
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.targets.append((host, port))
        address = self._hosts.get(host, (host, port) if host.startswith("127.") else None)
        if address is None:
            writer.write(bytes([5, 4, 0, 1, 0, 0, 0, 0, 0, 0]))  # host unreachable
            return
        there = await asyncio.open_connection(*address)
        writer.write(bytes([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]))
        try:
            await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))
        finally:
            await close(there[1])


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()
    if target.can_write_eof():
        target.write_eof()
