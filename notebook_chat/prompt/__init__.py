"""What the notebook holds, as parts of a prompt: its values, its cells, its files."""

from .describing import describe
from .description import DEFAULT_TOKENS, Description
from .extra import Extra, joined
from .filling import Filled, fill
from .templates import LoadedPrompt, load

__all__ = [
    "DEFAULT_TOKENS",
    "Description",
    "Extra",
    "Filled",
    "LoadedPrompt",
    "describe",
    "fill",
    "joined",
    "load",
]
