"""The table of the subcommands of ``%chat``: help, checking and completion come from it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from ..errors import InvalidOptionError
from ..session import NotebookSession
from . import (
    answer_commands,
    budget_commands,
    comparison_commands,
    conversation_commands,
    fixing,
    history_commands,
    ledger_commands,
    mcp_commands,
    model_commands,
    prompt_commands,
    provider_commands,
    rerun_commands,
    sent_commands,
    statement_commands,
    tool_commands,
    usage_commands,
)
from .arguments import Parser, cell_parser
from .file_paths import FilePaths, last_word
from .output import show_lines
from .prompt_commands import prompt_words
from .provider_commands import refuse_key
from .reused_prompt import take_prompt
from .subcommand import Context, Group, Subcommand, argument

group = Group()


def subcommand_names(_: NotebookSession) -> list[str]:
    """The names of all subcommands."""
    return list(SUBCOMMANDS)


@group.subcommand(
    "help",
    "shows what can be written, or all about one subcommand",
    argument("name", nargs="?", metavar="NAME", help="a subcommand", complete=subcommand_names),
)
def help_(_: Context, arguments: Namespace) -> None:
    """Shows the table, or a subcommand's usage."""
    if arguments.name is not None:
        return show_lines(subcommand_parser(_known(arguments.name).name).format_help().rstrip())
    lines = [f"{subcommand_parser(name).usage_line}: {one.help}" for name, one in SUBCOMMANDS.items()]
    return show_lines("\n".join(lines) + "\n\n" + cell_parser().format_help())


SUBCOMMANDS: Mapping[str, Subcommand] = MappingProxyType(
    {
        one.name: one
        for subject in (
            model_commands.group,
            provider_commands.group,
            mcp_commands.group,
            fixing.group,
            conversation_commands.group,
            comparison_commands.group,
            rerun_commands.group,
            answer_commands.group,
            prompt_commands.group,
            sent_commands.group,
            usage_commands.group,
            statement_commands.group,
            tool_commands.group,
            budget_commands.group,
            history_commands.group,
            ledger_commands.group,
            group,
        )
        for one in subject
    }
)
"""All subcommands by their names, in the order of the help."""


def run(line: str, context: Context) -> None:
    """Runs the subcommand that a line of ``%chat`` names; an empty line shows what is in use.

    Raises:
        ChatError: There is no such subcommand, or it fails; in one line.
    """
    name, *rest = ("" if line.startswith("#") else line).split(maxsplit=1) or ["status"]
    subcommand = _known(name)
    if name == "key":
        refuse_key(" ".join(rest), context.shell)
    parser = subcommand_parser(name)
    words = subcommand.words(rest[0] if rest else "", parser)
    if not subcommand.verbatim and not {"-h", "--help"}.isdisjoint(words):
        return show_lines(parser.format_help().rstrip())
    return subcommand.handler(context, parser.parse_args(words))


def subcommand_parser(name: str) -> Parser:
    """The parser of what follows a subcommand's name."""
    return _parsers()[name]


def complete(text: str, session: NotebookSession, token: str = "") -> list[str]:
    """What may come next on the line of ``%chat`` or ``%%chat``.

    Args:
        text: The line up to the cursor.
        session: Whose conversations can be named.
        token: The end of the line that is replaced by what is chosen. It may be less than the word that is
            being written: of ``openai:gpt`` IPython replaces what follows the colon.

    Returns:
        What may stand in the place of the token, whatever there is of it.
    """
    magic, *words = text.split()
    written = words.pop() if words and not text[-1].isspace() else ""
    if (paths := _paths(text)) is not None:
        written, candidates = paths
    elif magic == "%%chat":
        own, (*_, others) = prompt_words(words, written, session), take_prompt(words, cell_parser())
        candidates = [*own, *_candidates(cell_parser(), others, session)]
    elif not words:
        candidates = list(SUBCOMMANDS)
    else:
        known = words[0] in SUBCOMMANDS
        candidates = _candidates(_parsers()[words[0]], words[1:], session) if known else []
    kept = written.removesuffix(token)
    return [one.removeprefix(kept) for one in candidates if one.startswith(kept)]


def _known(name: str) -> Subcommand:
    if name not in SUBCOMMANDS:
        raise InvalidOptionError(
            f"%chat has no subcommand {name!r}",
            hint=f"It has {', '.join(SUBCOMMANDS)}. To ask something, write it beneath %%chat.",
        )
    return SUBCOMMANDS[name]


@cache
def _parsers() -> dict[str, Parser]:
    subparsers = Parser(prog="%chat").add_subparsers(prog="%chat", parser_class=Parser)
    for subcommand in SUBCOMMANDS.values():
        subcommand.add_to(subparsers)
    return dict(subparsers.choices)


def _candidates(parser: Parser, words: list[str], session: NotebookSession) -> list[str]:
    """What may come after words that a parser is to read."""
    flags = {flag: action for action in parser._actions for flag in action.option_strings}
    last = flags.get(words[-1]) if words else None
    if last is not None and last.nargs != 0:
        return _values(last, session)
    position, value = 0, False
    for word in words:
        if word in flags:
            value = flags[word].nargs != 0
        else:
            position, value = position + (not value), False
    positionals = [action for action in parser._actions if not action.option_strings]
    return [
        *flags,
        *(value for action in positionals[position : position + 1] for value in _values(action, session)),
    ]


def _paths(text: str) -> tuple[str, list[str]] | None:
    """What is written of a path at the end of a line, and what it can become; ``None`` where no path stands there."""
    before, written = last_word(text)
    magic, *words = before.split() or [""]
    action: Any = None
    if magic == "%%chat" and words:
        flags = {flag: one for one in cell_parser()._actions for flag in one.option_strings}
        action = flags.get(words[-1])
    elif magic == "%chat" and len(words) == 1 and words[0] in SUBCOMMANDS:
        action = next((one for one in _parsers()[words[0]]._actions if not one.option_strings), None)
    completer = getattr(action, "completer", None)
    return (written, completer.completing(written)) if isinstance(completer, FilePaths) else None


def _values(action: Any, session: NotebookSession) -> list[str]:
    completer = action.completer
    return list(completer(session) if completer is not None else action.choices or ())
