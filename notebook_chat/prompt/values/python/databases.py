"""Connections to databases: their tables, with columns and, where that is cheap, the number of rows. Nothing is
changed, and no transaction is begun or left open."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from ....text import single_line
from ..bounds import counted, lines_within
from ..classes import qualified_name
from ..description import Description
from ..patience import within

_TABLES = 100
_COLUMNS = 60
_COUNTED = 10_000
_SECONDS = 0.7
_WAITING = 100  # milliseconds for another process that writes


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a database.

    Attributes:
        name: Its name.
        columns: Its columns, each with its type.
        rows: How many rows it has, in words; empty where that is not known.
        kind: ``table`` or ``view``.
    """

    name: str
    columns: Sequence[str]
    rows: str = ""
    kind: str = "table"

    @property
    def line(self) -> str:
        """It, in a line."""
        columns = ", ".join(self.columns[:_COLUMNS]) + (", …" if len(self.columns) > _COLUMNS else "")
        rows = f", {self.rows}" if self.rows else ""
        return single_line(f"{self.kind} {self.name} ({columns}){rows}")


def _told(first: str, tables: Sequence[Table], tokens: int) -> Description:
    count = counted(len(tables), "table") if len(tables) < _TABLES else f"{_TABLES} tables or more"
    lines = [f"{first}, with {count}{':' if tables else '.'}", *(table.line for table in tables)]
    return Description(lines_within(lines, tokens), count)


def _untold(first: str, why: str) -> Description:
    return Description(f"{first}. Its tables were not read: {single_line(why)[:200]}.", "tables not read")


def describe_sqlite(value: Any, tokens: int) -> Description:
    """A connection to an SQLite database. Only the thread that made it can use it."""
    first = "A connection to an SQLite database"
    try:
        with _reading(value) as connection:
            file = _file_of(connection)
            first = f"{first} ({f'the file {PurePath(file).name}' if file else 'in memory'})"
            tables = _sqlite_tables(connection)
    except (sqlite3.Error, TypeError, ValueError) as error:
        return _untold(first, str(error))
    return _told(first, tables, tokens)


@contextmanager
def _reading(connection: Any) -> Generator[Any]:
    """The connection, or another one to its file where reading would hold a transaction. It does not take long."""
    other = None
    if (
        getattr(connection, "autocommit", None) is False
    ):  # a transaction is always open then, and keeps what it read
        file = _file_of(connection)
        if file:
            other = connection = sqlite3.connect(
                f"file:{quote(file)}?mode=ro", uri=True, timeout=_WAITING / 1000
            )
    try:
        with _patience(connection), _interrupted(connection):
            yield connection
    finally:
        if other is not None:
            other.close()


@contextmanager
def _patience(connection: Any) -> Generator[None]:
    """How long it waits for a lock of another process is set, and set back."""
    before = _rows(connection, "PRAGMA busy_timeout")[0][0]
    if before <= _WAITING:
        yield
        return
    _rows(connection, f"PRAGMA busy_timeout = {_WAITING}")
    try:
        yield
    finally:
        with suppress(sqlite3.Error):
            _rows(connection, f"PRAGMA busy_timeout = {int(before)}")


@contextmanager
def _interrupted(connection: Any) -> Generator[None]:
    """What runs on the connection ends after a while. A progress handler would take the place of the user's own."""
    timer = threading.Timer(_SECONDS, lambda: _interrupt(connection))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _interrupt(connection: Any) -> None:
    with suppress(sqlite3.Error):
        sqlite3.Connection.interrupt(connection)


def _rows(connection: Any, statement: str, *values: Any) -> list[Any]:
    cursor = sqlite3.Cursor(connection)
    cursor.row_factory = None
    try:
        return cursor.execute(statement, values).fetchall()
    finally:
        cursor.close()


def _file_of(connection: Any) -> str:
    return next(
        (_word(row[2]) for row in _rows(connection, "PRAGMA database_list") if row[1] in ("main", b"main")),
        "",
    )


def _word(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value or "")


def _sqlite_tables(connection: Any) -> list[Table]:
    kinds = (
        "SELECT name, type, sql LIKE 'CREATE VIRTUAL%' FROM {} WHERE type IN ('table', 'view') "
        "AND name NOT LIKE 'sqlite^_%' ESCAPE '^' LIMIT ?"
    )
    found = []
    for schema in ("sqlite_master", "sqlite_temp_master"):
        for name, kind, virtual in _rows(connection, kinds.format(schema), _TABLES):
            table, quoted = _word(name), '"' + _word(name).replace('"', '""') + '"'
            columns = [_column(row) for row in _rows(connection, f"PRAGMA table_info({quoted})")]
            is_table = _word(kind) == "table" and not virtual
            rows = _count(connection, quoted) if is_table else ""
            found.append(Table(table, columns, rows, _word(kind)))
    return found


def _column(row: Sequence[Any]) -> str:
    _, name, kind, required, _, key = row[:6]
    said = (_word(name), _word(kind), "not null" if required else "", "primary key" if key else "")
    return " ".join(filter(None, said))


def _count(connection: Any, table: str) -> str:
    """How many rows a table has: counted as far as that is quick, above that by the highest row id."""
    limited = f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {_COUNTED + 1})"
    count = _rows(connection, limited)[0][0]
    if count <= _COUNTED:
        return str(counted(count, "row"))
    try:
        highest = _rows(connection, f"SELECT max(rowid) FROM {table}")[0][0]
    except sqlite3.Error:  # a table without row ids
        highest = None
    about = f" (the highest row id is {highest:,})" if isinstance(highest, int) else ""
    return f"more than {_COUNTED:,} rows{about}"


def describe_cursor(value: Any, tokens: int) -> Description:
    """A cursor of SQLite: the columns of what it has found. No row is taken from it."""
    try:
        columns = [_word(one[0]) for one in sqlite3.Cursor.description.__get__(value) or ()]
    except sqlite3.Error:
        columns = []
    first = f"A cursor of SQLite{f', with the columns {chr(44).join(columns)}' if columns else ''}."
    return Description(lines_within([f"{first} No row was taken from it."], tokens), "cursor")


def describe_duckdb(value: Any, tokens: int) -> Description:
    """A connection to a DuckDB database, which is looked at by another cursor: a result that waits stays."""
    first = "A connection to a DuckDB database"

    def tables() -> list[Table]:
        with value.cursor() as cursor:
            cursor.execute(
                "SELECT t.name, t.kind, t.size, c.column_name, c.data_type FROM ("
                "SELECT table_name AS name, 'table' AS kind, estimated_size AS size, table_oid AS oid "
                "FROM duckdb_tables() WHERE NOT internal UNION ALL "
                "SELECT view_name, 'view', NULL, view_oid FROM duckdb_views() WHERE NOT internal"
                ") AS t JOIN duckdb_columns() AS c ON c.table_oid = t.oid ORDER BY t.name, c.column_index LIMIT 2000"
            )
            return _grouped(cursor.fetchall())

    try:
        return _told(first, within(_SECONDS, tables), tokens)
    except Exception as error:
        return _untold(first, str(error) or "it took too long")


def _grouped(rows: Sequence[Any]) -> list[Table]:
    found: dict[str, tuple[str, Any, list[str]]] = {}
    for name, kind, size, column, data_type in rows:
        found.setdefault(name, (kind, size, []))[2].append(f"{column} {data_type}")
    return [
        Table(name, columns, counted(size, "row") if isinstance(size, int) else "", kind)
        for name, (kind, size, columns) in list(found.items())[:_TABLES]
    ]


def describe_engine(value: Any, tokens: int) -> Description:
    """An engine of SQLAlchemy, which lends a connection for it."""
    first = f"An engine of SQLAlchemy for {value.dialect.name}{_named(value)}"
    pool = qualified_name(type(value.pool))
    if pool in ("sqlalchemy.pool.impl.StaticPool", "sqlalchemy.pool.impl.AssertionPool"):
        return _untold(first, "its only connection may be in use")
    try:
        if value.dialect.driver == "pysqlite":
            return _told(first, _tables_of_lent(value), tokens)
        if pool == "sqlalchemy.pool.impl.SingletonThreadPool":
            return _untold(first, "its only connection may be in use")
        return _told(first, within(_SECONDS, lambda: list(reflected(value))), tokens)
    except Exception as error:
        return _untold(first, str(error).partition("\n")[0] or "it took too long")


def _tables_of_lent(engine: Any) -> list[Table]:
    """The tables of a database of SQLite, by a connection beneath those of SQLAlchemy: these would end a transaction
    that goes on in the same connection."""
    lent = engine.raw_connection()
    try:
        with _reading(lent.driver_connection) as connection:
            return _sqlite_tables(connection)
    finally:
        lent.close()


def _named(engine: Any) -> str:
    database = engine.url.database
    return f" ({PurePath(str(database)).name})" if database and database != ":memory:" else ""


def reflected(engine: Any) -> Iterator[Table]:
    """The tables of a database, as SQLAlchemy reads them in a connection of its own, until the time is over."""
    inspector = sys.modules["sqlalchemy"].inspect(engine)
    until = time.monotonic() + _SECONDS
    for kind, names in (("table", inspector.get_table_names()), ("view", inspector.get_view_names())):
        for name in names[:_TABLES]:
            if time.monotonic() > until:
                return
            columns = [f"{column['name']} {column['type']}" for column in inspector.get_columns(name)]
            yield Table(name, columns, "", kind)


def describe_connection(value: Any, tokens: int) -> Description:
    """A connection of SQLAlchemy. It is not used itself, which would begin a transaction: the engine is, or the
    connection of SQLite beneath it."""
    if not value.closed and value.dialect.name == "sqlite":
        beneath = getattr(value.connection, "driver_connection", None)
        if isinstance(beneath, sqlite3.Connection):
            return describe_sqlite(beneath, tokens)
    return describe_engine(value.engine, tokens)


def describe_session(value: Any, tokens: int) -> Description:
    """A session of SQLAlchemy: what it is bound to. It is not used itself."""
    try:
        bound = value.get_bind()
    except Exception as error:
        return _untold("A session of SQLAlchemy", str(error).partition("\n")[0])
    known = describe_engine if hasattr(bound, "pool") else describe_connection
    found = known(bound, tokens)
    changes = f"{len(value.new)} new, {len(value.dirty)} changed, {len(value.deleted)} deleted"
    pending = f"A session of SQLAlchemy ({changes})"
    return Description(lines_within([f"{pending}.", *found.text.splitlines()], tokens), found.label)
