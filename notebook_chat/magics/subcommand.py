"""A subcommand of ``%chat``: its name, arguments, help and handler, declared together."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..errors import InvalidOptionError
from ..session import NotebookSession
from .arguments import Completer, Parser, conversation_names
from .panels import Panels
from .settings import Settings
from .words import split


@dataclass(frozen=True)
class Context:
    """What a subcommand works with.

    Attributes:
        session: The notebook's conversations and its history.
        settings: What is set for the notebook.
        panels: The panels that are shown.
        shell: IPython's shell, for whatever is shown.
    """

    session: NotebookSession
    settings: Settings
    panels: Panels
    shell: Any


Handler = Callable[[Context, argparse.Namespace], None]
"""Does what a subcommand is for, with the arguments that its parser has read."""


@dataclass(frozen=True)
class Argument:
    """An argument of a subcommand.

    Attributes:
        flags: Its name in the handler, or its flags.
        options: As for ``argparse.ArgumentParser.add_argument``.
        complete: What it can be, for the front end to offer.
    """

    flags: tuple[str, ...]
    options: Mapping[str, Any]
    complete: Completer | None = None


def argument(*flags: str, complete: Completer | None = None, **options: Any) -> Argument:
    """Declares an argument of a subcommand; as ``argparse.ArgumentParser.add_argument``.

    Args:
        *flags: Its name in the handler, or its flags.
        complete: What it can be, for the front end to offer.
        **options: Such as ``metavar``, ``help``, ``nargs``, ``type``.
    """
    return Argument(flags, MappingProxyType(options), complete)


@dataclass(frozen=True)
class Subcommand:
    """A subcommand of ``%chat``.

    Attributes:
        name: The word after ``%chat``.
        help: What it does, in a line that begins in lower case and ends without a stop.
        arguments: Its arguments, in order.
        handler: What does it.
        verbatim: Whether all that follows the name is its one argument, whatever it holds.
        prose: Whether what follows its options and a number is its one argument, whatever it holds.
    """

    name: str
    help: str
    arguments: tuple[Argument, ...]
    handler: Handler
    verbatim: bool = False
    prose: bool = False

    def words(self, line: str, parser: Parser) -> list[str]:
        """What follows the name, in words that its parser reads.

        Args:
            line: What follows the name.
            parser: The parser.

        Raises:
            InvalidOptionError: A quote is not closed.
        """
        if self.verbatim:
            return ["--", line.strip()] if line else ["--"]
        return prose_words(line, parser) if self.prose else split(line)

    def add_to(self, subparsers: argparse._SubParsersAction[Parser]) -> None:
        """Adds its parser to those of ``%chat``."""
        parser = subparsers.add_parser(self.name, help=self.help.replace("%", "%%"), description=self.help)
        for one in self.arguments:
            parser.add(*one.flags, complete=one.complete, **one.options)


class Group:
    """Subcommands about one subject, in the order of their declaration."""

    def __init__(self) -> None:
        self._subcommands: list[Subcommand] = []

    def subcommand(
        self, name: str, help: str, *arguments: Argument, verbatim: bool = False, prose: bool = False
    ) -> Callable[[Handler], Handler]:
        """Makes a handler a subcommand.

        Args:
            name, help, verbatim, prose: As in ``Subcommand``.
            *arguments: Its arguments, in order.
        """

        def declare(handler: Handler) -> Handler:
            self._subcommands.append(Subcommand(name, help, arguments, handler, verbatim, prose))
            return handler

        return declare

    def __iter__(self) -> Iterator[Subcommand]:
        return iter(self._subcommands)


def prose_words(line: str, parser: Parser) -> list[str]:
    """The options at the beginning of a line, a number behind them, and the rest of the line as one word, in which
    quotes and hyphens mean nothing. A flag may stand at the end, too.

    Args:
        line: The line.
        parser: Whose options they are.
    """
    flags = {flag: action.nargs != 0 for action in parser._actions for flag in action.option_strings}
    options: list[str] = []
    numbers: list[str] = []
    rest = line.strip()
    while rest:
        word, _, after = rest.partition(" ")
        if word in flags or word.startswith("--"):
            value, _, after = after.strip().partition(" ") if flags.get(word) else ("", "", after)
            options += [word, value] if value else [word]
        elif not numbers and _NUMBER.fullmatch(word):
            numbers.append(word)
        else:
            break
        rest = after.strip()
    while (last := rest.rpartition(" ")[2]) in flags and not flags[last]:
        options.append(last)
        rest = rest.removesuffix(last).rstrip()
    return [*options, "--", *numbers, *([rest] if rest else [])]


_NUMBER = re.compile(r"[0-9]{1,9}|(?:In|Out|Err)\[[0-9]{1,9}\]")

CONVERSATION = argument(
    "name",
    nargs="?",
    metavar="NAME",
    help="the conversation; the default one unless it is named",
    complete=conversation_names,
)
"""The conversation that a subcommand is about, where the default one is meant unless it is named."""


def path_of(text: str) -> Path:
    """A file's path as it was typed.

    Raises:
        InvalidOptionError: It begins with the home of a user who is not known here.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise InvalidOptionError(f"there is no home folder {text.partition('/')[0]}") from None
