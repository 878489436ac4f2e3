"""Functions as tools."""

from ..progress import Progress
from .function_tool import FunctionTool, function_tool
from .marks import Marks, marks_of, tool
from .sources import CurrentFunction, NamedTools

__all__ = [
    "CurrentFunction",
    "FunctionTool",
    "Marks",
    "NamedTools",
    "Progress",
    "function_tool",
    "marks_of",
    "tool",
]
