"""The examples and their records: each notebook runs again from what is beside it, and a record holds nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from notebook_chat.magics.verification import verify
from notebook_chat.plain_books import secrets_in_words
from notebook_chat.replay.record_line import read_line, written_line

EXAMPLES = Path(__file__).parents[1] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
RECORDS = sorted(EXAMPLES.glob("*.chat.jsonl"))

# What only a run can tell is what a conversation that is asked again asks.
OPEN = {"models": ["%chat rerun -m local"]}

PLACE = re.compile(r"(?:^|[\s\"'(=])(?:/|[A-Za-z]:\\\\|~/)\w|file:")


def named(path: Path) -> str:
    return path.name.partition(".")[0]


def test_each_notebook_that_asks_has_a_record() -> None:
    asking = [path for path in NOTEBOOKS if verify(path, files_only=True).cells]
    assert [*map(named, asking)] == [*map(named, RECORDS)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_what_it_asks_is_recorded(path: Path) -> None:
    report = verify(path, files_only=True)
    assert not report.problem
    assert [line.begins for line in report.cells if not line.fine] == OPEN.get(named(path), [])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_it_holds_no_outputs_and_leaves_the_mode_to_who_runs_it(path: Path) -> None:
    notebook: Any = nbformat.read(path, 4)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.cell_type != "code" or "ChatMagics.replay" not in cell.source


@pytest.mark.parametrize("path", RECORDS, ids=named)
def test_a_record_is_small_and_holds_nothing_private(path: Path) -> None:
    content = path.read_bytes()
    assert len(content) < 16_000
    for line in content.splitlines(keepends=True):
        record = read_line(line)
        assert written_line(record) == line
        assert record.model == "local:smollm2-135m"
        assert record.key is not None
        assert not record.key.base_url
        text = line.decode().replace("\\n", "\n").replace('\\"', '"')
        assert not PLACE.search(text), PLACE.search(text)
        assert not secrets_in_words(text)
