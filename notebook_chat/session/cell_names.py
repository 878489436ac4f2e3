"""The names that the cells of a kernel go by."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..conversation import Turn
    from ..store import NotebookFile

_NOWHERE: Mapping[str, int] = MappingProxyType({})


class CellNames:
    """Finds the name that a cell has in its turns.

    That is what the front end calls it where the saved notebook has that id (JupyterLab, Notebook). Elsewhere
    (VS Code, whose names are positions; notebooks without ids; texts) it is the name of the saved cell with
    the same source, and once it was found a cell keeps it, whatever it says later.

    Attributes:
        order: Where the cells stand in the saved notebook, by their names.
    """

    def __init__(self) -> None:
        self.order = _NOWHERE
        self._file: NotebookFile | None = None
        self._names: list[str | None] = []
        self._found: dict[str, str] = {}
        self._sources: dict[str, str] = {}

    def read(self, file: NotebookFile, turns: Sequence[Turn]) -> None:
        """Takes in what the saved notebook tells.

        Args:
            file: The notebook.
            turns: The turns of all its conversations.
        """
        from .recognition import names_of

        self._file = file
        self._names = names_of(file, turns, self._sources)
        self._set_order()

    def name(self, cell: str, source: str) -> str:
        """The name of a cell that runs.

        Args:
            cell: What the front end calls it.
            source: What it runs; ``""`` where that is not known.
        """
        name = self._name(cell, source.strip())
        self._found[cell] = name
        if source.strip():
            self._sources[name] = source.strip()
        return name

    def known(self, cell: str) -> str:
        """The name of a cell as far as it was found already.

        Args:
            cell: What the front end calls it.
        """
        return self._found.get(cell, cell)

    def rename(self, cell: str, name: str) -> None:
        """Notes that a cell has turned out to be one of the saved notebook.

        Args:
            cell: What the front end calls it.
            name: Its name there.
        """
        self._found[cell] = name
        if cell in self._sources:
            self._sources[name] = self._sources.pop(cell)

    def reopened(self) -> None:
        """Notes that the front end gives its names anew, because the notebook was opened once more."""
        self._found.clear()

    def _name(self, cell: str, source: str) -> str:
        known = self._found.get(cell, cell)
        file = self._file
        if file is None or cell in file.cell_ids or (file.cell_ids and ":" not in cell):
            return known
        places = [
            place for place, saved in enumerate(file.cells) if source and saved.source.strip() == source
        ]
        if not places or known in (self._names[place] for place in places):
            return known
        if cell in self._found:
            if ":" not in cell or known not in self._names or len(places) > 1:
                return known  # it asked before, and says now what another cell says
            self.reopened()  # another cell had this name before
        held = {name for other, name in self._found.items() if _document(other) == _document(cell)}
        free = [place for place in places if self._names[place] not in held]
        if not free:
            return known  # a new cell, which says what another one says
        place = free[0]
        name = self._names[place]
        if name is None:
            # What the front end calls it may have been another cell's name, before the file was opened anew.
            name = known if known not in self._names else f"cell-{uuid.uuid4().hex}"
            self._names[place] = name
            self._set_order()
        return name

    def _set_order(self) -> None:
        self.order = {name: place for place, name in enumerate(self._names) if name is not None}


def _document(cell: str) -> str:
    """The part of a passing name that tells which notebook it is of."""
    return cell.partition("#")[0] if ":" in cell else ""
