"""One tool of a server, as a source of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ...errors import InvalidOptionError
from ..tool import Tell, Tool
from .offer import Offer


class Listing(Protocol):
    """The server that has the tool."""

    name: str

    @property
    def known(self) -> Sequence[Tool] | None:
        """Its tools, as long as they are known."""

    @property
    def everything(self) -> Sequence[Tool]:
        """All its tools, as it has listed them last."""

    async def inspect(self, tell: Tell) -> Offer:
        """What it has; it is started if need be."""


class OneTool:
    """One tool of a server, as a source of its own.

    Args:
        server: The server.
        tool: What the server calls it, or what the model does.
    """

    def __init__(self, server: Listing, tool: str) -> None:
        self._server = server
        self._tool = tool

    @property
    def known(self) -> Sequence[Tool] | None:
        """The tool, as long as it is known."""
        return None if self._server.known is None else self._found() or None

    @property
    def told_as(self) -> dict[str, str]:
        """As ``MCPServer.told_as``."""
        return {"server": f"{self._server.name}.{self._tool}".replace(":", ".")}

    async def open(self, tell: Tell) -> Sequence[Tool]:
        """The tool, ready to be run.

        Raises:
            ChatError: The server cannot be started, or has no such tool.
        """
        await self._server.inspect(tell)
        found = self._found()
        if not found:
            names = ", ".join(one.original for one in self._server.everything[:20])
            raise InvalidOptionError(
                f"{self._server.name} has no tool {self._tool!r}", hint=f"It has {names or 'none'}."
            )
        return found

    def _found(self) -> list[Tool]:
        tools = self._server.everything
        exact = [one for one in tools if one.original == self._tool]
        return exact or [one for one in tools if self._tool in (one.name, one.original.rpartition("/")[2])]
