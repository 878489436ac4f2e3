"""What may stand on the line of ``%%chat``."""

from __future__ import annotations

import argparse
import shlex
from typing import Any, NoReturn

from ..errors import InvalidOptionError


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        message = message.replace("unrecognized arguments:", "it does not know").replace("argument ", "")
        if self.prog != "%%chat":
            raise InvalidOptionError(
                f"{self.prog}: {message}", hint=f"Write {self.format_usage()[7:].strip()}."
            )
        raise InvalidOptionError(
            f"%%chat: {message}",
            hint="The prompt goes beneath %%chat, on lines of its own; %%chat? tells all.",
        )


def _parameter(text: str) -> tuple[str, Any]:
    """``K=V``, where V is JSON if it can be read as such and text otherwise."""
    import msgspec

    name, separator, value = text.partition("=")
    if not (separator and name.strip()):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form K=V")
    try:
        return name.strip(), msgspec.json.decode(value)
    except msgspec.DecodeError:
        return name.strip(), value


def _identifier(text: str) -> str:
    if not text.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not a variable's name")
    return text


def cell_parser() -> argparse.ArgumentParser:
    """The parser of the line of ``%%chat``."""
    parser = _Parser(prog="%%chat", add_help=False, allow_abbrev=False, usage="%%%%chat [MODEL] [options]")
    add = parser.add_argument
    add("positional", nargs="?", metavar="MODEL", help="the model for this turn, as provider:model")
    add("-m", "--model", metavar="MODEL", help="the same")
    add("-s", "--system", metavar="TEXT", help='the system prompt from this turn on; "" for none')
    add("-t", "--temperature", type=float, metavar="N", help="from 0 (steady) to 2 (wild)")
    add("--max-tokens", type=int, metavar="N", help="the longest answer, in tokens")
    add("-c", "--conversation", metavar="NAME", help="one of several conversations in this notebook")
    add("-n", "--new", action="store_true", help="start over: earlier turns are not sent any more")
    add(
        "--param",
        action="append",
        default=[],
        type=_parameter,
        metavar="K=V",
        help="a further field of the request, V as JSON or text; may be repeated",
    )
    add("-o", "--output", type=_identifier, metavar="NAME", help="put the answer into this variable")
    return parser


def provider_parser() -> argparse.ArgumentParser:
    """The parser of what follows ``%chat provider``."""
    parser = _Parser(prog="%chat provider", add_help=False, allow_abbrev=False)
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--base-url", metavar="URL", required=True)
    parser.add_argument("--key-env", metavar="VARIABLE")
    return parser


def parse_cell_line(line: str) -> argparse.Namespace:
    """The options on the line of ``%%chat``.

    Raises:
        InvalidOptionError: The line has something that is not understood; it says what.
    """
    parsed = cell_parser().parse_args(split(line))
    if parsed.positional and parsed.model:
        raise InvalidOptionError(
            f"%%chat: two models are named, {parsed.positional} and {parsed.model}", hint="Name one."
        )
    parsed.model = parsed.model or parsed.positional
    return parsed


def split(line: str) -> list[str]:
    """The words of a line. Quotes hold words together; a backslash is an ordinary character, as it is in
    Windows paths.

    Raises:
        InvalidOptionError: A quote is not closed.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.escape = ""
    try:
        return list(lexer)
    except ValueError:
        raise InvalidOptionError(f"a quote is not closed in: {line}") from None
