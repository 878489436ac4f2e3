"""Tools that change the notebook's cells, and that run code in its kernel; each on a yes."""

from .cell_notes import CellNotes
from .cell_tools import edit_tools
from .desk import Asking, CodeOutcome, CodeRunner, Desk, Screen, ScreenCell, Side
from .run_tool import RunCode, run_tools

__all__ = [
    "Asking",
    "CellNotes",
    "CodeOutcome",
    "CodeRunner",
    "Desk",
    "RunCode",
    "Screen",
    "ScreenCell",
    "Side",
    "edit_tools",
    "run_tools",
]
