"""The tools that a line of ``%%chat`` asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import InvalidOptionError
from ..session import NotebookSession
from ..tools import ToolSource

OWN = ("notebook", "edit", "run")
"""The names of the tools that a notebook has by itself."""


def tool_names(session: NotebookSession) -> Iterable[str]:
    """What ``-T`` may be given."""
    return (*OWN, "none")


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
    return [values[name] if name not in OWN and callable(values.get(name)) else name for name in names]


def find_tools(name: str, session: NotebookSession) -> ToolSource:
    """The source of the tools that a name means.

    Args:
        name: The name.
        session: The notebook's.

    Raises:
        InvalidOptionError: There is no such tool.
    """
    if name == "notebook":
        from ..tools.notebook import NotebookTools, NotebookView

        return NotebookTools(NotebookView(session))
    raise InvalidOptionError(
        f"there is no tool {name!r}",
        hint=f"There are {', '.join(OWN)}, functions of the notebook, MCP servers.",
    )
