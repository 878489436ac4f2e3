"""A notebook that was recorded once with the embedded model runs again without it, without a network, the same."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest

from ..run_all import CELLS, RECORD, no_network, shown, write
from .isolation import isolated_environment

pytestmark = pytest.mark.model

RUNNERS = {
    "nbclient": ("jupyter", "execute", "talk.ipynb", "--inplace"),
    "papermill": ("papermill", "talk.ipynb", "out.ipynb", "--no-progress-bar"),
}
WRITTEN = {"nbclient": "talk.ipynb", "papermill": "out.ipynb"}


def execute(folder: Path, runner: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *RUNNERS[runner]],
        env=isolated_environment(folder / "home", variables),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def recorded(model_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the notebook, as the embedded model has answered it, its record, and the user's database."""
    folder = tmp_path_factory.mktemp("recorded")
    write(folder / "talk.ipynb")
    done = execute(folder, "nbclient", NOTEBOOK_CHAT_CACHE=str(model_file.parent))
    assert done.returncode == 0, done.stderr
    assert (folder / RECORD).is_file()
    return folder


@pytest.fixture
def folder(recorded: Path, tmp_path: Path) -> Path:
    """A copy of it, for one test."""
    return shutil.copytree(recorded, tmp_path / "work")


def again(folder: Path, runner: str, more: Mapping[str, str] | None = None) -> list[str]:
    """What the notebook shows once it has run again, where nothing can be asked."""
    variables = {**no_network(folder.parent / "first"), "NOTEBOOK_CHAT_REPLAY": "only", **(more or {})}
    done = execute(folder, runner, **variables)
    assert done.returncode == 0, done.stderr
    return shown(folder / WRITTEN[runner])


def without(folder: Path, *what: str) -> None:
    """Takes away where answers could come from: of ``outputs``, ``record`` and ``database`` those that are named."""
    if "outputs" in what:
        write(folder / "talk.ipynb")
    if "record" in what:
        (folder / RECORD).unlink()
    if "database" in what:
        found = [path for path in folder.rglob("*.sqlite3") if "notebook" in str(path)]
        assert found
        for path in found:
            path.unlink()


@pytest.fixture(scope="module")
def whole(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the notebook shows that runs again where all is there."""
    return again(shutil.copytree(recorded, tmp_path_factory.mktemp("whole") / "work"), "nbclient")


def test_five_runs_show_the_same(folder: Path, whole: list[str]) -> None:
    assert all(
        again(folder, runner) == whole for runner in ("papermill", "nbclient", "papermill", "nbclient")
    )


@pytest.mark.parametrize(
    ("runner", "gone"),
    [
        ("nbclient", ("record",)),
        ("papermill", ("database",)),
        ("papermill", ("record", "database")),
        ("nbclient", ("outputs", "database")),
        ("papermill", ("outputs", "record")),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_one_place_that_has_the_answers_is_enough(
    folder: Path, runner: str, gone: tuple[str, ...], whole: list[str]
) -> None:
    without(folder, *gone)
    assert again(folder, runner) == whole


def test_the_answers_are_those_that_were_recorded(folder: Path, recorded: Path) -> None:
    def answers(path: Path) -> list[str]:
        cells = nbformat.read(path / "talk.ipynb", 4).cells  # type: ignore[no-untyped-call]
        return [
            output["data"]["text/plain"]
            for cell in cells
            for output in cell["outputs"]
            if "data" in output and cell["source"].startswith("%%chat")
        ]

    before = answers(recorded)
    again(folder, "nbclient")
    after = answers(folder)
    assert len(before) == len(after) >= 10
    assert [text.rpartition("\n")[0] for text in before] == [text.rpartition("\n")[0] for text in after]


def test_an_edited_prompt_fails_at_its_cell_and_says_what_is_different(folder: Path) -> None:
    cells = tuple(cell.replace("to Italy?", "to Norway?") for cell in CELLS)
    path = folder / "talk.ipynb"
    notebook = nbformat.read(path, 4)  # type: ignore[no-untyped-call]
    for node, source in zip(notebook.cells, cells, strict=True):
        node.source = source
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
    variables = {**no_network(folder.parent / "first"), "NOTEBOOK_CHAT_REPLAY": "only"}
    done = execute(folder, "papermill", **variables)
    assert done.returncode != 0
    cells_run = nbformat.read(folder / "out.ipynb", 4).cells  # type: ignore[no-untyped-call]
    failed = [
        (cell["source"], output)
        for cell in cells_run
        for output in cell.get("outputs", ())
        if output["output_type"] == "error"
    ]
    [(source, output)] = failed
    assert "Norway" in source
    assert output["ename"] == "NotRecordedError"
    assert "Norway" in output["evalue"]
    assert "Italy" in output["evalue"]
    assert "\n" not in output["evalue"]
