"""Deleted is deleted: no byte of it is in any file of the history, however it is written there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from notebook_chat.conversation import Conversation
from notebook_chat.database import connection as database
from notebook_chat.store import Store, default_path

from ..session.notebook import Notebook
from ..store.turns import prompts, say
from ..test_magics import notebook as session_of_shell
from ..test_magics import provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]  # fixtures

WORDS = ("Xylophonium", "Quetzalcoatlus", "Übergrößenträger")


def everywhere(folder: Path) -> list[str]:
    """The files of a folder that have one of the words, in whichever form."""
    forms = [
        form
        for word in WORDS
        for one in (word, word.lower())
        for form in (
            *(one.encode(), one.encode("utf-16-le"), one.encode("utf-16-be"), json.dumps(one)[1:-1].encode()),
            *(one[:-4].encode(), one[4:].encode()),
        )
    ]
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and any(form in path.read_bytes() for form in forms)
    ]


def secrets(store: Store, name: str = "default", count: int = 30) -> Conversation:
    """A conversation that nobody should read later: long and short turns, some replaced, some taken back."""
    conversation = Conversation(name, system=WORDS[0])
    store.keep(conversation)
    for number in range(count):
        say(
            conversation,
            f"{WORDS[number % 3]} asks {number}",
            f"{WORDS[1]} " * (2000 if number % 7 == 0 else 3),
            f"{number}",
        )
    for number in range(5):
        say(conversation, f"{WORDS[2]} again {number}", WORDS[0] * 50, f"{number}")
    conversation.undo()
    store.flush()
    return conversation


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    others = [Conversation(f"other {number}") for number in range(3)]
    for number in range(60):
        store.keep(others[number % 3])
        say(others[number % 3], f"ordinary {number}", "nothing to hide " * (number % 9 * 100))
    yield store
    store.flush()


@pytest.mark.parametrize("secure", [True, False])
def test_no_byte_of_a_deleted_conversation_is_left(
    store: Store, secure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not secure:  # as SQLite is built elsewhere, and as releases before left it
        store._writer.read(lambda connection, _: connection.execute("PRAGMA secure_delete = OFF")).result(30)
    conversation = secrets(store)
    assert everywhere(default_path().parent)
    store.delete(conversation.id).result(30)
    assert not store.erasing
    assert everywhere(default_path().parent) == []
    assert store.search(WORDS[0]) == []
    assert [len(store.search("ordinary 7"))] == [1]
    assert sum(entry.turns for entry in store.entries()) == 60


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_with_another_connection_open(store: Store, mode: str) -> None:
    store.flush()
    store._writer.read(
        lambda connection, _: connection.execute(f"PRAGMA journal_mode = {mode}").fetchall()
    ).result(30)
    conversation = secrets(store)
    with closing(sqlite3.connect(default_path())) as other:
        other.execute("SELECT count(*) FROM turns").fetchall()
        store.delete(conversation.id).result(30)
        assert not store.erasing
        assert everywhere(default_path().parent) == []


def test_a_program_that_reads_is_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr("notebook_chat.database.writer.RETRY_SECONDS", 0.05)
    conversation = secrets(store)
    store._writer.read(
        lambda connection, _: connection.execute("PRAGMA busy_timeout = 50").fetchall()
    ).result(30)
    with closing(sqlite3.connect(default_path(), isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM turns").fetchall()
        store.delete(conversation.id).result(30)
        assert store.erasing
    for _ in range(600):
        if not store.erasing:
            break
        store.flush()
        __import__("time").sleep(0.05)
    assert not store.erasing
    assert everywhere(default_path().parent) == []


def test_what_is_deleted_comes_back_by_no_cell_and_no_undo(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "mine.ipynb")
    notebook.ask("a", f"{WORDS[0]} one")
    notebook.ask("b", f"{WORDS[0]} two")
    conversation = notebook.session.conversation()
    notebook.session.delete(conversation.id)
    assert not conversation.undo()
    assert prompts(conversation) == []
    assert notebook.ask("b", "new") == ["new"]
    say(conversation, f"{WORDS[1]} to what was deleted")
    notebook.session.close()
    assert everywhere(default_path().parent) == []


def test_it_is_said_where_else_it_is(shell: Any, capsys: Any) -> None:
    run(shell, capsys, f"%%chat\n{WORDS[0]}")
    run(shell, capsys, "%chat fork copy")
    fork = session_of_shell(shell).conversation("copy").id
    aside = default_path().with_name("conversations-damaged-2020-01-01.sqlite3")
    aside.write_bytes(b"x")
    out, fine = run(shell, capsys, "%chat delete default --yes")
    assert fine
    assert "'default' is deleted." in out
    assert f"Turns of it are also in 'copy': %chat delete {fork[:8]} deletes that, too." in out
    assert str(aside) in out
    assert everywhere(default_path().parent)
    run(shell, capsys, "%chat delete copy --yes")
    assert everywhere(default_path().parent) == []
