"""What the notebook holds, as parts of a prompt: its values, its cells, its files."""

from .describing import describe
from .description import DEFAULT_TOKENS, Description
from .extra import Extra, joined
from .filling import Filled, fill
from .registry import register

__all__ = ["DEFAULT_TOKENS", "Description", "Extra", "Filled", "describe", "fill", "joined", "register"]
