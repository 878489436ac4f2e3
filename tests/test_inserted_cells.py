"""Code that becomes a cell: its mark, and when it takes the place of what was inserted before."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from notebook_chat.magics import inserted_cells
from notebook_chat.magics.inserted_cells import InsertedCells, is_edited, marked
from notebook_chat.panel import cell_editor
from notebook_chat.panel.cell_editor import FoundCell

from .session.notebook import Notebook


class FrontEnd:
    """The cells of a notebook on a screen, in a front end that takes payloads and answers a cell editor."""

    def __init__(self) -> None:
        self.cells: list[str] = []
        self.inputs: list[str] = []
        self.editors = 0
        self.is_silent = False
        self.waits = False
        self.meanwhile: Any = None

    def set_next_input(self, text: str) -> None:
        self.inputs.append(text)

    def end_run(self) -> None:
        """The front end makes a cell of what the run has handed it, once."""
        self.cells += self.inputs[-1:]
        self.inputs = []

    def editor(self, mark: str, asking: str) -> Any:
        self.editors += 1
        return SimpleNamespace(
            found=lambda seconds: self._found(mark), replace=self._replace, close=lambda: None
        )

    def _found(self, mark: str) -> list[FoundCell] | None:
        if self.is_silent:
            return None
        found = [(str(place), cell) for place, cell in enumerate(self.cells) if mark in cell]
        return [FoundCell(id, cell, self.waits) for id, cell in found]

    def _replace(self, cell: FoundCell, source: str, seconds: float) -> bool:
        if self.meanwhile is not None:
            self.cells[int(cell.id)] = self.meanwhile
        if self.cells[int(cell.id)] != cell.source:
            return False
        self.cells[int(cell.id)] = source
        return True


class Asking:
    """A notebook whose cells put code into others."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.screen = FrontEnd()
        self.restart()

    def restart(self) -> None:
        """A new kernel."""
        self.inserted = InsertedCells(self.notebook.session, self.screen)

    def run(self, cell: str | None, *codes: str, **options: Any) -> list[str]:
        self.notebook.run(cell)
        told = [self.inserted.put(code, **options) for code in codes]
        self.screen.end_run()
        return told

    @property
    def codes(self) -> list[str]:
        """What the cells say beneath their marks."""
        return [cell.partition("\n")[2] for cell in self.screen.cells]


@pytest.fixture
def asking(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> Asking:
    asking = Asking(notebook)
    monkeypatch.setattr(cell_editor, "CellEditor", asking.screen.editor)
    return asking


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    return Notebook(tmp_path / "mine.ipynb")


NEW = "The code is in the new cell below."
OLD = "The code is in the cell that was inserted before."


def test_a_first_run_asks_nobody_and_makes_a_cell(asking: Asking) -> None:
    assert asking.run("a", "x = 1") == [NEW]
    assert asking.codes == ["x = 1"]
    assert asking.screen.cells[0].startswith("# From the answer above (")
    assert asking.screen.editors == 0


def test_a_run_again_replaces_its_own_cell_and_no_other(asking: Asking) -> None:
    asking.run("a", "x = 1")
    asking.run("b", "y = 1")
    assert asking.run("a", "x = 2") == [OLD]
    assert asking.run("b", "y = 1") == [OLD]
    assert asking.codes == ["x = 2", "y = 1"]


def test_one_that_waits_to_run_is_replaced_and_that_is_said(asking: Asking) -> None:
    asking.run("a", "x = 1")
    asking.screen.waits = True
    assert asking.run("a", "x = 1") == [OLD]
    assert asking.run("a", "x = 2") == [f"{OLD} It was about to run its earlier code: run it again."]


@pytest.mark.parametrize(
    "edit",
    [
        lambda cell: f"{cell}\nmore()",
        lambda cell: cell.replace("x", "y"),
        lambda cell: f"# mine\n{cell}",
        lambda cell: cell.partition("\n")[2],  # without the mark
    ],
)
def test_what_somebody_has_edited_stays(asking: Asking, edit: Any) -> None:
    asking.run("a", "x = 1")
    mine = asking.screen.cells[0] = edit(asking.screen.cells[0])
    [told] = asking.run("a", "x = 2")
    assert told.startswith(NEW)
    assert asking.screen.cells[0] == mine
    assert asking.codes[1] == "x = 2"
    assert asking.run("a", "x = 3") == [OLD]  # the new one is nobody's work
    assert (asking.screen.cells[0], asking.codes[1]) == (mine, "x = 3")


def test_an_edit_that_changes_nothing_but_blanks_around_it_is_none(asking: Asking) -> None:
    asking.run("a", "x = 1")
    asking.screen.cells[0] += "\n\n"
    assert asking.run("a", "x = 2") == [OLD]


def test_what_is_edited_at_that_very_moment_stays(asking: Asking) -> None:
    asking.run("a", "x = 1")
    asking.screen.meanwhile = "mine"
    assert asking.run("a", "x = 2")[0].startswith(NEW)
    assert asking.screen.cells[0] == "mine"


def test_one_that_was_deleted_is_inserted_again(asking: Asking) -> None:
    asking.run("a", "x = 1")
    asking.screen.cells.clear()
    assert asking.run("a", "x = 2") == [NEW]
    assert asking.codes == ["x = 2"]


def test_a_front_end_that_says_nothing_is_soon_asked_no_more(asking: Asking) -> None:
    asking.run("a", "x = 1")
    asking.screen.is_silent = True
    for _ in range(5):
        [told] = asking.run("a", "x = 2")
        assert told == f"{NEW} If there is one from before, delete it: it could not be looked for here."
    assert asking.screen.editors == 2
    assert len(asking.screen.cells) == 6


def test_a_new_kernel_knows_it_by_the_saved_notebook(asking: Asking) -> None:
    asking.run("a", "x = 1")
    asking.restart()
    cells = [{"cell_type": "code", "source": cell} for cell in asking.screen.cells]
    asking.notebook.path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    assert asking.run("a", "x = 2") == [OLD]
    asking.run("b", "y = 1")
    assert (asking.codes, asking.screen.editors) == (["x = 2", "y = 1"], 1)


def test_a_new_kernel_knows_it_by_the_turn(asking: Asking) -> None:
    asking.run("a", "x = 1")
    asking.restart()
    assert asking.run("a", "x = 2", again=True) == [OLD]
    assert asking.codes == ["x = 2"]


def test_a_cell_that_asks_in_a_loop_makes_one_cell_of_all(asking: Asking) -> None:
    asking.run("a", "x = 1", "y = 2", "z = 3")
    assert asking.codes == ["x = 1\n\ny = 2\n\nz = 3"]
    asking.run("a", "x = 4", "y = 5")
    assert asking.codes == ["x = 4\n\ny = 5"]


def test_two_kinds_of_insertion_are_told_apart(asking: Asking) -> None:
    asking.run("a", "x = 1")
    asking.run("a", "y = 1", owner="a:fix")
    asking.run("a", "x = 2")
    assert asking.codes == ["x = 2", "y = 1"]


def test_without_a_name_of_the_cell_nothing_is_marked_or_looked_for(asking: Asking) -> None:
    for _ in range(2):
        assert asking.run(None, "x = 1") == ["The code is in the next prompt."]
    assert asking.screen.cells == ["x = 1", "x = 1"]
    asking.screen.kernel = None  # type: ignore[attr-defined]
    assert "handed on" in asking.run(None, "x = 1")[0]
    assert asking.screen.editors == 0


def test_cells_that_only_their_front_end_can_change_are_not_looked_for(asking: Asking) -> None:
    for _ in range(2):
        asking.run("vscode-notebook-cell:/a.ipynb#W0", "x = 1")
    assert (len(asking.screen.cells), asking.screen.editors) == (2, 0)


def test_code_of_any_length_is_not_put_into_a_cell(asking: Asking) -> None:
    assert "%chat save" in asking.run("a", "x" * (inserted_cells.MOST + 1))[0]
    assert asking.screen.cells == []


def test_nothing_invisible_gets_in(asking: Asking) -> None:
    asking.run("a", "x = '\u202e\x1b'\r\n")
    assert asking.codes == ["x = '‹U+202E›‹U+001B›'"]


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("%%bash\nls", "# From the answer above ("),
        ("%%html\n<b>", "<!-- From the answer above ("),
        ("%%javascript\n1", "// From the answer above ("),
        ("%%sql sqlite://\nselect 1", "-- From the answer above ("),
        ("%%time\nx()", "# From the answer above ("),
        ("%%capture", "# From the answer above ("),
    ],
)
def test_a_cell_magic_stays_in_the_first_line(asking: Asking, code: str, line: str) -> None:
    asking.run("a", code)
    [cell] = asking.screen.cells
    assert cell.split("\n")[0] == code.split("\n")[0]
    assert cell.split("\n")[1].startswith(line)
    assert not is_edited(cell)
    assert is_edited(f"{cell}\nmore")
    assert asking.run("a", "x = 1") == [OLD]
    assert asking.codes == ["x = 1"]


def test_beneath_a_magic_that_would_take_it_for_text_there_is_no_mark(asking: Asking) -> None:
    asking.run("a", "%%writefile app.py\nx = 1")
    assert asking.screen.cells == ["%%writefile app.py\nx = 1"]


def test_a_mark_that_the_model_has_written_is_code(asking: Asking) -> None:
    asking.run("victim", "mine = 1")
    asking.run("a", marked("x = 1", "victim"))
    assert asking.run("victim", "mine = 2") == [OLD]
    assert asking.codes[0] == "mine = 2"
    assert asking.codes[1].endswith("x = 1")
