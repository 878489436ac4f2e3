"""How the notebook of a conversation was last seen on this machine."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from .notebook_file import Cell, NotebookFile


class Sighting(msgspec.Struct, frozen=True):
    """What is remembered of a notebook's file: it tells the notebook from another one that is put in its place.

    Attributes:
        digest: What tells the file's bytes from all others.
        cells: The id of each cell, ``""`` where it had none, and a digest of its source, ``""`` where that was blank.
    """

    digest: str
    cells: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, file: NotebookFile) -> Sighting:
        """What is to be remembered of a file.

        Args:
            file: The notebook as it is now.
        """
        return cls(file.digest, tuple((cell.id or "", digest_of(cell)) for cell in file.cells))


def digest_of(cell: Cell) -> str:
    """What tells a cell's source from others; ``""`` for a blank one."""
    source = cell.source.strip()
    return hashlib.blake2b(source.encode("utf-8", "replace"), digest_size=8).hexdigest() if source else ""


def write(connection: sqlite3.Connection, conversations: Sequence[str], sighting: Sighting) -> None:
    """Notes how the notebook of conversations was seen. The table is made when it is first needed: a release that does
    not know it can do without. What cannot be noted is left out: it must not hold up the turns."""
    seen = msgspec.json.encode(sighting).decode()
    with suppress(sqlite3.Error):
        connection.execute(
            "CREATE TABLE IF NOT EXISTS sightings (conversation TEXT PRIMARY KEY, seen TEXT NOT NULL) WITHOUT ROWID"
        )
        connection.executemany(
            "INSERT OR REPLACE INTO sightings (conversation, seen) VALUES (?, ?)",
            [(conversation, seen) for conversation in conversations],
        )


def read(connection: sqlite3.Connection, conversation: str) -> Sighting | None:
    """How a conversation's notebook was last seen; ``None`` where that is not known."""
    query = "SELECT seen FROM sightings WHERE conversation = ?"
    try:
        row = connection.execute(query, (conversation,)).fetchone()
        return msgspec.json.decode(row[0], type=Sighting) if row is not None else None
    except (sqlite3.Error, msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return None  # nobody has noted anything yet, or what was noted is damaged


def remove(connection: sqlite3.Connection, conversation: str) -> None:
    """Forgets how a conversation's notebook was seen."""
    with suppress(sqlite3.Error):
        connection.execute("DELETE FROM sightings WHERE conversation = ?", (conversation,))
