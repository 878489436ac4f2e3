"""What IPython itself keeps of the cells that have run."""

from __future__ import annotations

import re
import sys
import traceback
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..cell_record import CellOutput, CellRecord
from ..mime_bundles import MOST_CHARACTERS, middle_cut, omission, output_of, plain

_CELL = re.compile(r"In\[([0-9]{1,9})\]")

_MOST_CELLS = 200
_MOST_OUTPUTS = 40  # of a cell


class ShellHistory:
    """The cells of IPython's ``In``, with as much of their outputs as it keeps: since IPython 9 what was printed and
    displayed, before that the last line's value.

    Args:
        shell: IPython's shell. It is referred to weakly.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = weakref.ref(shell)
        self._errors: dict[int, str] = {}
        if not hasattr(self._manager, "exceptions"):
            self._note_last_error()

    @property
    def has_outputs(self) -> bool:
        """Whether it keeps what is printed and displayed."""
        return hasattr(self._manager, "outputs")

    @property
    def last(self) -> int:
        """The number of the last cell in ``In``."""
        return len(getattr(self._manager, "input_hist_raw", ())) - 1

    def cells(self, until: int) -> list[CellRecord]:
        """The cells up to a number, with what is known of their outputs.

        Args:
            until: The number of the last one.
        """
        sources = list(getattr(self._manager, "input_hist_raw", ()))
        numbers = range(max(1, until - _MOST_CELLS + 1), min(until + 1, len(sources)))
        return [
            CellRecord(number, sources[number], self.outputs(number))
            for number in numbers
            if isinstance(sources[number], str) and sources[number].strip()
        ]

    def outputs(self, number: int) -> tuple[CellOutput, ...]:
        """What is known of a cell's outputs.

        Args:
            number: Its number in ``In``.
        """
        found: list[CellOutput | None] = []
        if self.has_outputs:
            outputs: Sequence[Any] = self._manager.outputs.get(number, ())
            ends = (*outputs[: _MOST_OUTPUTS // 2], *outputs[_MOST_OUTPUTS // 2 :][-_MOST_OUTPUTS // 2 :])
            found += map(_output, ends)
        else:
            found += self.results(number)
        if error := self._error(number):
            found.append(CellOutput("error", error))
        return tuple(one for one in found if one is not None)

    def results(self, number: int) -> list[CellOutput]:
        """The value of a cell's last line, as a text.

        Args:
            number: Its number in ``In``.
        """
        text = getattr(self._manager, "output_hist_reprs", {}).get(number)
        made = output_of("result", {"text/plain": text}) if isinstance(text, str) else None
        return [made] if made is not None else []

    def name_of(self, file: str) -> str:
        """What a file of a traceback is called: a cell's by its number."""
        name: Callable[[str], Any] | None = getattr(
            getattr(self._shell(), "compile", None), "format_code_name", None
        )
        found = name(file) if name is not None else None
        return str(found[1]) if found else file

    @property
    def _manager(self) -> Any:
        return getattr(self._shell(), "history_manager", None)

    def _error(self, number: int) -> str:
        kept = getattr(self._manager, "exceptions", {}).get(number)
        lines = kept.get("traceback") if isinstance(kept, dict) else None
        if isinstance(lines, list):
            return middle_cut(plain("\n".join(map(str, lines))), MOST_CHARACTERS)
        return self._errors.get(number, "")

    def _note_last_error(self) -> None:
        """Notes the last error of all, which is what there is where IPython keeps none; by the cell that it says."""
        error = getattr(sys, "last_value", None)
        if not isinstance(error, BaseException):
            return
        files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
        found = (
            _CELL.fullmatch(self.name_of(file)) for file in (*files, getattr(error, "filename", None) or "")
        )
        number = next((int(cell[1]) for cell in found if cell is not None), None)
        if number is not None:
            from .tracebacks import compact

            self._errors[number] = compact(error, self.name_of)

    def error_of(self, result: Any) -> str:
        """The traceback that a cell ended with, in a few lines; empty where it did not fail.

        Args:
            result: What IPython says of the cell's run.
        """
        error = getattr(result, "error_before_exec", None) or getattr(result, "error_in_exec", None)
        if not isinstance(error, BaseException):
            return ""
        from .tracebacks import compact

        return compact(error, self.name_of)


def _output(one: Any) -> CellOutput | None:
    kind, bundle = getattr(one, "output_type", ""), getattr(one, "bundle", None)
    if not isinstance(bundle, dict):
        return None
    if kind in ("out_stream", "err_stream"):
        text = _joined(bundle.get("stream", ()))
        return CellOutput("stderr" if kind == "err_stream" else "stdout", text) if text.strip() else None
    return output_of("result" if kind == "execute_result" else "display", bundle)


def _joined(pieces: Any) -> str:
    """Pieces of what was printed, of which there may be millions, as one text; its middle is left out where it is
    long."""
    if isinstance(pieces, str):
        pieces = [pieces]
    half = MOST_CHARACTERS // 2
    first = _enough(pieces, half)
    last = _enough(reversed(pieces[first:]), half)
    begun = "".join(pieces[:first])
    ended = "".join(pieces[len(pieces) - last :]) if last else ""
    left_out = sum(map(len, pieces[first : len(pieces) - last]))
    between = omission(left_out) if left_out else ""
    return middle_cut(f"{plain(begun)}{between}{plain(ended)}", MOST_CHARACTERS + 200).strip("\n")


def _enough(pieces: Iterable[str], characters: int) -> int:
    """How many pieces have so many characters; all of them where they have fewer."""
    count = 0
    for piece in pieces:
        if characters <= 0:
            break
        count += 1
        characters -= len(piece)
    return count
