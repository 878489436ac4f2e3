"""The chain of the requests that left: each has a hash of itself and of the one before, so that a gap shows."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

FIXED = (
    *("number", "exchange", "at", "method", "url", "size", "body", "model"),
    *("notebook", "conversation", "turn", "cell"),
)
"""The columns of ``requests`` that a link is made of; the others may change."""

FORGOTTEN = "forgotten"
"""The method of a row that was forgotten: it keeps its number, its time and its place in the chain, and nothing
else."""


def link(before: str, values: Sequence[Any]) -> str:
    """The chain up to a request: 64 hexadecimal digits.

    Args:
        before: The chain up to the request before; empty for the first one.
        values: The request's values, as ``FIXED`` names them.
    """
    return hashlib.sha256(msgspec.json.encode([before, *values])).hexdigest()


def append(connection: sqlite3.Connection, values: Sequence[Any]) -> int:
    """Adds a request to the end of the chain, in the transaction that is open, which is that of the only writer.

    Args:
        connection: The connection.
        values: The request's values, as ``FIXED`` names them, without the number.

    Returns:
        Its number.
    """
    found = connection.execute("SELECT number, chain FROM requests ORDER BY number DESC LIMIT 1").fetchone()
    last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'requests'").fetchone()
    number = max(found[0] if found else 0, last[0] if last else 0) + 1
    chained = link(found[1] if found else "", (number, *values))
    names = ", ".join((*FIXED, "chain"))
    marks = ", ".join("?" * (len(FIXED) + 1))
    connection.execute(f"INSERT INTO requests ({names}) VALUES ({marks})", (number, *values, chained))
    return number
