"""The tools that a cell asks for, as far as they are known without running anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InvalidOptionError
from ...session import NotebookSession
from ...text import single_line
from ...tools import Tell, Tool, ToolSource
from ..asked_tools import OWN
from ..cell_toolbench import CellToolbench
from ..inserted_cells import InsertedCells
from ..mcp_servers import MARK
from .static_notebook import NoShell, StaticNotebook

if TYPE_CHECKING:
    from ...tools.mcp.offer import Offer

_LONGEST = 60  # characters of a name


class NamedServer:
    """An MCP server that is not started: what is known of it is its name.

    Args:
        name: Its name.
    """

    known: Sequence[Tool] | None = None
    everything: Sequence[Tool] = ()

    def __init__(self, name: str) -> None:
        self.name = name

    async def inspect(self, tell: Tell) -> Offer:
        """What it has: nothing, since it is never started."""
        from ...tools.mcp.offer import Offer

        return Offer()

    async def open(self, tell: Tell) -> Sequence[Tool]:
        """Its tools: none, since it is never started."""
        return ()


class StaticTools:
    """The tools of a cell.

    Args:
        named: What its line names.
        usual: What is set for the notebook.
        notebook: The notebook.

    Attributes:
        sources: Those that are known, as ``Chat`` takes them.
        unknown: The others, in words.

    Raises:
        InvalidOptionError: ``none`` stands beside others.
    """

    def __init__(self, named: Sequence[str], usual: Sequence[str], notebook: StaticNotebook) -> None:
        self.sources: list[Any] = []
        self.unknown: list[str] = []
        if "none" in named:
            if set(named) != {"none"}:
                raise InvalidOptionError("-T none means no tools", hint="Leave the others out, or it.")
            return
        names = dict.fromkeys((*usual, *named))
        servers = self._servers(notebook.folder) if names.keys() - set(OWN) else {}
        for name in names:
            if name in OWN:
                self.sources.append(_own(name, notebook.session))
            elif (server := self._server(name, servers)) is not None:
                self.sources.append(server)
            else:
                self.unknown.append(f"the function {single_line(name)[:_LONGEST]}")

    @staticmethod
    def _servers(folder: Path) -> Iterable[str]:
        from ...tools.mcp import config_files

        return config_files.found(folder).servers

    @staticmethod
    def _server(name: str, servers: Iterable[str]) -> ToolSource | None:
        from ...tools.mcp.one_tool import OneTool

        name = name.removeprefix(MARK)
        if name in servers:
            return NamedServer(name)
        begun = [one for one in servers if name.startswith((f"{one}.", f"{one}:"))]
        if not begun:
            return None
        server = max(begun, key=len)
        return OneTool(NamedServer(server), name[len(server) + 1 :])


def _own(name: str, session: NotebookSession) -> ToolSource:
    """A source of the notebook's own tools, of which nothing is asked but what a model is told of them."""
    if name == "notebook":
        from ...tools.notebook import NotebookTools, NotebookView

        return NotebookTools(NotebookView(session))
    shell = NoShell()
    bench = CellToolbench(session, shell, InsertedCells(session, shell))
    return bench.edit if name == "edit" else bench.run
