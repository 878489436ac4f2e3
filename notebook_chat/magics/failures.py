"""The errors of the kernel's cells, and which cells they came from."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ..errors import ChatError, InvalidMessagesError, InvalidOptionError
from .kernel_cells import KernelCells

if TYPE_CHECKING:
    from ..prompt.failures.correction import Correction
    from ..prompt.failures.tracebacks import Sources

_MOST_EARLIER = 50  # failures whose texts are kept
_EARLIER_TOKENS = 600


@dataclass(frozen=True)
class Failure:
    """A cell that failed.

    Attributes:
        number: The number of its run, as in ``In[7]``; ``None`` where that is not known.
        source: What stood in it; empty where that is not known.
        cell: Its id; ``None`` where the front end sends none.
        error: What it raised; ``None`` where only its text is left.
        told: The text that is left.
        over: The number of a later run of the cell that came to its end; ``None`` where there was none.
    """

    number: int | None
    source: str
    cell: str | None = None
    error: BaseException | None = None
    told: str = ""
    over: int | None = None

    @property
    def name(self) -> str:
        """The cell's name."""
        return f"In[{self.number}]" if self.number is not None else "a cell"


@dataclass
class Proposal:
    """A corrected cell that ``%chat fix`` has shown.

    Attributes:
        correction: It.
        name: The name of the cell that it corrects.
        owner: For what it is inserted; empty where the front end sends no ids of cells.
        placed: Whether it is in the notebook.
    """

    correction: Correction
    name: str
    owner: str = ""
    placed: bool = False


class Failures:
    """Follows the cells, and knows which of them failed.

    An exception is kept by IPython as ``sys.last_value`` until the next one, with all that its frames hold. It is kept
    here only when one takes its place that is none of the user's code: of the chat, or an interrupt.

    Args:
        shell: IPython's shell.

    Attributes:
        cells: The kernel's cells.
        proposal: The corrected cell that was shown last.
    """

    def __init__(self, shell: Any) -> None:
        self.cells = KernelCells(shell)
        self.proposal: Proposal | None = None
        self._marks: list[
            tuple[object, BaseException | None]
        ] = []  # the last error before each cell that runs
        self._last: Failure | None = None
        self._identity = 0  # of its error
        self._kept: BaseException | None = None
        self._since: tuple[Literal["chat", "interrupt"], int] | None = None
        self._earlier: dict[int, Failure] = {}

    def before_cell(self, info: object = None) -> None:
        """To be called before each cell runs.

        Args:
            info: What IPython tells of the cell; ``None`` in the middle of the one that loads the extension.
        """
        self._marks.append((info, last_error()))

    def after_cell(self, result: Any, cell: str | None) -> None:
        """To be called after each cell: notes whether it failed.

        Args:
            result: IPython's result.
            cell: The cell's id; ``None`` where the front end sends none.
        """
        place = next((n for n, (info, _) in enumerate(self._marks) if info is result.info), 0)
        if not self._marks:
            return
        before, error = self._marks[place][1], last_error()
        inner = any(info is not None for info, _ in self._marks[:place])  # run by a cell that runs
        self._marks = self._marks[:place] if inner else []
        source, number = result.info.raw_cell or "", result.execution_count
        if number is None:
            number = self.cells.current
        if error is None or error is before:
            if not inner and result.success:
                self._fine(source, number, cell)
        elif kind := _not_of_code(error):
            if before is not None and id(before) == self._identity:
                self._kept = before
            if not is_command(source):
                self._since = kind, number
        else:
            self._note(error, before, Failure(number, source, cell))

    def _note(self, error: BaseException, before: BaseException | None, failure: Failure) -> None:
        previous = self._last
        if previous is not None and previous.number is not None and previous.number != failure.number:
            held = self._kept or (before if before is not None and id(before) == self._identity else None)
            if held is not None:
                self._earlier[previous.number] = replace(previous, told=self._text_of(previous, held))
                while len(self._earlier) > _MOST_EARLIER:
                    self._earlier.pop(next(iter(self._earlier)))
        self._last, self._identity, self._kept, self._since = failure, id(error), None, None

    def _fine(self, source: str, number: int, cell: str | None) -> None:
        last = self._last
        if last is not None and (last.cell == cell if last.cell and cell else last.source == source):
            self._last = replace(last, over=number)

    def find(self, number: int | None = None) -> Failure | None:
        """The failure that is meant.

        Args:
            number: The number of the cell's run; ``None`` for the last one.

        Returns:
            It; ``None`` where no cell has failed.

        Raises:
            InvalidOptionError: It is nothing that could be fixed, or there is no such cell.
        """
        last = self._current()
        if number is None:
            self._refuse_since(last)
            return last
        if last is not None and last.number == number:
            return last
        if number in self._earlier:
            return self._earlier[number]
        if told := self.cells.told_error(number):
            return Failure(number, self.cells.source(number), told=told)
        if not self.cells.source(number):
            raise InvalidOptionError(f"this kernel has run no In[{number}]")
        raise InvalidOptionError(
            f"no error of In[{number}] is known", hint="Run it again, and then %chat fix."
        )

    def told(self, number: int) -> str:
        """The text of a cell's error; empty where none is known.

        Args:
            number: The number of the cell's run.
        """
        last = self._current()
        if last is not None and last.number == number and last.error is not None:
            return self._text_of(last, last.error)
        return self._earlier[number].told if number in self._earlier else self.cells.told_error(number)

    def _text_of(self, failure: Failure, error: BaseException) -> str:
        return _text(error, self.cells.sources(failure.number, failure.source))

    def _refuse_since(self, last: Failure | None) -> None:
        """What came after the last error of code, if that is what the user sees."""
        if self._since is None:
            return
        kind, number = self._since
        before = f" %chat fix {last.number} goes to the error before it." if last and last.number else ""
        if kind == "interrupt":
            raise InvalidOptionError(f"In[{number}] was interrupted, which is no error", hint=before.strip())
        raise InvalidOptionError(
            f"In[{number}] failed as a question to a model, not as code",
            hint=f"%chat doctor goes the way to the model step by step.{before}",
        )

    def _current(self) -> Failure | None:
        """The last error of code with its exception, also one from before the extension was loaded."""
        error = last_error()
        if self._last is not None:
            held = self._kept or (error if error is not None and id(error) == self._identity else None)
            if held is not None:
                return replace(self._last, error=held)
        if error is None or self._since is not None:
            return None
        if kind := _not_of_code(error):
            self._since = kind, self.cells.number_of(error) or 0
            self._refuse_since(None)
        number = self.cells.number_of(error)
        return Failure(
            number, self.cells.source(number) if number else self.cells.runner_of(error), error=error
        )


def last_error() -> BaseException | None:
    """What IPython has shown as an error last; ``None`` where it has shown none."""
    error = getattr(sys, "last_value", None)
    return error if isinstance(error, BaseException) else None


def _not_of_code(error: BaseException) -> Literal["", "chat", "interrupt"]:
    """What an error is that no change of code can help with; empty for any other."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupt"
    if isinstance(error, ChatError):
        by_call = isinstance(error, InvalidOptionError | InvalidMessagesError) and not hasattr(
            error, "_render_traceback_"
        )
        return "" if by_call else "chat"
    return ""


def is_command(source: str) -> bool:
    """Whether nothing stands in a cell but lines of ``%chat``."""
    lines = [line for line in source.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return bool(lines) and all(line.lstrip().startswith("%chat") for line in lines)


def _text(error: BaseException, sources: Sources) -> str:
    from ..prompt.failures.failure import report

    try:
        return report(error, tokens=_EARLIER_TOKENS, words_only=True, sources=sources).text
    except Exception:  # an exception may be of any kind
        return type(error).__name__
