"""The log of requests: whatever is changed, taken out, put in or moved in it shows, and what was forgotten does not."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_chat.ledger import chain

TABLE = """
    CREATE TABLE requests (
        number INTEGER PRIMARY KEY AUTOINCREMENT, exchange TEXT NOT NULL, at REAL NOT NULL, method TEXT NOT NULL,
        url TEXT NOT NULL, size INTEGER NOT NULL, body TEXT NOT NULL, status INTEGER, model TEXT NOT NULL,
        notebook TEXT NOT NULL, conversation TEXT NOT NULL, turn TEXT NOT NULL, cell TEXT, chain TEXT NOT NULL
    )
"""
COLUMNS = (*chain.FIXED, "status", "chain")

text = st.text(max_size=5)
request = st.tuples(
    *(text, st.floats(0, 4e9), st.sampled_from(["POST", "GET"]), text, st.integers(0, 2**40), text),
    *(text, text, text, text, st.none() | text),
)
status = st.none() | st.integers(100, 599)
log = st.lists(st.tuples(request, status), min_size=1, max_size=7)


class Closing(sqlite3.Connection):
    """A connection that is closed as soon as nobody has it any more, in whichever thread that is seen."""

    def __del__(self) -> None:
        self.close()


def made(requests: list[tuple[Any, int | None]], forgotten: tuple[set[int], ...] = ()) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, factory=Closing)
    connection.execute(TABLE)
    for values, answer in requests:
        number = chain.append(connection, values)
        if answer is not None:
            chain.answered(connection, number, answer)
    for numbers in forgotten:
        chain.forget(connection, numbers, at=1.0)
    return connection


def rows(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return connection.execute(f"SELECT {', '.join(COLUMNS)} FROM requests ORDER BY number").fetchall()


def simple(count: int = 5) -> sqlite3.Connection:
    return made(
        [
            (("x", float(n), "POST", "https://a.test/v1", n, f"{n:x}", "a:m", "n.ipynb", "c", "t", None), 200)
            for n in range(count)
        ]
    )


forgettings = st.lists(st.sets(st.integers(1, 9), max_size=5), max_size=3).map(tuple)


@given(log, forgettings)
def test_a_log_is_whole_whatever_was_forgotten(requests: list[Any], forgotten: tuple[set[int], ...]) -> None:
    connection = made(requests, forgotten)
    checked = chain.check(connection)
    assert checked.faults == ()
    assert checked.requests + checked.forgotten == len(requests)
    assert checked.head == rows(connection)[-1][-1].partition(":")[0]


@given(log, forgettings, st.data())
@settings(max_examples=300)
def test_any_change_of_a_value_is_found(
    requests: list[Any], forgotten: tuple[set[int], ...], data: st.DataObject
) -> None:
    connection = made(requests, forgotten)
    row = data.draw(st.sampled_from(rows(connection)))
    column = data.draw(st.sampled_from(COLUMNS))
    kinds = {"number": st.integers(-3, 30), "status": status, "cell": st.none() | text}
    of_text = text | st.binary(max_size=3)
    of_number = st.integers(-3, 2**40) | st.floats(-4e9, 4e9)
    value = data.draw(kinds.get(column, of_number if column in ("at", "size") else of_text))
    before = rows(connection)
    try:
        connection.execute(f"UPDATE requests SET {column} = ? WHERE number = ?", (value, row[0]))
    except sqlite3.IntegrityError:
        return
    if rows(connection) != before:
        assert chain.check(connection).faults


@given(log, forgettings, st.data())
@settings(max_examples=200)
def test_a_row_that_is_gone_is_found(
    requests: list[Any], forgotten: tuple[set[int], ...], data: st.DataObject
) -> None:
    connection = made(requests, forgotten)
    numbers = [row[0] for row in rows(connection)]
    first = data.draw(st.integers(0, len(numbers) - 1))
    last = data.draw(st.integers(first, len(numbers) - 1))
    for number in numbers[first : last + 1]:
        connection.execute("DELETE FROM requests WHERE number = ?", (number,))
    assert chain.check(connection).faults


@given(log, request, st.data())
def test_a_row_that_is_put_in_is_found(requests: list[Any], other: Any, data: st.DataObject) -> None:
    connection = made(requests)
    place = data.draw(st.integers(1, len(requests) + 1))
    hashes = st.sampled_from([row[-1].partition(":")[0] for row in rows(connection)]) | text
    for number in range(len(requests), place - 1, -1):
        connection.execute("UPDATE requests SET number = number + 1 WHERE number = ?", (number,))
    values = (place, *other, None, data.draw(hashes))
    connection.execute(
        f"INSERT INTO requests ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})", values
    )
    assert chain.check(connection).faults


@given(log.filter(lambda requests: len(requests) > 1), forgettings, st.booleans(), st.data())
def test_rows_that_have_changed_places_are_found(
    requests: list[Any], forgotten: tuple[set[int], ...], whole: bool, data: st.DataObject
) -> None:
    connection = made(requests, forgotten)
    before = rows(connection)
    one, other = data.draw(st.lists(st.sampled_from(before), min_size=2, max_size=2))
    columns = COLUMNS[1:] if whole else COLUMNS[1:-2]
    for number, source in ((one[0], other), (other[0], one)):
        given = [source[COLUMNS.index(name)] for name in columns]
        changes = ", ".join(f"{name} = ?" for name in columns)
        connection.execute(f"UPDATE requests SET {changes} WHERE number = ?", (*given, number))
    if rows(connection) != before:
        assert chain.check(connection).faults


@pytest.mark.parametrize(
    ("tamper", "number", "what"),
    [
        ("DELETE FROM requests WHERE number = 3", 3, "is missing"),
        ("DELETE FROM requests WHERE number IN (2, 3)", 2, "to 3 are missing"),
        ("DELETE FROM requests WHERE number = 5", 5, "is missing"),
        ("DELETE FROM requests", 1, "to 5 are missing"),
        ("UPDATE requests SET url = 'https://b.test' WHERE number = 4", 4, "changed"),
        ("UPDATE requests SET status = 500 WHERE number = 4", 4, "another status"),
        ("UPDATE requests SET status = NULL WHERE number = 4", 4, "another status"),
        ("UPDATE requests SET model = CAST(x'ff' AS TEXT) WHERE number = 2", 2, "changed"),
    ],
)
def test_where_it_is_is_told(tamper: str, number: int, what: str) -> None:
    connection = simple()
    connection.execute(tamper)
    [fault] = chain.check(connection).faults
    assert fault.number == number
    assert what in fault.what


def test_one_that_is_taken_out_beside_a_forgotten_one_is_found() -> None:
    connection = simple(9)
    assert chain.forget(connection, [4, 5, 6, 40]) == 3
    assert chain.forget(connection, [5]) == 0
    assert chain.check(connection)[:2] == (6, 3)
    connection.execute("DELETE FROM requests WHERE number = 3")
    [fault] = chain.check(connection).faults
    assert "4 are gone, and 3 were forgotten" in fault.what


def test_neighbors_that_are_forgotten_take_one_row_and_hold_nothing() -> None:
    connection = simple(50)
    for number in range(1, 50):
        chain.forget(connection, [number])
    checked = chain.check(connection)
    assert (checked.requests, checked.forgotten, checked.faults) == (1, 49, ())
    kept = rows(connection)
    assert [row[0] for row in kept if row[3] == chain.FORGOTTEN] == [49]
    assert all("a.test" not in str(row) for row in kept if row[0] != 50)


def test_one_that_is_forgotten_before_others_that_were_takes_no_row_of_its_own() -> None:
    connection = simple(9)
    chain.forget(connection, [4, 5])
    chain.forget(connection, [3])
    chain.forget(connection, [7])
    assert [row[0] for row in rows(connection) if row[3] == chain.FORGOTTEN] == [5, 7]
    chain.forget(connection, [6])
    assert [row[0] for row in rows(connection) if row[3] == chain.FORGOTTEN] == [7]
    assert chain.check(connection)[:2] == (4, 5)
    assert not chain.check(connection).faults


def test_the_status_is_written_once_and_never_into_a_forgotten_one() -> None:
    connection = simple(2)
    chain.answered(connection, 1, 500)
    chain.forget(connection, [2])
    chain.answered(connection, 2, 500)
    chain.answered(connection, 77, 500)
    assert [row[-2] for row in rows(connection)] == [200, None, None]
    assert not chain.check(connection).faults


def test_several_append_at_once(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite3"
    sqlite3.connect(path).execute(TABLE).connection.close()

    def many() -> None:
        connection = sqlite3.connect(path, isolation_level=None, timeout=60)
        for number in range(30):
            connection.execute("BEGIN IMMEDIATE")
            chain.append(connection, ("", 1.0, "POST", "", number, "", "", "", "", "", None))
            if number % 7 == 0:
                chain.forget(connection, [number])
            connection.execute("COMMIT")
        connection.close()

    threads = [threading.Thread(target=many) for _ in range(4)]
    started: list[Callable[[], None]] = [thread.start for thread in threads]
    for start in started:
        start()
    for thread in threads:
        thread.join()
    connection = sqlite3.connect(path)
    checked = chain.check(connection)
    connection.close()
    assert checked.faults == ()
    assert checked.requests + checked.forgotten == 120


@pytest.mark.parametrize("value", ["abc", b"\xff", 2.5, -1, 1 << 62, None])
def test_a_counter_that_counts_something_else_is_found(value: Any) -> None:
    connection = simple()
    connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'requests'", (value,))
    assert chain.check(connection).faults
