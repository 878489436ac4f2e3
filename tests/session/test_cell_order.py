"""Above is what stands above in the notebook, as it was saved; and a cell has a turn while it asks."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from notebook_chat import files

from ..store.turns import prompts, say
from .notebook import Notebook

UNSAVED = "this cell counts as the last one until the notebook is saved"
NO_FILE = "cells count in the order in which they first ran"
MOVED = "in the order of the notebook as it was saved"
CHANGED = "a turn has left: its cell runs something else now"


@pytest.fixture
def abc(notebook: Notebook) -> Notebook:
    """A saved notebook with three cells that have asked."""
    for cell in "abc":
        notebook.ask(cell, cell)
    notebook.save()
    return notebook


def turns(notebook: Notebook, name: str = "default") -> list[str]:
    """The prompts of a conversation, as a cell that looks at it shows them."""
    notebook.run("look")
    return prompts(notebook.session.conversation(name))


@pytest.mark.parametrize("restarted", [False, True])
def test_moved_cells_count_where_they_stand(abc: Notebook, restarted: bool) -> None:
    abc.save("c", "a", "b")
    if restarted:
        abc.open()
    assert turns(abc) == ["c", "a", "b"]
    abc.ask("a", "A")
    assert abc.sent == ["c", "A"]
    assert MOVED in abc.news
    abc.ask("a", "A")
    assert MOVED not in abc.news


def test_the_order_is_kept_in_the_history(abc: Notebook) -> None:
    abc.save("b", "a", "c")
    assert turns(abc) == ["b", "a", "c"]
    abc.path.unlink()
    abc.open()
    assert turns(abc) == ["b", "a", "c"]


def test_an_inserted_cell_is_sent_what_stands_above_it(abc: Notebook) -> None:
    abc.save("a", "new", "b", "c")
    assert abc.ask("new", "new") == ["a", "new", "b", "c"]
    assert abc.sent == ["a", "new"]
    assert abc.news == []
    conversation = abc.session.conversation()
    assert [turn.position for turn in conversation.turns] == [0, 1, 2, 3]
    assert len(conversation.stale) == 2
    abc.open()
    assert turns(abc) == ["a", "new", "b", "c"]


def test_the_first_cell_of_all(abc: Notebook) -> None:
    abc.save("new", "a", "b", "c")
    abc.ask("new", "new")
    assert abc.sent == ["new"]


def test_an_inserted_cell_that_is_not_saved_counts_as_the_last_and_says_so(abc: Notebook) -> None:
    abc.ask("new", "new")
    assert abc.sent == ["a", "b", "c", "new"]
    assert abc.news == [UNSAVED]
    abc.ask("newer", "newer")
    assert abc.news == []  # said once
    abc.save("a", "new", "b", "c", "newer")
    assert turns(abc) == ["a", "new", "b", "c", "newer"]
    abc.ask("new", "new")
    assert abc.sent == ["a", "new"]
    assert abc.news == [MOVED]


def test_without_a_file_the_first_answer_that_it_matters_for_says_so(notebook: Notebook) -> None:
    notebook.ask("a", "a")
    assert notebook.news == []
    notebook.ask("b", "b")
    assert notebook.news == [NO_FILE]
    notebook.ask("c", "c")
    notebook.ask("a", "a")
    assert notebook.news == []


def test_a_panels_turn_stays_behind_the_one_it_follows(abc: Notebook) -> None:
    say(abc.session.conversation(), "panel")
    abc.ask("d", "d")
    abc.save("c", "d", "a", "b")
    assert turns(abc) == ["c", "panel", "d", "a", "b"]


def test_undo_after_a_move_takes_the_last_answer_back(abc: Notebook) -> None:
    abc.ask("a", "A")
    abc.save("c", "b", "a")
    assert turns(abc) == ["c", "b", "A"]
    abc.session.conversation().undo()
    assert prompts(abc.session.conversation()) == ["a", "b", "c"]  # "A" in the place of "a"


def test_a_fork_begins_with_what_stands_above_it(abc: Notebook) -> None:
    session = abc.session
    abc.compute("fork", "%chat fork branch")
    session.fork("branch", session.conversation())
    abc.ask("d", "d", "branch")
    abc.save("a", "new", "b", "fork", "c", "d")
    abc.ask("new", "new")
    abc.run("fork", source="%chat fork branch")
    assert session.fork("branch", session.conversation()) == 3
    assert turns(abc, "branch") == ["a", "new", "b", "d"]
    assert session.fork("branch", session.conversation()) == 3
    assert turns(abc, "branch") == ["a", "new", "b", "d"]
    abc.open()
    abc.run("fork", source="%chat fork branch")
    assert abc.session.fork("branch", abc.session.conversation()) == 3
    assert turns(abc, "branch") == ["a", "new", "b", "d"]


@pytest.mark.parametrize("source", ["x = 1", "%chat history", "# nothing", "f'ask'"])
def test_a_cell_that_runs_something_else_has_no_turn(abc: Notebook, source: str) -> None:
    abc.compute("b", source)
    assert abc.ask("d", "d") == ["a", "c", "d"]
    assert CHANGED in abc.news
    abc.session.conversation().undo()
    abc.session.conversation().undo()
    abc.ask("d", "d")
    assert abc.sent == ["a", "b", "c", "d"]  # brought back on purpose


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("%%chat -m nope\nb", True),
        ("%%time\n%%chat\nb", True),
        ("answer = chat.ask(promt)", True),
        ("1 / 0", False),
    ],
)
def test_a_cell_that_failed_before_it_asked_keeps_its_turn(abc: Notebook, source: str, kept: bool) -> None:
    abc.compute("b", source, fails=True)
    assert turns(abc) == (["a", "b", "c"] if kept else ["a", "c"])


def test_a_chat_cell_that_ran_inside_another_cell_changes_nothing(abc: Notebook) -> None:
    abc.run("b", source="outer")
    abc.session.before_cell("x = 1")  # get_ipython().run_cell
    abc.session.after_cell("x = 1", True)
    conversation, next_cell = abc.session.shared("default")
    say(conversation, "B", cell=next_cell())
    abc.session.after_cell("outer", True)
    assert turns(abc) == ["a", "B", "c"]


def test_a_loop_that_asks_less_often_has_fewer_turns(notebook: Notebook) -> None:
    notebook.ask("a", "a")
    for count in (3, 1):
        notebook.run("loop", source=f"loop {count}")
        conversation, next_cell = notebook.session.shared("default")
        for number in range(count):
            say(conversation, str(number), cell=next_cell())
        notebook.session.after_cell(f"loop {count}", True)
        notebook.ask("b", "b")
    assert turns(notebook) == ["a", "0", "b"]


def test_a_loop_that_asks_more_often_asks_in_one_place(notebook: Notebook) -> None:
    for count in (1, 3):
        notebook.run("loop", source=f"loop {count}")
        conversation, next_cell = notebook.session.shared("default")
        for number in range(count):
            say(conversation, str(number), cell=next_cell())
        notebook.session.after_cell(f"loop {count}", True)
        notebook.ask("b", "b")
    assert turns(notebook) == ["0", "1", "2", "b"]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_cell_that_became_markdown_has_no_turn(abc: Notebook, restarted: bool) -> None:
    abc.markdown.add("b")
    abc.save()
    if restarted:
        abc.open()
    assert abc.ask("d", "d") == ["a", "c", "d"]
    assert "a turn has left: its cell is no code any more" in abc.news


def test_a_split_cell_asks_in_two_places(abc: Notebook) -> None:
    abc.save("a", "b", "half", "c")
    abc.ask("b", "first half")
    abc.ask("half", "second half")
    assert abc.sent == ["a", "first half", "second half"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"cells": 3}',
        b'{"cells": [3, null, [], {"id": 7, "source": [1], "outputs": [3, {"metadata": 1}]}]}',
        b'{"cells": [{"id": "z", "source": {"b": 1}, "cell_type": []}]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_no_notebook_stops_nothing(abc: Notebook, content: bytes) -> None:
    abc.path.write_bytes(content)
    abc.ask("a", "A")
    abc.ask("d", "d")
    assert abc.sent[:3] == ["A", "b", "c"]


def test_a_file_that_goes_away_and_comes_back(abc: Notebook, tmp_path: Path) -> None:
    abc.path.unlink()
    assert abc.ask("d", "d") == ["a", "b", "c", "d"]
    abc.path.mkdir()
    assert abc.ask("e", "e") == ["a", "b", "c", "d", "e"]
    abc.path.rmdir()
    abc.save("e", "d", "c", "b", "a")
    assert turns(abc) == ["e", "d", "c", "b", "a"]


def test_the_file_is_read_once_for_each_state(abc: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []
    real = files.open_regular

    def open_regular(path: Path) -> io.FileIO:
        reads.append(path)
        return real(path)

    monkeypatch.setattr(files, "open_regular", open_regular)
    for number in range(5):
        abc.compute(f"x{number}")
    assert reads == []  # nobody asked
    abc.ask("a", "a")
    abc.ask("b", "b")
    assert len(reads) == 1
