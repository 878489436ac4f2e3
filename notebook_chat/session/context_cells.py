"""Which cells go along with a prompt: those above the one that asks, or those that the user names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ..cell_record import CellOutput, CellRecord
from ..cell_selection import CellSelection
from ..conversation import is_lasting
from ..errors import InvalidOptionError
from ..store import is_chat_cell, saved_outputs
from .cell_records import Run

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ..store import NotebookFile
    from .saved_notebook import Snapshot

_OURS = re.compile(r"[ \t]*%(?:chat|load_ext|reload_ext|config[ \t]+ChatMagics)\b")


class Place(NamedTuple):
    """Where a cell stands: behind which cell of the saved notebook, and among those that are not saved yet in the
    order in which they ran."""

    saved: int
    unsaved: int = 0


@dataclass(frozen=True)
class Layout:
    """What is known of where the cells stand.

    Attributes:
        snapshot: The notebook as it was saved.
        asking: What the front end calls the cell that asks; ``None`` where none does, or it is not told.
        source: What the cell that asks runs.
        gone: What the front end calls the cells that it has named as deleted, each with the state of the file then.
        name: Gives the name in the saved notebook of what the front end calls a cell.
    """

    snapshot: Snapshot
    asking: str | None
    source: str
    gone: Mapping[str, object]
    name: Callable[[str], str]

    @property
    def file(self) -> NotebookFile | None:
        """The saved notebook; ``None`` where there is none that can be read."""
        return self.snapshot.file

    @cached_property
    def _places(self) -> dict[str, int]:
        cells = self.file.cells if self.file is not None else ()
        return {cell.id: place for place, cell in enumerate(cells) if cell.id is not None}

    @cached_property
    def _by_source(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for place, cell in enumerate(self.file.cells if self.file is not None else ()):
            if cell.code:
                found.setdefault(cell.source.strip(), []).append(place)
        return found

    @cached_property
    def _code(self) -> frozenset[str]:
        cells = self.file.cells if self.file is not None else ()
        return frozenset(cell.id for cell in cells if cell.code and cell.id is not None)

    def place(self, cell: str | None, source: str) -> int | None:
        """Where a cell stands in the saved notebook; ``None`` where it is not in it, or cannot be told."""
        if cell is not None:
            for name in (cell, self.name(cell)):
                if name in self._places:
                    return self._places[name]
            if is_lasting(cell) and self._places:
                return None  # it is not saved yet
        same = self._by_source.get(source.strip(), ())
        return same[0] if len(same) == 1 else None

    def is_there(self, run: Run, seen: Collection[str]) -> bool:
        """Whether the cell of a run is still in the notebook, and code, as far as that is known.

        Args:
            run: The run.
            seen: What the front end calls the cells that have run.
        """
        cell, file = run.record.cell, self.file
        if cell is None:
            return True
        if cell in self.gone and not (self.gone[cell] is not self.snapshot and cell in self._code):
            return False
        since = run.saved is not None and run.saved is not self.snapshot
        told = file is not None and not file.cell_ids.isdisjoint(seen)  # else the file has other names
        return not (since and told and is_lasting(cell) and self.name(cell) not in self._code)


def context_cells(selection: CellSelection, runs: Sequence[Run], layout: Layout) -> tuple[CellRecord, ...]:
    """The cells that go along with a prompt, in the order of the notebook as far as it is known.

    Args:
        selection: Which the user wants.
        runs: The cells that have run, in the order in which they ran.
        layout: What is known of where they stand.

    Raises:
        InvalidOptionError: Cells are chosen by numbers, and none of them can go along.
    """
    seen = {run.record.cell for run in runs if run.record.cell is not None}
    there = [run for run in runs if layout.is_there(run, seen) and not _is_asking(run.record, layout)]
    if selection.numbers:
        numbers = set(selection.chosen(runs[-1].record.number + 1 if runs else 1))
        named = [run for run in there if run.record.number in numbers]
        wanted = [run for run, _ in _in_order(_latest(named, layout), layout, None)]
        if not (found := _sources(wanted)):
            raise _nothing(selection, runs, numbers)
        return _whole(found, layout)
    asking = layout.place(layout.asking, layout.source) if layout.asking is not None else None
    above = _in_order(_latest(there, layout), layout, asking)
    kept = {id(run) for run, _ in _sources([run for run, _ in above])}
    above = [one for one in above if id(one[0]) in kept]
    chosen = above if selection.last is None else above[-selection.last :]
    first = chosen[0][1].saved if selection.last is not None and chosen else None
    records = _whole(_sources([run for run, _ in chosen]), layout)
    placed = [(place, record) for (_, place), record in zip(chosen, records, strict=True)]
    if chosen or selection.last is None:
        placed += _texts(layout, asking, first)
    return tuple(record for _, record in sorted(placed, key=lambda one: one[0]))


def _is_asking(record: CellRecord, layout: Layout) -> bool:
    """Whether a run is an earlier one of the cell that asks now."""
    if layout.asking is not None and record.cell is not None:
        return record.cell == layout.asking
    return bool(layout.source) and record.source == layout.source


def _latest(runs: Sequence[Run], layout: Layout) -> list[Run]:
    """The last run of each cell: by what the front end calls it, else by what it ran."""
    last: dict[str | tuple[str], Run] = {}
    for run in runs:
        source = run.record.source.strip()
        if run.record.cell is None:
            last.pop((source,), None)
            last[(source,)] = run
            continue
        before = last.get((source,))
        if before is not None and before.before:
            del last[(source,)]  # it ran before anybody told what the front end calls it
        last.pop(run.record.cell, None)
        last[run.record.cell] = run
    return list(last.values())


def _in_order(runs: Sequence[Run], layout: Layout, asking: int | None) -> list[tuple[Run, Place]]:
    """The runs of the cells that stand above a place, in the order of the notebook, each with its place. One that is
    not in the saved notebook stands behind the one that ran before it."""
    placed: list[tuple[Run, Place]] = []
    behind = -1
    for count, run in enumerate(runs, start=1):
        place = layout.place(run.record.cell, run.record.source)
        if place is None:
            placed.append((run, Place(behind, count)))
        elif asking is None or place < asking:
            behind = place
            placed.append((run, Place(place)))
    return sorted(placed, key=lambda one: one[1])


def _sources(runs: Sequence[Run]) -> list[tuple[Run, str]]:
    """The runs that say something of the analysis, each with what it says: none that asks, no lines for the chat."""
    found = []
    for run in runs:
        source = run.record.source
        if is_chat_cell(source):
            continue
        if "%" in source:
            source = "\n".join(line for line in source.split("\n") if not _OURS.match(line))
        if any(line.strip() and not line.lstrip().startswith("#") for line in source.split("\n")):
            found.append((run, source.strip("\n")))
    return found


def _whole(sources: Sequence[tuple[Run, str]], layout: Layout) -> tuple[CellRecord, ...]:
    """The cells with their outputs; of those that ran before outputs were told, as the saved notebook has them where
    it has what is known of them."""
    records = [replace(run.whole, source=source) for run, source in sources]
    early = {run.record.number: run.record.source for run, _ in sources if run.before}
    if early and layout.snapshot.path is not None and layout.snapshot.version is not None:
        saved = saved_outputs(layout.snapshot.path, early)
        for at, record in enumerate(records):
            outputs = saved.get(record.number)
            if outputs and record.number in early and _has_all(outputs, record.outputs):
                records[at] = replace(record, outputs=outputs)
    return tuple(records)


def _has_all(saved: Sequence[CellOutput], known: Sequence[CellOutput]) -> bool:
    """Whether outputs of a file are those of this kernel's run, as far as these are known."""
    for kind in ("stdout", "stderr", "result"):
        here = _words(known, kind)
        if here and here != _words(saved, kind):
            return False
    return any(one.kind == "error" for one in saved) >= any(one.kind == "error" for one in known)


def _words(outputs: Sequence[CellOutput], kind: str) -> list[str]:
    return [word for output in outputs if output.kind == kind for word in output.text.split()]


def _texts(layout: Layout, asking: int | None, first: int | None) -> list[tuple[Place, CellRecord]]:
    """The Markdown cells of the saved notebook above the one that asks.

    Args:
        layout: What is known of where the cells stand.
        asking: Where that one stands; ``None`` where that is not known.
        first: Where the first cell of code stands that goes along: texts count from those directly above it on;
            ``None`` for all texts.
    """
    cells = layout.file.cells if layout.file is not None else ()
    start = 0
    if first is not None:
        start = max(first, 0)
        while start > 0 and not cells[start - 1].code:
            start -= 1
    return [
        (Place(place), CellRecord(0, cell.source.strip("\n"), cell=cell.id, text=True))
        for place, cell in enumerate(cells[:asking])
        if place >= start and not cell.code and cell.source.strip()
    ]


def _nothing(selection: CellSelection, runs: Sequence[Run], numbers: Collection[int]) -> InvalidOptionError:
    """Why none of the cells that were chosen by numbers can go along."""
    named = [run for run in runs if run.record.number in numbers]
    if not named:
        last = f"the last one is In[{runs[-1].record.number}]" if runs else "none has run so far"
        return InvalidOptionError(f"no cell that is known has run as {selection.text}: {last}", hint="")
    if all(is_chat_cell(run.record.source) for run in named):
        why = "what it asks is in the conversation already"
    else:
        why = "its cell is not in the notebook any more, or there is nothing of the analysis in it"
    return InvalidOptionError(f"{selection.text} does not go along: {why}", hint="")
