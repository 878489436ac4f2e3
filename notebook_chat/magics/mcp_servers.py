"""The MCP servers that a notebook can use, by their names: none that another program's file defines is started before
the user has said yes to exactly that."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidOptionError
from ..secrets import Secret
from ..session import NotebookSession
from ..text import seen, single_line
from .output import confirm, show_lines, show_problem

if TYPE_CHECKING:
    from ..tools import Tool, ToolSource
    from ..tools.mcp import MCPServer
    from ..tools.mcp.config_files import Found
    from ..tools.mcp.definitions import Definition
    from ..tools.mcp.launch import Launch
    from ..tools.tool import Tell

MARK = "mcp:"
"""What the name of a server may begin with, where it is another tool's, too."""


def defined(session: NotebookSession) -> Found:
    """The servers that are defined: the user's, those of other programs, those beside the notebook or above it."""
    from ..tools.mcp import config_files

    return config_files.found(_folder(session))


def server_names(session: NotebookSession) -> list[str]:
    """What the servers are called."""
    return [name for name, one in defined(session).servers.items() if not one.disabled]


def find_source(name: str, session: NotebookSession) -> ToolSource | None:
    """The tools that a name means: those of a server, or one of them, as ``server.tool`` or ``server:tool``.

    Args:
        name: The name, with or without ``mcp:``.
        session: The notebook's.

    Returns:
        Their source; ``None`` where there is no such server.

    Raises:
        InvalidOptionError: The server may not be started.
    """
    name = name.removeprefix(MARK)
    servers = defined(session).servers
    if name in servers:
        return find_server(name, session)
    begun = [one for one in servers if name.startswith((f"{one}.", f"{one}:"))]
    if not begun:
        return None
    server = max(begun, key=len)
    return find_server(server, session).tool(name[len(server) + 1 :])


class LaterServer:
    """The tools of a server that is looked for, and started, when they are needed: where answers from before are
    taken, it need not be there, nor allowed.

    Args:
        name: Its name, with or without ``mcp:``; or that of one of its tools, as ``server.tool`` or ``server:tool``.
        find: Finds it.
    """

    def __init__(self, name: str, find: Callable[[], ToolSource]) -> None:
        self._name = name.removeprefix(MARK)
        self._find = find

    @property
    def known(self) -> None:
        """Nothing: it has not been looked for."""
        return None

    @property
    def told_as(self) -> dict[str, str]:
        """As ``MCPServer.told_as``."""
        return {"server": self._name.replace(":", ".")}

    async def open(self, tell: Tell) -> Sequence[Tool]:
        """Its tools; it is started if need be."""
        return await self._find().open(tell)


def find_server(name: str, session: NotebookSession) -> MCPServer:
    """A server, which is started as soon as it is used.

    Args:
        name: Its name.
        session: The notebook's.

    Raises:
        InvalidOptionError: There is none of that name, or it may not be started.
    """
    from ..tools.mcp.session_servers import servers_of

    definition = find_definition(name, session)
    ask_first(definition)
    return servers_of(session).server(definition, lambda: _launch(definition))


def find_definition(name: str, session: NotebookSession) -> Definition:
    """How a server is defined.

    Raises:
        InvalidOptionError: There is none of that name, or its file says that it is not to be used.
    """
    found = defined(session)
    definition = found.servers.get(name.removeprefix(MARK))
    if definition is None:
        names = ", ".join(found.servers)
        problem = f" {found.problems[0]}" if found.problems else ""
        raise InvalidOptionError(
            f"there is no MCP server {single_line(name)[:80]!r}",
            hint=(f"There are {names}." if names else "%chat mcp add NAME COMMAND adds one.") + problem,
        )
    if definition.disabled:
        raise InvalidOptionError(
            f"the server {name} is disabled in {definition.path}", hint="Take that out, or name another."
        )
    return definition


def ask_first(definition: Definition, *, yes: bool = False) -> None:
    """Sees to it that the user has said yes to a server that another program's file defines.

    Args:
        definition: The server.
        yes: Whether the user has said so already.

    Raises:
        InvalidOptionError: The user has said no, or nobody can be asked.
    """
    from ..tools.mcp import kept

    if kept.is_allowed(definition):
        return
    verb = "start" if definition.command else "connect to"
    what = f"the MCP server {definition.name!r} of {definition.path} would {verb}: {definition.told}"
    hint = f"Run %chat mcp allow {definition.name} in a cell, which asks, or with --yes."
    if not yes:
        if threading.current_thread() is not threading.main_thread():
            raise InvalidOptionError(f"{what}. Nobody has allowed that", hint=hint)
        show_whole(f"{what[0].upper()}{what[1:]}")
        try:
            yes = confirm(f"{verb.capitalize()} it, now and as long as this does not change?")
        except InvalidOptionError:
            raise InvalidOptionError(f"{what}. Nobody can be asked here", hint=hint) from None
    if not yes:
        raise InvalidOptionError(f"the MCP server {definition.name} may not be used", hint=hint)
    kept.allow(definition)


def show_whole(text: str) -> None:
    """A line of which nothing is hidden: neither what cannot be seen, nor what looks like a secret to ``redact``,
    which a part of a command could be made to look like."""
    show_lines(seen(single_line(text)))


def ask_secret(question: str) -> Secret:
    """A secret that the user types without echo.

    Raises:
        InvalidOptionError: Nobody can be asked here, or nothing was typed.
    """
    import getpass

    if threading.current_thread() is not threading.main_thread():
        raise InvalidOptionError(f"{question} is needed, and nobody can be asked here")
    try:
        given = Secret(getpass.getpass(f"{single_line(question)}: "))
    except Exception as error:  # ipykernel's own, where the front end takes no input, and EOFError
        raise InvalidOptionError(f"{question} is needed, and nobody can be asked here") from error
    if not given:
        raise InvalidOptionError("nothing was entered")
    return given


def _launch(definition: Definition) -> Launch:
    from ..tools.mcp import kept

    launch, problems = definition.launch(kept.asking(definition, ask_secret))
    for problem in problems:
        show_problem(problem)
    return launch


def _folder(session: NotebookSession) -> Path | None:
    notebook = session.notebook
    return notebook.parent if notebook is not None and notebook.parent.is_dir() else None
