"""The ledger, to be read and never written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from ...ledger import Record, RequestKey, searching
from ...ledger.ledger import default_path

T = TypeVar("T")

_BUSY_SECONDS = 2.0


class LedgerReader:
    """What is asked of the ledger, without a thread, a table or a file being made. Where there is none, or it cannot be
    read, there is no answer in it.

    Args:
        path: The database's file; the user's unless given.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or default_path()

    def find(self, digest: str) -> Future[Record | None]:
        """The newest record of a request.

        Args:
            digest: The request's digest.
        """
        return self._read(lambda connection: searching.find(connection, digest))

    def nearest(self, key: RequestKey) -> Future[Record | None]:
        """The record whose request is most like one.

        Args:
            key: The request.
        """
        return self._read(lambda connection: searching.nearest(connection, key))

    def _read(self, work: Callable[[sqlite3.Connection], Record | None]) -> Future[Record | None]:
        found: Future[Record | None] = Future()
        found.set_result(self._result(work))
        return found

    def _result(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        if not self._path.is_file():
            return None
        try:
            uri = f"{self._path.resolve().as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)) as connection:
                connection.execute("PRAGMA query_only = ON")
                return work(connection)
        except (sqlite3.Error, OSError, ValueError):
            return None
