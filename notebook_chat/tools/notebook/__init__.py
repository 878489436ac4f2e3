"""The notebook as tools: what a model may look at by itself. They are free, since they read what the user sees, change
nothing, and run nothing."""

from __future__ import annotations

from collections.abc import Sequence

from ..tool import Tell
from .cells import ReadCells, ReadLastError, SearchNotebook
from .documentation import ShowHelp
from .reading import Maker, ReadingTool
from .variables import ListColumns, ListVariables, LookAtVariable, ShowRows
from .view import NotebookView

__all__ = ["NotebookTools", "NotebookView"]

_TOOLS: tuple[Maker, ...] = (
    ListVariables,
    LookAtVariable,
    ListColumns,
    ShowRows,
    ReadCells,
    ReadLastError,
    SearchNotebook,
    ShowHelp,
)


class NotebookTools:
    """The tools that read a notebook. They are made anew for each question, since what they suggest are its variables.

    Args:
        view: The notebook.
    """

    def __init__(self, view: NotebookView) -> None:
        self._view = view

    @property
    def known(self) -> Sequence[ReadingTool]:
        """The tools."""
        return tuple(make(self._view) for make in _TOOLS)

    async def open(self, tell: Tell) -> Sequence[ReadingTool]:
        """The tools."""
        return self.known
