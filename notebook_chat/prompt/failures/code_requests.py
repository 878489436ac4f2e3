"""What goes out where somebody wants a cell corrected or explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import InvalidOptionError
from ...parts import TextPart
from ...text import fenced
from ..extra import Extra
from ..values.bounds import cut_middle
from .failure import FAILURE_TOKENS, Report, report
from .frame_values import Named, named_values, names_around
from .package_versions import imported_by, packages_of, versions
from .told_values import ToldValues
from .tracebacks import Source, Sources, packages_in

_LONGEST_CELL = 60_000  # characters
_MOST_CELLS = 4
_RESULT_TOKENS = 300
_TOLD_TOKENS = 900


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """What goes out about a cell.

    Attributes:
        prompt: What is asked.
        extras: What goes along with it.
        cells: The cells that it is about, that which failed first.
    """

    prompt: str
    extras: tuple[Extra, ...]
    cells: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class FixRequest:
    """What goes out about the last error.

    Attributes:
        request: It.
        name: The name of the cell that failed.
        note: What the user is to be told of it; empty for nothing.
    """

    request: CodeRequest
    name: str
    note: str = ""


def fix_request(
    error: BaseException | None,
    cell: Source,
    sources: Sources,
    *,
    told: str = "",
    values: Mapping[str, Any],
    hint: str = "",
    over: str = "",
) -> CodeRequest:
    """What goes out where a cell is to be corrected: it and those through which the error came, the error with the
    values of its frames, the versions of the packages.

    Args:
        error: What it raised; ``None`` where only a text is left.
        cell: The cell that failed; without text where it is not known.
        sources: Gives the cells.
        told: The text that is left of the error.
        values: The notebook's variables.
        hint: What the user says besides.
        over: The name of a later run of the cell in which it did not fail; empty where there was none.

    Raises:
        InvalidOptionError: A cell is too long to be sent as a whole.
    """
    found = _of_text(told, cell, values) if error is None else report(error, sources=sources)
    others = [source for name in found.cells if (source := sources(name)) is not None]
    cells = _distinct([cell, *others])
    used = [*(packages_in(error, sources) if error is not None else ()), *_packages(cells, values)]
    text = f"{found.text}\n\nVersions: {versions(used)}"
    told_cells = [
        _cell(one, "the cell that failed" if one is cell else "a cell that it uses") for one in cells
    ]
    name = f"the error of {cell.name}"
    failure = Extra(name, (TextPart(f"The error of {cell.name}:\n{fenced(text)}"),), found.label)
    return CodeRequest(_fix_prompt(cells, cell, hint, over), (*told_cells, failure, *found.values), cells)


def _of_text(told: str, cell: Source, values: Mapping[str, Any]) -> Report:
    """What is left of an earlier error, with the variables as they are now."""
    kept = ToldValues(FAILURE_TOKENS - _TOLD_TOKENS)
    lines = kept.lines(_values_of(cell.text, values))
    now = ["Variables of the notebook, as they are now:", *lines] if lines else []
    text = "\n\n".join(filter(None, (cut_middle(told.strip(), _TOLD_TOKENS), "\n".join(now))))
    return Report(text, "", tuple(kept.extras))


def explain_request(
    cell: Source, *, values: Mapping[str, Any], result: Sequence[Named] = (), told: str = "", hint: str = ""
) -> CodeRequest:
    """What goes out where a cell is to be explained: it, the values that it names, what it gave.

    Args:
        cell: The cell.
        values: The notebook's variables.
        result: What it gave, by its name, such as ``Out[7]``; empty where it gave nothing.
        told: The error in which it ended; empty where there was none.
        hint: What the user wants to know of it.

    Raises:
        InvalidOptionError: The cell is too long to be sent as a whole.
    """
    kept = ToldValues(FAILURE_TOKENS)
    lines = kept.lines([*result, *_values_of(cell.text, values)])
    parts = ["\n".join(("Values that it names, as they are now, and what it gave:", *lines))] if lines else []
    if told:
        parts.append(f"It ended with an error:\n{cut_middle(told, _TOLD_TOKENS)}")
    parts.append(f"Versions: {versions(_packages([cell], values))}")
    about = TextPart(f"About {cell.name}:\n{fenced(chr(10).join(parts))}")
    prompt = (
        f"Explain what {cell.name} does: first in a sentence what it is for, then step by step, then what its values"
        " and its result tell, and what to look out for. Do not write the cell anew."
    )
    own = _cell(cell, "the cell to explain")
    return CodeRequest(
        _with_hint(prompt, hint), (Extra(own.name, (*own.parts, about)), *kept.extras), (cell,)
    )


def _cell(cell: Source, what: str) -> Extra:
    if len(cell.text) > _LONGEST_CELL:
        raise InvalidOptionError(
            f"{cell.name} has {len(cell.text):,} characters, more than the {_LONGEST_CELL:,} that are sent",
            hint="Split it into several cells.",
        )
    return Extra(cell.name, (TextPart(f"{cell.name}, {what}:\n{fenced(cell.text, 'python')}"),))


def _distinct(cells: Sequence[Source]) -> tuple[Source, ...]:
    by_text: dict[str, Source] = {}
    for cell in cells:
        if cell.text.strip():
            by_text.setdefault(cell.text.strip(), cell)
    return tuple(by_text.values())[:_MOST_CELLS]


def _values_of(code: str, values: Mapping[str, Any]) -> list[Named]:
    lines = code.splitlines()
    near, around = names_around(lines, 1, whole=True)
    return named_values([*near, *(name for name in around if name not in near)], values)


def _packages(cells: Sequence[Source], values: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for cell in cells:
        found += imported_by(cell.text)
        _, names = names_around(cell.text.splitlines(), 1, whole=True)
        found += packages_of(values, names)
    return found


def _fix_prompt(cells: Sequence[Source], cell: Source, hint: str, over: str) -> str:
    if not cells:
        prompt = f"Explain in a few sentences what went wrong in {cell.name}, and what to change."
        return _with_hint(prompt, hint)
    others = " or ".join(one.name for one in cells if one is not cells[0])
    instead = f" If the fault is in {others}, give that cell corrected in its place." if others else ""
    later = f" A later run of it, {over}, came to its end: if the error is over, say so." if over else ""
    prompt = (
        f"Explain in a few sentences why {cells[0].name} failed.{later} Then give the corrected cell: one fenced block"
        " of code that holds the whole cell from its first line to its last, its magics and comments too, changed no"
        f" more than is needed.{instead} Write no other block of code. If no change of a cell helps, say what does,"
        " and write none at all."
    )
    return _with_hint(prompt, hint)


def _with_hint(prompt: str, hint: str) -> str:
    return f"{prompt}\n\n{hint}" if hint else prompt
