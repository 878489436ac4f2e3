"""Cells of the notebook that a cell has inserted: finding them, and giving them another text while it runs."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from typing import Any

import msgspec
from anywidget import AnyWidget
from traitlets import Unicode

from .control import ControlEndpoint
from .front import CELL_EDITOR


class FoundCell(msgspec.Struct, frozen=True):
    """A code cell that has the mark.

    Attributes:
        id: Its id in the notebook.
        source: Its text.
        waits: Whether it runs or waits to run, as in Run All: what it runs is what it said when it was queued.
    """

    id: str
    source: str
    waits: bool


class _Told(msgspec.Struct, frozen=True):
    found: list[FoundCell] | None = None
    replaced: bool | None = None


class CellEditor(AnyWidget):
    """Looks for cells in the notebook on the screen. A kernel can put a cell below the one that runs, and change no
    other: it takes the front end, which answers by the control channel, since the cell is running.

    It has no view, and is of no use after ``close``.

    Args:
        mark: What the cells have in their text.
        asking: The id of the cell that runs, by which the notebook is recognized.
    """

    _esm = CELL_EDITOR
    _address = Unicode("").tag(sync=True)
    _mark = Unicode("").tag(sync=True)
    _asking = Unicode("").tag(sync=True)

    def __init__(self, mark: str, asking: str) -> None:
        self._heard: queue.SimpleQueue[_Told] = queue.SimpleQueue()
        self._endpoint = ControlEndpoint(self._hear)
        super().__init__(_address=self._endpoint.address, _mark=mark, _asking=asking)

    def found(self, seconds: float) -> list[FoundCell] | None:
        """The cells that have the mark, in the notebook's order.

        Args:
            seconds: How long to wait for the front end.

        Returns:
            ``None`` where no front end says anything: it has no widgets, or no notebook that can be changed so.
        """
        if not self._endpoint.address:
            return None
        told = self._await(lambda told: told.found is not None, seconds)
        return told.found if told is not None else None

    def replace(self, cell: FoundCell, source: str, seconds: float) -> bool:
        """Gives a cell another text.

        Args:
            cell: The cell, as it was found.
            source: Its text from now on.
            seconds: How long to wait for the front end.

        Returns:
            Whether it has it; not so where somebody has edited the cell meanwhile.
        """
        self.send({"cell": cell.id, "before": cell.source, "source": source})
        told = self._await(lambda told: told.replaced is not None, seconds)
        return told is not None and bool(told.replaced)

    def close(self) -> None:
        """Takes it out of the front end again."""
        self._endpoint.close()
        super().close()
        self.layout.close()  # a widget beside it, which nothing else closes

    def _hear(self, content: Any, _: Any) -> None:
        try:
            self._heard.put(msgspec.convert(content, _Told))
        except (msgspec.ValidationError, RecursionError, ValueError):
            return  # what comes from a browser may be anything

    def _await(self, is_it: Callable[[_Told], bool], seconds: float) -> _Told | None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                told = self._heard.get(timeout=left)
            except queue.Empty:
                return None
            if is_it(told):
                return told
        return None
