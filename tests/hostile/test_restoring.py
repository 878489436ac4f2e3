"""Restoring loses nothing: neither what was said here before, nor what is said afterwards, whatever a file holds."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import exports
from notebook_chat.conversation import Conversation, Turn, answered
from notebook_chat.messages import Message
from notebook_chat.store import Store, default_path, read_notebook, stored_with

from ..session.notebook import Notebook
from ..store.turns import prompts, say


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    return Notebook(tmp_path / "mine.ipynb")


ODD: tuple[Any, ...] = (
    *(2**53, 2**53 - 1, 2**63 - 1, 2**64, 10**40, -1, -(2**63), 1.5, 1e300, float("nan"), float("inf")),
    *("7", "", None, True, [], {}),
)


def stranger(path: Path, changes: Sequence[dict[str, Any]], name: str = "default") -> Path:
    """A notebook of somebody else, in whose outputs stands what they like."""
    conversation = Conversation(name)
    cells = []
    for number, change in enumerate(changes):
        turn = say(conversation, f"theirs {number}", cell=f"their-cell-{number}")
        metadata = stored_with(conversation, turn)
        metadata["notebook_chat"] |= change
        output = {"output_type": "display_data", "data": {}, "metadata": metadata}
        cells.append({"id": f"their-cell-{number}", "cell_type": "code", "source": "", "outputs": [output]})
    path.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    return path


def on_disk(conversation: Conversation) -> list[str]:
    return prompts(Store().load(conversation.id)[0])


def test_restoring_another_file_keeps_what_was_said_here(notebook: Notebook, tmp_path: Path) -> None:
    notebook.ask("a", "mine a")
    notebook.save()
    notebook.ask("b", "mine b")
    notebook.save()
    restored = notebook.session.restore(stranger(tmp_path / "theirs.ipynb", [{}, {}]))
    [aside] = restored.aside
    assert prompts(notebook.session.conversation(aside.name)) == ["mine a", "mine b"]
    notebook.session.history.flush()
    assert on_disk(aside) == ["mine a", "mine b"]
    notebook.session.restore(tmp_path / "theirs.ipynb")
    notebook.session.conversation().undo()
    assert notebook.session.restore(tmp_path / "theirs.ipynb").aside == (aside,)
    notebook.save()
    session = notebook.open()
    assert prompts(session.conversation(aside.name)) == ["mine a", "mine b"]
    assert notebook.ask("c", "more", aside.name) == ["mine a", "mine b", "more"]


def test_a_file_that_has_our_turns_by_their_ids_and_other_texts(notebook: Notebook, tmp_path: Path) -> None:
    notebook.ask("a", "mine")
    [turn] = notebook.session.conversation().turns
    [aside] = notebook.session.restore(stranger(tmp_path / "x.ipynb", [{"id": turn.id}])).aside
    assert prompts(aside) == ["mine"]


def test_a_file_with_the_name_that_ours_would_get(notebook: Notebook, tmp_path: Path) -> None:
    notebook.ask("a", "mine")
    path = stranger(tmp_path / "x.ipynb", [{}, {"conversation": "default-2"}])
    [aside] = notebook.session.restore(path).aside
    assert aside.name == "default-3"
    assert prompts(notebook.session.conversation("default-3")) == ["mine"]


def test_restoring_ones_own_notebook_puts_nothing_aside(notebook: Notebook) -> None:
    notebook.ask("a", "mine a")
    notebook.save()
    assert notebook.session.restore().aside == ()
    assert list(notebook.session.conversations) == ["default"]


@pytest.mark.parametrize("name", ["position", "revision", "at", "id", "cell", "seconds"])
def test_what_is_said_after_an_odd_turn_is_kept_and_comes_back(
    notebook: Notebook, tmp_path: Path, name: str
) -> None:
    for value in (*ODD, "mine", "their-cell-0"):
        other = notebook.open(tmp_path / f"{name}-{ODD.index(value) if value in ODD else value}.ipynb")
        other.restore(stranger(tmp_path / "x.ipynb", [{}, {name: value}, {name: value}]))
        said = notebook.ask("mine", "what I say")
        assert said[-1] == "what I say"  # also where a turn of the file says that it is this cell's
        assert sorted(said[:-1]) == ["theirs 0", "theirs 1", "theirs 2"], (name, value)
        assert notebook.ask("mine", "what I say now") == [
            *(one + " now" * (one == "what I say") for one in said)
        ]
        last = notebook.ask("mine too", "and then")
        other.history.flush()
        assert on_disk(other.conversation()) == last, (name, value)
        assert [one.warning() for one in [other.history]] == [None]


@pytest.mark.parametrize("column", ["position", "revision"])
def test_an_odd_number_in_the_database(notebook: Notebook, column: str) -> None:
    notebook.ask("a", "a")
    notebook.ask("b", "b")
    conversation = notebook.session.conversation()
    notebook.session.close()
    for value in (2**53 - 1, 2**63 - 1, -5, 1e18):
        with closing(sqlite3.connect(default_path(), isolation_level=None)) as connection:
            connection.execute(
                f"UPDATE turns SET data = json_set(data, '$.{column}', ?) WHERE position = 1", (value,)
            )
            if column == "position":
                connection.execute("UPDATE turns SET position = ? WHERE position = 1", (int(value),))
        notebook.open()
        before = prompts(notebook.session.conversation())
        assert {"a", "b"} <= set(before)
        said = notebook.ask(f"c{value}", f"c{value}")
        assert said == [*before, f"c{value}"]
        notebook.session.close()
        assert on_disk(conversation) == said


def test_origins_beyond_all_counting(tmp_path: Path, notebook: Notebook) -> None:
    for position in (2**53, 2**64, -5, 10**30):
        path = stranger(
            tmp_path / "x.ipynb", [{"conversation_origin": {"id": "x", "position": position}}] * 2, "fork"
        )
        notebook.session.restore(path)
        assert notebook.ask("m", f"mine {position}", "fork")[-1] == f"mine {position}"
        notebook.session.history.flush()
        conversation = notebook.session.conversation("fork")
        assert on_disk(conversation) == prompts(conversation)
        assert notebook.session.history.warning() is None


def test_positions_beyond_all_counting_keep_their_order_and_where_a_branch_began() -> None:
    turns = [
        Turn(Message("user", name), answered("x"), position=position, revision=revision)
        for name, position, revision in (
            ("a", -(2**70), 5),
            ("b", 4, 2**53),
            ("c", 2**60, -1),
            ("d", 2**60, 7),
        )
    ]
    from notebook_chat.conversation import Origin

    conversation = Conversation(turns=turns, origin=Origin("x", 4))
    assert prompts(conversation) == ["a", "b", "c", "d"]
    assert [turn.position for turn in conversation.turns] == [0, 1, 2, 3]
    assert [turn.revision for turn in conversation.turns] == [2, 4, 1, 3]
    assert conversation.origin == Origin("x", 1)


def test_an_import_of_odd_numbers_goes_on(tmp_path: Path) -> None:
    conversation = Conversation()
    say(conversation, "a")
    say(conversation, "b")
    values = conversation.to_dict()
    values["turns"][0] |= {"position": 2**53 - 1, "revision": 2**53, "at": 1e18}
    path = tmp_path / "x.json"
    path.write_text(json.dumps(values))
    read = exports.read(path)
    assert say(read, "c") is read.turns[-1]
    assert sorted(prompts(read)) == ["a", "b", "c"]


def test_a_time_to_come_does_not_win_over_what_is_asked_later(tmp_path: Path) -> None:
    """As after a kernel was killed in the middle: two rows are of one cell."""
    path = stranger(tmp_path / "x.ipynb", [{"at": 1e18}])
    [copy] = read_notebook(path).conversations()
    store = Store()
    store.keep(copy)
    store.save(copy)
    draft = copy.begin(Message("user", "mine"), cell="their-cell-0")
    written = copy.persist(draft)
    assert written is not None
    written.result(30)
    with closing(sqlite3.connect(default_path(), isolation_level=None)) as connection:
        connection.execute(
            "UPDATE turns SET owner = 'x:1:x', touched = 1, answer = 'half' WHERE status = 'streaming'"
        )
    assert on_disk(copy) == ["mine"]
    copy.discard(draft)
    store.flush()
