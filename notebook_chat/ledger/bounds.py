"""How long, and how much, the ledger keeps: answers go first, accounts stay much longer."""

from __future__ import annotations

import sqlite3
import time

import msgspec

from . import forgetting

_FACTOR = 10  # accounts stay as many times as long as what was asked and answered
_STEP = 50  # exchanges in one transaction, which others wait for
_STEP_ACCOUNTS = 500
_MEGABYTE = 1_000_000
_LARGE = 16 * _MEGABYTE  # bytes that a file may hold for nothing


class Bounds(msgspec.Struct, frozen=True):
    """What the ledger keeps at most.

    Attributes:
        days: For how many days what was asked and answered is kept; the accounts stay for ten times as long.
        megabytes: How large its file may be. The oldest contents go first; where that is not enough, the oldest
            accounts.
    """

    days: float = 365
    megabytes: float = 500


def trim(connection: sqlite3.Connection, bounds: Bounds) -> bool:
    """Takes some of what is beyond the bounds out.

    Args:
        connection: The connection, in a transaction.
        bounds: What is kept.

    Returns:
        Whether there may be more of it.
    """
    old = time.time() - bounds.days * 86_400
    aged = _oldest(connection, "size > 0 AND at < ?", _STEP, old)
    if not aged and (excess := _excess(connection, bounds)) > 0:
        aged = _enough(connection, excess)
        if not aged:
            gone = _oldest(connection, "1", _STEP_ACCOUNTS)
            forgetting.forget_some(connection, gone)
            return bool(gone)
    if aged:
        forgetting.empty_some(connection, aged)
        return True
    ancient = time.time() - _FACTOR * bounds.days * 86_400
    gone = _oldest(connection, "at < ?", _STEP_ACCOUNTS, ancient)
    forgetting.forget_some(connection, gone)
    return bool(gone)


def is_hollow(connection: sqlite3.Connection) -> bool:
    """Whether more than half of the file is free, and that is much.

    Args:
        connection: The connection.
    """
    size, pages, free = _pages(connection)
    return free * 2 > pages and free * size > _LARGE


def _excess(connection: sqlite3.Connection, bounds: Bounds) -> float:
    """By how many bytes what is in the file is more than it may be."""
    size, pages, free = _pages(connection)
    return (pages - free) * size - bounds.megabytes * _MEGABYTE


def _enough(connection: sqlite3.Connection, excess: float) -> list[str]:
    """Those of the oldest exchanges with contents that make up so many bytes, or as many as are done at once."""
    found, sum = list[str](), 0
    rows = connection.execute(
        f"SELECT id, size FROM exchanges WHERE size > 0 AND status <> 'open' ORDER BY at LIMIT {_STEP}"
    )
    for id, size in rows:
        if sum >= excess:
            break
        found.append(id)
        sum += size
    return found


def _oldest(connection: sqlite3.Connection, condition: str, most: int, *values: float) -> list[str]:
    """The ids of the oldest exchanges that a condition holds for; none that is still coming."""
    rows = connection.execute(
        f"SELECT id FROM exchanges WHERE {condition} AND status <> 'open' ORDER BY at LIMIT {most}", values
    )
    return [id for (id,) in rows]


def _pages(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """How large a page of the file is, how many there are, and how many of them are free."""
    size, pages, free = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_size", "page_count", "freelist_count")
    )
    return size, pages, free
