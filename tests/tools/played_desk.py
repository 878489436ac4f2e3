"""A notebook on a screen that a test plays, for the tools that change cells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from notebook_chat.cell_record import CellRecord
from notebook_chat.session import KnownCells
from notebook_chat.session.cell_records import Run
from notebook_chat.session.saved_notebook import Snapshot
from notebook_chat.tools import Tool
from notebook_chat.tools.editing import Asking, CellNotes, Screen, ScreenCell, edit_tools


class PlayedDesk:
    """A notebook: cells on the screen, and what the kernel has run of them.

    Args:
        cells: The cells on the screen, by their ids.
        ran: What has run, as ids and sources, from ``In[1]`` on.
    """

    def __init__(self, cells: dict[str, str], ran: Sequence[tuple[str | None, str]] = ()) -> None:
        self.cells: list[ScreenCell] = [ScreenCell(id, "code", source) for id, source in cells.items()]
        self.ran = list(ran)
        self.asker = Asking("asks", "run-1")
        self.has_screen = True
        self.answers = True
        self.takes_next_input = True
        self.meanwhile: Callable[[], object] = lambda: None
        self.handed: list[str] = []
        self.shown: list[tuple[str, str, str]] = []
        self.opened = 0

    # --- what the tools use

    @property
    def known(self) -> KnownCells:
        runs = [Run(CellRecord(number, source, cell=id)) for number, (id, source) in enumerate(self.ran, 1)]
        return KnownCells(runs, Snapshot())

    async def asking(self) -> Asking:
        return self.asker

    @asynccontextmanager
    async def screen(self, asking: str | None) -> AsyncIterator[Screen | None]:
        self.opened += 1
        assert asking == self.asker.cell
        yield PlayedScreen(self) if self.has_screen else None

    async def hand_on(self, source: str) -> str:
        if not self.takes_next_input:
            return ""
        self.handed.append(source)
        return "The code is in the new cell below."

    async def show(self, head: str, before: str, source: str) -> bool:
        self.shown.append((head, before, source))
        return True

    def difference(self, before: str, after: str) -> str:
        return f"{before} -> {after}"

    # --- what a test does and looks at

    @property
    def texts(self) -> list[str]:
        """What the cells say, in order."""
        return [cell.source or "" for cell in self.cells]

    def put(self, id: str, **changes: Any) -> None:
        """Changes a cell, as somebody at the screen does."""
        self.cells = [msgspec.structs.replace(one, **changes) if one.id == id else one for one in self.cells]

    def tools(self, notes: CellNotes | None = None) -> dict[str, Tool]:
        """The tools of one question, by their names."""
        return {tool.name: tool for tool in edit_tools(self, notes or CellNotes()).known or ()}


class PlayedScreen:
    """The cells as they were when it was opened."""

    def __init__(self, desk: PlayedDesk) -> None:
        self._desk = desk
        self.cells = tuple(desk.cells)

    async def change(self, cell: ScreenCell, source: str) -> str | None:
        await self._order()
        there = next((one for one in self._desk.cells if one.id == cell.id), None)
        if there is None or there.source != cell.source or there.locked:
            return None
        self._desk.put(cell.id, source=source)
        return cell.id

    async def insert(self, source: str, kind: str, side: str, cells: Sequence[str]) -> str | None:
        await self._order()
        ids = [cell.id for cell in self._desk.cells]
        beside = next((id for id in cells if id in ids), None)
        if beside is None and side not in ("end", "here"):
            return None
        place = len(ids) if beside is None else ids.index(beside) + (side != "above")
        id = f"new-{len(ids)}"
        self._desk.cells.insert(place, ScreenCell(id, kind, source))
        return id

    async def _order(self) -> None:
        await asyncio.sleep(0)
        self._desk.meanwhile()
        if not self._desk.answers:
            raise TimeoutError
