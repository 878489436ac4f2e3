"""The cells of the notebook on the screen: reading them, changing one, putting a new one between them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from itertools import accumulate
from typing import Any

import msgspec
from anywidget import AnyWidget
from traitlets import List, Unicode

from ..tools.editing import ScreenCell, Side
from .control import ControlEndpoint
from .front import NOTEBOOK_EDITOR

FIRST_SECONDS = 5.0
"""How long a front end is waited for that may be none that answers."""

ORDER_SECONDS = 20.0
"""How long one is waited for that has answered before: a tab in the background takes its time."""


_MOST_LINES = 2000  # that are compared one by one


class _Told(msgspec.Struct, frozen=True):
    view: str | None = None
    cells: list[ScreenCell] = []
    order: int = 0
    cell: str | None = None


class NotebookEditor(AnyWidget):
    """Reads and changes the notebook on the screen, by a script in its front end that answers by the control channel,
    since a cell may be running. The script changes the document that all views share, and a cell only while it says
    what it is expected to say; that it looks and changes is one step.

    It has no view, belongs to the loop that runs where it is made, and is of no use after ``close``.

    Args:
        asking: The id of the cell that runs, by which the notebook is recognized; ``""`` where none does.
        known: Ids of cells of the notebook, by which it is recognized then.

    Attributes:
        cells: The cells, in the notebook's order, as they were when ``begin`` has given them.
    """

    _esm = NOTEBOOK_EDITOR
    _address = Unicode("").tag(sync=True)
    _asking = Unicode("").tag(sync=True)
    _known = List(Unicode()).tag(sync=True)

    def __init__(self, asking: str, known: Sequence[str]) -> None:
        self.cells: Sequence[ScreenCell] = ()
        self._view: str | None = None
        self._orders = 0
        self._loop = asyncio.get_running_loop()
        self._heard: asyncio.Queue[_Told] = asyncio.Queue()
        self._endpoint = ControlEndpoint(self._hear)
        super().__init__(_address=self._endpoint.address, _asking=asking, _known=list(known))

    async def begin(self) -> bool:
        """Waits for the front end to tell the cells; whether it has. One that has no widgets, or no notebook that can
        be changed so, never does."""
        if not self._endpoint.address:
            return False
        told = await self._await(lambda told: told.view is not None, FIRST_SECONDS)
        if told is None:
            return False
        self._view, self.cells = told.view, tuple(told.cells)
        return True

    async def change(self, cell: ScreenCell, source: str) -> str | None:
        """Gives a cell another text.

        Args:
            cell: The cell, as it is in ``cells``.
            source: Its text from now on.

        Returns:
            Its id; ``None`` where it does not say any more what it said, is locked, or is gone.

        Raises:
            TimeoutError: The front end did not say what came of it.
        """
        before = cell.source or ""
        pieces = await asyncio.to_thread(_pieces, before, source)
        return await self._do(change={"cell": cell.id, "before": before, "source": source, "pieces": pieces})

    async def insert(self, source: str, kind: str, side: Side, cells: Sequence[str]) -> str | None:
        """Puts a new cell into the notebook.

        Args:
            source: What stands in it.
            kind: ``code`` or ``markdown``.
            side: Where: ``below`` or ``above`` one of the cells, ``here`` (below the cell that the user was last in),
                or at the ``end``.
            cells: The ids of the cells that it may stand beside: the first that is there counts.

        Returns:
            Its id; ``None`` where none of them is there.

        Raises:
            TimeoutError: The front end did not say what came of it.
        """
        return await self._do(insert={"cells": list(cells), "side": side, "kind": kind, "source": source})

    def close(self) -> None:
        """Takes it out of the front end again."""
        self._endpoint.close()
        super().close()
        self.layout.close()  # a widget beside it, which nothing else closes

    async def _do(self, **order: Any) -> str | None:
        self._orders += 1
        number = self._orders
        self.send({"view": self._view, "order": number, **order})
        told = await self._await(lambda told: told.order == number, ORDER_SECONDS)
        if told is None:
            raise TimeoutError
        return told.cell

    def _hear(self, content: Any, _: Any) -> None:
        try:
            told = msgspec.convert(content, _Told)
            self._loop.call_soon_threadsafe(self._heard.put_nowait, told)
        except (msgspec.ValidationError, RecursionError, ValueError, RuntimeError):
            return  # what comes from a browser may be anything, and the loop may be closed

    async def _await(self, is_it: Callable[[_Told], bool], seconds: float) -> _Told | None:
        try:
            async with asyncio.timeout(seconds):
                while True:
                    told = await self._heard.get()
                    if is_it(told):
                        return told
        except TimeoutError:
            return None


def _pieces(before: str, after: str) -> list[tuple[int, int, str]]:
    """The lines that differ, from the end to the beginning: which characters go, as browsers count them, and what
    comes in their place."""
    old, new = before.split("\n"), after.split("\n")
    if max(len(old), len(new)) > _MOST_LINES:
        return [(0, _length(before), after)]
    starts = [0, *accumulate(_length(line) + 1 for line in old)]
    pieces = []
    for kind, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        into = "".join(f"{line}\n" for line in new[start:end])
        begins, ends = starts[first], starts[last]
        if last == len(old):  # behind the last line stands no end of a line, but perhaps before it
            ends, into = ends - 1, into.removesuffix("\n")
            if first == last or not new[start:end]:
                begins, into = begins - 1, f"\n{into}" if new[start:end] else ""
        pieces.append((begins, ends, into))
    return pieces[::-1]


def _length(text: str) -> int:
    """How long a text is for a browser."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
