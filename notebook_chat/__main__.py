"""What can be done with notebooks on the command line: ``python -m notebook_chat``."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

from . import __version__


class Command(NamedTuple):
    """A subcommand.

    Attributes:
        name: What it is called.
        help: What it does, in a line.
        module: The module that has it, imported when it is named: ``declare(parser)`` declares its arguments, and
            ``run(arguments)`` does it and gives the exit code.
    """

    name: str
    help: str
    module: str


COMMANDS: tuple[Command, ...] = (
    Command(
        "verify",
        "says whether notebooks could be run as a whole without asking a model",
        ".magics.verification.command_line",
    ),
    Command("usage", "shows what answers used and cost", ".magics.usage_command_line"),
)
"""All subcommands, in the order of the help."""


def main(argv: Sequence[str] | None = None) -> int:
    """Does what a command line says.

    Args:
        argv: The words behind the program's name; those of this process unless given.

    Returns:
        The exit code.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    named = next((word for word in words if not word.startswith("-")), None)
    arguments = _parser(named).parse_args(words)
    try:
        return int(arguments.do(arguments))
    except BrokenPipeError:  # whoever reads it has seen enough
        sys.stdout = None
        return 1
    except KeyboardInterrupt:
        return 130


def _parser(named: str | None) -> argparse.ArgumentParser:
    """The parser of the command line; of the subcommands, only the one that is named is loaded."""
    parser = argparse.ArgumentParser(
        prog="python -m notebook_chat",
        description="What can be done with notebooks on the command line.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"notebook_chat {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        own = commands.add_parser(
            command.name, help=command.help, description=command.help, allow_abbrev=False
        )
        if command.name == named:
            module = importlib.import_module(command.module, __package__)
            module.declare(own)
            own.set_defaults(do=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
