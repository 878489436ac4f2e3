"""What a caller may give as tools, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from ..errors import InvalidOptionError
from ..session import session
from .tool import Given, Tool, ToolSource


def sources_of(items: Any) -> tuple[ToolSource, ...]:
    """Where the tools come from that a caller gives.

    Args:
        items: A list of tools: functions, ``Tool``s, sources of tools, or names: ``notebook``, ``edit``, ``run``, or
            that of an MCP server.

    Raises:
        InvalidOptionError: One is no tool, or there is none of that name.
    """
    if isinstance(items, (str, bytes)) or not isinstance(items, Iterable):
        raise InvalidOptionError(
            f"tools must be a list, not {type(items).__name__}", hint="Write tools=[function]."
        )
    return tuple(map(_source, items))


def _source(item: Any) -> ToolSource:
    if isinstance(item, Tool):
        return Given((item,))
    if isinstance(item, str):
        return _named(item)
    if hasattr(item, "open") and hasattr(item, "known"):
        source: ToolSource = item
        return source
    if callable(item):
        return _function(item)
    raise InvalidOptionError(
        f"what is of type {type(item).__name__} is no tool",
        hint="Give functions, or names such as 'notebook'.",
    )


def _function(function: Any) -> ToolSource:
    made: ToolSource = import_module(".functions", __package__).CurrentFunction(function)
    return made


def _named(name: str) -> ToolSource:
    notebook = session()
    if notebook is None or notebook.find_tools is None:
        raise InvalidOptionError(
            f"the tools {name!r} belong to a notebook, and there is none here",
            hint="Run %load_ext notebook_chat first, or give functions or an MCPServer.",
        )
    found: ToolSource = notebook.find_tools(name)
    return found
