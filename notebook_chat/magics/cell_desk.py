"""The notebook of a shell, as far as its cells can be changed from the kernel."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, TypeVar

from ..runner import has_caller, in_caller
from ..session import KnownCells, NotebookSession
from ..tools.editing import Asking, Screen
from .difference import Line, as_text, difference, show_difference
from .inserted_cells import InsertedCells

T = TypeVar("T")

_MOST_KNOWN = 200
_MOST_SILENCES = 2
"""After how many times a front end that says nothing is asked no more."""


class CellDesk:
    """The cells of a notebook, on the screen of a front end that lets a kernel change them; where none does, new ones
    by what every front end takes, and else shown to be copied.

    Args:
        session: Knows which cell runs.
        shell: IPython's shell.
        inserted: What puts code into new cells.
    """

    def __init__(self, session: NotebookSession, shell: Any, inserted: InsertedCells) -> None:
        self._session = session
        self._shell = shell
        self._inserted = inserted
        self._silences = 0

    @property
    def known(self) -> KnownCells:
        """What the kernel knows of the cells now."""
        return self._session.known_cells

    async def asking(self) -> Asking:
        """Who asks."""
        cells = self._session.cells
        asking = await _in_shell(lambda: Asking(cells.current, cells.execution))
        return asking or Asking()

    @asynccontextmanager
    async def screen(self, asking: str | None) -> AsyncIterator[Screen | None]:
        """Opens the notebook on the screen; gives ``None`` where there is none that can be changed.

        Args:
            asking: The id of the cell that asks; ``None`` where none does.
        """
        known = [asking] if asking else self.known.ids[:_MOST_KNOWN]
        if not any(":" not in cell for cell in known) or self._silences >= _MOST_SILENCES:
            yield None  # VS Code's cells, which none but itself can change, or none with a name
            return
        try:
            module = await asyncio.to_thread(import_module, "..panel.notebook_editor", __package__)
        except ImportError:
            yield None
            return
        editor = module.NotebookEditor(asking or "", known)
        try:
            answers = await editor.begin()
            self._silences = 0 if answers else self._silences + 1
            yield editor if answers else None
        finally:
            editor.close()

    async def hand_on(self, source: str) -> str:
        """Has the front end make a new cell of some code below the one that asks, at its end.

        Returns:
            What became of it, in a line; empty where no cell asks.
        """
        return await _in_shell(lambda: self._inserted.put(source)) or ""

    async def show(self, head: str, before: str, source: str) -> bool:
        """Shows the user what a cell should say, to be copied; whether that can be done here.

        Args:
            head: The line above it.
            before: What the cell says; empty for a new one.
            source: What it should say.
        """

        def shown() -> bool:
            lines = (
                difference(before, source)
                if before
                else [Line(" ", ((line, False),)) for line in source.split("\n")]
            )
            show_difference(self._shell, lines, head, "")
            return True

        return await _in_shell(shown) or False

    def difference(self, before: str, after: str) -> str:
        """What changes from one text to another, line by line, with nothing invisible in it."""
        return as_text(difference(before, after))


async def _in_shell(call: Callable[[], T]) -> T | None:
    """Calls something in the shell's own thread, where that is the one that asks; ``None`` where it is not."""
    if has_caller():
        return await in_caller(lambda: call() if _is_main() else None)
    return call() if _is_main() else None


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()
