"""The subcommand about MCP servers: which there are, which may be started, and what they have."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .. import runner
from ..errors import InvalidOptionError
from ..text import single_line
from . import line_history
from .mcp_servers import (
    ask_first,
    ask_secret,
    defined,
    find_definition,
    find_server,
    server_names,
    show_whole,
)
from .output import confirm, shorten, show_lines, show_problem, show_table, show_text
from .subcommand import Context, Group, argument, path_of

if TYPE_CHECKING:
    from ..tools.mcp.definitions import Definition
    from ..tools.mcp.offer import Offer

group = Group()

_LONGEST_NAME = 60
_ADD = "%chat mcp add NAME [--env K[=V]] [--header K[=V]] [--cwd FOLDER] COMMAND … (or an address)"
_RESERVED = ("notebook", "edit", "run", "none")


@group.subcommand(
    "mcp",
    "lists MCP servers, adds one, tries one out, removes one; other programs' are used after asking",
    argument(
        "action",
        nargs="?",
        default="list",
        choices=(
            "list",
            "add",
            "test",
            "remove",
            "allow",
            "import",
            "stop",
            "restart",
            "resources",
            "prompts",
        ),
        metavar="ACTION",
        help="list (the default); add NAME [--env K=V] [--header K=V] [--cwd FOLDER] COMMAND … or URL; test NAME, which"
        " starts it and lists what it has; remove NAME; allow NAME, of another program's file; import FILE [NAME …];"
        " stop NAME; restart NAME; resources NAME [ADDRESS]; prompts NAME [PROMPT K=V …]",
    ),
    argument("name", nargs="?", metavar="NAME", help="the server", complete=server_names),
    argument(
        "rest",
        nargs=argparse.REMAINDER,
        metavar="…",
        help="what the action is given; --env NAME alone asks for the value and keeps it in the keyring, and"
        " '${VARIABLE}' is one of the environment",
    ),
)
def mcp(context: Context, arguments: Namespace) -> None:
    """Does what the action says."""
    if arguments.action == "list":
        return _list(context)
    if arguments.name is None:
        raise InvalidOptionError(f"missing NAME: write %chat mcp {arguments.action} NAME")
    return _ACTIONS[arguments.action](context, arguments.name, arguments.rest)


def _list(context: Context) -> None:
    from ..tools.mcp import kept
    from ..tools.mcp.session_servers import servers_of

    found = defined(context.session)
    running = servers_of(context.session).running
    rows = []
    for one in (*found.servers.values(), *found.hidden):
        if found.servers.get(one.name) is not one:
            state = "another of this name is used"
        elif one.disabled:
            state = "disabled"
        elif one.name in running:
            state = "running"
        else:
            state = "" if kept.is_allowed(one) else "asks first"
        rows.append([one.name, state, shorten(one.home), str(one.path)])
    if rows:
        show_table(context.shell, ("", "", "What", "Where"), rows)
    else:
        show_text(f"There are none yet: {_ADD} adds one, and -T NAME has the model use it.")
    for problem in found.problems:
        show_problem(problem)


def _add(context: Context, name: str, words: Sequence[str]) -> None:
    from ..tools.mcp import kept
    from ..tools.mcp.definitions import definition

    given = _given(words)
    _check_name(name)
    if not given.words:
        raise InvalidOptionError(f"a command or an address is missing: write {_ADD}")
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
            raise InvalidOptionError(
                "an address takes --header, and nothing behind it", hint=f"Write {_ADD}."
            )
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


def _test(context: Context, name: str, _: Sequence[str]) -> None:
    from ..tools.mcp.session_servers import servers_of

    ran = name in servers_of(context.session).running
    server = find_server(name, context.session)
    show_text(f"{name}: {server.home}")
    try:
        tools = runner.run(server.open(_silent))
        offer = runner.run(server.inspect())
    finally:
        if not ran:
            servers_of(context.session).stop(name)
    show_text(f"It is {offer.title}." if offer.title else "It does not say what it is.")
    rows = [[one.name, "tool", shorten(one.spec.description)] for one in tools]
    rows += [[one.uri, "resource", shorten(one.description or one.name)] for one in offer.resources]
    rows += [[f"@{name}/{one.name}", "prompt", shorten(one.description)] for one in offer.prompts]
    if rows:
        show_table(context.shell, ("", "", "What for"), rows)
    else:
        show_text("It has nothing to offer.")
    for problem in offer.problems:
        show_problem(f"{name}: {problem}")


def _remove(context: Context, name: str, _: Sequence[str]) -> None:
    from ..tools.mcp import kept
    from ..tools.mcp.session_servers import servers_of

    servers_of(context.session).stop(name)
    gone, other = kept.forget(name), kept.disallow(name)
    if gone:
        return show_text(f"{name} is removed.")
    there = defined(context.session).servers.get(name)
    if there is not None:
        back = "may not be started any more" if other else "was not allowed to be started"
        return show_text(f"{name} {back}; it is defined in {there.path}.")
    return show_text(f"There was no {single_line(name)[:_LONGEST_NAME]}.")


def _allow(context: Context, name: str, words: Sequence[str]) -> None:
    definition = find_definition(name, context.session)
    if definition.own:
        return show_text(f"{name} is your own: it may be used.")
    ask_first(definition, yes=_yes(words))
    return show_whole(
        f"{name} may be used, as long as {definition.path} says the same of it: {definition.told}"
    )


def _import(context: Context, name: str, words: Sequence[str]) -> None:
    """Keeps what another program's file defines."""
    from ..tools.mcp import config_files, kept

    path = path_of(name).absolute()
    yes, names = _yes(words), [word for word in words if word != "--yes"]
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


def _stop(context: Context, name: str, _: Sequence[str]) -> None:
    from ..tools.mcp.session_servers import servers_of

    servers = servers_of(context.session)
    names = list(servers.running) if name == "all" else [name]
    ended = [one for one in names if servers.stop(one)]
    show_text(f"{', '.join(ended)} ended." if ended else f"{single_line(name)[:_LONGEST_NAME]} does not run.")


def _restart(context: Context, name: str, _: Sequence[str]) -> None:
    from ..tools.mcp.session_servers import servers_of

    servers_of(context.session).stop(name)
    server = find_server(name, context.session)
    tools = runner.run(server.open(_silent))
    show_text(f"{name} runs, with {len(tools)} tools.")


def _resources(context: Context, name: str, words: Sequence[str]) -> None:
    server = find_server(name, context.session)
    if words:
        _, data = server.resource(words[0])
        text = data.decode("utf-8", "replace")
        return show_lines(_written(text))
    offer = runner.run(server.inspect())
    rows = [[one.uri, shorten(one.name), one.media_type, shorten(one.description)] for one in offer.resources]
    if rows:
        show_table(context.shell, ("", "", "", "What"), rows)
        return show_text(f"-a mcp:{name}/ADDRESS sends one along with a prompt.")
    return show_text(f"{name} has no resources.")


def _prompts(context: Context, name: str, words: Sequence[str]) -> None:
    server = find_server(name, context.session)
    offer: Offer = runner.run(server.inspect())
    if words:
        given = dict(word.partition("=")[::2] for word in words[1:])
        return show_lines(_written(runner.run(server.prompt(words[0], given))))
    rows = []
    for one in offer.prompts:
        takes = ", ".join(takes if needed else f"[{takes}]" for takes, needed, _ in one.arguments)
        rows.append([f"@{name}/{one.name}", takes, shorten(one.description)])
    if rows:
        return show_table(context.shell, ("", "Parameters", "What for"), rows)
    return show_text(f"{name} has no prompts.")


_Action = Callable[[Context, str, Sequence[str]], None]
_ACTIONS: MappingProxyType[str, _Action] = MappingProxyType(
    {
        "add": _add,
        "test": _test,
        "remove": _remove,
        "allow": _allow,
        "import": _import,
        "stop": _stop,
        "restart": _restart,
        "resources": _resources,
        "prompts": _prompts,
    }
)


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
            raise InvalidOptionError(f"{option} takes a value: write {_ADD}")
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


def _check_name(name: str) -> None:
    if (
        name in _RESERVED
        or name.startswith("-")
        or "/" in name
        or single_line(name) != name
        or not name.strip()
    ):
        raise InvalidOptionError(f"no server can be called {single_line(name)[:_LONGEST_NAME]!r}")


def _yes(words: Sequence[str]) -> bool:
    return "--yes" in words


def _written(text: str) -> str:
    from ..secrets import redact
    from .output import seen

    return seen(redact(text[:200_000]))


def _silent(words: str, fraction: float | None) -> None:
    """Tells nobody."""
