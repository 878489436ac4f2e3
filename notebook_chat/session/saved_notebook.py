"""The notebook's file, looked at whenever it was saved."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import HistoryError

if TYPE_CHECKING:
    from ..store import NotebookFile


class Version(NamedTuple):
    """What tells one state of a file from another, as the file system has it."""

    time: int
    size: int
    number: int


class Snapshot:
    """One state of the notebook's file. It is read when somebody asks for it.

    Args:
        path: The file; ``None`` where it is not known.
        version: Its state; ``None`` where there is no file.
    """

    def __init__(self, path: Path | None = None, version: Version | None = None) -> None:
        self.path = path
        self.version = version

    @cached_property
    def file(self) -> NotebookFile | None:
        """What the file tells; ``None`` where there is none that can be read: a cell must not fail for it."""
        if self.path is None or self.version is None:
            return None
        from ..store import read_notebook

        try:
            return read_notebook(self.path)
        except HistoryError:
            return None


def look(path: Path | None, last: Snapshot) -> Snapshot:
    """The state of a notebook's file now.

    Args:
        path: The file; ``None`` where it is not known.
        last: The state of before, which is given back when nothing was saved since.
    """
    version = None
    if path is not None:
        try:
            status = path.stat()
            version = Version(status.st_mtime_ns, status.st_size, status.st_ino)
        except (OSError, ValueError):
            pass
    return last if (path, version) == (last.path, last.version) else Snapshot(path, version)
