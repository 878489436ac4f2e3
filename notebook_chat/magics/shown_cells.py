"""Cells as the user knows them: by the number that they ran with, or by how they begin."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import HistoryError
from .output import shorten

if TYPE_CHECKING:
    from ..session import NotebookSession

_LENGTH = 40
_MOST_FILES = 10


class CellNames:
    """Names cells by what is known of them.

    Args:
        session: The notebook's session.
    """

    def __init__(self, session: NotebookSession) -> None:
        self._notebook = str(session.notebook or "")
        self._numbers: dict[str, str] = {}
        self._texts: dict[str, Mapping[str, str]] = {}
        for run in session.records.runs:
            if run.record.cell and run.record.number and not run.before:
                self._numbers[run.record.cell] = run.record.name

    def name(self, cell: str | None, notebook: str, prompt: str) -> str:
        """What a cell is called: ``In[3]`` where it ran in this kernel, else its first words, else those of what it
        asked.

        Args:
            cell: The cell, as in ``Turn``; ``None`` where no cell asked.
            notebook: The notebook's file.
            prompt: What was asked; empty where that is not known.
        """
        if cell is not None:
            from ..conversation import base_of

            base = base_of(cell)
            if notebook in ("", self._notebook) and base in self._numbers:
                return self._numbers[base]
            prompt = self._first_words(notebook, base) or prompt
        return f"“{shorten(prompt, _LENGTH)}”" if prompt.strip() else ""

    def _first_words(self, notebook: str, cell: str) -> str:
        if not notebook:
            return ""
        if notebook not in self._texts and len(self._texts) < _MOST_FILES:
            self._texts[notebook] = _sources(notebook)
        return self._texts.get(notebook, {}).get(cell, "")


def _sources(notebook: str) -> dict[str, str]:
    """What the cells of a notebook's file ask, or else hold, by their ids."""
    from ..store import read_notebook

    with suppress(HistoryError, OSError, ValueError):
        cells = read_notebook(Path(notebook)).cells
        return {cell.id: cell.prompt or cell.source for cell in cells if cell.id is not None}
    return {}
