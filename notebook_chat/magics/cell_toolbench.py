"""The tools that change the notebook's cells and run code in its kernel, as they are made for a shell."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..session import NotebookSession
from .inserted_cells import InsertedCells

# Loaded with the first such tool: loading the extension is to cost little.
if TYPE_CHECKING:
    from ..tools import Given
    from ..tools.editing import CellNotes
    from .cell_desk import CellDesk
    from .code_runs import CodeRuns


class CellToolbench:
    """Makes the tools of ``-T edit`` and ``-T run``, and keeps what they have in common from one question to the next.

    Args:
        session: The notebook's.
        shell: IPython's shell.
        inserted: What puts code into new cells.
    """

    def __init__(self, session: NotebookSession, shell: Any, inserted: InsertedCells) -> None:
        self._session = session
        self._shell = shell
        self._inserted = inserted
        self._cells = 0

    @property
    def edit(self) -> Given:
        """The tools that change cells."""
        from ..tools.editing import edit_tools

        return edit_tools(self._desk, self._notes)

    @property
    def run(self) -> Given:
        """The tools that run code."""
        from ..tools.editing import run_tools

        return run_tools(self._runs)

    def refuse_chat(self) -> None:
        """To be called where a magic asks a model.

        Raises:
            InvalidOptionError: The magic is in code that is run for a model.
        """
        if "_runs" in vars(self):
            self._runs.refuse_chat()

    def note_begin(self, info: object) -> bool:
        """Notes that a cell begins; whether it is one of the user's.

        Args:
            info: What IPython tells of it; ``None`` in the middle of the one that loads the extension.
        """
        if self._is_running:
            return False
        self._cells += info is not None
        return True

    def note_end(self) -> bool:
        """Notes that a cell has ended; whether it is one of the user's."""
        if self._is_running:
            return False
        self._cells = max(self._cells - 1, 0)
        return True

    @property
    def _is_running(self) -> bool:
        """Whether code runs for a model now."""
        return "_runs" in vars(self) and self._runs.running

    @cached_property
    def _desk(self) -> CellDesk:
        from .cell_desk import CellDesk

        return CellDesk(self._session, self._shell, self._inserted)

    @cached_property
    def _notes(self) -> CellNotes:
        from ..tools.editing import CellNotes

        return CellNotes()

    @cached_property
    def _runs(self) -> CodeRuns:
        from .code_runs import CodeRuns

        return CodeRuns(self._shell, self._session.cells, lambda: self._cells > 0)
