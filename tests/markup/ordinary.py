"""Ordinary answers, and what a reader must see of each.

They are what models write every day, with what has come out wrong elsewhere: generics taken for tags, prices for
math, an answer that is a file's name for the file.
"""

from __future__ import annotations

from .ordinary_code import CODE, LINKS, MATH, TABLES
from .ordinary_kind import Ordinary
from .ordinary_text import LANGUAGES, LISTS, TEXT

__all__ = ["ORDINARY", "Ordinary"]

ORDINARY: list[Ordinary] = [*TEXT, *LANGUAGES, *LISTS, *CODE, *TABLES, *MATH, *LINKS]
