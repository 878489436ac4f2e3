"""What a file holds, as far as it was read: all of it, or its beginning and its end."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass

from ... import files
from ...images import media_type
from . import media

LARGEST = 8 * 1024 * 1024
"""How large a file may be that is read as a whole, in bytes. Of a larger one the beginning and the end are read."""

LARGEST_NOTEBOOK = 32 * 1024 * 1024
"""The same of a notebook and an image, of which parts are worth nothing."""

ENDS = 1024 * 1024
"""How much of the beginning, and of the end, of a larger file is read, in bytes."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds.

    Attributes:
        name: What the user calls the file, in one line.
        head: Its bytes; of a larger file the first of them.
        tail: Of a larger file, the last bytes; ``None`` where ``head`` is all.
        size: How many bytes there are in all.
        media_type: What a server calls it, such as ``text/html``; empty where it did not come from one.
        charset: The encoding that a server tells; empty where none was told.
        fetched: Whether it came from a server.
    """

    name: str
    head: bytes
    tail: bytes | None = None
    size: int = 0
    media_type: str = ""
    charset: str = ""
    fetched: bool = False

    @property
    def suffix(self) -> str:
        """How its name ends, such as ``.csv``, in lower case."""
        name = self.name.partition("?")[0] if self.fetched else self.name
        return os.path.splitext(name)[1].lower()  # noqa: PTH122  a name, also one with the slashes of Windows

    @property
    def whole(self) -> bool:
        """Whether all of it was read."""
        return self.tail is None


def _largest(name: str, head: bytes) -> int:
    if media.may_be(head):
        return media.LARGEST
    whole = name.lower().endswith(".ipynb") or media_type(head) is not None
    return LARGEST_NOTEBOOK if whole else LARGEST


def of_bytes(name: str, data: bytes) -> Content:
    """The content of a file that is in memory."""
    if len(data) <= _largest(name, data[:16]):
        return Content(name, data, size=len(data))
    return Content(name, data[:ENDS], data[-ENDS:], len(data))


def of_path(name: str, path: str) -> Content:
    """The content of a file on the disk, which need not be read to its end.

    Raises:
        OSError: It cannot be read, or is no regular file; ``strerror`` says why, in words.
    """
    with files.open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        first = _read(file, 16)
        largest = _largest(name, first)
        if size <= largest:
            # It may grow meanwhile, and some files tell no size.
            data = first + _read(file, largest + 1)
            return Content(name, data[:largest], None if len(data) <= largest else b"", len(data))
        head = first + _read(file, ENDS - len(first))
        file.seek(-ENDS, io.SEEK_END)
        return Content(name, head, _read(file, ENDS), size)


def _read(file: io.FileIO, limit: int) -> bytes:
    pieces = []
    while limit > 0 and (piece := os.read(file.fileno(), min(limit, ENDS))):
        pieces.append(piece)
        limit -= len(piece)
    return b"".join(pieces)
