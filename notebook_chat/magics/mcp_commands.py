"""The subcommand about MCP servers: which there are, which may be started, and what they have."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from .. import runner
from ..errors import InvalidOptionError
from ..text import single_line
from .mcp_keeping import ADD, add, import_, said_yes
from .mcp_servers import (
    ask_first,
    defined,
    find_definition,
    find_server,
    server_names,
    show_whole,
)
from .output import shorten, show_lines, show_problem, show_table, show_text
from .subcommand import Context, Group, argument

if TYPE_CHECKING:
    from ..tools.mcp.offer import Offer

group = Group()

_LONGEST_NAME = 60


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
        metavar="list|add|test|remove|allow|import|stop|restart|resources|prompts",
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
        show_text(f"There are none yet: {ADD} adds one, and -T NAME has the model use it.")
    for problem in found.problems:
        show_problem(problem)


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
    return show_text(f"There is no MCP server {single_line(name)[:_LONGEST_NAME]}: %chat mcp lists them.")


def _allow(context: Context, name: str, words: Sequence[str]) -> None:
    definition = find_definition(name, context.session)
    if definition.own:
        return show_text(f"{name} is your own: it may be used.")
    ask_first(definition, yes=said_yes(words))
    return show_whole(
        f"{name} may be used, as long as {definition.path} says the same of it: {definition.told}"
    )


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
        "add": add,
        "test": _test,
        "remove": _remove,
        "allow": _allow,
        "import": import_,
        "stop": _stop,
        "restart": _restart,
        "resources": _resources,
        "prompts": _prompts,
    }
)


def _written(text: str) -> str:
    from ..secrets import redact
    from ..text import seen

    return seen(redact(text[:200_000]))


def _silent(words: str, fraction: float | None) -> None:
    """Tells nobody."""
