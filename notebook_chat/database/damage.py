"""What tells a damaged database from one that cannot be used just now, and what is wrong with it in words."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

_DAMAGE = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_TOOBIG,
    }
)
_OF_VALUES = frozenset(
    {sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE}
)
_WORDS = {
    sqlite3.SQLITE_BUSY: "the database is locked by another program",
    sqlite3.SQLITE_LOCKED: "the database is locked by another program",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the database is readonly",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk does not read or write",
    sqlite3.SQLITE_PERM: "the database may not be used",
    sqlite3.SQLITE_NOMEM: "there is not enough memory",
    sqlite3.SQLITE_NOTADB: "the file is no database",
}
_CHECKED_BYTES = 32_000_000  # as much as is checked in a few hundredths of a second


class DamagedDatabaseError(sqlite3.DatabaseError):
    """The file is not as we write it."""


def is_damage(error: BaseException) -> bool:
    """Whether an error says that the file is damaged, and not that it cannot be used just now."""
    return isinstance(error, DamagedDatabaseError) or _code(error) in _DAMAGE


def is_of_values(error: BaseException) -> bool:
    """Whether an error of a work is about the values that were to be written, and would be the same the next time."""
    if isinstance(error, sqlite3.Error):
        other = isinstance(
            error, (sqlite3.InterfaceError, sqlite3.ProgrammingError, sqlite3.NotSupportedError)
        )
        return other or _code(error) in _OF_VALUES
    return True


def in_words(error: BaseException) -> str:
    """What is wrong, without anything that stands in the file: SQLite quotes it."""
    told = isinstance(error, sqlite3.Error) and _code(error) is None
    if told:
        return str(error)
    if isinstance(error, TimeoutError):
        return "it takes too long"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if is_damage(error):
        return _WORDS.get(_code(error) or 0, "the database is damaged")
    return _WORDS.get(_code(error) or 0, type(error).__name__)


def _code(error: BaseException) -> int | None:
    """SQLite's own code, without what it adds to tell variants apart; ``None`` where the error is not of SQLite."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def check(connection: sqlite3.Connection, path: Path, tables: tuple[str, ...]) -> None:
    """Looks whether a file is whole, as far as that takes no time to speak of.

    Raises:
        DamagedDatabaseError: It is not.
    """
    with suppress(OSError):
        if os.stat(path).st_size > _CHECKED_BYTES:  # noqa: PTH116
            return
    for table in tables:
        if connection.execute(f"PRAGMA integrity_check({table})").fetchone() != ("ok",):
            raise DamagedDatabaseError("the database is damaged")


def shape(connection: sqlite3.Connection, tables: tuple[str, ...]) -> list[object]:
    """What tells tables of ours from others of their names: their columns, what must be there once, and that nothing
    happens beside what is done to them."""
    marks = ", ".join("?" * len(tables))
    kinds = connection.execute(
        f"SELECT name, type FROM sqlite_master WHERE name IN ({marks}) OR type = 'trigger' ORDER BY name",
        tables,
    )
    columns = [connection.execute(f"PRAGMA table_info({table})").fetchall() for table in tables]
    unique = "SELECT name FROM pragma_index_list(?) WHERE origin <> 'c' ORDER BY name"
    return [kinds.fetchall(), columns, [connection.execute(unique, (table,)).fetchall() for table in tables]]
