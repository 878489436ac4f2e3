"""Cells that are named as deleted: which are, which are not, and what becomes of their turns."""

from __future__ import annotations

import pytest

from notebook_chat.messages import Message

from ..store.turns import prompts
from .notebook import Notebook

LEFT = "a turn has left: its cell was deleted"


@pytest.fixture
def abc(notebook: Notebook) -> Notebook:
    """A notebook with three cells that have asked."""
    for cell in "abc":
        notebook.ask(cell, cell)
    return notebook


def turns(notebook: Notebook) -> list[str]:
    return prompts(notebook.session.conversation())


def test_a_deleted_cells_turn_leaves_and_the_next_answer_says_so(abc: Notebook) -> None:
    assert abc.ask("d", "d", deleted=["b"]) == ["a", "c", "d"]
    assert LEFT in abc.news
    abc.ask("e", "e")
    assert abc.news == []


def test_several_are_told_in_one_line(abc: Notebook) -> None:
    abc.run("x", deleted=["a", "b"])
    abc.ask("d", "d")
    assert "2 turns have left: their cells were deleted" in abc.news


@pytest.mark.parametrize("saved", [False, True])
def test_a_cell_that_was_cut_and_pasted_stands_where_it_ran(abc: Notebook, saved: bool) -> None:
    if saved:  # before that
        abc.save()
        abc.ask("c", "c")
    abc.run("load", deleted=["a"])
    sent = []
    for cell in "bac":  # a was pasted below b, and all were queued in one go
        abc.ask(cell, cell, deleted=["a"])
        sent.append(abc.sent)
    assert sent == [["b"], ["b", "a"], ["b", "a", "c"]]
    abc.ask("d", "d")
    assert abc.sent == ["b", "a", "c", "d"]


@pytest.mark.parametrize("queue", ["abc", "bca", "cab", "cba", "acb"])
def test_every_cell_that_ran_in_one_go_is_there(abc: Notebook, queue: str) -> None:
    for cell in queue:
        abc.ask(cell, cell.upper(), deleted=["a", "b"])
    assert turns(abc) == list(queue.upper())


def test_a_deleted_cell_in_a_queue_leaves_once(abc: Notebook) -> None:
    abc.run("x", deleted=["b"])
    assert abc.session.conversation().undo()
    abc.run("y", deleted=["b"])
    abc.run("z", deleted=["b"])
    assert turns(abc) == ["a", "b", "c"]


def test_a_cell_that_came_back_can_be_deleted_again(abc: Notebook) -> None:
    abc.run("x", deleted=["b"])
    abc.ask("b", "b")
    assert turns(abc) == ["a", "b", "c"]
    abc.run("x", deleted=["b"])
    assert turns(abc) == ["a", "c"]


def test_a_deletion_that_was_undone_is_known_by_the_saved_file(abc: Notebook) -> None:
    abc.save()
    abc.ask("c", "c", deleted=["b"])
    assert abc.sent == ["a", "b", "c"]
    assert abc.news == ["still sent: a cell that was deleted and is in the saved notebook"]


def test_a_deletion_that_was_saved_is_known_too(abc: Notebook) -> None:
    abc.save("a", "c")
    abc.ask("c", "c", deleted=["b"])
    assert abc.sent == ["a", "c"]


def test_an_old_file_knows_of_no_deletion(abc: Notebook) -> None:
    abc.save()
    abc.run("x")
    abc.ask("c", "c", deleted=["b"])
    assert abc.sent == ["a", "c"]
    assert LEFT in abc.news


def test_a_turn_comes_back_when_the_notebook_is_saved_with_its_cell(abc: Notebook) -> None:
    abc.ask("c", "c", deleted=["b"])
    assert abc.sent == ["a", "c"]
    abc.save()
    abc.ask("c", "c")
    assert abc.sent == ["a", "b", "c"]
    assert "a turn is back: its cell was not deleted" in abc.news


def test_a_turn_that_was_forgotten_does_not_come_back(abc: Notebook) -> None:
    abc.run("x", deleted=["b"])
    abc.session.conversation().reset()
    abc.save()
    assert abc.ask("d", "d") == ["d"]


def test_a_cell_that_is_not_in_the_saved_notebook_any_more_has_left(abc: Notebook) -> None:
    abc.save()
    abc.ask("c", "c")
    abc.save("a", "c")  # nothing ran since the deletion, or the kernel was restarted
    assert abc.ask("c", "c") == ["a", "c"]
    assert LEFT in abc.news
    assert abc.session.conversation().undo()
    assert abc.session.conversation().undo()
    abc.save("a", "c")
    assert turns(abc) == ["a", "b", "c"]


def test_a_cell_that_was_deleted_and_saved_before_the_kernel_was_restarted(abc: Notebook) -> None:
    abc.save("a", "c")
    abc.open()
    assert abc.ask("d", "d") == ["a", "c", "d"]
    assert LEFT in abc.news


def test_a_cell_that_was_not_saved_yet_is_not_taken_for_deleted(abc: Notebook) -> None:
    abc.save("a", "b")
    abc.ask("c", "C")
    abc.open()
    assert abc.ask("d", "d") == ["a", "b", "C", "d"]


def test_names_that_are_none_of_the_files_tell_of_no_deletion(abc: Notebook) -> None:
    abc.save("a", "b", "c", ids={"a": "x", "b": "y", "c": "z"})
    assert abc.ask("d", "d") == ["a", "b", "c", "d"]


def test_a_deletion_during_an_answer_waits_for_it(abc: Notebook) -> None:
    conversation = abc.session.conversation()
    draft = conversation.begin(Message("user", "panel"))
    abc.run("x", deleted=["a"])
    abc.compute("b")
    assert len(conversation) == 3
    conversation.discard(draft)
    assert abc.ask("d", "d") == ["c", "d"]


def test_all_turns_of_a_cell_leave(notebook: Notebook) -> None:
    notebook.ask("a", "a")
    notebook.run("loop", source="ask")
    conversation, next_cell = notebook.session.shared("default")
    from ..store.turns import say

    for prompt in ("1", "2"):
        say(conversation, prompt, cell=next_cell())
    assert turns(notebook) == ["a", "1", "2"]
    notebook.run("x", deleted=["loop"])
    assert turns(notebook) == ["a"]
