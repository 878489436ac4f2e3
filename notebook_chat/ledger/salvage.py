"""What can still be read of a damaged ledger."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable

from ..database import Record, Value

_EXCHANGE, _REQUEST = 34, 14  # columns


class Found:
    """What a file holds: exchanges by their ids, and requests by their numbers.

    Args:
        found: The records of the file.
    """

    def __init__(self, found: Iterable[Record]) -> None:
        self.exchanges: dict[str, tuple[Value, ...]] = {}
        self.requests: dict[int, tuple[Value, ...]] = {}
        for record in found:
            self._take(record.row, record.values)

    @property
    def count(self) -> int:
        """How many exchanges there are."""
        return len(self.exchanges)

    def _take(self, row: int | None, values: tuple[Value, ...]) -> None:
        match row, values:
            case int(), (str(id), str(), float() | int(), _, str(), *_) if len(values) == _EXCHANGE:
                known = self.exchanges.get(id)
                if known is None or known[4] in ("open", "lost"):
                    self.exchanges[id] = values
            case int(number), (None, str(), float() | int(), str(), *_) if len(values) == _REQUEST:
                self.requests[number] = (number, *values[1:])

    def fill(self, connection: sqlite3.Connection) -> None:
        """Writes them into a new file. A row that does not fit is left out."""
        rows = [("exchanges", self.exchanges[id]) for id in sorted(self.exchanges)]
        rows += [("requests", self.requests[number]) for number in sorted(self.requests)]
        for table, values in rows:
            with contextlib.suppress(sqlite3.DatabaseError):
                marks = ", ".join("?" * len(values))
                connection.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", values)
