"""A notebook in a front end that a test plays, and its user, who runs cells, deletes them, restarts kernels."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat

from notebook_chat.session import NotebookSession, Resumed
from notebook_chat.store import stored_with

from ..store.turns import prompts, say


class Notebook:
    """What the front end tells is ``parent`` and ``notebook``.

    Args:
        path: Its file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parent: dict[str, Any] = {}
        self.resumed: list[Resumed] = []
        self.cells: dict[str, list[Any]] = {}
        self._executions = itertools.count()
        self.session = self.open()

    @property
    def notebook(self) -> object:
        """Its file, as a front end tells it."""
        return str(self.path)

    def open(self, path: Path | None = None, **options: Any) -> NotebookSession:
        """Starts a kernel, and with it a session."""
        if hasattr(self, "session"):
            self.session.close()
        self.path = path or self.path
        self.resumed = []
        self.session = NotebookSession(self, on_resume=self.resumed.append, **options)
        self.run("load")
        return self.session

    def run(self, cell: str | None, deleted: Sequence[str] = ()) -> None:
        """Has a cell run from now on."""
        execution = str(next(self._executions))
        self.parent = {
            "header": {"msg_id": execution},
            "metadata": {"cellId": cell, "deletedCells": list(deleted)},
        }
        self.session.before_cell()

    def ask(self, cell: str | None, prompt: str, name: str = "default") -> list[str]:
        """Asks in a cell as ``%%chat -c`` does; gives the prompts of the conversation."""
        self.run(cell)
        conversation, next_cell = self.session.shared(name)
        id = next_cell()
        turn = say(conversation, prompt, cell=id)
        self.session.keep_only_in(conversation, id)
        if cell is not None:
            output = nbformat.v4.new_output("display_data", metadata=stored_with(conversation, turn))
            self.cells[cell] = [output]
        return prompts(conversation)

    def save(self) -> None:
        """Saves the notebook."""
        cells = [nbformat.v4.new_code_cell("", id=cell, outputs=out) for cell, out in self.cells.items()]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), self.path)
