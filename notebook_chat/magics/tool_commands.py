"""The subcommand about tools: which there are, and what may become of their calls."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import ChatError, InvalidOptionError
from ..session import DEFAULT, NotebookSession
from ..text import single_line
from .output import show_problem, show_table, show_text
from .subcommand import Context, Group, argument

if TYPE_CHECKING:
    from ..conversation import Conversation
    from ..tools import Scope, Tool
    from ..tools.permissions import Permissions, Rule, Standing

group = Group()

_SCOPES: dict[str, str] = {
    "conversation": "in this conversation",
    "notebook": "in this notebook",
    "always": "always",
}
_ALL: tuple[Scope, ...] = ("conversation", "notebook", "always")


def _patterns(session: NotebookSession) -> Iterable[str]:
    from ..policy import KINDS

    known = session.permit().grants.met if session.permit is not None else ()
    return (*KINDS, *(tool.name for tool in known))


@group.subcommand(
    "tools",
    "lists the tools in use and the rules about them; allows, denies or asks about those that a pattern means",
    argument(
        "action",
        nargs="?",
        metavar="allow|ask|deny|forget",
        choices=("allow", "ask", "deny", "forget"),
        help="what becomes of their calls; forget takes a rule back",
    ),
    argument(
        "pattern",
        nargs="*",
        metavar="PATTERN",
        help="a tool (git__log), a server's (git:*), a kind (run), or 'tool(name=value, *)'; * for all",
        complete=_patterns,
    ),
    argument(
        "--for",
        dest="scope",
        choices=tuple(_SCOPES),
        metavar="conversation|notebook|always",
        help="for how long; in this conversation unless it is said",
    ),
    argument("-c", dest="conversation", metavar="NAME", help="another conversation than the default one"),
)
def tools(context: Context, arguments: Namespace) -> None:
    """Lists tools and rules, or changes a rule."""
    permissions = context.settings.permit()
    conversation = context.session.conversation(arguments.conversation or DEFAULT)
    if arguments.action is None:
        return _list(context, permissions, conversation)
    if not arguments.pattern:
        raise InvalidOptionError(
            f"missing PATTERN: write %chat tools {arguments.action} PATTERN",
            hint="Such as git__log, git:*, run.",
        )
    pattern, *more = arguments.pattern
    if more:
        raise InvalidOptionError(
            "a pattern with blanks stands in quotes",
            hint=f"Write %chat tools {arguments.action} '{' '.join(arguments.pattern)}'.",
        )
    if arguments.action == "forget":
        scopes: tuple[Scope, ...] = (arguments.scope,) if arguments.scope else _ALL
        count = permissions.rulebook.forget(pattern, conversation, scopes)
        if not count:
            return show_text(f"There is no rule for {single_line(pattern)}: %chat tools lists them.")
        return show_text(f"{'1 rule' if count == 1 else f'{count} rules'} forgotten.")
    scope: Scope = arguments.scope or "conversation"
    rule, told = _rule(arguments.action, pattern, _known(context, permissions)[0])
    permissions.rulebook.add(rule, scope, conversation)
    return show_text(f"{arguments.action} {rule.pattern}: {_SCOPES[scope]}{told}.")


def _rule(action: str, pattern: str, known: tuple[Tool, ...]) -> tuple[Rule, str]:
    """A rule that the user has written, for the very tools that are known by its pattern, and how it is told."""
    from ..policy import KINDS
    from ..tools.permissions import Rule
    from ..tools.permissions.rules import Identity, home_of, pattern_of

    read = pattern_of(pattern)
    if action != "allow":
        return Rule(action, pattern.strip()), ""  # type: ignore[arg-type]
    meant = [
        tool for tool in known if read.names(tool.name, tool.kind, tool.server, tool.original or tool.name)
    ]
    if (
        len(meant) == 1
        and (read.head or read.name not in KINDS)
        and "*" not in read.head + read.name
        and meant[0].name in (read.name, meant[0].original)
    ):
        return Rule("allow", pattern.strip(), Identity.of(meant[0])), ", as it is now: changed, it asks again"
    homes = {home_of(tool) for tool in meant}
    if len(homes) == 1 and "*" not in read.head and read.head == meant[0].server != "":
        return Rule(
            "allow", pattern.strip(), home=homes.pop()
        ), f", for the server {read.head} where it is now"
    kind = read.head or read.name
    named = (
        f"tools of the kind {kind}, wherever they come from" if kind in KINDS else "whatever has that name"
    )
    return Rule("allow", pattern.strip()), f", for {named}, in any version"


def _list(context: Context, permissions: Permissions, conversation: Conversation) -> None:
    known, unknown = _known(context, permissions)
    rows = [
        [tool.name, _origin(tool), *_standing(permissions, tool, conversation)]
        for tool in sorted(known, key=lambda tool: (tool.kind, tool.server, tool.name))
    ]
    rows += [[name, "not started yet", "", ""] for name in unknown]
    if rows:
        show_table(context.shell, ["tool", "from", "a call", "because of"], rows)
    else:
        show_text(
            "No tools are in use: %%chat -T notebook gives a model some, %config ChatMagics.tools always."
        )
    rules = permissions.rulebook.rules(conversation)
    if rules:
        cells = [[rule.action, _meant(rule), _from(where)] for where, rule in rules]
        show_table(context.shell, ["rule", "for", "from"], cells)
    _tell_of_broken()


def _known(context: Context, permissions: Permissions) -> tuple[tuple[Tool, ...], list[str]]:
    """The tools that are known without starting anything, and the names of those that are not."""
    from ..tools import sources_of
    from .asked_tools import asked_tools

    found = {(tool.kind, tool.home, tool.name): tool for tool in permissions.grants.met}
    unknown: list[str] = []
    for name in context.settings.tools:
        try:
            [source] = sources_of(asked_tools((), (name,), context.shell.user_ns))
        except ChatError as error:
            show_problem(str(error))
            continue
        if source.known is None:
            unknown.append(name)
        found |= {(tool.kind, tool.home, tool.name): tool for tool in source.known or ()}
    return tuple(found.values()), unknown


def _standing(permissions: Permissions, tool: Tool, conversation: Conversation) -> tuple[str, str]:
    try:
        standing: Standing = permissions.standing(tool, {}, conversation)
    except ChatError as error:
        return "may not be run", error.message
    words = {"allow": "runs", "ask": "asks", "deny": "may not be run"}[standing.action]
    free = "it reads only" if tool.reads_only else "you have given it" if tool.given else "no rule"
    return words, standing.source or standing.why or free


def _origin(tool: Tool) -> str:
    return f"server {tool.server}" if tool.server else tool.kind


def _meant(rule: Rule) -> str:
    exact = f" with {rule.shown}" if rule.exact else ""
    return f"{rule.pattern}{exact}{', as it was then' if rule.identity is not None else ''}"


def _from(where: str) -> str:
    return {"policy": "the policy of this machine"}.get(where, _SCOPES.get(where, where))


def _tell_of_broken() -> None:
    from ..tools.permissions import kept

    try:
        kept.read()
    except ChatError as error:
        show_problem(str(error))
