"""Whether a notebook could be run as a whole without asking a model: read, not run."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Set
from pathlib import Path

from msgspec.structs import replace

from ... import files
from ...errors import ChatError
from ...providers import vendors
from ...replay.library import Library
from ...store import Cell, NotebookFile, cells_tagged, is_chat_cell, read_notebook
from ...store.notebook_file import LARGEST
from ...store.notebook_json import is_whole
from ...store.text_notebook import text_sources
from ...text import TEXT_NOTEBOOKS, single_line
from .ledger_reader import LedgerReader
from .records import Records
from .report import Line, Report
from .static_notebook import StaticNotebook
from .static_settings import StaticSettings
from .walk import Walk

_WORD = re.compile(r"[^\W\d]\w*")

_MAY_FAIL = "raises-exception"
"""The tag of a cell whose failure does not end a run of all cells, by Jupyter's convention."""


def verify(path: Path, named: str = "", *, files_only: bool = False, strict: bool = False) -> Report:
    """What becomes of a notebook's chat cells when all of it is run in a new kernel, with no model to ask. Nothing of
    it is run, nothing is written, and nobody is asked.

    Args:
        path: The notebook.
        named: What it is called in the report; its path unless given.
        files_only: Whether what this machine's ledger has does not count.
        strict: Whether cells do not count as answered whose values are known only when they run.
    """
    named, path = named or str(path), path.resolve()
    try:
        file = read_notebook(path)
    except ChatError as error:
        return Report(named, problem=single_line(str(error)))
    if path.suffix.lower() in TEXT_NOTEBOOKS:
        file = _with_lines(file)
    elif not is_whole(files.read(path, LARGEST)):
        return Report(named, problem=f"{path.name} is damaged: it is not whole, and no front end opens it")
    notebook = StaticNotebook(path, StaticSettings(), _words(file))
    ledger = None if files_only else LedgerReader()
    library = Library(notebook=lambda: path, record=notebook.settings.answers.record_path)
    with _in(path.parent), vendors.set_aside():
        records = Records(file, library, ledger)
        lines = list(Walk(file, records, notebook, cells_tagged(path, _MAY_FAIL)).lines())
    return Report(named, tuple(map(_strict, lines) if strict else lines))


def _with_lines(file: NotebookFile) -> NotebookFile:
    """A text notebook with the lines of other cells that decide what is asked."""
    sources = text_sources(files.read(file.path, LARGEST), lines=True)
    return replace(file, cells=tuple(Cell(None, True, source) for source in sources))


def _words(file: NotebookFile) -> Set[str]:
    """The words of a notebook's code; of one that is a text, in which code is not told from the rest, all words."""
    text = "\n".join(cell.source for cell in file.cells if cell.code and not is_chat_cell(cell.source))
    if file.path.suffix.lower() in TEXT_NOTEBOOKS:
        text = files.read(file.path, LARGEST).decode("utf-8", "replace")
    return frozenset(_WORD.findall(text))


def _strict(line: Line) -> Line:
    if line.verdict != "assumed":
        return line
    return replace(line, verdict="unknown", source="", why=f"it is answered if {line.why}")


@contextlib.contextmanager
def _in(folder: Path) -> Iterator[None]:
    """Has the folder of a notebook be the working folder, as it is where the notebook runs."""
    try:
        there = os.path.samefile(folder, os.curdir)  # noqa: PTH121
    except OSError:
        there = False
    with contextlib.nullcontext() if there else contextlib.chdir(folder):
        yield
