"""What IPython does with the text of a cell, and what its parts are."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Sequence

from ..errors import InvalidOptionError
from .output import one_line
from .words import has_comment

_MOST_LINES = 100  # of options

_CHAT_CELL = re.compile(r"%%chat(?![\w?])")
_WITH_PROSE = re.compile(r"%chat[ \t]+(?:fix|explain)[ \t]+[^\s?]")


def verbatim(lines: list[str]) -> list[str]:
    """An input transformation that hands a ``%%chat`` cell over as it was typed. IPython's own would take
    leading ``>>>`` and ``...``, and indentation, out of a prompt that holds some. Comments may stand above it.

    It goes first in ``input_transformers_cleanup``.

    Raises:
        InvalidOptionError: Code stands above ``%%chat``, of which IPython would say something else.
    """
    start = next((place for place, line in enumerate(lines) if line.split("#")[0].strip()), None)
    if start is None:
        return lines
    if not _CHAT_CELL.match(lines[start].lstrip()):
        _refuse_misplaced(lines, start)
        return [*lines[:start], _with_question(lines[start]), *lines[start + 1 :]]
    line = lines[start].strip().removeprefix("%%chat").strip()
    body = "".join(lines[start + 1 :])
    # IPython has an error of its own for a cell without a body, which says less than ours.
    return [f"get_ipython().run_cell_magic('chat', {line!r}, {body or chr(10)!r})\n"]


# IPython must not apply it when it only asks whether the input is complete: in a terminal, a blank line ends
# a cell magic, which IPython sees by its first line.
verbatim.has_side_effects = True  # type: ignore[attr-defined]


def options_and_prompt(line: str, cell: str) -> tuple[str, str]:
    """The two parts of a ``%%chat`` cell. A backslash at the end of the line of options has them go on in the next
    one; all ends of lines become those of Unix, which a cell that was written on Windows may not have.

    Args:
        line: What stands on the line of ``%%chat``.
        cell: What stands beneath it.
    """
    line, cell = line.strip(), cell.replace("\r\n", "\n").replace("\r", "\n")
    lines = 1
    while lines < _MOST_LINES and line.endswith("\\") and not has_comment(line):
        lines += 1
        more, _, cell = cell.partition("\n")
        line = f"{line[:-1].rstrip()} {more.strip()}"
    return line, cell.strip("\n")


def _with_question(line: str) -> str:
    """A line whose words may end in a question mark, so that IPython does not take it for a call for help."""
    if not (_WITH_PROSE.match(line) and line.rstrip().endswith("?")):
        return line
    return f"get_ipython().run_line_magic('chat', {line.strip().removeprefix('%chat').strip()!r})\n"


def _refuse_misplaced(lines: Sequence[str], start: int) -> None:
    """Sees to it that no ``%%chat`` stands beneath code: IPython knows it in a cell's first line only. One inside
    a string is text, and so is one in the cell of another magic."""
    place = next((place for place in range(start, len(lines)) if _CHAT_CELL.match(lines[place])), None)
    if place is None or lines[start].lstrip().startswith("%%"):
        return
    try:
        for _ in tokenize.generate_tokens(io.StringIO("".join(lines[:place])).readline):
            pass
    except (tokenize.TokenError, SyntaxError):
        return  # inside a string or brackets; or no Python, of which IPython has something to say
    raise one_line(
        InvalidOptionError(
            "%%chat stands beneath code",
            hint="Move the code into a cell of its own: only comments may be above.",
        )
    )
