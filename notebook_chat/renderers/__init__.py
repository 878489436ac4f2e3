"""What the reader sees of an answer: one renderer for each place, all fed by the same events."""

from .base import Interrupted, Renderer, Silent, play
from .columns import ColumnsRenderer
from .data import DataRenderer, DataTerminalRenderer
from .display import DisplayRenderer
from .formats import SilentRenderer, SilentTerminalRenderer, TextRenderer
from .sections import SectionsRenderer
from .terminal import TerminalRenderer

__all__ = [
    "ColumnsRenderer",
    "DataRenderer",
    "DataTerminalRenderer",
    "DisplayRenderer",
    "Interrupted",
    "Renderer",
    "SectionsRenderer",
    "Silent",
    "SilentRenderer",
    "SilentTerminalRenderer",
    "TerminalRenderer",
    "TextRenderer",
    "play",
]
