"""The files that define servers: the one that is kept here, and those of other programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ... import environment, files
from ...errors import InvalidOptionError
from ...text import single_line
from . import json_text
from .definitions import Definition, definition
from .variables import Syntax

OWN = "mcp.json"
"""The file of the servers that a user keeps, in the folder of what is kept."""

LARGEST = 1_000_000
"""How large a file may be, in bytes."""

_MOST_FOLDERS = 20  # above the notebook
_MOST_SERVERS = 200  # of a file
_KEYS = ("mcpServers", "servers", "mcp_servers")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file that may define servers.

    Attributes:
        path: The file.
        syntax: How it writes variables.
        workspace: The folder that it is about.
        program: Whose file it is.
        own: Whether it is the one that is kept here.
    """

    path: Path
    syntax: Syntax
    workspace: Path
    program: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The servers that are defined somewhere.

    Attributes:
        servers: The servers by their names: of two with one name, that of the earlier file.
        hidden: Those in whose place another of the same name counts.
        problems: What cannot be read, in lines.
    """

    servers: Mapping[str, Definition]
    hidden: tuple[Definition, ...] = ()
    problems: tuple[str, ...] = ()


def own_path() -> Path:
    """The file of the servers that the user keeps."""
    return environment.home() / OWN


def config_files(beside: Path | None) -> Iterator[ConfigFile]:
    """The files that may define servers, those first whose definitions count before others of the same name: the
    user's own, those of the user's other programs, and those that lie beside the notebook or above it.

    Args:
        beside: The notebook's folder.
    """
    home = Path.home()
    folder = (beside or Path()).absolute()
    yield ConfigFile(own_path(), "own", Path.cwd(), "notebook_chat", own=True)
    yield ConfigFile(_claude_desktop(home), "none", home, "Claude Desktop")
    yield ConfigFile(home / ".cursor" / "mcp.json", "cursor", home, "Cursor")
    yield ConfigFile(home / ".jupyter" / "mcp_settings.json", "claude", home, "Jupyter")
    for place in (folder, *folder.parents)[:_MOST_FOLDERS]:
        if place == home:
            return  # what lies there is the user's, and is no project
        yield ConfigFile(place / ".mcp.json", "claude", place, "Claude Code")
        yield ConfigFile(place / ".cursor" / "mcp.json", "cursor", place, "Cursor")
        yield ConfigFile(place / ".vscode" / "mcp.json", "vscode", place, "VS Code")
        yield ConfigFile(place / ".jupyter" / "mcp_settings.json", "claude", place, "Jupyter")


def found(beside: Path | None) -> Found:
    """All servers that are defined.

    Args:
        beside: The notebook's folder.
    """
    servers: dict[str, Definition] = {}
    hidden: list[Definition] = []
    problems: list[str] = []
    for file in config_files(beside):
        hidden += [one for one in read(file, problems) if servers.setdefault(one.name, one) is not one]
    return Found(servers, tuple(hidden), tuple(problems))


def read(file: ConfigFile, problems: list[str]) -> list[Definition]:
    """The servers that a file defines; none where there is no such file.

    Args:
        file: The file.
        problems: Gets what cannot be read, in lines.
    """
    try:
        if not file.path.exists():
            return []
        value = json_text.decoded(files.read(file.path, LARGEST).decode("utf-8-sig"))
        entries = entries_of(value)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        problems.append(single_line(f"{file.path} cannot be read: {reason}")[:400])
        return []
    inputs = _inputs(value)
    servers: list[Definition] = []
    for name, entry in list(entries.items())[:_MOST_SERVERS]:
        try:
            servers.append(
                definition(
                    name,
                    entry,
                    file.path,
                    syntax=file.syntax,
                    workspace=file.workspace,
                    inputs=inputs,
                    own=file.own,
                )
            )
        except InvalidOptionError as error:
            problems.append(str(error))
    return servers


def entries_of(value: Any) -> dict[str, Any]:
    """The servers of a file by their names, whichever program it is for.

    Args:
        value: What the file holds.

    Raises:
        ValueError: It is none that defines servers.
    """
    if not isinstance(value, Mapping):
        raise ValueError("it is no object")
    if isinstance(inner := value.get("mcp"), Mapping) and not any(key in value for key in _KEYS):
        value = inner  # of VS Code's settings
    entries: dict[str, Any] = {}
    for key in _KEYS:
        given = value.get(key)
        if isinstance(given, list):
            given = {
                name: one
                for one in given
                if isinstance(one, Mapping) and isinstance(name := one.get("name"), str)
            }
        if isinstance(given, Mapping):
            entries = {**{str(name): one for name, one in given.items()}, **entries}
    if not entries and not any(key in value for key in _KEYS):
        raise ValueError(f"it has none of {', '.join(_KEYS)}")
    return entries


def syntax_of(path: Path) -> Syntax:
    """How a file writes variables, by its name and place.

    Args:
        path: The file.
    """
    if path.name == "claude_desktop_config.json":
        return "none"
    place = path.parent.name
    return "vscode" if place == ".vscode" else "cursor" if place == ".cursor" else "claude"


def _inputs(value: Any) -> dict[str, str]:
    """What a file says of the inputs that it asks for."""
    given = value.get("inputs") if isinstance(value, Mapping) else None
    if not isinstance(given, list):
        return {}
    return {
        one["id"]: single_line(str(one.get("description") or ""))[:200]
        for one in given
        if isinstance(one, Mapping) and isinstance(one.get("id"), str)
    }


def _claude_desktop(home: Path) -> Path:
    if sys.platform == "darwin":
        folder = home / "Library" / "Application Support"
    elif sys.platform == "win32":
        folder = Path(os.environ.get("APPDATA", home / "AppData" / "Roaming"))
    else:
        folder = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    return folder / "Claude" / "claude_desktop_config.json"
