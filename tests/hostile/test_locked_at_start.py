"""A database that somebody holds while a kernel starts: the conversation is one again when it is free."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from notebook_chat.database import connection as database
from notebook_chat.store import Store, default_path

from ..session.notebook import Notebook
from ..store.turns import prompts

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another process that holds the database."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    try:
        yield
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr("notebook_chat.database.writer.RETRY_SECONDS", 0.05)


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    return Notebook(tmp_path / "mine.ipynb")


def conversations() -> list[list[str]]:
    """What is on the disk, once the writers of this process have written it."""
    store = Store()
    return [prompts(store.load(entry.id)[0]) for entry in store.entries()]


@pytest.mark.parametrize("saved", [True, False])
def test_a_lock_that_goes_joins_what_it_has_split(notebook: Notebook, saved: bool) -> None:
    notebook.ask("a", "a")
    notebook.ask("b", "b", "other")
    if saved:
        notebook.save()
    notebook.session.close()
    with held(default_path()):
        notebook.open()
        assert notebook.ask("c", "c") == ["c"]
        assert notebook.ask("d", "d") == ["c", "d"]
        [told] = notebook.resumed
        assert "locked" in told.problem
        assert "joins the conversation" in told.problem
    asked = notebook.session.conversation()
    assert prompts(asked) == ["a", "c", "d"]
    assert notebook.ask("e", "e") == ["a", "c", "d", "e"]
    assert prompts(notebook.session.conversation("other")) == ["b"]
    assert notebook.session.conversation() is asked  # which a panel may show
    assert len(notebook.resumed) == 2
    notebook.session.close()
    assert sorted(conversations()) == [["a", "c", "d", "e"], ["b"]]
    notebook.open()
    assert notebook.ask("f", "f") == ["a", "c", "d", "e", "f"]


def test_a_kernel_that_ends_before_the_lock_does(notebook: Notebook) -> None:
    notebook.ask("a", "a")
    notebook.save()
    notebook.session.close()
    with held(default_path()):
        notebook.open()
        assert notebook.ask("c", "c") == ["c"]
        store = notebook.session.history.require()
    deadline = time.monotonic() + 30
    while store._writer._backlog and time.monotonic() < deadline:
        time.sleep(0.02)
    store.flush()
    assert sorted(conversations()) == [["a"], ["c"]]
    notebook.session._conversations.clear()
    notebook.save()
    notebook.open()
    assert notebook.ask("d", "d") == ["a", "c", "d"]
    notebook.session.close()
    assert conversations() == [["a", "c", "d"]]


def test_another_notebook_of_the_same_path_is_not_joined(notebook: Notebook) -> None:
    notebook.ask("a", "a")
    notebook.cells, notebook.sources = {"z": []}, {"z": "1"}
    notebook.save()
    notebook.open()
    assert notebook.ask("z", "new") == ["new"]
    notebook.save()
    notebook.open()
    assert notebook.ask("y", "more") == ["new", "more"]


def test_a_lock_holds_no_cell_up_once_it_was_told(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook.ask("a", "a")
    notebook.session.close()
    with held(default_path()):
        notebook.open()
        notebook.ask("c", "c")
        reads: list[object] = []
        monkeypatch.setattr(Store, "_read", lambda self, work: reads.append(work))
        for cell in "defgh":
            notebook.ask(cell, cell)
        assert reads == []
        monkeypatch.undo()
