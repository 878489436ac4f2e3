"""The names of cells, as turns have them: a front end's own, and which of several turns of the cell it is."""

from __future__ import annotations

import re

_NUMBERED = re.compile(r"(.+)#(\d+)", re.DOTALL)


def base_of(cell: str) -> str:
    """The name of the cell itself: ``id`` for ``id#2``, which is the second turn of a cell."""
    numbered = _NUMBERED.fullmatch(cell)
    return numbered[1] if numbered else cell


def number_of(cell: str) -> int:
    """Which of its cell's turns it is, counted from 1."""
    numbered = _NUMBERED.fullmatch(cell)
    return int(numbered[2]) if numbered else 1


def numbered(base: str, number: int) -> str:
    """The name of a cell's turn of a number, counted from 1."""
    return base if number == 1 else f"{base}#{number}"


def is_lasting(cell: str) -> bool:
    """Whether a name means the same cell tomorrow. VS Code's (``vscode-notebook-cell:/path#W0…``) tells where
    the cell stood when the notebook was opened, and is given to another one the next time."""
    return ":" not in cell
