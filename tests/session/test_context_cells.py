"""Which cells go along: those above the one that asks, as far as the session knows where they stand."""

from __future__ import annotations

import itertools
from typing import Any

import nbformat
import pytest

from notebook_chat.cell_record import CellRecord
from notebook_chat.cell_selection import CellSelection
from notebook_chat.errors import InvalidOptionError

from .notebook import Notebook


class Analysis:
    """A notebook whose cells run and give something."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self._numbers = itertools.count(1)

    @property
    def records(self) -> Any:
        return self.notebook.session.records

    @property
    def execution(self) -> Any:
        return self.notebook.session.cells.execution

    def begin(self, cell: str | None, source: str, deleted: list[str] | None = None) -> None:
        self.notebook.run(cell, deleted or [], source)
        self.records.begin(source)

    def end(self, cell: str | None, source: str, error: str = "") -> int:
        number = next(self._numbers)
        self.records.end(source, number, error)
        self.notebook.session.after_cell(source, not error)
        if cell is not None:
            self.notebook.sources[cell] = source
            self.notebook.cells.setdefault(cell, [])
        return number

    def run(
        self,
        cell: str | None,
        source: str,
        printed: str = "",
        error: str = "",
        deleted: list[str] | None = None,
    ) -> int:
        """Runs a cell; gives its number."""
        self.begin(cell, source, deleted)
        self.records.write(self.execution, "stdout", printed)
        return self.end(cell, source, error)

    def context(
        self, what: Any = "all", cell: str | None = "ask", deleted: list[str] | None = None
    ) -> list[CellRecord]:
        """What goes along with a prompt of a cell."""
        source = "%%chat\nwhy?"
        self.begin(cell, source, deleted)
        selection = CellSelection.of(what)
        assert selection is not None
        try:
            return list(self.notebook.session.context(selection))
        finally:
            self.end(cell, source)

    def sources(
        self, what: Any = "all", cell: str | None = "ask", deleted: list[str] | None = None
    ) -> list[str]:
        return [record.source for record in self.context(what, cell, deleted)]


@pytest.fixture
def analysis(notebook: Notebook) -> Analysis:
    return Analysis(notebook)


@pytest.fixture
def abc(analysis: Analysis) -> Analysis:
    """Three cells that have run and were not saved."""
    for cell in "abc":
        analysis.run(cell, f"{cell} = 1", f"printed {cell}")
    return analysis


def test_a_notebook_that_is_not_saved_has_its_cells_in_the_order_in_which_they_ran(abc: Analysis) -> None:
    assert abc.sources() == ["a = 1", "b = 1", "c = 1"]
    assert abc.sources(2) == ["b = 1", "c = 1"]
    [record] = abc.context(1)
    assert [(output.kind, output.text) for output in record.outputs] == [("stdout", "printed c")]
    assert (record.number, record.cell) == (3, "c")


def test_a_cell_counts_once_with_what_it_ran_last(abc: Analysis) -> None:
    abc.run("a", "a = 2")
    assert abc.sources() == ["b = 1", "c = 1", "a = 2"]
    assert abc.sources("In[1]") == ["a = 1"]  # IPython's In has it still
    assert abc.sources("In[1:5]") == ["b = 1", "c = 1", "a = 2"]


def test_only_what_stands_above_in_the_saved_notebook_goes_along(abc: Analysis) -> None:
    abc.notebook.cells["ask"] = []
    abc.notebook.save("c", "a", "ask", "b")
    assert abc.sources() == ["c = 1", "a = 1"]
    assert abc.sources(1) == ["a = 1"]
    assert abc.sources("In[2]") == ["b = 1"]  # what is named goes along wherever it stands


def test_a_cell_that_is_not_saved_yet_stands_behind_the_one_that_ran_before_it(abc: Analysis) -> None:
    abc.notebook.cells["ask"] = []
    abc.notebook.save("a", "b", "ask", "c")
    abc.run("b", "b = 2")
    abc.run("new", "new = 1")
    abc.run("a", "a = 2")
    assert abc.sources() == ["a = 2", "b = 2", "new = 1"]


def test_all_cells_are_above_one_that_is_not_saved(abc: Analysis) -> None:
    abc.notebook.save("b", "a", "c")
    assert abc.sources() == ["b = 1", "a = 1", "c = 1"]


def test_deleted_cells_do_not_count(abc: Analysis) -> None:
    assert abc.sources(deleted=["b"]) == ["a = 1", "c = 1"]
    assert abc.sources() == ["a = 1", "c = 1"]
    abc.run("b", "b = 1")  # it was cut and pasted
    assert abc.sources() == ["a = 1", "c = 1", "b = 1"]


def test_a_cell_that_was_named_as_deleted_and_is_in_the_notebook_counts(abc: Analysis) -> None:
    assert abc.sources(deleted=["b"]) == ["a = 1", "c = 1"]
    abc.notebook.save("a", "b", "c")
    assert abc.sources() == ["a = 1", "b = 1", "c = 1"]


def test_a_cell_that_was_saved_away_does_not_count(abc: Analysis) -> None:
    abc.notebook.save("a", "c")
    assert abc.sources() == ["a = 1", "c = 1"]


def test_a_cell_that_became_text_is_text(abc: Analysis) -> None:
    abc.notebook.sources["b"] = "# Now a title"
    abc.notebook.markdown.add("b")
    abc.notebook.save("a", "b", "c")
    assert [(record.source, record.text) for record in abc.context()] == [
        ("a = 1", False),
        ("# Now a title", True),
        ("c = 1", False),
    ]


def test_texts_go_along_with_the_cells_beneath_them(abc: Analysis) -> None:
    for text in ("title", "about-b", "more-on-b", "about-c", "behind"):
        abc.notebook.sources[text] = text
        abc.notebook.markdown.add(text)
    abc.notebook.cells["ask"] = []
    abc.notebook.save("title", "a", "about-b", "more-on-b", "b", "about-c", "c", "ask", "behind")
    assert abc.sources() == ["title", "a = 1", "about-b", "more-on-b", "b = 1", "about-c", "c = 1"]
    assert abc.sources(1) == ["about-c", "c = 1"]
    assert abc.sources(2) == ["about-b", "more-on-b", "b = 1", "about-c", "c = 1"]
    assert abc.sources("In[2]") == ["b = 1"]


@pytest.mark.parametrize(
    "source",
    [
        "%%chat\nhello",
        "# a comment\n%%chat -m x\nhello",
        "%chat history",
        "%load_ext notebook_chat\n%config ChatMagics.model = 'a:b'\n# set up",
        "%reload_ext notebook_chat",
        "   ",
        "# nothing but a comment",
    ],
)
def test_what_belongs_to_the_chat_does_not_go_along(analysis: Analysis, source: str) -> None:
    analysis.run("x", source)
    analysis.run("y", "y = 1")
    assert analysis.sources() == ["y = 1"]
    assert analysis.sources(5) == ["y = 1"]


def test_lines_for_the_chat_are_left_out_of_a_cell(analysis: Analysis) -> None:
    analysis.run(
        "x", "%load_ext notebook_chat\n%chat use a:b\nimport os\n%matplotlib inline\n%time x = 5 % 3"
    )
    assert analysis.sources() == ["import os\n%matplotlib inline\n%time x = 5 % 3"]


def test_cells_without_ids_are_known_by_what_they_ran(analysis: Analysis) -> None:
    for source in ("x = 1", "y = 1", "x = 1", "z = 1"):
        analysis.run(None, source)
    assert analysis.sources(cell=None) == ["y = 1", "x = 1", "z = 1"]


def test_a_cell_that_asks_in_python_does_not_go_along_with_itself(abc: Analysis) -> None:
    source = "chat.ask('why?', context='all')"
    abc.run("d", source, "an answer")
    abc.begin("d", source)
    selection = CellSelection.of("all")
    assert selection is not None
    assert source not in [record.source for record in abc.notebook.session.context(selection)]
    abc.end("d", source)
    abc.begin(None, source)
    assert source not in [record.source for record in abc.notebook.session.context(selection)]


def test_vs_codes_names_are_found_in_the_file_by_what_the_cells_ran(notebook: Notebook) -> None:
    analysis = Analysis(notebook)
    names = {name: f"vscode-notebook-cell:/x.ipynb#W{name}" for name in "abc"}
    for name in "abc":
        analysis.run(names[name], f"{name} = 1")
    for name in "abc":
        notebook.sources[name], notebook.cells[name] = f"{name} = 1", []
    notebook.sources["ask"], notebook.cells["ask"] = "%%chat\nwhy?", []
    notebook.save("c", "a", "ask", "b", ids={"a": "1", "b": "2", "c": "3", "ask": "4"})
    assert analysis.sources(cell="vscode-notebook-cell:/x.ipynb#Wask") == ["c = 1", "a = 1"]


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("In[77]", r"no cell that is known has run as In\[77\]: the last one is In\[5\]"),
        ("In[3:2]", r"no cell that is known has run as In\[3:2\]"),
        ("In[4]", r"In\[4\] does not go along: what it asks is in the conversation already"),
        ("In[5]", r"In\[5\] does not go along: its cell is not in the notebook any more"),
    ],
)
def test_numbers_that_mean_no_cell_are_refused_in_a_line(abc: Analysis, what: str, why: str) -> None:
    abc.run("d", "%%chat\nhi")
    abc.run("e", "e = 1")
    with pytest.raises(InvalidOptionError, match=why):
        abc.context(what, deleted=["e"])


def test_no_cell_at_all(analysis: Analysis) -> None:
    assert analysis.sources() == []
    assert analysis.sources(3) == []


def test_cells_of_before_have_what_the_saved_notebook_has_of_the_same_run(notebook: Notebook) -> None:
    analysis = Analysis(notebook)
    early = [CellRecord(n, f"plot({n})") for n in (1, 2, 3, 4)]
    analysis.records.begin_with(lambda: early)
    for n in (1, 2, 3, 4):
        output = nbformat.v4.new_output("stream", text=f"of the file {n}")
        notebook.cells[f"c{n}"] = [output]
        notebook.sources[f"c{n}"] = f"plot({n})"
    notebook.sources["c2"] = "something_else()"
    notebook.save()
    saved = nbformat.read(notebook.path, as_version=4)
    for place, cell in enumerate(cell for cell in saved.cells if cell.source):
        cell.execution_count = place + 1 if place != 2 else 99
    nbformat.write(saved, notebook.path)
    outputs = {record.source: [output.text for output in record.outputs] for record in analysis.context()}
    assert outputs == {
        "plot(1)": ["of the file 1"],
        "plot(2)": [],  # the file says something else
        "plot(3)": [],  # it ran there under another number
        "plot(4)": ["of the file 4"],
    }
