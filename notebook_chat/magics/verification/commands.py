"""Lines of ``%chat`` that decide what is asked afterwards, followed without running any code."""

from __future__ import annotations

import contextlib
import io
from argparse import Namespace
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from ...session import DEFAULT
from ...text import sendable
from .. import (
    comparison_commands,
    conversation_commands,
    fixing,
    history_commands,
    model_commands,
    prompt_commands,
    provider_commands,
    rerun_commands,
)
from ..arguments import Parser
from ..panels import Panels
from ..subcommand import Context, Subcommand
from .acts import UNKNOWN, Command, Setting
from .static_notebook import NoShell, StaticNotebook

_GROUPS = (
    model_commands.group,
    provider_commands.group,
    fixing.group,
    conversation_commands.group,
    comparison_commands.group,
    rerun_commands.group,
    prompt_commands.group,
    history_commands.group,
)

_FOLLOWED = frozenset({"use", "provider", "reset", "undo", "fork", "pin", "unpin", "keep", "rename"})
"""Those that change settings or conversations and nothing else."""

_BLINDING = frozenset({"import", "restore", "delete", "instructions", "rerun"})
"""Those after which it is not known what was said before."""

ASKING = frozenset({"fix", "explain"})
"""Those that ask a model about a cell."""


class Read(NamedTuple):
    """A line of ``%chat``, as its subcommand reads it."""

    name: str
    arguments: Namespace
    subcommand: Subcommand


def read(command: Command) -> Read | None:
    """The subcommand of a line and its arguments; ``None`` for one that changes nothing that is asked.

    Args:
        command: The line.

    Raises:
        InvalidOptionError: Its arguments are not understood.
    """
    name, *rest = sendable(command.line).split(maxsplit=1) or [""]
    subcommand = _subcommands().get(name)
    if subcommand is None:
        return None
    parser = _parsers()[name]
    words = subcommand.words(rest[0] if rest else "", parser)
    if not {"-h", "--help"}.isdisjoint(words):
        return None
    return Read(name, parser.parse_args(words), subcommand)


def follow(line: Read, notebook: StaticNotebook, *, certain: bool) -> str:
    """Has a notebook be as it is after a line.

    Args:
        line: The line.
        notebook: The notebook.
        certain: Whether it is run once, whatever the notebook's values are.

    Returns:
        Why it cannot be told whether it asks a model; empty where it does not.

    Raises:
        ChatError: It fails.
    """
    name, arguments = line.name, line.arguments
    if not certain and name == "use":
        notebook.settings.follow(Setting(name="model", value=UNKNOWN))
    elif name in _BLINDING or (name in _FOLLOWED and not certain):
        if name == "rerun" and arguments.dry_run:
            return ""
        notebook.blind = f"what %chat {name} does"
        return "only a run tells whether what it asks again is recorded" if name == "rerun" else ""
    elif name == "provider" and (arguments.forget or not arguments.base_url):
        return ""
    elif name in _FOLLOWED:
        if name == "provider":
            arguments.keep = False
        if name in ("fork", "reset"):
            notebook.conversation(getattr(arguments, "source", None) or DEFAULT)
        with contextlib.redirect_stdout(io.StringIO()):
            line.subcommand.handler(_context(notebook), arguments)
    return ""


def _context(notebook: StaticNotebook) -> Context:
    return Context(notebook.session, notebook.told_settings, Panels(), NoShell())


@cache
def _subcommands() -> Mapping[str, Subcommand]:
    names = _FOLLOWED | _BLINDING | ASKING
    return MappingProxyType({one.name: one for group in _GROUPS for one in group if one.name in names})


@cache
def _parsers() -> Mapping[str, Parser]:
    parsers = Parser(prog="%chat").add_subparsers(prog="%chat", parser_class=Parser)
    for subcommand in _subcommands().values():
        subcommand.add_to(parsers)
    return MappingProxyType(dict(parsers.choices))
