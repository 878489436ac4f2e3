"""A notebook in a front end that a test plays, and its user, who runs cells, deletes them, restarts kernels."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
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
        self.sources: dict[str, str] = {}
        self.markdown: set[str] = set()
        self.sent: list[str] = []
        self.news: list[str] = []
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

    def run(self, cell: str | None, deleted: Sequence[str] = (), source: str = "") -> None:
        """Has a cell run from now on."""
        execution = str(next(self._executions))
        self.parent = {
            "header": {"msg_id": execution},
            "metadata": {"cellId": cell, "deletedCells": list(deleted)} if cell is not None else {},
        }
        self.session.before_cell(source)

    def compute(self, cell: str, source: str = "x = 1", *, fails: bool = False) -> None:
        """Runs a cell to its end that does not ask."""
        self.run(cell, source=source)
        self.session.after_cell(source, not fails)
        self.sources[cell] = source
        self.cells[cell] = []

    def ask(
        self, cell: str | None, prompt: str, name: str = "default", deleted: Sequence[str] = ()
    ) -> list[str]:
        """Asks in a cell as ``%%chat -c`` does; gives the prompts of the conversation."""
        source = f"%%chat -c {name}\n{prompt}"
        self.run(cell, deleted, source)
        conversation, next_cell = self.session.shared(name)
        id = next_cell()
        self.news = self.session.take_news(conversation)
        turn = say(conversation, prompt, cell=id)
        self.session.keep_only_in(conversation, id)
        self.session.after_cell(source, True)
        self.sent = prompts(conversation)[: conversation.turns.index(turn) + 1]
        if cell is not None:
            output = nbformat.v4.new_output("display_data", metadata=stored_with(conversation, turn))
            self.cells[cell] = [output]
            self.sources[cell] = source
        return prompts(conversation)

    def save(self, *order: str, ids: Mapping[str, str | None] | None = None) -> None:
        """Saves the notebook.

        Args:
            order: Its cells, where it has not all of those that ran, in their order.
            ids: What the file calls them, where the front end has names of its own; ``None`` for no id.
        """
        cells = []
        for name in order or self.cells:
            new = nbformat.v4.new_code_cell(
                self.sources.get(name, ""),
                id=name if ids is None else ids[name] or "none",
                outputs=self.cells.get(name, []),
            )
            if name in self.markdown:
                new = nbformat.v4.new_markdown_cell(self.sources.get(name, ""), id=name)
            cells.append(new)
        old = ids is not None and None in ids.values()
        for cell in cells if old else ():
            del cell["id"]
        notebook = nbformat.v4.new_notebook(cells=cells, nbformat_minor=4 if old else 5)
        self.path.write_text(nbformat.writes(notebook), encoding="utf-8")
