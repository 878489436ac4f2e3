"""What a notebook goes on with: after a restart, renamed, copied, another one in its place, from elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from notebook_chat.errors import HistoryError
from notebook_chat.store import default_path

from ..store.turns import prompts
from .notebook import Notebook


def test_a_restarted_kernel_goes_on_and_tells_it_once(notebook: Notebook) -> None:
    notebook.ask("a", "a")
    notebook.ask("b", "b", "other")
    session = notebook.open()
    assert not session.resumed
    assert notebook.ask("c", "c") == ["a", "c"]
    assert session.resumed
    session.resume()
    [resumed] = notebook.resumed
    assert {one.name: prompts(one)[:1] for one in resumed.conversations} == {"default": ["a"], "other": ["b"]}
    assert (resumed.broken, resumed.foreign, resumed.problem, resumed.new_kernel) == (0, 0, "", True)
    assert notebook.ask("a", "A") == ["A", "c"]


def test_a_reloaded_extension_has_its_variables(notebook: Notebook) -> None:
    notebook.ask("a", "a")
    notebook.open(new_kernel=False).resume()
    [resumed] = notebook.resumed
    assert not resumed.new_kernel


def test_a_renamed_notebook_is_recognized(notebook: Notebook, tmp_path: Path) -> None:
    notebook.ask("a", "a")
    id = notebook.session.conversation().id
    notebook.save()
    session = notebook.open(notebook.path.rename(tmp_path / "renamed.ipynb"))
    assert notebook.ask("b", "b") == ["a", "b"]
    assert session.conversation().id == id


def test_a_copied_notebook_goes_on_as_a_branch(notebook: Notebook, tmp_path: Path) -> None:
    notebook.ask("a", "a")
    original = notebook.session.conversation()
    notebook.save()
    copy = notebook.open(Path(shutil.copy(notebook.path, tmp_path / "copy.ipynb")))
    assert notebook.ask("b", "b") == ["a", "b"]
    assert copy.conversation().id != original.id
    assert copy.conversation().origin is not None
    notebook.open(tmp_path / "mine.ipynb")
    assert notebook.ask("c", "c") == ["a", "c"]
    notebook.open(tmp_path / "copy.ipynb")
    assert notebook.ask("d", "d") == ["a", "b", "d"]


def test_another_notebook_under_the_same_path_starts_afresh(notebook: Notebook) -> None:
    notebook.ask("a", "a")
    notebook.cells = {"z1": [], "z2": []}
    notebook.save()
    notebook.open()
    assert notebook.ask("z3", "new") == ["new"]


def test_a_notebook_that_was_not_saved_since_goes_on(notebook: Notebook) -> None:
    notebook.save()
    notebook.ask("a", "a")
    notebook.open()
    assert notebook.ask("b", "b") == ["a", "b"]


def test_a_notebook_from_elsewhere_is_restored_when_asked(notebook: Notebook) -> None:
    notebook.session.system = "be kind"
    notebook.ask("a", "a")
    notebook.ask("b", "b")
    notebook.save()
    notebook.session.close()
    shutil.rmtree(default_path().parent)
    session = notebook.open()
    session.resume()
    assert [resumed.foreign for resumed in notebook.resumed] == [2]
    assert not session.conversations
    restored = session.restore()
    assert [prompts(one) for one in restored.conversations] == [["a", "b"]]
    assert [(one.what, one.text) for one in restored.withheld] == [("system prompt", "be kind")]
    assert session.conversation().system_in_force == ""
    session.restore(whole=True)
    assert session.conversation().system_in_force == "be kind"
    assert session.conversation() is restored.conversations[0]


@pytest.mark.parametrize("content", ["", "[]", '{"cells": 3}', '{"cells": []}'])
def test_a_notebook_without_a_conversation_is_refused_and_stops_nothing(
    notebook: Notebook, content: str
) -> None:
    notebook.path.write_text(content, encoding="utf-8")
    assert notebook.ask("a", "a") == ["a"]
    with pytest.raises(HistoryError):
        notebook.session.restore()


def test_where_no_notebook_is_told_a_file_must_be_named(notebook: Notebook) -> None:
    notebook.run(None)
    with pytest.raises(HistoryError, match=r"Write %chat restore FILE.ipynb"):
        notebook.session.restore()


def test_a_history_that_is_no_database_is_told_and_stops_nothing(notebook: Notebook) -> None:
    default_path().parent.mkdir(parents=True, exist_ok=True)
    default_path().write_bytes(b"not a database" * 100)
    assert notebook.ask("a", "a") == ["a"]
    assert notebook.resumed[0].problem == ""
    assert "The history was damaged" in (notebook.session.history.warning() or "")
    notebook.open()
    assert notebook.ask("b", "b") == ["a", "b"]
