"""No fault of a disk, and nothing that somebody has put into the file, reaches a chat."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from notebook_chat.database import connection as database
from notebook_chat.errors import HistoryError
from notebook_chat.ledger.ledger import Ledger

from .exchanges import exchange, rows


def goes_on(ledger: Ledger, word: str) -> None:
    """Exchanges go on, with one warning that has a word, and none after that."""
    exchange(ledger, "a")
    exchange(ledger, "b")
    ledger.flush()
    warning = ledger.warning()
    assert warning is not None
    assert word in warning
    assert "\n" not in warning
    exchange(ledger, "c")
    ledger.flush()
    assert ledger.warning() is None


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_beyond_repair_is_put_aside(ledger: Ledger, path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    goes_on(ledger, "nothing in it could be read")
    [aside] = ledger.set_aside
    assert aside.read_bytes() == content
    assert len(rows(ledger)) == 3


def test_of_a_damaged_file_all_is_taken_that_can_be_read(ledger: Ledger, path: Path) -> None:
    for number in range(40):
        exchange(ledger, f"prompt {number}", "says much " * 200)
    ledger.close()
    content = bytearray(path.read_bytes())
    chance = random.Random(3)
    for _ in range(3):
        page = 4096 * chance.randrange(12, len(content) // 4096)
        content[page : page + 4096] = bytes(4096)
    path.write_bytes(content)
    other = Ledger(path)
    goes_on(other, "The ledger was damaged: ")
    assert len(other.set_aside) == 1
    found = rows(other, "status")
    assert 30 <= len(found) <= 43
    assert set(found) == {("complete",)}
    other.close()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ledger = Ledger(tmp_path / "file" / "home" / "ledger.sqlite3")
    goes_on(ledger, "cannot be written")
    with pytest.raises(HistoryError, match="cannot be read"):
        ledger.summary()


def test_a_newer_file_is_left_alone_and_what_is_recorded_waits_for_it(ledger: Ledger, path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    goes_on(ledger, "a later release")
    ledger.close()
    assert path.read_bytes() == before
    assert len(list(path.parent.glob("*.spool"))) == 1
    path.unlink()
    other = Ledger(path)
    assert len(rows(other)) == 3
    other.close()


def test_a_full_disk_and_space_again(ledger: Ledger) -> None:
    exchange(ledger, "before")
    ledger.read(lambda connection: connection.execute("PRAGMA max_page_count = 1")).result(10)
    exchange(ledger, "meanwhile", "a" * 100_000)
    ledger.flush()
    exchange(ledger, "after")  # on a new connection, without that bound
    assert rows(ledger, "status") == [("complete",)] * 3


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write everywhere")
def test_a_file_that_can_only_be_read(ledger: Ledger, path: Path) -> None:
    exchange(ledger)
    ledger.close()
    path.chmod(0o400)
    goes_on(Ledger(path), "readonly")


def test_a_file_that_another_kernel_holds(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    exchange(ledger, "before")
    ledger.read(lambda connection: connection.execute("PRAGMA busy_timeout = 50")).result(10)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        goes_on(ledger, "locked")
    assert len(rows(ledger)) == 4


def test_what_cannot_be_written_outlives_the_process(ledger: Ledger, path: Path) -> None:
    exchange(ledger, "before")
    ledger.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 99")
    exchange(ledger, "meanwhile")
    ledger.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 1")
    other = Ledger(path)
    assert len(rows(other)) == 2
    other.close()
