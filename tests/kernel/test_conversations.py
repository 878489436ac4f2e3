"""What a person expects of a conversation in a notebook: cells run again, deleted, a kernel restarted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest

from ..servers import VendorServer, echo
from ..servers.fixtures import ServerFactory
from .conftest import StartKernel
from .harness import Kernel

LOAD = "%load_ext notebook_chat\n%config ChatMagics.model = 'openai:test'"


class Session:
    """A notebook in a front end as JupyterLab is one: cells with ids, and outputs that are saved."""

    def __init__(self, start: Callable[[dict[str, str]], Kernel], server: VendorServer, path: Path) -> None:
        self.server = server
        self.path = path
        self._start = start
        self.cells: dict[str, tuple[str, list[Any]]] = {}
        self.kernel = self.open()

    def open(self, path: Path | None = None) -> Kernel:
        """Starts a kernel for the notebook."""
        self.path = path or self.path
        self.kernel = self._start({"JPY_SESSION_NAME": str(self.path)})
        self.kernel.run(LOAD, cell_id="load")
        return self.kernel

    def run(self, cell: str, code: str, deleted: Sequence[str] = ()) -> str:
        """Runs a cell, and gives its text."""
        run = self.kernel.run(code, cell_id=cell, deleted_cells=deleted)
        assert run.status == "ok", run.text
        self.cells[cell] = (code, run.outputs)
        return run.text

    def chat(self, cell: str, text: str, line: str = "", deleted: Sequence[str] = ()) -> list[str]:
        """Asks in a cell, and gives what was sent."""
        self.run(cell, f"%%chat {line}\n{text}", deleted)
        return self.sent

    @property
    def sent(self) -> list[str]:
        """The last request's texts."""
        return [turn.text for turn in self.server.requests[-1].turns]

    def save(self) -> None:
        """Saves the notebook."""
        notebook = nbformat.v4.new_notebook()
        for cell, (code, outputs) in self.cells.items():
            new = nbformat.v4.new_code_cell(code, id=cell, outputs=outputs)
            notebook.cells.append(new)
        nbformat.write(notebook, self.path)


@pytest.fixture
def session(start_kernel: StartKernel, vendor_server: ServerFactory, tmp_path: Path) -> Session:
    """A notebook with a first kernel, and a server that answers."""
    server = vendor_server("openai_chat", echo(lambda turns: f"re {turns[-1].text}"))
    home = tmp_path / "history"

    def start(env: dict[str, str]) -> Kernel:
        return start_kernel(env={"OPENAI_BASE_URL": server.base_url, "NOTEBOOK_CHAT_HOME": str(home), **env})

    return Session(start, server, tmp_path / "mine.ipynb")


def test_editing_the_middle_of_five_sends_the_turns_before_it_and_marks_those_after_it(
    session: Session,
) -> None:
    for cell in "abcde":
        session.chat(cell, cell)
    assert session.chat("c", "C") == ["a", "re a", "b", "re b", "C"]
    history = session.run("look", "%chat history")
    assert history.count("(stale)") == 2
    assert session.chat("f", "f")[4:6] == ["C", "re C"]
    assert "2 stale turns" in str(session.cells["f"][1])
    for cell in "def":
        session.chat(cell, cell)
    assert "(stale)" not in session.run("look", "%chat history")
    assert "stale turn" not in str(session.cells["f"][1])


def test_a_deleted_cell_leaves_the_context_and_undo_brings_it_back(session: Session) -> None:
    for cell in "abc":
        session.chat(cell, cell)
    session.run("other", "1 + 1", deleted=["b"])
    assert session.chat("d", "d") == ["a", "re a", "c", "re c", "d"]
    session.run("undo", "%chat undo")  # d
    session.run("undo", "%chat undo")  # the deletion
    assert session.chat("d", "d") == ["a", "re a", "b", "re b", "c", "re c", "d"]


def test_a_cell_deleted_before_the_extension_is_loaded(session: Session) -> None:
    session.chat("a", "a")
    session.chat("b", "b")
    session.save()
    session.open()
    session.kernel.run("%reload_ext notebook_chat", cell_id="load", deleted_cells=["a"])
    assert session.chat("c", "c") == ["b", "re b", "c"]


def test_a_fork_goes_its_own_way_and_run_all_twice_is_once(session: Session) -> None:
    sent = [
        [
            session.chat("a", "a"),
            session.run("fork", "%chat fork other"),
            session.chat("b", "b"),
            session.chat("c", "c", "-c other"),
            session.chat("d", "d"),
        ]
        for _ in range(2)
    ]
    assert sent[0] == sent[1]
    assert sent[0][3] == ["a", "re a", "c"]
    assert sent[0][4] == ["a", "re a", "b", "re b", "d"]


def test_a_cell_that_changes_its_conversation_leaves_the_first(session: Session) -> None:
    session.chat("a", "a")
    session.chat("b", "b", "-c other")
    session.chat("a", "a", "-c other")
    assert session.chat("c", "c") == ["c"]


def test_a_restarted_kernel_goes_on_and_says_so(session: Session) -> None:
    session.chat("a", "a")
    session.chat("b", "b", "-c other")
    session.open()
    run = session.kernel.run("%%chat\nc", cell_id="c")
    assert "goes on after 1 turn of 'default', 1 turn of 'other'" in run.text
    assert "the variables of before are gone" in run.text
    assert session.sent == ["a", "re a", "c"]
    assert session.chat("a", "A") == ["A"]
    assert "goes on" not in str(session.cells["a"][1])
    session.run("look", "%reload_ext notebook_chat")
    session.run("model", "%config ChatMagics.model = 'openai:test'")
    assert "variables" not in session.run("look", "%chat history")
    assert session.chat("d", "d") == ["A", "re A", "c", "re c", "d"]


def test_a_renamed_notebook_is_recognized_and_a_copied_one_branches_off(
    session: Session, tmp_path: Path
) -> None:
    session.chat("a", "a")
    session.save()
    session.path = session.path.rename(tmp_path / "renamed.ipynb")
    session.open()
    assert session.chat("b", "b") == ["a", "re a", "b"]
    session.save()
    original = session.path
    copy = tmp_path / "copy.ipynb"
    shutil.copy(original, copy)
    session.open(copy)
    assert session.chat("c", "c") == ["a", "re a", "b", "re b", "c"]
    session.save()
    session.open(original)
    assert session.chat("d", "d") == ["a", "re a", "b", "re b", "d"]
    session.open(copy)
    assert session.chat("e", "e") == ["a", "re a", "b", "re b", "c", "re c", "e"]


def test_another_notebook_under_the_same_path_starts_afresh(session: Session) -> None:
    session.chat("a", "a")
    session.save()
    session.cells = {"z1": ("1", []), "z2": ("2", [])}
    session.save()
    session.open()
    assert session.chat("z3", "new") == ["new"]


def test_a_notebook_from_elsewhere_is_restored_when_asked(session: Session, tmp_path: Path) -> None:
    session.chat("a", "a", "-s 'be kind'")
    session.chat("b", "b")
    session.save()
    before = session.chat("c", "c")
    body = session.server.requests[-1].json
    shutil.rmtree(tmp_path / "history")
    session.open()
    assert "holds 2 turns from elsewhere" in session.run("look", "%chat history")
    told = session.run("restore", "%chat restore")
    assert "2 turns" in told
    assert "%chat restore --yes puts it in force" in told
    assert session.chat("c", "c") == before[1:]
    session.run("restore", "%chat undo")
    session.run("restore", "%chat restore --yes")
    assert session.chat("c", "c") == before
    assert session.server.requests[-1].json == body


def test_nothing_that_is_said_touches_the_disk_when_the_history_is_off(
    session: Session, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "history", ignore_errors=True)
    session.kernel.run("%config ChatMagics.history = 'off'")
    session.chat("a", "Xylophonium")
    assert session.chat("b", "Quetzalcoatlus") == ["Xylophonium", "re Xylophonium", "Quetzalcoatlus"]
    session.kernel.run("%chat ledger")
    kept = [file for file in (tmp_path / "history").iterdir() if file.is_file()]
    assert all(file.name.startswith("ledger") for file in kept)
    assert all(word not in file.read_bytes() for file in kept for word in (b"Xylo", b"Quetz", b"re X"))
    assert session.kernel.run("%chat search a").status == "error"


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"cells": 3}', '{"cells": [{"outputs": [{"metadata": {"notebook_chat": 7}}]}]}', "x" * 99],
)
def test_a_broken_notebook_does_not_stop_a_chat(session: Session, content: str) -> None:
    session.path.write_text(content)
    session.chat("a", "a")
    run = session.kernel.run("%chat restore", cell_id="r")
    assert run.status == "error"
    assert len(run.errors[0].traceback) == 1
    assert session.chat("b", "b") == ["a", "re a", "b"]


def test_the_metadata_has_no_key(session: Session) -> None:
    session.chat("a", "a", "-t 0.5")
    session.save()
    stored = json.loads(session.path.read_text())["cells"][0]["outputs"][0]["metadata"]["notebook_chat"]
    assert stored["options"] == {"temperature": 0.5}
    assert stored["conversation"] == "default"
    assert "key" not in json.dumps(stored)


def test_colab_and_vs_code_name_cells_in_their_own_ways(session: Session) -> None:
    def send(prompt: str, metadata: dict[str, Any]) -> list[str]:
        session.kernel.submit(f"%%chat\n{prompt}", metadata=metadata).wait()
        return session.sent

    colab = [{"colab": {"cell_id": name}} for name in "xy"]
    code = [{"cellId": f"vscode-notebook-cell:/here/mine.ipynb#{name}"} for name in "xy"]
    send("a", colab[0])
    send("b", code[0])
    assert send("c", code[1]) == ["a", "re a", "b", "re b", "c"]
    assert send("B", code[0]) == ["a", "re a", "B"]
    assert send("A", colab[0]) == ["A"]
    for odd in (
        {"colab": 3},
        {"cellId": 7},
        {"cellId": "z", "deletedCells": "zz"},
        {"deletedCells": [1, None]},
    ):
        assert send("odd", odd)[-1] == "odd"


def test_vs_code_tells_where_the_notebook_is(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "code.ipynb"
    cell = {"cellId": f"vscode-notebook-cell:{path}#W0"}
    for prompt, sent in (("a", ["a"]), ("b", ["a", "re a", "b"])):
        session.open(tmp_path / "elsewhere")
        session.kernel.run(f"__vsc_ipynb_file__ = {str(path)!r}")
        run = session.kernel.submit(f"%%chat\n{prompt}", metadata={"cellId": cell["cellId"] + prompt}).wait()
        assert run.status == "ok"
        assert session.sent == sent
