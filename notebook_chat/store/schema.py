"""The database's tables, and how an older file gets them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path

from .. import files
from .damage import DamagedDatabaseError, check, shape

BUSY_SECONDS = 5.0
"""How long a write waits for that of another kernel."""

# Each step leads from its index, as `PRAGMA user_version` tells it, to the next.
_STEPS = (
    """
    CREATE TABLE conversations (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, notebook TEXT, system TEXT, origin TEXT,
        updated REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX conversations_of_notebook ON conversations (notebook, name);
    CREATE TABLE turns (
        row INTEGER PRIMARY KEY, conversation TEXT NOT NULL, id TEXT NOT NULL,
        position INTEGER NOT NULL, at REAL NOT NULL, status TEXT NOT NULL, owner TEXT, touched REAL NOT NULL,
        prompt TEXT NOT NULL, answer TEXT NOT NULL, data TEXT NOT NULL,
        UNIQUE (conversation, id)
    );
    CREATE INDEX turns_in_order ON turns (conversation, position, at);
    """,
)
VERSION = len(_STEPS)
_WORDS = "CREATE VIRTUAL TABLE words USING fts5 (prompt, answer)"
_PARTS = "'words_data', 'words_idx', 'words_content', 'words_docsize', 'words_config'"
_TABLES = ("conversations", "turns")


class NewerDatabaseError(sqlite3.DatabaseError):
    """A later release of notebook_chat has written the file."""


def connect(path: Path) -> tuple[sqlite3.Connection, bool]:
    """A connection to the database, which is made or brought up to date; and whether it can search words.

    Rollback journal and not a write-ahead log: that needs shared memory, which network folders have not.

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
        _check_read_only(path)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        return connection, _prepared(connection, path)
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


def _prepared(connection: sqlite3.Connection, path: Path) -> bool:
    connection.text_factory = _text
    _version(connection)  # before the journal mode, which is written into a file that has another
    if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
        with suppress(sqlite3.OperationalError):  # another program that has the file open holds on to that
            connection.execute("PRAGMA journal_mode = TRUNCATE")
    else:
        connection.execute("PRAGMA journal_mode = TRUNCATE")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA secure_delete = ON")
    _migrate(connection)
    if shape(connection, _TABLES) != _own_shape():
        raise DamagedDatabaseError("the tables are not ours")
    check(connection, path, _TABLES)
    return _index_words(connection)


def build(connection: sqlite3.Connection, fill: Callable[[], object]) -> None:
    """Makes the tables in an empty file.

    Args:
        connection: The connection to it.
        fill: Fills them, before the words are indexed.
    """
    _migrate(connection)
    connection.execute("BEGIN")
    fill()
    connection.execute("COMMIT")
    _index_words(connection)


def repairing(path: Path) -> Path:
    """Where a new database is made that is to take the place of a damaged one."""
    return path.with_name(f"{path.name}.repair")


@cache
def _own_shape() -> list[object]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _migrate(connection)
        return shape(connection, _TABLES)


def _text(value: bytes) -> str:
    """A text of the file. One that is damaged must not hide what stands beside it."""
    return value.decode("utf-8", "replace")


def _check_read_only(path: Path) -> None:
    """Looks at the version of a file that has a write-ahead log, which a kernel that was killed leaves too.

    A connection that may write moves such a log into the file and removes it, even if it only reads.

    Raises:
        NewerDatabaseError: A later release has written the file.
        sqlite3.Error: The file cannot be read.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as connection:
        _version(connection)


def _version(connection: sqlite3.Connection) -> int:
    """How many of the steps the file has had.

    Raises:
        NewerDatabaseError: It has had more than there are here.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise NewerDatabaseError("a later release of notebook_chat has written it; update notebook_chat")
    if version < 0:
        raise DamagedDatabaseError("the database is damaged")
    return version


def _migrate(connection: sqlite3.Connection) -> None:
    if _version(connection) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # another kernel may have been faster
        for step in _STEPS[version:]:
            for statement in filter(str.strip, step.split(";")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _index_words(connection: sqlite3.Connection) -> bool:
    """Makes the full-text index where SQLite has the module for it; without it, a search reads all texts."""
    exists = "SELECT sql FROM sqlite_master WHERE name = 'words'"
    try:
        if connection.execute(exists).fetchone() is None:
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute(exists).fetchone() is None:
                connection.execute(_WORDS)
                connection.execute(
                    "INSERT INTO words (rowid, prompt, answer) SELECT row, prompt, answer FROM turns"
                )
            connection.execute("COMMIT")
        connection.execute("SELECT rowid FROM words LIMIT 1").fetchone()
    except sqlite3.OperationalError as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if "no such module" in str(error):
            return False
        raise
    parts = connection.execute("SELECT count(*) FROM sqlite_master WHERE name IN (" + _PARTS + ")").fetchone()
    if connection.execute(exists).fetchone() != (_WORDS,) or parts != (5,):
        raise DamagedDatabaseError("the index of words is damaged")
    return True
