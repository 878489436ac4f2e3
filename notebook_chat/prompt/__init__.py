"""What the notebook holds, as parts of a prompt: its values, its cells, its files."""

from .cells import cells_extra, no_cells
from .extra import Extra, ahead_of, joined
from .filling import Filled, fill
from .templates import LoadedPrompt, load
from .values.describing import describe
from .values.description import DEFAULT_TOKENS, Description
from .values.registry import register

__all__ = [
    "DEFAULT_TOKENS",
    "Description",
    "Extra",
    "Filled",
    "LoadedPrompt",
    "ahead_of",
    "cells_extra",
    "describe",
    "fill",
    "joined",
    "load",
    "no_cells",
    "register",
]
