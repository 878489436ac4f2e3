"""The cells that have run in this kernel, with what they gave."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .cells import CellIdentity
from .recording import Recording, Shown

if TYPE_CHECKING:
    from ..cell_record import CellOutput, CellRecord, OutputKind

_MOST = 200
"""How many runs of cells are kept."""

_MOST_FIGURES = 20
_MOST_UPDATED = 200
_MOST_COPIES = 10  # of one display
_PATIENCE = 1.0  # seconds; a process that was forked may have taken a lock along that nobody frees


class Run:
    """A cell that has run, with what it gave as far as it is asked for.

    Args:
        record: It, with the outputs that are known at once.
        saved: What tells the state of the notebook's file when it ran; ``None`` where that is not known.
        outputs: Gives its outputs.
        before: Whether it ran before anything was told of cells.
    """

    def __init__(
        self,
        record: CellRecord,
        saved: object = None,
        outputs: Callable[[], tuple[CellOutput, ...]] | None = None,
        *,
        before: bool = False,
    ) -> None:
        self.record = record
        self.saved = saved
        self.before = before
        self._outputs = outputs

    @property
    def whole(self) -> CellRecord:
        """It, with its outputs."""
        if self._outputs is None:
            return self.record
        from dataclasses import replace

        return replace(self.record, outputs=self._outputs())


class CellRecords:
    """Keeps the last cells that ran, with what they gave; within bounds, whatever they give.

    What a cell gives is told while it runs and after it, from any thread: what a thread prints that has outlived its
    cell counts with it.

    Args:
        identity: Which cell runs.
        saved: Gives what tells the state of the notebook's file.
    """

    def __init__(self, identity: CellIdentity, saved: Callable[[], object] = lambda: None) -> None:
        self._identity = identity
        self._saved = saved
        self._lock = threading.Lock()
        self._runs: deque[Recording] = deque(maxlen=_MOST)
        self._by_execution: OrderedDict[object, Recording] = OrderedDict()
        self._running: list[str] = []  # what runs, and what it has IPython run in turn
        self._open: Recording | None = None
        self._figures: deque[Shown] = deque()
        self._displays: OrderedDict[str, list[Shown]] = OrderedDict()
        self._gone: dict[str, object] = {}
        self._named: frozenset[str] = frozenset()
        self._elsewhere: Callable[[int], tuple[CellOutput, ...]] | None = None
        self._before: Callable[[], Iterable[CellRecord]] = tuple
        self._earlier: tuple[CellRecord, ...] | None = None

    # --- what is told by whoever sees the cells run

    def begin(self, source: str) -> None:
        """To be called before a cell runs, and before each that it has run in turn."""
        execution, cell = self._identity.execution, self._identity.current
        if self._open is not None and self._open.execution != execution:
            self._running.clear()
        self._running.append(source)
        if len(self._running) > 1:
            return
        saved = self._saved()
        named = self._identity.deleted
        self._gone |= dict.fromkeys((one for one in named if one not in self._named), saved)
        self._named = frozenset(named)
        self._gone.pop(cell or "", None)
        self._open = Recording(source, cell, execution, saved)
        asks = _asks(source)
        with self._locked():
            self._by_execution.pop(execution, None)
            if not asks:
                self._by_execution[execution] = self._open
            while len(self._by_execution) > _MOST:
                self._by_execution.popitem(last=False)

    def end(self, source: str, number: int | None, error: str = "") -> Recording | None:
        """To be called after a cell has run.

        Args:
            source: What it ran.
            number: Its number in IPython's ``In``; ``None`` where it has none, and does not count.
            error: The traceback that it ended with; empty where it did not fail.

        Returns:
            Its recording, where it was the cell itself that ended.
        """
        if not self._running or self._running[-1] != source or self._open is None:
            return None
        self._running.pop()
        if self._running:
            return None
        ended, self._open = self._open, None
        if number is None:
            return None
        ended.number, ended.error = number, error
        self._runs.append(ended)
        return ended

    def write(self, execution: object, kind: OutputKind, text: str) -> None:
        """Takes what a cell prints.

        Args:
            execution: Which run of a cell it is.
            kind: ``stdout`` or ``stderr``.
            text: What is printed.
        """
        recording = self._by_execution.get(execution)
        if recording is not None:
            with self._locked():
                recording.write(kind, text)

    def show(self, execution: object, kind: OutputKind, data: Mapping[str, Any], display: str = "") -> None:
        """Takes what a cell displays.

        Args:
            execution: Which run of a cell it is.
            kind: ``display`` or ``result``.
            data: What is displayed, by its MIME types.
            display: What the display is called, if it may be updated.
        """
        recording = self._by_execution.get(execution)
        if recording is None:
            return
        with self._locked():
            self._keep(recording.show(kind, data), display)

    def update(self, display: str, data: Mapping[str, Any]) -> None:
        """Takes another state of what was displayed.

        Args:
            display: What the display is called.
            data: What it shows now, by its MIME types.
        """
        shown = self._displays.get(display)
        if shown:
            with self._locked():
                for one in shown:
                    one.show(data)
                    self._keep(one)

    def clear(self, execution: object, wait: bool) -> None:
        """Forgets what a cell has given so far; with ``wait`` as soon as something comes in its place."""
        recording = self._by_execution.get(execution)
        if recording is not None:
            with self._locked():
                recording.clear(wait)

    def look_elsewhere(self, outputs: Callable[[int], tuple[CellOutput, ...]] | None) -> None:
        """Has the outputs of cells taken from somewhere else than from what is told here.

        Args:
            outputs: Gives what the cell of a number gave; ``None`` to take it from what is told.
        """
        self._elsewhere = outputs

    def begin_with(self, earlier: Callable[[], Iterable[CellRecord]]) -> None:
        """Has cells counted that ran before anything was told here.

        Args:
            earlier: Gives them, in the order in which they ran; it is asked once, as soon as somebody asks for cells.
        """
        self._before = earlier

    # --- what there is

    @property
    def runs(self) -> list[Run]:
        """The cells that have run, each as often as it has, in the order in which they ran."""
        earlier = (Run(record, before=True) for record in self._from_before())
        return [*earlier, *map(self._run, tuple(self._runs))]

    @property
    def running(self) -> str:
        """What the cell runs that runs now; empty where none does."""
        return self._open.source if self._open is not None else ""

    @property
    def gone(self) -> Mapping[str, object]:
        """What the front end calls the cells that it has named as deleted, and that have not run since; each with what
        tells the state of the notebook's file then."""
        return self._gone

    @property
    def errors(self) -> Mapping[int, str]:
        """The tracebacks of the cells that failed, by their numbers in IPython's ``In``; looked up when asked for."""
        return _Errors(self)

    def _errors(self) -> dict[int, str]:
        earlier = {record.number: error for record in self._from_before() if (error := record.error)}
        return {**earlier, **{run.number: run.error for run in tuple(self._runs) if run.error}}

    def _run(self, recording: Recording) -> Run:
        from ..cell_record import CellRecord

        def outputs() -> tuple[CellOutput, ...]:
            with self._locked():
                own = recording.outputs()
            if self._elsewhere is None:
                return own
            found = self._elsewhere(recording.number)
            return (*(one for one in found if one.kind != "error"), *own)

        return Run(
            CellRecord(recording.number, recording.source, cell=recording.cell), recording.saved, outputs
        )

    def _from_before(self) -> tuple[CellRecord, ...]:
        if self._earlier is None:
            self._earlier = tuple(self._before())[-_MOST:]
        return self._earlier

    def _keep(self, shown: Shown, display: str = "") -> None:
        """Notes what may be updated, and sees to it that there are not too many figures."""
        if display:
            self._displays[display] = [*self._displays.get(display, ()), shown][-_MOST_COPIES:]
            self._displays.move_to_end(display)
            if len(self._displays) > _MOST_UPDATED:
                self._displays.popitem(last=False)
        if shown.has_figures:
            if shown in self._figures:
                self._figures.remove(shown)
            self._figures.append(shown)
            if len(self._figures) > _MOST_FIGURES:
                self._figures.popleft().drop_figures()

    def _locked(self) -> _Held:
        return _Held(self._lock)


class _Errors(Mapping[int, str]):
    """The tracebacks of cells, looked up when they are asked for."""

    def __init__(self, records: CellRecords) -> None:
        self._records = records

    def __getitem__(self, number: int) -> str:
        return self._records._errors()[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._records._errors())

    def __len__(self) -> int:
        return len(self._records._errors())


class _Held:
    """A lock that is held for a block, where it can be had."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._has = False

    def __enter__(self) -> None:
        self._has = self._lock.acquire(timeout=_PATIENCE)

    def __exit__(self, *_: object) -> None:
        if self._has:
            self._lock.release()


def _asks(source: str) -> bool:
    """Whether a cell is a ``%%chat`` cell, whose answer the conversation has."""
    if "%%chat" not in source:
        return False
    from ..store import is_chat_cell

    return is_chat_cell(source)
