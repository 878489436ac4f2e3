"""A connection to a database of ours: what must hold before it is used, and what its tables are."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Protocol

import msgspec

from .. import files
from .damage import DamagedDatabaseError, check, shape
from .pages import Record

BUSY_SECONDS = 5.0
"""How long a write waits for that of another kernel."""


class Salvage(Protocol):
    """What could be read of a damaged file."""

    @property
    def count(self) -> int:
        """How many of what the database is about."""

    def fill(self, connection: sqlite3.Connection) -> None:
        """Writes it into a new file, whose tables are there.

        Args:
            connection: The connection to it.
        """


class Schema(msgspec.Struct, frozen=True):
    """What one kind of database is made of.

    Attributes:
        name: What a user knows it as, such as ``history``.
        thing: What it is about, one of them, such as ``turn``.
        tables: The names of its tables.
        steps: The statements that make them; each step leads from its index, as ``PRAGMA user_version`` tells it, to
            the next.
        salvage: Finds what is there among the records of a damaged file.
        prepare: Makes what else there is, which can be made anew from the tables; whether that could be done.
        optimize: Has what ``prepare`` has made forget what was deleted.
    """

    name: str
    thing: str
    tables: tuple[str, ...]
    steps: tuple[str, ...]
    salvage: Callable[[Iterable[Record]], Salvage]
    prepare: Callable[[sqlite3.Connection], bool] = lambda _: False
    optimize: Callable[[sqlite3.Connection], object] = lambda _: None

    @property
    def version(self) -> int:
        """What the newest file says."""
        return len(self.steps)


class NewerDatabaseError(sqlite3.DatabaseError):
    """A later release of notebook_chat has written the file."""


def connect(path: Path, schema: Schema) -> tuple[sqlite3.Connection, bool]:
    """A connection to a database, which is made or brought up to date; and what ``Schema.prepare`` has said.

    Rollback journal and not a write-ahead log: that needs shared memory, which network folders have not.

    Args:
        path: The file.
        schema: What it is made of.

    Raises:
        NewerDatabaseError: A later release has written the file, which is left as it is.
        DamagedDatabaseError: The file is not as we write it.
        sqlite3.Error, OSError: The file or its folder cannot be used.
    """
    files.make_private_folder(path.parent)
    _check_files(path)
    if not path.exists():
        with suppress(FileNotFoundError):
            os.replace(repairing(path), path)  # noqa: PTH105  # it is whole, or the old one would still be there
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, files.PRIVATE))  # what is said to a model is private
        path.chmod(files.PRIVATE)  # whatever the umask takes away
    if path.with_name(f"{path.name}-wal").exists():  # none of ours
        _check_read_only(path, schema)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        return connection, _prepared(connection, path, schema)
    except BaseException as error:
        connection.close()
        # Our statements are right; and SQLite quotes what it has found in the file, be it text or not.
        if isinstance(error, UnicodeDecodeError) or _code(error) == sqlite3.SQLITE_ERROR:
            raise DamagedDatabaseError("the database is damaged") from None
        raise


def _check_files(path: Path) -> None:
    """Checks that the database, and what SQLite keeps beside it, are files where they are there: to read a pipe it
    would wait for ever.

    Raises:
        sqlite3.OperationalError: One of them is something else.
    """
    for ending in ("", "-journal", "-wal", "-shm"):
        place = Path(f"{path}{ending}")
        try:
            status = place.stat()
            files.check_regular(status)
            if status.st_mode & 0o077:
                place.chmod(files.PRIVATE)  # such as one out of an archive
        except (FileNotFoundError, PermissionError):
            pass  # of one that is another's, SQLite says what is wrong with it
        except OSError as error:
            raise sqlite3.OperationalError(f"{place.name}: {error.strerror}") from None


def _code(error: BaseException) -> int | None:
    return getattr(error, "sqlite_errorcode", None)


def _prepared(connection: sqlite3.Connection, path: Path, schema: Schema) -> bool:
    connection.text_factory = _text
    _version(connection, schema)  # before the journal mode, which is written into a file that has another
    if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
        with suppress(sqlite3.OperationalError):  # another program that has the file open holds on to that
            connection.execute("PRAGMA journal_mode = TRUNCATE")
    else:
        connection.execute("PRAGMA journal_mode = TRUNCATE")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA secure_delete = ON")
    _migrate(connection, schema)
    if shape(connection, schema.tables) != _own_shape(schema.tables, schema.steps):
        raise DamagedDatabaseError("the tables are not ours")
    check(connection, path, schema.tables)
    return schema.prepare(connection)


def build(connection: sqlite3.Connection, schema: Schema, found: Salvage) -> None:
    """Makes the tables in an empty file.

    Args:
        connection: The connection to it.
        schema: What it is made of.
        found: Fills them.
    """
    _migrate(connection, schema)
    connection.execute("BEGIN")
    found.fill(connection)
    connection.execute("COMMIT")
    schema.prepare(connection)


def repairing(path: Path) -> Path:
    """Where a new database is made that is to take the place of a damaged one."""
    return path.with_name(f"{path.name}.repair")


@cache
def _own_shape(tables: tuple[str, ...], steps: tuple[str, ...]) -> list[object]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in _statements(steps):
            connection.execute(statement)
        return shape(connection, tables)


def _text(value: bytes) -> str:
    """A text of the file. One that is damaged must not hide what stands beside it."""
    return value.decode("utf-8", "replace")


def _check_read_only(path: Path, schema: Schema) -> None:
    """Looks at the version of a file that has a write-ahead log, which a kernel that was killed leaves too.

    A connection that may write moves such a log into the file and removes it, even if it only reads.

    Raises:
        NewerDatabaseError: A later release has written the file.
        sqlite3.Error: The file cannot be read.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as connection:
        _version(connection, schema)


def _version(connection: sqlite3.Connection, schema: Schema) -> int:
    """How many of the steps the file has had.

    Raises:
        NewerDatabaseError: It has had more than there are here.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > schema.version:
        raise NewerDatabaseError("a later release of notebook_chat has written it; update notebook_chat")
    if version < 0:
        raise DamagedDatabaseError("the database is damaged")
    return version


def _statements(steps: Iterable[str]) -> list[str]:
    return [statement for step in steps for statement in step.split(";") if statement.strip()]


def _migrate(connection: sqlite3.Connection, schema: Schema) -> None:
    if _version(connection, schema) == schema.version:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection, schema)  # another kernel may have been faster
        for statement in _statements(schema.steps[version:]):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {schema.version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
