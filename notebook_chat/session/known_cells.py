"""What the kernel knows of the notebook's cells: what ran, and what was saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .cell_records import Run
from .saved_notebook import Snapshot


class KnownCell(NamedTuple):
    """A cell.

    Attributes:
        id: What the front end calls it; ``None`` where it does not tell.
        source: Its text.
    """

    id: str | None
    source: str


class KnownCells:
    """The cells as they ran and as they were saved, at one moment. What stands on the screen may be another thing.

    Args:
        runs: The cells that have run, in the order in which they ran.
        snapshot: The notebook as it was saved.
    """

    def __init__(self, runs: Sequence[Run], snapshot: Snapshot) -> None:
        self._runs = runs
        self._snapshot = snapshot

    def ran_as(self, number: int) -> KnownCell | None:
        """The cell that ran as ``In[number]``, with what it ran then.

        Args:
            number: Its number.
        """
        for run in reversed(self._runs):
            if run.record.number == number:
                return KnownCell(run.record.cell, run.record.source)
        return None

    def source(self, cell: str) -> str | None:
        """What a cell ran last; of one that has not run, what was saved; ``None`` where neither is known.

        Args:
            cell: What the front end calls it.
        """
        for run in reversed(self._runs):
            if run.record.cell == cell:
                return run.record.source
        file = self._snapshot.file
        saved = (one.source for one in file.cells if one.id == cell) if file is not None else ()
        return next(iter(saved), None)

    @property
    def ids(self) -> list[str]:
        """What the front end calls those that have run, the newest first."""
        found = (run.record.cell for run in reversed(self._runs))
        return list(dict.fromkeys(cell for cell in found if cell is not None))
