"""Which cell runs, and which cells are gone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .front_end import FrontEnd

MAY_ASK = re.compile(r"chat|ask|stream|reply", re.IGNORECASE)
"""What code holds that may ask without ``%%chat``."""


class CellIdentity:
    """Tells the cells apart that ask.

    A cell is known by what the front end sends: ``cellId`` (JupyterLab, Notebook, VS Code) or Colab's
    ``cell_id``. Where it sends none (nbclient, papermill, terminals) a turn has no cell. A cell that asks
    several times, in a loop, has a turn for each.

    Args:
        front_end: What tells of the cell that runs.
    """

    def __init__(self, front_end: FrontEnd) -> None:
        self._front_end = front_end
        self._execution: object = None
        self._count = 0

    @property
    def current(self) -> str | None:
        """The id of the cell that runs, or ``None`` where the front end sends none."""
        return _cell_of(self._front_end.parent)

    @property
    def deleted(self) -> list[str]:
        """The ids of the cells that the front end names as deleted. JupyterLab does so with each cell that was
        queued in one go, and names cells that were brought back since; so the one that runs may be named."""
        told = (self._front_end.parent.get("metadata") or {}).get("deletedCells")
        return [cell for cell in told if isinstance(cell, str)] if isinstance(told, list) else []

    @property
    def execution(self) -> object:
        """What tells this run of a cell from every other; ``None`` where the front end sends nothing."""
        return (self._front_end.parent.get("header") or {}).get("msg_id")

    @property
    def asked(self) -> int:
        """How often the cell that runs has asked in this run."""
        return self._count if self.execution == self._execution else 0

    def next(self) -> str | None:
        """The identity of one more turn of the cell that runs.

        Returns:
            The cell's id for its first turn, ``id#2`` for its second in the same execution, and so on;
            ``None`` where the front end sends no id.
        """
        parent = self._front_end.parent
        cell = _cell_of(parent)
        if cell is None:
            return None
        execution = self.execution
        self._count = self._count + 1 if execution == self._execution else 1
        self._execution = execution
        return cell if self._count == 1 else f"{cell}#{self._count}"


def _cell_of(parent: Mapping[str, Any]) -> str | None:
    metadata = parent.get("metadata") or {}
    colab = metadata.get("colab") or {}
    cell = metadata.get("cellId") or (colab.get("cell_id") if isinstance(colab, dict) else None)
    return cell if isinstance(cell, str) and cell else None
