"""Which cell a turn belongs to, and what becomes of the turns of cells that are gone or say something else."""

from __future__ import annotations

from typing import Any

import pytest

from notebook_chat.messages import Message
from notebook_chat.session import CellIdentity

from ..store.turns import prompts
from .notebook import Notebook


@pytest.mark.parametrize(
    ("metadata", "cell"),
    [
        ({"cellId": "a"}, "a"),
        ({"colab": {"cell_id": "b"}}, "b"),
        ({"cellId": "vscode-notebook-cell:/here/x.ipynb#W0"}, "vscode-notebook-cell:/here/x.ipynb#W0"),
        ({"cellId": 7}, None),
        ({"cellId": ""}, None),
        ({"colab": 3}, None),
        ({}, None),
        (None, None),
    ],
)
def test_front_ends_name_cells_in_their_own_ways(notebook: Notebook, metadata: Any, cell: str | None) -> None:
    notebook.parent = {"header": {"msg_id": "1"}, "metadata": metadata}
    identity = CellIdentity(notebook)
    assert identity.current == cell
    assert identity.next() == cell


def test_a_cell_that_asks_in_a_loop_has_a_turn_for_each(notebook: Notebook) -> None:
    identity = notebook.session.cells
    for _ in range(2):
        notebook.run("a")
        assert [identity.next() for _ in range(3)] == ["a", "a#2", "a#3"]


def test_a_terminal_has_no_cells(notebook: Notebook) -> None:
    notebook.parent = {}
    assert notebook.session.cells.current is None
    assert notebook.session.cells.next() is None
    assert notebook.session.path is None


@pytest.mark.parametrize("told", ["zz", [1, None], None, {}])
def test_deletions_that_are_no_list_of_cells_are_none(notebook: Notebook, told: Any) -> None:
    notebook.parent = {"metadata": {"cellId": "a", "deletedCells": told}}
    assert notebook.session.cells.deleted == []


def test_a_cell_that_runs_again_replaces_its_turn(notebook: Notebook) -> None:
    notebook.ask("a", "one")
    notebook.ask("b", "two")
    assert notebook.ask("a", "ONE") == ["ONE", "two"]


def test_a_deleted_cells_turn_goes_and_undo_brings_it_back(notebook: Notebook) -> None:
    for cell in "abc":
        notebook.ask(cell, cell)
    notebook.run("other", deleted=["b"])
    conversation = notebook.session.conversation()
    assert prompts(conversation) == ["a", "c"]
    assert conversation.undo()
    assert prompts(conversation) == ["a", "b", "c"]


def test_a_cell_that_runs_was_not_deleted_for_good(notebook: Notebook) -> None:
    notebook.ask("a", "one")
    notebook.run("a", deleted=["a"])
    assert prompts(notebook.session.conversation()) == ["one"]


def test_a_deletion_waits_for_the_answer_that_is_coming(notebook: Notebook) -> None:
    notebook.ask("a", "a")
    conversation = notebook.session.conversation()
    draft = conversation.begin(Message("user", "b"))
    notebook.run("other", deleted=["a"])
    assert prompts(conversation) == ["a"]
    conversation.discard(draft)
    notebook.run("other")
    assert prompts(conversation) == []


def test_a_cell_deleted_before_the_session_resumes(notebook: Notebook) -> None:
    notebook.ask("a", "a")
    notebook.ask("b", "b")
    notebook.save()
    notebook.open()
    notebook.run("load", deleted=["a"])
    assert notebook.ask("c", "c") == ["b", "c"]


def test_a_cell_whose_conversation_was_changed_leaves_the_first(notebook: Notebook) -> None:
    notebook.ask("a", "a")
    notebook.ask("b", "b", "other")
    assert notebook.ask("a", "a", "other") == ["b", "a"]
    assert prompts(notebook.session.conversation()) == []
