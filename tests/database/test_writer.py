"""The order in which work is done, and what becomes of what fails."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_chat.database import Record, Schema, Writer


class Nothing:
    count = 0

    def __init__(self, found: Iterable[Record]) -> None:
        list(found)

    def fill(self, connection: sqlite3.Connection) -> None:
        """There is nothing to fill in."""


NOTES = Schema("notes", "note", ("notes",), ("CREATE TABLE notes (text TEXT NOT NULL)",), Nothing)


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writer]:
    writer = Writer(tmp_path_factory.mktemp("notes") / "notes.sqlite3", NOTES, lambda: None)
    yield writer
    writer.close()


def note(text: str) -> Any:
    return lambda connection, _: connection.execute("INSERT INTO notes VALUES (?)", (text,))


def texts(connection: sqlite3.Connection, _: bool = False) -> list[str]:
    return [text for (text,) in connection.execute("SELECT text FROM notes ORDER BY rowid")]


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["write", "soon", "transact", "read"]), max_size=12))
def test_work_is_done_in_the_order_in_which_it_was_given(writer: Writer, ways: list[str]) -> None:
    writer.transact(lambda connection, _: connection.execute("DELETE FROM notes")).result(10)
    reads = []
    for number, way in enumerate(ways):
        match way:
            case "write":
                writer.write(note(str(number)))
            case "soon":
                writer.write_soon(note(str(number)))
            case "transact":
                writer.transact(note(str(number)))
            case "read":
                reads.append((number, writer.read(texts)))
    written = [str(number) for number, way in enumerate(ways) if way != "read"]
    for number, read in reads:
        assert read.result(10) == [text for text in written if int(text) < number]
    assert writer.read(texts).result(10) == written


def test_what_is_written_soon_is_written_without_more(writer: Writer) -> None:
    writer.write_soon(note("soon")).result(10)
    assert "soon" in writer.read(texts).result(10)


def test_a_transaction_that_fails_leaves_nothing_and_is_not_tried_again(writer: Writer) -> None:
    tried = []

    def work(connection: sqlite3.Connection, _: bool) -> None:
        tried.append(1)
        connection.execute("INSERT INTO notes VALUES ('half')")
        connection.execute("INSERT INTO notes VALUES (NULL)")

    with pytest.raises(sqlite3.IntegrityError):
        writer.transact(work).result(10)
    assert "half" not in writer.read(texts).result(10)
    assert len(tried) == 1


def test_what_was_handed_over_only_is_brought_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notebook_chat.database.writer.SETTLE_SECONDS", 0.05)
    writer = Writer(tmp_path / "notes.sqlite3", NOTES, lambda: None)
    writer.write(note("quick"), quick=True).result(10)
    until = time.monotonic() + 30
    while writer._loose:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert writer.failure is None
    writer.close()


def test_it_is_told_when_all_is_written(tmp_path: Path) -> None:
    settled: list[list[str]] = []
    writer = Writer(
        tmp_path / "notes.sqlite3",
        NOTES,
        lambda: None,
        lambda: settled.append(texts(writer._connection)),  # type: ignore[arg-type]
    )
    writer.write(note("a")).result(10)
    writer.write_soon(note("b")).result(10)
    writer.close()
    assert settled[-1] == ["a", "b"]


def test_nothing_is_left_of_a_writer_that_is_closed_again(tmp_path: Path) -> None:
    """After the first time it rests by itself, and may just do so then."""
    writer = Writer(tmp_path / "notes.sqlite3", NOTES, lambda: None)
    for number in range(60):
        writer.write(note(str(number)))
        writer.close()
        assert not writer.running
        assert writer.connection is None
    assert writer.read(texts).result(10) == [str(number) for number in range(60)]
    writer.close()
