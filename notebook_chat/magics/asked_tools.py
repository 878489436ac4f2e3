"""The tools that a line of ``%%chat`` asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ..errors import InvalidOptionError
from ..session import NotebookSession, namespace
from ..tools import Tool, ToolSource, sources_of
from ..tools.functions import NamedTools
from .cell_toolbench import CellToolbench
from .function_names import function_names, named_tools, no_such_tool

OWN = ("notebook", "edit", "run")
"""The names of the tools that a notebook has by itself."""


def tool_names(session: NotebookSession) -> Iterable[str]:
    """What ``-T`` may be given."""
    from .mcp_servers import server_names

    return (*OWN, *function_names(namespace() or {}), *server_names(session), "none")


def asked_tools(named: Sequence[str], usual: Sequence[str], values: Mapping[str, Any]) -> list[Any]:
    """The tools of a cell, as ``Chat`` takes them.

    Args:
        named: What its line names.
        usual: What is set for the notebook.
        values: The notebook's variables.

    Raises:
        InvalidOptionError: There is no such tool.
    """
    if "none" in named:
        if set(named) != {"none"}:
            raise InvalidOptionError("-T none means no tools", hint="Leave the others out, or it.")
        return []
    names = dict.fromkeys((*usual, *named))
    found = named_tools([name for name in names if name not in OWN], values)
    return [tool for name in names for tool in found.get(name, [name])]


def find_tools(
    name: str, session: NotebookSession, cell_tools: CellToolbench, *, later: bool = False
) -> ToolSource:
    """The source of the tools that a name means.

    Args:
        name: The name.
        session: The notebook's.
        cell_tools: Has the tools that change its cells and run code.
        later: Whether a server is looked for when its tools are needed, and not before: where there is an answer from
            before they are not.

    Raises:
        InvalidOptionError: There is no such tool.
    """
    if name == "notebook":
        from ..tools.notebook import NotebookTools, NotebookView

        return NotebookTools(NotebookView(session, private=partial(_is_private, session)))
    if name == "edit":
        return cell_tools.edit
    if name == "run":
        return cell_tools.run
    if named_tools([name], namespace() or {}):
        return NamedTools(lambda: _functions(name))
    from .mcp_servers import LaterServer, find_source

    if later:
        return LaterServer(name, lambda: find_tools(name, session, cell_tools))
    if name not in OWN and (server := find_source(name, session)) is not None:
        return server
    raise no_such_tool(name, OWN, namespace() or {})


def _is_private(session: NotebookSession, name: str) -> bool:
    """Whether the user has marked a variable as private."""
    return session.private is not None and bool(session.private().hides(name))


def _functions(name: str) -> list[Tool]:
    """The functions that a name of the notebook means now."""
    found = named_tools([name], namespace() or {})
    if not found:
        raise no_such_tool(name, OWN, namespace() or {})
    return [tool for one in sources_of(found[name]) for tool in one.known or ()]
