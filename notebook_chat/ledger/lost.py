"""Exchanges that were coming when their process ended."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from ..database import is_dead, is_of_values, owner
from .entries import Cost
from .spool import Left


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


def take_over(connection: sqlite3.Connection, left: Iterable[Left], cost: Cost | None) -> None:
    """Writes what processes have left that are gone. What cannot be written of it is left out.

    Args:
        connection: The connection, in a transaction.
        left: What they have left.
        cost: What a request costs; ``None`` where nobody knows.
    """
    for one in left:
        for entry in one.entries():
            connection.execute("SAVEPOINT entry")
            try:
                entry.write(connection, cost)
            except Exception as error:
                if not is_of_values(error):
                    raise
                connection.execute("ROLLBACK TO entry")
            connection.execute("RELEASE entry")
