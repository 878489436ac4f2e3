"""Answers as data: which shape is asked for, how each service is told of it, and the way from text to values.

``shape_of`` makes a ``Shape`` of whatever a user gives, ``adapt`` makes of its JSON schema one that a service takes,
and ``Adapted.back`` brings an answer to that schema into the form of the first one.
"""

from __future__ import annotations

from .adapting import Adapted, adapt
from .json_text import JSONError, parse, partial
from .parameters import parameters
from .shapes import Shape, shape_of
from .subsets import ANTHROPIC, FUNCTIONS, GEMINI, GROQ, JSON_MODE, LLAMA, LOOSE, OPENAI, SUBSETS, Subset
from .words import as_text, instruction

__all__ = [
    "ANTHROPIC",
    "FUNCTIONS",
    "GEMINI",
    "GROQ",
    "JSON_MODE",
    "LLAMA",
    "LOOSE",
    "OPENAI",
    "SUBSETS",
    "Adapted",
    "JSONError",
    "Shape",
    "Subset",
    "adapt",
    "as_text",
    "instruction",
    "parameters",
    "parse",
    "partial",
    "shape_of",
]
