"""MCP servers that are kept: added on a line, or taken over from another program's file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InvalidOptionError
from ..text import single_line
from . import line_history
from .mcp_servers import ask_secret, show_whole
from .output import confirm, show_problem, show_text
from .subcommand import Context, path_of

if TYPE_CHECKING:
    from ..tools.mcp.definitions import Definition

ADD = "%chat mcp add NAME [--env K[=V]] [--header K[=V]] [--cwd FOLDER] COMMAND … (or an address)"
"""How a server is added."""

_LONGEST_NAME = 60
_RESERVED = ("notebook", "edit", "run", "none")


@dataclass
class _Given:
    """What stands behind the name in ``add``: options, then the command or the address."""

    env: dict[str, str | None] = field(default_factory=dict)
    headers: dict[str, str | None] = field(default_factory=dict)
    cwd: str = ""
    words: tuple[str, ...] = ()


def _given(words: Sequence[str]) -> _Given:
    given = _Given()
    rest = list(words)
    while rest and rest[0] in ("--env", "--header", "--cwd"):
        option, *after = rest
        if not after:
            raise InvalidOptionError(f"{option} takes a value: write {ADD}")
        value, *rest = after
        if option == "--cwd":
            given.cwd = value
            continue
        name, separator, text = value.partition("=")
        if not name.strip():
            raise InvalidOptionError(
                f"{option} is written {option} NAME=VALUE, or NAME alone to be asked for it"
            )
        (given.env if option == "--env" else given.headers)[name.strip()] = text if separator else None
    given.words = tuple(rest[1:] if rest[:1] == ["--"] else rest)
    return given


def add(context: Context, name: str, words: Sequence[str]) -> None:
    """Keeps a server.

    Args:
        context: What a subcommand works with.
        name: What it is called.
        words: Its options, and its command or its address.

    Raises:
        InvalidOptionError: Something of it is wrong, or a key stands on the line.
    """
    from ..tools.mcp import kept
    from ..tools.mcp.definitions import definition

    given = _given(words)
    _check_name(name)
    if not given.words:
        raise InvalidOptionError(f"a command or an address is missing: write {ADD}")
    entry = _entry(given)
    typed = [value for value in kept.keys_in(entry).values() if value]
    if typed:
        forgotten = line_history.forget(
            context.shell, [word for one in typed for word in (one, *one.split())]
        )
        done = "It is out of the history of IPython. " if forgotten else ""
        raise InvalidOptionError(
            "%chat mcp takes no key on its line, where it stays in the notebook",
            hint=f"{done}Take it out of this cell, and write --env NAME (or --header NAME) alone, which asks for it, or"
            " '${VARIABLE}' in its place; make a new key if the notebook was saved meanwhile.",
        )
    made = definition(name, entry, Path(), syntax="own", workspace=Path(), own=True)  # which checks it
    for what, asked in (("env", given.env), ("headers", given.headers)):
        for variable in [one for one, value in asked.items() if value is None]:
            secret = ask_secret(f"{variable} of {name}")
            reference = f"{kept.SECRET}{variable}"
            kept.store(made, reference, secret)
            entry.setdefault(what, {})[variable] = f"${{{reference}}}"
    kept.keep(name, entry)
    show_text(f"{name} is kept: -T {name} has the model use it, %chat mcp test {name} tries it out.")


def _entry(given: _Given) -> dict[str, Any]:
    first = given.words[0]
    if first.lower().startswith(("http://", "https://")):
        if given.words[1:] or given.env or given.cwd:
            raise InvalidOptionError("an address takes --header, and nothing behind it", hint=f"Write {ADD}.")
        entry: dict[str, Any] = {"type": "http", "url": first}
        headers = {name: value for name, value in given.headers.items() if value is not None}
        return {**entry, "headers": headers} if headers else entry
    if given.headers:
        raise InvalidOptionError("--header goes with an address", hint="A command takes --env.")
    entry = {"command": first, "args": list(given.words[1:])}
    if env := {name: value for name, value in given.env.items() if value is not None}:
        entry["env"] = env
    if given.cwd:
        entry["cwd"] = str(path_of(given.cwd).absolute())
    return entry


def import_(context: Context, name: str, words: Sequence[str]) -> None:
    """Keeps what another program's file defines.

    Args:
        context: What a subcommand works with.
        name: The file.
        words: Which of its servers; all of them where none is named.

    Raises:
        InvalidOptionError: There is no such file, or it has no such server.
    """
    from ..tools.mcp import config_files, kept

    path = path_of(name).absolute()
    yes, names = said_yes(words), [word for word in words if word != "--yes"]
    syntax = config_files.syntax_of(path)
    folder = path.parent
    workspace = folder.parent if folder.name in (".vscode", ".cursor", ".jupyter") else folder
    if not path.is_file():
        raise InvalidOptionError(f"there is no file {path}")
    problems: list[str] = []
    servers = config_files.read(config_files.ConfigFile(path, syntax, workspace, ""), problems)
    for problem in problems:
        show_problem(problem)
    chosen = [one for one in servers if not names or one.name in names]
    if missing := [one for one in names if one not in {server.name for server in servers}]:
        raise InvalidOptionError(f"{path} has no server {missing[0]!r}")
    for one in chosen:
        _check_name(one.name)
        show_whole(f"{one.name}: {one.told}")
    if not chosen:
        return show_text(f"{path} has no servers.")
    if not (yes or confirm(f"Keep {len(chosen)} of {path} as your own?")):
        return show_text("Nothing was kept.")
    for one in chosen:
        kept.keep(one.name, _own_entry(one))
    return show_text(f"Kept: {', '.join(one.name for one in chosen)}.")


def _own_entry(one: Definition) -> dict[str, Any]:
    """A definition as it is kept: with variables in our way of writing, and keys in the keyring."""
    from ..secrets import Secret
    from ..tools.mcp import kept
    from ..tools.mcp.variables import own_form

    def form(text: str) -> str:
        return own_form(text, one.syntax, one.workspace)

    entry: dict[str, Any] = (
        {"cwd": form(one.folder)} if one.command else {"type": "http", "url": form(one.url)}
    )
    if one.command:
        entry |= {"command": form(one.command[0]), "args": [form(word) for word in one.command[1:]]}
    if one.env_file:
        entry["envFile"] = str(one.workspace / form(one.env_file))
    for what, values in (("env", one.env), ("headers", one.headers)):
        if values:
            entry[what] = {name: form(value) for name, value in values.items()}
    own = replace(one, own=True)
    for name, value in kept.keys_in(entry).items():
        for values in (entry.get("env", {}), entry.get("headers", {})):
            if values.get(name) == value and name:
                kept.store(own, f"{kept.SECRET}{name}", Secret(value))
                values[name] = f"${{{kept.SECRET}{name}}}"
    return entry


def _check_name(name: str) -> None:
    if (
        name in _RESERVED
        or name.startswith("-")
        or "/" in name
        or single_line(name) != name
        or not name.strip()
    ):
        raise InvalidOptionError(f"no server can be called {single_line(name)[:_LONGEST_NAME]!r}")


def said_yes(words: Sequence[str]) -> bool:
    """Whether a line says yes ahead."""
    return "--yes" in words
