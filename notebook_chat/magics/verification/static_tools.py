"""The tools that a cell asks for, as far as they are known without running anything."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import InvalidOptionError
from ...session import NotebookSession
from ...text import single_line
from ...tools import ToolSource
from ..asked_tools import OWN
from ..cell_toolbench import CellToolbench
from ..inserted_cells import InsertedCells
from ..mcp_servers import MARK, LaterServer
from .static_notebook import NoShell, StaticNotebook

_LONGEST = 60  # characters of a name


class StaticTools:
    """The tools of a cell. What is no tool of the notebook's own is a function where a cell has a word of that name,
    and else an MCP server, of which it counts what it is called.

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
        self.sources: list[ToolSource] = []
        self.unknown: list[str] = []
        if "none" in named:
            if set(named) != {"none"}:
                raise InvalidOptionError("-T none means no tools", hint="Leave the others out, or it.")
            return
        for name in dict.fromkeys((*usual, *named)):
            if name in OWN:
                self.sources.append(_own(name, notebook.session))
            elif not name.startswith(MARK) and name.partition(".")[0] in notebook.words:
                self.unknown.append(f"the function {single_line(name)[:_LONGEST]}")
            else:
                self.sources.append(LaterServer(name, _never))


def _own(name: str, session: NotebookSession) -> ToolSource:
    """A source of the notebook's own tools, of which nothing is asked but what a model is told of them."""
    if name == "notebook":
        from ...tools.notebook import NotebookTools, NotebookView

        return NotebookTools(NotebookView(session))
    shell = NoShell()
    bench = CellToolbench(session, shell, InsertedCells(session, shell))
    return bench.edit if name == "edit" else bench.run


def _never() -> ToolSource:
    raise InvalidOptionError("nothing is started where nothing is run")
