"""What a session must be told by the front end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ..text import TEXT_NOTEBOOKS


class FrontEnd(Protocol):
    """What the front end tells of itself: the facts that a ``NotebookSession`` is made from.

    IPython's shell is one implementation, in the magics; a test writes its own.
    """

    @property
    def parent(self) -> Mapping[str, Any]:
        """The Jupyter message that runs the current cell, with ``header`` and ``metadata``; empty where there
        is none, as in a terminal."""

    @property
    def notebook(self) -> object:
        """The path of the notebook's file, as the front end gives it; ``None`` where it gives none."""


def notebook_path(front_end: FrontEnd) -> Path | None:
    """The notebook's file, or ``None`` where the front end gives no path that can be one."""
    told = front_end.notebook
    if not isinstance(told, str) or not told.lower().endswith((".ipynb", *TEXT_NOTEBOOKS)):
        return None
    try:
        return Path(told).resolve()
    except (OSError, ValueError):
        return None
