"""Exchanges that were coming when their process ended."""

from __future__ import annotations

import sqlite3
import time

from ..database import is_dead, owner

_EVERY_SECONDS = 5.0


def mark_lost(connection: sqlite3.Connection) -> int:
    """Marks those exchanges as lost that are open, and whose process is gone. What had come of them stays.

    Args:
        connection: The connection, in a transaction.

    Returns:
        How many there were.
    """
    others = "SELECT id, owner, touched FROM exchanges WHERE status = 'open' AND owner <> ?"
    gone = [(id,) for id, named, touched in connection.execute(others, (owner(),)) if is_dead(named, touched)]
    connection.executemany(
        "UPDATE exchanges SET status = 'lost', ended = touched, reserved_tokens = NULL, reserved_cost = NULL"
        " WHERE id = ? AND status = 'open'",
        gone,
    )
    return len(gone)


class Look:
    """Looks for lost exchanges now and then, and not with each that is opened."""

    def __init__(self) -> None:
        self._looked = float("-inf")

    @property
    def due(self) -> bool:
        """Whether it is time to look."""
        return time.monotonic() - self._looked >= _EVERY_SECONDS

    def mark(self, connection: sqlite3.Connection) -> None:
        """Looks, and marks those that there are.

        Args:
            connection: The connection, in a transaction.
        """
        self._looked = time.monotonic()
        mark_lost(connection)
