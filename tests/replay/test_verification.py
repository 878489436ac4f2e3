"""Would a notebook run as a whole without asking? What is told by reading it is what happens when it runs."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_chat.magics.verification import Report, verify

from ..test_magics import provider, shared_shell, shell
from .recorded_notebook import SavedCell, first_failure, record, save

__all__ = ["provider", "shared_shell", "shell"]  # fixtures

CELLS = (
    "x = 1",
    "%%chat\nWhy is the sky blue?",
    "%%chat -t 0.5 -s 'Answer briefly.'\nAnd at sunset?",
    "%config ChatMagics.model = 'parrot:green'",
    "%%chat -c other\nA question of another conversation",
    "%%chat -n\nStart over",
    "%%chat -m parrot:grey -m parrot:green\nBoth of you",
    "%chat keep 2",
    "# a comment\n%%chat --schema 'name, age int' --raw\nWho is {she}?",
    "%chat fork branch",
    "%%chat -c branch\nOn the branch",
)


@pytest.fixture
def quiet() -> Iterator[None]:
    """Keeps what the cells print out of the way."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


@pytest.fixture
def recorded(shell: Any, provider: Any, quiet: Any, tmp_path: Path, monkeypatch: Any) -> list[SavedCell]:
    """The cells, run once, in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(provider, "script", staticmethod(answer))
    return record(shell, CELLS)


def answer(messages: Sequence[Any]) -> list[str]:
    """What the parrot says: data where these are asked for."""
    told = messages[-1].text
    return ['{"name": "Ada", "age": 36}'] if "she" in told else [f"You said: {told} ({len(messages)})"]


def verified(folder: Path, cells: Sequence[SavedCell], **options: Any) -> Report:
    """What is told of a notebook of these cells."""
    return verify(save(folder / "mine.ipynb", cells), **options)


def verdicts(report: Report) -> list[tuple[int, str]]:
    """Each cell that asks, with its verdict."""
    return [(line.cell, line.verdict) for line in report.cells]


def test_a_notebook_as_it_was_run_is_complete(recorded: list[SavedCell], tmp_path: Path) -> None:
    report = verified(tmp_path, recorded)
    assert report.complete, list(report.lines())
    assert [(line.cell, line.verdict, line.source) for line in report.cells] == [
        (number, "recorded", "output") for number in (2, 3, 5, 6, 7, 9, 11)
    ]


# --- edits


ANY_CELL = (
    "%%chat\nSomething new",
    "%%chat\nWhy is the sky blue?",
    "%%chat -n\nWhy is the sky blue?",
    "%%chat -c other\nA question of another conversation",
    "%%chat --dry-run\nNothing is asked",
    "%%chat\n",
    "%%chat --nonsense\nhi",
    "%%chat --replay refresh\nWhy is the sky blue?",
    "x = 2\n%%chat\nbeneath code",
    "%chat use parrot:green",
    "%config ChatMagics.model = 'parrot:grey'",
    "%config ChatMagics.system = 'Be kind.'",
    "%chat reset",
    "%chat undo",
    "%chat keep 1",
    "%chat rename other another",
    "y = 'a %%chat in a text'",
)

NUMBERS = st.integers(0, 30)
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), NUMBERS, st.sampled_from([" ", "!", " Please.", "\n", "\n\nMore."])),
        st.tuples(
            st.just("line"), NUMBERS, st.sampled_from([" -t 0.7", " -n", " -m parrot:green", " -s ''"])
        ),
        st.tuples(st.just("insert"), NUMBERS, st.sampled_from(ANY_CELL)),
        st.tuples(st.sampled_from(["delete", "clear", "stop", "copy"]), NUMBERS, st.just("")),
        st.tuples(st.just("move"), NUMBERS, NUMBERS),
    ),
    max_size=4,
)


def edited(cells: Sequence[SavedCell], edits: Sequence[tuple[str, int, Any]]) -> list[SavedCell]:
    """The cells as a user has changed them."""
    cells = list(cells)
    for what, number, more in edits:
        place = number % max(len(cells), 1)
        if what == "insert":
            cells.insert(place, SavedCell(more))
        elif not cells:
            continue
        elif what == "append":
            asks = "%%chat" in cells[place].source  # code that does not run is not looked at
            cells[place] = replace(cells[place], source=cells[place].source + more * asks)
        elif what == "line":
            head, end, rest = cells[place].source.partition("\n")
            cells[place] = replace(cells[place], source=head + more * head.startswith("%%chat") + end + rest)
        elif what == "delete":
            del cells[place]
        elif what == "clear":
            cells[place] = replace(cells[place], outputs=())
        elif what == "copy":
            cells.insert(place, cells[place])
        elif what == "stop":
            outputs = json.loads(json.dumps(cells[place].outputs))
            for output in outputs:
                for answer in (output["notebook_chat"], *output["notebook_chat"].get("alternatives", ())):
                    answer["status"] = "stopped"
            cells[place] = replace(cells[place], outputs=tuple(outputs))
        else:
            cells.insert(more % len(cells), cells.pop(place))
    return cells


@pytest.mark.parametrize("ledger", [False, True])
def test_what_is_told_is_what_happens(
    recorded: list[SavedCell], shell: Any, provider: Any, tmp_path: Path, monkeypatch: Any, ledger: bool
) -> None:
    monkeypatch.setenv("NOTEBOOK_CHAT_REPLAY", "only")
    if not ledger:
        monkeypatch.setenv("NOTEBOOK_CHAT_HOME", str(tmp_path / "elsewhere"))
    outcomes = []

    @given(EDITS)
    @settings(max_examples=50)
    def check(edits: Sequence[tuple[str, int, Any]]) -> None:
        cells = edited(recorded, edits)
        report = verified(tmp_path, cells)
        provider.requests.clear()
        failed = first_failure(shell, [cell.source for cell in cells], lambda: bool(provider.requests))
        told = next((line.cell for line in report.cells if not line.fine), None)
        assert told == failed, "\n".join(report.lines())
        assert report.complete == (failed is None)
        outcomes.append(report.complete)

    check()
    assert {True, False} <= set(outcomes)  # both kinds were seen
