"""What the notebook holds, as parts of a prompt: its values, its cells, its files."""

from .cells import cells_extra, no_cells
from .describing import describe
from .description import DEFAULT_TOKENS, Description
from .extra import Extra, joined
from .filling import Filled, fill
from .registry import register

__all__ = [
    "DEFAULT_TOKENS",
    "Description",
    "Extra",
    "Filled",
    "cells_extra",
    "describe",
    "fill",
    "joined",
    "no_cells",
    "register",
]
