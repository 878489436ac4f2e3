"""The arguments of the magics: how they are declared, what may stand on the line of ``%%chat``."""

from __future__ import annotations

import argparse
import keyword
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from types import MappingProxyType
from typing import Any, NoReturn

from ..cell_selection import CellSelection
from ..errors import InvalidOptionError
from ..replay.modes import MODES, checked_mode
from ..session import NotebookSession
from .file_paths import FilePaths
from .reused_prompt import take_prompt
from .words import split

Completer = Callable[[NotebookSession], Iterable[str]]
"""Gives what an argument can be, for the front end to offer."""

_MOST_CELLS = 10  # that are offered

_WIDTH = 100
"""Of a text of help: IPython would give the terminal's for a notebook, too."""


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong and what to write instead.

    Args:
        advice: What to do instead, as a sentence; ``""`` to write what the usage says.
        **options: As for ``argparse.ArgumentParser``.
    """

    def __init__(self, *, advice: str = "", **options: Any) -> None:
        super().__init__(
            add_help=False,
            allow_abbrev=False,
            formatter_class=lambda prog: argparse.HelpFormatter(prog, width=_WIDTH),
            **options,
        )
        self.color = False  # Python 3.14 would put a terminal's colors into what a notebook shows
        self._advice = advice

    def add(self, *flags: str, complete: Completer | None = None, **options: Any) -> None:
        """Adds an argument.

        Args:
            *flags: As for ``add_argument``.
            complete: What it can be.
            **options: As for ``add_argument``.
        """
        action: Any = self.add_argument(*flags, **options)
        action.completer = complete

    @property
    def usage_line(self) -> str:
        """What may be written, in one line."""
        return " ".join(self.format_usage().removeprefix("usage:").split())

    def error(self, message: str) -> NoReturn:
        """Refuses the line.

        Raises:
            InvalidOptionError: Always.
        """
        if self._advice:
            raise InvalidOptionError(f"{self.prog}: {_plain(message)}", hint=self._advice)
        raise InvalidOptionError(f"{_plain(message)}: write {self.usage_line}")


def _plain(message: str) -> str:
    """What argparse has to complain about, in words that do not speak of arguments."""
    if message.startswith(missing := "the following arguments are required: "):
        return f"missing {message.removeprefix(missing)}"
    if message.startswith(unknown := "unrecognized arguments: "):
        rest = message.removeprefix(unknown)
        return f"unknown option {rest}" if rest.startswith("-") else f"unexpected words: {rest}"
    if ": ignored explicit argument " in message:
        return f"{message.removeprefix('argument ').partition(':')[0]} stands alone, without a value"
    # Python's versions list the choices in different ways, and the usage has them.
    told = message.removeprefix("argument ").partition(" (choose from")[0]
    name, _, rest = told.partition(": ")
    return rest if "|" in name else told  # which lists the choices itself


def conversation_names(session: NotebookSession) -> list[str]:
    """The names of the notebook's conversations, as they are written on a line."""
    return [name if _plain_word(name) else f'"{name}"' for name in session.conversations]


def _plain_word(name: str) -> bool:
    try:
        return split(name) == [name]
    except InvalidOptionError:
        return False


def provider_names(_: NotebookSession) -> list[str]:
    """The names of the providers."""
    from ..providers.registry import list_providers

    return list_providers()


def model_names(session: NotebookSession) -> list[str]:
    """The models that are known without asking anybody: those that have answered, and those that were listed
    lately. Beside them, how any model's name begins."""
    from ..providers import model_list

    answered = [turn.model for conversation in session.conversations.values() for turn in conversation.turns]
    begun = [f"{name}:" for name in provider_names(session)]
    return list(dict.fromkeys(filter(None, [*answered, *model_list.remembered(), *begun])))


def _schema_names(session: NotebookSession) -> list[str]:
    from .asked_data import schema_names

    return schema_names(session)


def tool_names(session: NotebookSession) -> Iterable[str]:
    """What the model may have run."""
    from .asked_tools import tool_names as names

    return names(session)


FORMATS = ("code", "text", "markdown", "html", "json", "silent")
"""What can become of an answer; ``ChatMagics.output`` says which it is unless one is named."""


def cell_numbers(session: NotebookSession) -> list[str]:
    """What ``--context`` can be: how many cells, or which of the last ones."""
    last = [f"In[{run.record.number}]" for run in reversed(session.records.runs[-_MOST_CELLS:])]
    return ["all", "none", "1", "3", *last]


def efforts(_: NotebookSession) -> Iterable[str]:
    """How hard a model can be asked to think."""
    from ..providers.options import EFFORTS

    return EFFORTS


@cache
def cell_parser() -> Parser:
    """The parser of the line of ``%%chat``."""
    parser = Parser(
        prog="%%chat",
        usage="%%%%chat [@PROMPT [KEY=VALUE …]] [MODEL] [options]",
        advice="The prompt goes beneath %%chat, on lines of its own; %%chat? lists the options.",
    )
    add = parser.add
    add(
        "positional",
        nargs="?",
        metavar="MODEL",
        help="the model for this turn, as provider:model",
        complete=model_names,
    )
    add(
        "-m",
        "--model",
        dest="models",
        action="append",
        default=[],
        metavar="MODEL",
        help="the same; several are asked side by side",
        complete=model_names,
    )
    add("-s", "--system", metavar="TEXT", help='the system prompt from this turn on; "" for none')
    add("-t", "--temperature", type=float, metavar="N", help="from 0 (steady) to 2 (wild)")
    add(
        "-e",
        "--effort",
        type=_effort,
        metavar="EFFORT",
        help="how hard to think: none, minimal, low, medium, high, xhigh, max; or how many tokens at most",
        complete=efforts,
    )
    add(
        "-T",
        "--tool",
        dest="tools",
        action="append",
        default=[],
        metavar="TOOL",
        help="what the model may have run: notebook, edit, run, a function of the notebook, an MCP server; may be"
        " repeated; none for no tools at all",
        complete=tool_names,
    )
    add("--web", action="store_true", help="let the service search the web by itself")
    add("--max-tokens", type=int, metavar="N", help="the longest answer, in tokens")
    add("--timeout", type=float, metavar="N", help="how long the whole answer may take, in seconds")
    add(
        "-c",
        "--conversation",
        metavar="NAME",
        help="one of several conversations in this notebook",
        complete=conversation_names,
    )
    add("-n", "--new", action="store_true", help="start over: earlier turns are not sent any more")
    add(
        "-a",
        "--attach",
        action="append",
        default=[],
        metavar="PATH",
        help="a file to send along: a text, code, a table, a notebook, an image, a PDF, a recording; a pattern such as"
        " data/*.csv; or an address, which is fetched now; may be repeated",
        complete=FilePaths(),
    )
    add("--file-tokens", type=int, metavar="N", help="how much of each file is sent at most, in tokens")
    add(
        "--param",
        action="append",
        default=[],
        type=_parameter,
        metavar="K=V",
        help="a further field of the request, V as JSON or text; may be repeated",
    )
    add(
        "--context",
        type=_cells,
        metavar="CELLS",
        help="the cells above that the prompt is about: 3, all, none, In[2:5]",
        complete=cell_numbers,
    )
    add("--raw", action="store_true", help="send the prompt as it is typed: braces mean nothing")
    add(
        "-f",
        "--format",
        type=_format,
        metavar="FORMAT",
        help="what becomes of the answer: code (shown, and its code in a new cell below), text, markdown, html, json"
        " (any JSON, unless --schema says which), silent",
        complete=lambda _: FORMATS,
    )
    add(
        "--schema",
        metavar="SCHEMA",
        type=_schema,
        help="the answer is data: fields such as 'name, age int, tags list', in brackets for a list of them; a class or"
        " a JSON schema of the notebook (Person, list[Person]); or a .json file",
        complete=_schema_names,
    )
    add(
        "--replay",
        metavar="MODE",
        type=_mode,
        help="how answers from before are used: off (asks), keep (what the cell shows, while its request is the same),"
        " auto (any record of the request, else asks), only (never asks), refresh (asks, and replaces the records)",
        complete=lambda _: MODES,
    )
    add(
        "--over-budget",
        action="store_true",
        help="ask this once, though a budget of yours is used up; not one of the machine's policy",
    )
    add("--dry-run", action="store_true", help="show what would be sent, byte for byte; nothing is sent")
    add(
        "--count",
        action="store_true",
        help="with --dry-run: have the service count the tokens, for which it is sent the prompt",
    )
    add(
        "-o",
        "--output",
        type=variable_name,
        metavar="NAME",
        help="put the answer into this variable; with --schema its data, a list of objects as a DataFrame",
    )
    return parser


def parse_cell_line(line: str) -> argparse.Namespace:
    """Reads the options on the line of ``%%chat``; a prompt to reuse is ``prompt`` there, with its ``parameters``, and
    ``model`` the first of ``models``.

    Raises:
        InvalidOptionError: The line has something that is not understood; it says what.
    """
    prompt, parameters, words = take_prompt(split(line), cell_parser())
    parsed = cell_parser().parse_args(words)
    parsed.prompt, parsed.parameters = prompt, parameters
    parsed.models = [*([parsed.positional] if parsed.positional else []), *parsed.models]
    if parsed.count and not parsed.dry_run:
        raise InvalidOptionError("%%chat: --count goes with --dry-run", hint="Write both, or neither.")
    if parsed.schema is not None and parsed.format == "code":
        raise InvalidOptionError(
            "%%chat: an answer is code or data, not both", hint="Leave out -f code or --schema."
        )
    parsed.model = parsed.models[0] if parsed.models else None
    return parsed


def _mode(text: str) -> str:
    try:
        return checked_mode(text)
    except InvalidOptionError:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(MODES)}") from None


def _schema(text: str) -> str:
    """The schema as it stands, unless it is only its beginning since the quotes around it are missing."""
    word = text.strip()
    if word.endswith(",") or (
        word[:1] in ("[", "{") and word.count(word[0]) > word.count("]}"["[{".index(word[0])])
    ):
        raise argparse.ArgumentTypeError(
            f"{text!r} is only the beginning of a schema: with spaces it stands in quotes, as in 'name, age int'"
        )
    return text


def _parameter(text: str) -> tuple[str, Any]:
    """``K=V``, where V is JSON if it can be read as such and text otherwise."""
    import msgspec

    name, separator, value = text.partition("=")
    name = name.strip()
    if not (separator and name):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form K=V")
    if name in _ELSEWHERE:
        raise argparse.ArgumentTypeError(f"{name} cannot be given here: {_ELSEWHERE[name]}")
    try:
        return name, msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        if value.startswith(("{", "[")):
            raise argparse.ArgumentTypeError(f'{value} is no JSON, as {name}={{"a": [1, true]}} is') from None
        return name, value


def _effort(text: str) -> Any:
    from ..providers.options import ABILITIES

    word = text.lower()
    value = int(word) if word.isascii() and word.isdigit() and len(word) < 10 else word
    try:
        return ABILITIES["effort"]("effort", value)
    except InvalidOptionError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("effort ").rstrip(".")) from None


def _cells(text: str) -> str:
    """What says which cells, as it is written."""
    try:
        CellSelection.of(text)
    except InvalidOptionError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None
    return text


_PROMPT = "the prompt goes beneath %%chat"
_SYSTEM = "write -s TEXT"
_ELSEWHERE = MappingProxyType(
    {
        "model": "write -m MODEL",
        "stream": "answers always stream",
        "temperature": "write -t N",
        "max_tokens": "write --max-tokens N",
        "reasoning_effort": "write -e EFFORT",
        **dict.fromkeys(("messages", "input", "contents", "prompt"), _PROMPT),
        **dict.fromkeys(("system", "instructions", "systemInstruction", "system_instruction"), _SYSTEM),
    }
)
"""The fields of requests that an option of its own is for, or the cell, and what to write instead."""


def _format(text: str) -> str:
    name = {"md": "markdown"}.get(text, text)
    if name not in FORMATS:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(FORMATS)}")
    return name


def variable_name(text: str) -> str:
    """The name of a variable, as Python reads it.

    Args:
        text: The name as it was typed.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    name = unicodedata.normalize("NFKC", text)  # as Python reads it
    if not name.isidentifier() or keyword.iskeyword(name) or name == "__debug__":
        raise argparse.ArgumentTypeError(f"{text!r} is not a variable's name")
    return name
