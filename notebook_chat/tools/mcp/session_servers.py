"""The servers that a notebook uses: each is started once, and all end with the session."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping

from ...session import NotebookSession
from .definitions import Definition
from .launch import Launch
from .server import MCPServer

_SECONDS = 3.0  # that they have to end when the session does, all of them together

_of: weakref.WeakKeyDictionary[NotebookSession, SessionServers] = weakref.WeakKeyDictionary()


class SessionServers:
    """The servers of a session, by their names.

    Args:
        on_end: Has something called when the session ends.
    """

    def __init__(self, on_end: Callable[[Callable[[], object]], object]) -> None:
        self._servers: dict[str, tuple[str, MCPServer]] = {}
        on_end(self.close)

    def server(self, definition: Definition, make: Callable[[], Launch]) -> MCPServer:
        """A server; the same one as long as its definition is the same.

        Args:
            definition: How it is defined.
            make: Makes what is needed to reach it.
        """
        digest, known = self._servers.get(definition.name, ("", None))
        if known is not None and digest == definition.digest:
            return known
        made = MCPServer(launch=make(), name=definition.name)
        if known is not None:
            known.close(0)
        self._servers[definition.name] = definition.digest, made
        return made

    @property
    def running(self) -> Mapping[str, MCPServer]:
        """Those that run."""
        return {name: server for name, (_, server) in self._servers.items() if server.running}

    def stop(self, name: str) -> bool:
        """Ends a server, and forgets it; whether it ran."""
        _, server = self._servers.pop(name, ("", None))
        if server is None:
            return False
        ran = server.running
        server.close()
        return ran

    def close(self) -> None:
        """Ends all of them, for a bounded time; what takes longer is ended by its guard."""
        servers = [server for _, server in self._servers.values()]
        self._servers.clear()
        ending = [connection for server in servers if (connection := server.begin_end()) is not None]
        until = time.monotonic() + _SECONDS
        for connection in ending:
            connection.over.wait(max(until - time.monotonic(), 0))


def servers_of(session: NotebookSession) -> SessionServers:
    """The servers of a session.

    Args:
        session: The notebook's.
    """
    if session not in _of:
        _of[session] = SessionServers(session.on_end)
    return _of[session]
