"""Several answers to one question in a terminal, one after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, TextIO

from ..answer import AnswerSnapshot
from ..conversation import Turn
from ..errors import ChatError
from ..text import printable, single_line
from .base import Summary
from .columns import Answering
from .terminal import TerminalRenderer, writable


class SectionsRenderer:
    """Writes several answers, each under the name of its model: the first as it comes, the others in their turn, with
    what has come of them by then.

    Args:
        columns: The models that answer.
        make: Makes what writes one answer, of what gives its notes.
        out: Where to write; standard output unless given.
        notes, common: As for ``ColumnsRenderer``.
    """

    wait: float | None = None

    def __init__(
        self,
        columns: Sequence[Answering],
        make: Callable[[Any, Callable[[], Sequence[str]]], TerminalRenderer],
        *,
        out: TextIO | None = None,
        notes: Callable[[], Sequence[str]] = tuple,
        common: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._columns = columns
        self._make = make
        self._out = out or sys.stdout
        self._notes = notes
        self._common = common
        self._place = -1
        self._renderer: TerminalRenderer | None = None

    def prepare(self) -> None:
        """Has nothing to prepare."""

    def show(self, snapshot: AnswerSnapshot) -> None:
        """Writes what has come since the last time of the answer that it is at."""
        while self._place < len(self._columns):
            if self._renderer is None and not self._begin():
                return
            assert self._renderer is not None
            column = self._columns[self._place]
            self._renderer.show(column.snapshot)
            if not column.ended:
                return
            self._end()

    def catch_up(self, snapshot: AnswerSnapshot) -> None:
        """Writes what has come since the last time."""
        self.show(snapshot)

    def finish(self, turn: Summary | None, error: ChatError | None) -> None:
        """Writes what is left, and which answer stays."""
        while self._renderer is not None or self._begin():
            self._end()
        told = [*self._kept(turn), *self._notes()]
        if told and turn is not None:
            self._write(single_line(" · ".join(told)))

    def _begin(self) -> bool:
        """Begins with the next answer; whether there is one."""
        self._place += 1
        if self._place >= len(self._columns):
            return False
        column = self._columns[self._place]
        self._write(f"{'' if not self._place else chr(10)}── {single_line(column.model)} ──")
        self._renderer = self._make(
            column, lambda: [note for note in column.warnings if note not in self._common()]
        )
        return True

    def _end(self) -> None:
        column, renderer = self._columns[self._place], self._renderer
        assert renderer is not None
        renderer.finish(column.turn, column.error)
        if column.turn is None and column.error is not None:
            self._write(single_line(f"[no answer: {column.error}]"))
        self._renderer = None

    def _kept(self, turn: Summary | None) -> list[str]:
        if not isinstance(turn, Turn) or not turn.alternatives:
            return []
        return [f"{turn.model} stays in the conversation; %chat keep N puts another one there"]

    def _write(self, line: str) -> None:
        self._out.write(writable(f"{printable(line)}\n", self._out))
        self._out.flush()
