"""Connections to databases are told with their tables, and left as they were."""

from __future__ import annotations

import sqlite3
import sys
import threading
import types
from pathlib import Path
from typing import Any

import pytest

from notebook_chat.prompt import describe


@pytest.fixture
def connection() -> Any:
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER)")
    made.executemany("INSERT INTO people (name, age) VALUES (?, ?)", [("Ada", 36), ("Alan", 41)])
    made.execute("CREATE VIEW old AS SELECT * FROM people WHERE age > 40")
    made.commit()
    yield made
    made.close()


def test_tables_columns_and_rows(connection: Any) -> None:
    description = describe(connection)
    assert "A connection to an SQLite database (in memory), with 2 tables:" in description.text
    assert (
        "table people (id INTEGER primary key, name TEXT not null, age INTEGER), 2 rows" in description.text
    )
    assert "view old (id INTEGER, name TEXT, age INTEGER)" in description.text
    assert description.label == "2 tables"


def test_the_connection_stays_as_it_was(connection: Any) -> None:
    seen: list[str] = []
    connection.row_factory = sqlite3.Row
    connection.set_progress_handler(lambda: seen.append("progress") or 0, 1)
    waiting = connection.execute("SELECT name FROM people ORDER BY name")
    timeout = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    before = connection.total_changes, connection.in_transaction
    assert "2 rows" in describe(connection).text
    assert (connection.total_changes, connection.in_transaction) == before
    assert connection.row_factory is sqlite3.Row
    assert connection.execute("PRAGMA busy_timeout").fetchone()[0] == timeout
    assert [row[0] for row in waiting] == ["Ada", "Alan"]
    seen.clear()
    connection.execute("SELECT count(*) FROM people").fetchall()
    assert seen


def test_an_open_transaction_stays_open(connection: Any) -> None:
    connection.execute("INSERT INTO people (name) VALUES ('Grace')")
    assert connection.in_transaction
    assert "3 rows" in describe(connection).text
    assert connection.in_transaction
    connection.rollback()
    assert "2 rows" in describe(connection).text
    assert not connection.in_transaction


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.11 has no such connections")
def test_no_lock_is_kept_where_a_transaction_is_always_open(tmp_path: Path) -> None:
    path = tmp_path / "people.db"
    made = sqlite3.connect(path, autocommit=False)
    made.execute("CREATE TABLE people (name TEXT)")
    made.commit()
    assert "table people (name TEXT), 0 rows" in describe(made).text
    other = sqlite3.connect(path, timeout=0)
    other.execute("INSERT INTO people VALUES ('Ada')")
    other.commit()
    assert "1 row" in describe(made).text
    other.close()
    made.close()


def test_another_process_can_write_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "people.db"
    made = sqlite3.connect(path)
    made.execute("CREATE TABLE people (name TEXT)")
    assert "people.db" in describe(made).text
    other = sqlite3.connect(path, timeout=0)
    other.execute("BEGIN EXCLUSIVE")
    assert "Its tables were not read: database is locked" in describe(made).text
    other.execute("INSERT INTO people VALUES ('Ada')")
    other.commit()
    assert "1 row" in describe(made).text
    other.close()
    made.close()


def test_a_large_table_is_not_counted(connection: Any) -> None:
    connection.executemany("INSERT INTO people (name) VALUES (?)", [("x",)] * 10_001)
    connection.execute("CREATE TABLE plain (a TEXT PRIMARY KEY) WITHOUT ROWID")
    connection.executemany("INSERT INTO plain VALUES (?)", [(str(n),) for n in range(10_001)])
    text = describe(connection).text
    assert "more than 10,000 rows (the highest row id is 10,003)" in text
    assert "table plain (a TEXT not null primary key), more than 10,000 rows" in text


def test_odd_names_and_many_tables(connection: Any) -> None:
    connection.execute('CREATE TABLE "a ""b"" [c]; DROP TABLE people" ("x y" TEXT)')
    for number in range(120):
        connection.execute(f"CREATE TABLE t{number} (a)")
    description = describe(connection, tokens=4000)
    assert 'table a "b" [c]; DROP TABLE people (x y TEXT), 0 rows' in description.text
    assert description.label == "100 tables or more"
    assert len(describe(connection).text) < 1000


def test_a_connection_of_another_thread_is_not_touched() -> None:
    made: list[Any] = []
    thread = threading.Thread(target=lambda: made.append(sqlite3.connect(":memory:")))
    thread.start()
    thread.join()
    assert "Its tables were not read" in describe(made.pop()).text


def test_a_closed_connection(connection: Any) -> None:
    connection.close()
    assert "Its tables were not read: Cannot operate on a closed database" in describe(connection).text


def test_a_text_factory_of_ones_own(connection: Any) -> None:
    connection.text_factory = bytes
    assert "table people (id INTEGER primary key" in describe(connection).text


def test_a_cursor_keeps_its_rows(connection: Any) -> None:
    cursor = connection.execute("SELECT id, name FROM people")
    assert "with the columns id,name" in describe(cursor).text
    assert len(cursor.fetchall()) == 2


def test_duckdb() -> None:
    duckdb = pytest.importorskip("duckdb")
    made = duckdb.connect()
    made.execute("CREATE TABLE people (id INTEGER, name VARCHAR)")
    made.execute("INSERT INTO people SELECT i, 'x' FROM range(5000) AS r(i)")
    made.execute("CREATE VIEW old AS SELECT id FROM people")
    made.execute("SELECT 1 AS waiting")
    text = describe(made).text
    assert "table people (id INTEGER, name VARCHAR), 5,000 rows" in text
    assert "view old (id INTEGER)" in text
    assert made.fetchall() == [(1,)]
    made.close()
    assert "Its tables were not read" in describe(made).text


def test_sqlalchemy(tmp_path: Path) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    from sqlalchemy.orm import Session

    for address in ("sqlite://", f"sqlite:///{tmp_path / 'people.db'}"):
        engine = sqlalchemy.create_engine(address)
        with engine.begin() as begun:
            begun.execute(sqlalchemy.text("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT)"))
        assert "table people (id INTEGER primary key, name TEXT), 0 rows" in describe(engine).text
        with engine.connect() as open_one:
            assert "table people (id INTEGER primary key, name TEXT), 0 rows" in describe(open_one).text
            assert not open_one.in_transaction()
            open_one.execute(sqlalchemy.text("INSERT INTO people VALUES (1, 'Ada')"))
            assert "1 row" in describe(open_one).text
            describe(engine)
            assert open_one.in_transaction()
            assert open_one.execute(sqlalchemy.text("SELECT count(*) FROM people")).scalar() == 1
            open_one.rollback()
        with Session(engine) as session:
            text = describe(session).text
            assert "A session of SQLAlchemy (0 new, 0 changed, 0 deleted)" in text
            assert "people" in text
            assert not session.in_transaction()
        engine.dispose()


def test_the_only_connection_of_an_engine_is_left_alone() -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    from sqlalchemy.pool import StaticPool

    engine = sqlalchemy.create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as open_one:
        open_one.execute(sqlalchemy.text("CREATE TABLE people (id INTEGER)"))
        assert "Its tables were not read" in describe(engine).text
        assert open_one.in_transaction()
    engine.dispose()


def test_a_database_that_is_elsewhere(tmp_path: Path) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    from notebook_chat.prompt.values.python.databases import reflected

    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'people.db'}")
    with engine.begin() as begun:
        begun.execute(sqlalchemy.text("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT)"))
    assert [table.line for table in reflected(engine)] == ["table people (id INTEGER, name TEXT)"]
    engine.dispose()


def test_a_password_is_not_told() -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    refuses = types.SimpleNamespace(
        **(vars(sqlite3) | {"connect": lambda *_, **__: 1 / 0, "paramstyle": "pyformat"})
    )
    engine = sqlalchemy.create_engine("mysql+pymysql://me:hunter2@localhost:1/people", module=refuses)
    text = describe(engine).text
    assert "An engine of SQLAlchemy for mysql (people). Its tables were not read: ZeroDivisionError" in text
    assert "hunter2" not in text
