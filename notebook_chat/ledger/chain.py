"""The log of the requests that left, each chained to the one before by a hash, so that a gap or a change shows.

The hash of a row is that of the row before and of a digest of its own fields. Its status, which comes later, is sealed
beside it. A row that is forgotten leaves its digest and its hash; of neighbors that are forgotten the last one's hash
is enough. How many were forgotten, and when, is a row of the log itself, which tells them from rows that are gone. All
functions are to be called within a transaction.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..text import sendable

FORGET = "forget"
"""The method of a row that says how many others were forgotten."""

FORGOTTEN = "forgotten"
"""The method of a row that was forgotten."""

FIXED = (
    *("number", "exchange", "at", "method", "url", "size", "body", "model"),
    *("notebook", "conversation", "turn", "cell"),
)
"""The columns of ``requests`` that the chain is made of."""

_COLUMNS = ", ".join(FIXED)
_BLANK: tuple[Any, ...] = ("", 0.0, FORGOTTEN, "", 0)
_NOWHERE: tuple[Any, ...] = ("", "", "", "", None)  # model, notebook, conversation, turn, cell
_MOST_FAULTS = 100


class Fault(NamedTuple):
    """What is wrong in the log.

    Attributes:
        number: The number of the row where it shows.
        what: What, in words that go behind the number.
    """

    number: int
    what: str


class Checked(NamedTuple):
    """What a check of the log has found.

    Attributes:
        requests: How many requests are in it.
        forgotten: How many more were, and are forgotten.
        last: The number of the last row.
        head: The hash of the last row, which stands for the whole log; empty where there is none.
        faults: What is wrong, at most a hundred.
    """

    requests: int
    forgotten: int
    last: int
    head: str
    faults: tuple[Fault, ...]


def append(connection: sqlite3.Connection, values: Sequence[Any]) -> int:
    """Appends a request.

    Args:
        connection: The ledger's database.
        values: The request's values, as ``FIXED`` names them, without the number.

    Returns:
        Its number.
    """
    last = connection.execute("SELECT number, chain FROM requests ORDER BY number DESC LIMIT 1").fetchone()
    before, chain = last or (0, "")
    number = max(_highest(connection), before) + 1
    row = (number, *sendable(tuple(values)))
    chain = _link(_hash_of(chain), _digest(row))
    marks = ", ".join("?" * (len(FIXED) + 1))
    connection.execute(f"INSERT INTO requests ({_COLUMNS}, chain) VALUES ({marks})", (*row, chain))
    return number


def answered(connection: sqlite3.Connection, number: int, status: int) -> None:
    """Writes down the status of a response, once.

    Args:
        connection: The ledger's database.
        number: The number of the request.
        status: The status.
    """
    query = "SELECT chain FROM requests WHERE number = ? AND status IS NULL AND method != ?"
    if row := connection.execute(query, (number, FORGOTTEN)).fetchone():
        chain = _hash_of(row[0])
        connection.execute(
            "UPDATE requests SET status = ?, chain = ? WHERE number = ?",
            (status, f"{chain}:{_seal(chain, status)}", number),
        )


def forget(connection: sqlite3.Connection, numbers: Iterable[int], at: float | None = None) -> int:
    """Forgets requests, which leave their hashes.

    Args:
        connection: The ledger's database.
        numbers: Their numbers.
        at: When; now unless it is given.

    Returns:
        How many were there to forget.
    """
    query = f"SELECT {_COLUMNS}, chain FROM requests WHERE number = ? AND method NOT IN (?, ?)"
    found = (connection.execute(query, (number, FORGET, FORGOTTEN)).fetchone() for number in set(numbers))
    rows = [row for row in found if row is not None]
    if not rows:
        return 0
    now = time.time() if at is None else at
    append(connection, ("", now, FORGET, "", len(rows), "", *_NOWHERE))
    names = [*FIXED[1:], "chain", "status"]
    connection.executemany(
        f"UPDATE requests SET {', '.join(f'{name} = ?' for name in names)} WHERE number = ?",
        [(*_BLANK, _digest(row[:-1]), *_NOWHERE, _hash_of(row[-1]), None, row[0]) for row in rows],
    )
    _collapse(connection)
    return len(rows)


def _collapse(connection: sqlite3.Connection) -> None:
    """Of forgotten rows one behind the other keeps the last, which has no digest then."""
    of_forgotten = "SELECT number, body FROM requests WHERE method = ? ORDER BY number"
    forgotten = dict(connection.execute(of_forgotten, (FORGOTTEN,)).fetchall())
    inner, behind = list[tuple[int]](), list[tuple[int]]()
    for number, body in forgotten.items():
        query = "SELECT max(number) FROM requests WHERE number < ?"
        [before] = connection.execute(query, (number,)).fetchone()
        if before in forgotten and (before == number - 1 or not body):
            inner.append((before,))
            behind.append((number,))
    connection.executemany("UPDATE requests SET body = '' WHERE number = ?", behind)
    connection.executemany("DELETE FROM requests WHERE number = ?", inner)


def check(connection: sqlite3.Connection) -> Checked:
    """Looks whether the log is whole.

    Args:
        connection: The ledger's database.
    """
    walk, texts = _Walk(), connection.text_factory
    connection.text_factory = lambda data: data.decode(errors="surrogateescape")
    try:
        for row in connection.execute(f"SELECT {_COLUMNS}, status, chain FROM requests ORDER BY number"):
            walk.see(row)
        return walk.end(_highest(connection))
    finally:
        connection.text_factory = texts


def place_of(connection: sqlite3.Connection, head: str) -> int | None:
    """The number of the row up to which a hash stands for the log; ``None`` where it stands for none of it.

    Args:
        connection: The ledger's database.
        head: The hash.
    """
    query = "SELECT number FROM requests WHERE substr(chain, 1, 64) = ?"
    row = connection.execute(query, (head,)).fetchone()
    return int(row[0]) if row else None


class _Walk:
    """A look at all rows, in order."""

    def __init__(self) -> None:
        self._number = 0
        self._before = ""  # the hash of the row before
        self._requests = self._forgotten = self._told = 0
        self._faults: list[Fault] = []

    def see(self, row: tuple[Any, ...]) -> None:
        """Looks at the next row."""
        *fields, status, chain = row
        number, method = fields[0], fields[3]
        gap, own = number - self._number - 1, _hash_of(chain)
        if method == FORGOTTEN:
            self._see_forgotten(fields, status, chain, gap)
        else:
            if gap:
                self._missing(number, gap)
            elif _link(self._before, _digest(fields)) != own:
                self._fault(number, "was changed, or is not in its place")
            sealed = own if status is None else f"{own}:{_seal(own, status)}"
            if chain != sealed:
                self._fault(number, "has another status than it had")
            self._told += fields[5] if method == FORGET and isinstance(fields[5], int) else 0
            self._requests += method != FORGET
        self._number, self._before = number, own

    def _see_forgotten(self, fields: list[Any], status: object, chain: object, gap: int) -> None:
        number, body = fields[0], fields[6]
        self._forgotten += max(gap, 0) + 1
        told = (*fields[1:6], *fields[7:], status, chain)
        blank = repr(told) == repr((*_BLANK, *_NOWHERE, None, _hash_of(chain)))  # -0.0 and 0 are equal to 0.0
        if gap and body != "":  # it was forgotten while the row before was there
            self._forgotten -= max(gap, 0)
            self._missing(number, gap)
        elif not blank or (not gap and _link(self._before, str(body)) != chain):
            self._fault(number, "was changed after it was forgotten")

    def _missing(self, number: int, gap: int) -> None:
        if gap < 0:
            return self._fault(number, "has a number that no request has")
        first = number - gap
        return self._fault(first, "is missing" if gap == 1 else f"to {number - 1} are missing")

    def _fault(self, number: int, what: str) -> None:
        if len(self._faults) < _MOST_FAULTS:
            self._faults.append(Fault(number, what))

    def end(self, highest: int) -> Checked:
        """Looks at the whole, of which the last row had a number."""
        if highest != self._number:
            self._missing(highest + 1, highest - self._number)
        if self._forgotten != self._told and not self._faults:
            gone = f"{self._forgotten:,} are gone, and {self._told:,} were forgotten"
            self._fault(self._number, f"is the last, before which {gone}")
        return Checked(self._requests, self._forgotten, self._number, self._before, tuple(self._faults))


def _highest(connection: sqlite3.Connection) -> int:
    counted = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'requests'"
    found = connection.execute(counted).fetchone()[0]
    return found if isinstance(found, int) else -1  # somebody has put something else there


def _hash_of(chain: object) -> str:
    return str(chain).partition(":")[0]


def _link(before: str, digest: str) -> str:
    return hashlib.sha256(f"{before}{digest}".encode()).hexdigest()


def _seal(chain: str, status: object) -> str:
    return hashlib.sha256(f"{chain} {status!r}".encode()).hexdigest()[:16]


def _digest(row: Iterable[Any]) -> str:
    told = json.dumps(list(row), separators=(",", ":"), default=lambda blob: ["blob", bytes(blob).hex()])
    return hashlib.sha256(told.encode()).hexdigest()
