"""What a model calls a cell: by its run, by its id, or by its id and the text that it has read.

A name with a text's version is what makes it safe to change a cell: it says which text the change was made for, in
whatever turn or kernel that was read.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from ...session import KnownCells
from ...text import single_line
from ..tool import ArgumentsError

_BY_RUN = re.compile(r"(?:In|Out)?[ ]?\[[ ]?([0-9]{1,9})[ ]?\]", re.IGNORECASE)
_VERSIONED = re.compile(r"(.{1,200})~([0-9a-f]{6})", re.DOTALL)
_LONGEST = 220
_READ = "cells_to_edit tells the cells"


@dataclass(frozen=True, slots=True)
class NamedCell:
    """The cell that a name means, with the text that it had for whoever named it.

    Attributes:
        name: The name.
        id: Its id; ``None`` where only its text is known.
        source: Its text; ``None`` where only its version is known, or nothing.
        version: The version of its text; empty where that is not known.
    """

    name: str
    id: str | None
    source: str | None
    version: str

    @property
    def shown(self) -> str:
        """The name, as the user may see it."""
        return self.name if _BY_RUN.fullmatch(self.name) else f"cell {single_line(self.id or '')[:40]}"


def version_of(source: str) -> str:
    """What tells a text from others."""
    return hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()[:6]


def name_of(id: str, source: str) -> str:
    """The name of a cell for whoever has read its text.

    Args:
        id: Its id.
        source: Its text.
    """
    return f"{id}~{version_of(source)}"


def named_cell(name: str, known: KnownCells, earlier: KnownCells | None = None) -> NamedCell:
    """The cell that a name means.

    Args:
        name: The name, as a model has written it.
        known: What is known of the cells now: a run's number means what ran then.
        earlier: What was known when the model was asked: an id alone means the text of then. The same as now unless
            given.

    Raises:
        ArgumentsError: It means none.
    """
    name = name.strip()
    if not name or len(name) > _LONGEST:
        raise ArgumentsError(f"no cell is called that: {_READ}")
    if (found := _BY_RUN.fullmatch(name)) is not None:
        number = int(found[1])
        ran = known.ran_as(number)
        if ran is None:
            raise ArgumentsError(f"no cell that is known has run as In[{number}]: {_READ}")
        return NamedCell(f"In[{number}]", ran.id, ran.source, version_of(ran.source))
    if (found := _VERSIONED.fullmatch(name)) is not None:
        return NamedCell(name, found[1], None, found[2])
    source = (earlier or known).source(name)
    return NamedCell(name, name, source, version_of(source) if source is not None else "")
