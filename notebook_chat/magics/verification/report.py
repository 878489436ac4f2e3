"""What becomes of a notebook's chat cells when all of it is run, as values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from ...text import printable, single_line

Verdict = Literal["recorded", "assumed", "asks", "fails", "unknown"]
"""What becomes of a cell that asks: there is a record of its answer; there is one if values are what they were then;
it would ask a model; it fails before it asks; it cannot be told without running code."""

_LONGEST = 48  # characters of what a cell begins with
WORDS = {
    "recorded": "ok",
    "assumed": "ok",
    "asks": "would ask",
    "fails": "would fail",
    "unknown": "not known",
}
"""The same in words."""


_SOURCES = {"output": "an output", "file": "the record beside it", "ledger": "this machine's ledger"}


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """What becomes of one cell that asks.

    Attributes:
        cell: The cell, counted from 1 among all of the notebook.
        begins: What it begins with.
        verdict: What becomes of it.
        source: Where the record of its answer is: ``output``, ``file``, ``ledger``; empty where there is none.
        why: Why that is so, in a phrase; empty where there is nothing to say.
    """

    cell: int
    begins: str
    verdict: Verdict
    source: str = ""
    why: str = ""

    @property
    def where(self) -> str:
        """Where the record is, and why, in words; empty where there is nothing to say."""
        why = f"if {self.why}" if self.why and self.verdict == "assumed" else self.why
        return ", ".join(filter(None, (_SOURCES.get(self.source, self.source), why)))

    @property
    def fine(self) -> bool:
        """Whether it is answered without asking, as far as can be told."""
        return self.verdict in ("recorded", "assumed")


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """What becomes of a notebook's chat cells.

    Attributes:
        notebook: The notebook, as it was named.
        cells: A line for each cell that asks.
        problem: Why nothing can be told; empty where something can.
        ran: Whether the notebook was run, and not only read.
    """

    notebook: str
    cells: tuple[Line, ...] = ()
    problem: str = ""
    ran: bool = False

    @property
    def complete(self) -> bool:
        """Whether all that it asks is answered without asking, as far as can be told."""
        return not self.problem and all(line.fine for line in self.cells)

    @property
    def verdict(self) -> str:
        """What becomes of it as a whole, in a sentence."""
        if self.problem:
            return self.problem
        if not self.cells:
            return "complete: no cell asks a model"
        if self.ran:
            last = self.cells[-1]
            failed = f"not complete: cell {last.cell} failed, when it was run"
            ran = f"complete: it ran to its end, and {_cells(len(self.cells))} answered without a model"
            return ran if last.fine else failed
        count, short = len(self.cells), [line for line in self.cells if not line.fine]
        if not short:
            some = sum(line.verdict == "assumed" for line in self.cells)
            values = f"; {some} of them if values are what they were" if some else ""
            return f"complete: {_cells(count)} answered from records{values}"
        first = short[0]
        many = f"{len(short)} of {count} cells that ask" if count > 1 else "the one cell that asks"
        return f"not complete: {many} would not be answered, cell {first.cell} first ({WORDS[first.verdict]})"

    def to_dict(self) -> dict[str, Any]:
        """It, as plain values, fit for JSON."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return {**values, "complete": self.complete, "verdict": self.verdict}

    def lines(self, *, quiet: bool = False) -> Iterable[str]:
        """It, as text: a line for each cell, and one for all of it.

        Args:
            quiet: Whether cells that are answered from records have no line.
        """
        shown = [line for line in self.cells if not (quiet and line.fine)]
        width = max((len(line.begins) for line in shown), default=0)
        for line in shown:
            told = f"  {f'[{line.cell}]':<6} {line.begins:<{width}}  {WORDS[line.verdict]}"
            yield f"{told}: {line.where}" if line.where else told
        yield f"{single_line(self.notebook)}: {self.verdict}"


def beginning(text: str) -> str:
    """What a prompt begins with, in one short line.

    Args:
        text: The prompt.
    """
    line = single_line(printable(text.strip().partition("\n")[0]))
    return line if len(line) <= _LONGEST and "\n" not in text.strip() else f"{line[: _LONGEST - 1]}…"


def _cells(count: int) -> str:
    return "the one cell that asks is" if count == 1 else f"all {count} cells that ask are"
