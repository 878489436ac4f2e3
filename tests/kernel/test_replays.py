"""A notebook that was run once runs again without anybody to ask: the same outputs, whatever the answers come from."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from ..servers import Answer, ToolCall, VendorServer, echo
from ..servers.fixtures import ServerFactory
from .conftest import StartKernel
from .harness import Kernel
from .isolation import isolated_environment
from .test_tools import KEY, notebook

FUNCTIONS = """
def count(text: str) -> int:
    "Counts the characters of a text."
    open("calls.txt", "a").write("count ")
    return len(text)

def picture(side: int):
    "Paints a picture."
    import random
    from PIL import Image
    open("calls.txt", "a").write("picture ")
    random.seed(side)
    image = Image.new("RGB", (side, side))
    image.putdata([(random.randrange(256),) * 3 for _ in range(side * side)])
    return image
"""
CHATS = [
    "%%chat -s 'Be kind.'\none",
    "%%chat -T count\ncount it",
    "%%chat -T picture\npaint it",
    "%%chat --schema 'name, age int' -o who\nwho is it?",
    "print(who)",
    "%%chat -t 0.5\nand {1 + 1}?",
    "%%chat -n\nanew",
    "%%chat -c other\nelsewhere",
    "%%chat\nand last",
]


def answers(request: Any) -> Answer:
    """What the model says."""
    said = request.turns[-1].text
    body = request.json
    last = body["messages"][-1]
    if last["role"] == "tool":
        return Answer("It is ", "done.")
    if "count it" in said:
        return Answer(ToolCall("count", '{"text": "abc"}'))
    if "paint it" in said:
        return Answer(ToolCall("picture", '{"side": 120}'))
    if "who is it" in said:
        return Answer('{"name": "Ann", ', '"age": 3}')
    return echo()(request)


@pytest.fixture
def server(vendor_server: ServerFactory) -> VendorServer:
    return vendor_server("openai_chat", answers, key=KEY)


def alone(folder: Path, address: str, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a command on a machine that has no key, and nobody to ask."""
    env = {**isolated_environment(folder), "OPENAI_BASE_URL": address, **variables}
    return subprocess.run(
        [sys.executable, "-m", *command],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def execute(folder: Path, address: str, mode: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the notebook of a folder in nbclient."""
    return alone(
        folder,
        address,
        *("jupyter", "execute", "talk.ipynb", "--inplace"),
        NOTEBOOK_CHAT_REPLAY=mode,
        **variables,
    )


def outputs(path: Path) -> str:
    """The outputs of a notebook without what is of one run alone."""
    cells = json.loads(path.read_text())["cells"]
    text = json.dumps([cell.get("outputs") for cell in cells], indent=1)
    text = re.sub(r'"(id|conversation_id)": "[0-9a-f]{32}"', r'"\1": ""', text)
    return re.sub(r'"at": [0-9.e]+', '"at": 0', text)


@pytest.fixture
def recorded(server: VendorServer, tmp_path: Path) -> Path:
    """A folder with a notebook that was run, and its record."""
    folder = tmp_path / "first"
    folder.mkdir()
    notebook(folder / "talk.ipynb", FUNCTIONS, *CHATS)
    variables = {"OPENAI_API_KEY": KEY, "NOTEBOOK_CHAT_RECORD": "talk.chat.jsonl"}
    done = execute(folder, server.base_url, "off", **variables)
    assert done.returncode == 0, done.stderr
    return folder


def elsewhere(recorded: Path, name: str, *files: str) -> Path:
    """Another machine, which has some files of the first."""
    folder = recorded.parent / name
    folder.mkdir()
    for file in files:
        shutil.copy(recorded / file, folder / file)
    return folder


def whole(path: Path) -> Any:
    """A notebook without when its cells were run."""
    values = json.loads(path.read_text())
    for cell in values["cells"]:
        cell["metadata"].pop("execution", None)
    return values


def test_kept_answers_leave_the_notebook_as_it_was(server: VendorServer, recorded: Path) -> None:
    asked = len(server.requests)
    there = elsewhere(recorded, "kept", "talk.ipynb")
    before = whole(there / "talk.ipynb")
    done = execute(there, server.base_url, "keep")
    assert done.returncode == 0, done.stderr
    assert len(server.requests) == asked
    assert whole(there / "talk.ipynb") == before
    assert not (there / "calls.txt").exists()


def test_the_same_comes_from_the_notebook_the_record_and_the_ledger(
    server: VendorServer, recorded: Path
) -> None:
    address, asked = server.base_url, len(server.requests)
    sources = [("talk.ipynb",), ("talk.ipynb", "talk.chat.jsonl")]
    seen = []
    for number, files in enumerate(sources):
        there = elsewhere(recorded, f"only-{number}", *files)
        if len(files) > 1:
            notebook(there / "talk.ipynb", FUNCTIONS, *CHATS)
        done = execute(there, address, "only")
        assert done.returncode == 0, done.stderr
        seen.append(outputs(there / "talk.ipynb"))
        assert not (there / "calls.txt").exists()
    there = elsewhere(recorded, "papermill", "talk.ipynb")
    command = ("papermill", "talk.ipynb", "out.ipynb", "--no-progress-bar")
    done = alone(there, address, *command, NOTEBOOK_CHAT_REPLAY="only")
    assert done.returncode == 0, done.stderr
    seen.append(outputs(there / "out.ipynb"))
    assert seen[1:] == seen[:1] * 2
    assert seen[0].count("replayed") > 8
    assert len(server.requests) == asked


class Lab:
    """A notebook in a front end as JupyterLab is one, which tells its path and its cells; kernels begin anew, each on
    a machine of its own."""

    def __init__(self, start: StartKernel, server: VendorServer, path: Path) -> None:
        self.path = path
        self.server = server
        self.cells: dict[str, str] = {}
        self._start = start
        self._outputs: dict[str, Any] = {}
        self._kernel: Kernel | None = None

    def open(self, **variables: str) -> None:
        """Starts a kernel for the notebook."""
        env = {"JPY_SESSION_NAME": str(self.path), "OPENAI_BASE_URL": self.server.base_url, **variables}
        self._kernel = self._start(env=env)

    def run(self, *cells: str) -> dict[str, Any]:
        """Runs cells, all of them unless some are named, and gives their outputs."""
        assert self._kernel is not None
        for cell in cells or tuple(self.cells):
            ran = self._kernel.run(self.cells[cell], cell_id=cell)
            self._outputs[cell] = copy.deepcopy(ran.outputs)
        return self.shown

    @property
    def shown(self) -> dict[str, Any]:
        """The outputs of the cells."""
        return {cell: json.loads(json.dumps(outputs)) for cell, outputs in self._outputs.items()}

    def save(self) -> None:
        """Saves the notebook."""
        cells = [
            new_code_cell(source, id=cell, outputs=self._outputs.get(cell, []))  # type: ignore[no-untyped-call]
            for cell, source in self.cells.items()
        ]
        nbformat.write(new_notebook(cells=cells), self.path)  # type: ignore[no-untyped-call]


@pytest.fixture
def lab(start_kernel: StartKernel, server: VendorServer, tmp_path: Path) -> Lab:
    """A notebook of four chat cells that were run and saved."""
    lab = Lab(start_kernel, server, tmp_path / "talk.ipynb")
    lab.cells = {
        "load": "%load_ext notebook_chat\n%config ChatMagics.model = 'openai:test'",
        "one": "%%chat\none",
        "two": "%%chat -n\ntwo",
        "three": "%%chat\nthree",
        "four": "%%chat -c other\nfour",
    }
    lab.save()
    lab.open(OPENAI_API_KEY=KEY, NOTEBOOK_CHAT_HOME=str(tmp_path / "here"))
    lab.run()
    lab.save()
    return lab


def test_run_all_in_a_front_end_leaves_the_file_as_it_was(lab: Lab) -> None:
    before, asked = lab.shown, len(lab.server.requests)
    for home in ("elsewhere", "here", "here"):  # on a machine that does not know it, and on its own
        lab.open(NOTEBOOK_CHAT_REPLAY="keep", NOTEBOOK_CHAT_HOME=str(lab.path.parent / home))
        assert lab.run() == before
        lab.save()
    assert len(lab.server.requests) == asked


def test_one_edited_prompt_asks_what_follows_it_and_nothing_else(lab: Lab) -> None:
    before, asked = lab.shown, len(lab.server.requests)
    lab.open(NOTEBOOK_CHAT_REPLAY="keep", OPENAI_API_KEY=KEY)
    lab.cells["two"] = "%%chat -n\ntwo and a half"
    after = lab.run()
    assert len(lab.server.requests) == asked + 2
    assert [cell for cell in before if before[cell] != after[cell]] == ["two", "three"]
    lab.save()
    lab.open(NOTEBOOK_CHAT_REPLAY="keep")
    assert lab.run() == after
    lab.open(NOTEBOOK_CHAT_REPLAY="only")
    lab.cells["three"] = "%%chat\nthirty"
    assert lab.run("load", "one", "two")["one"] != after["one"]  # it is marked
    told = json.dumps(lab.run("three")["three"], ensure_ascii=False)
    assert "the prompt has “thirty” where “three” was" in told
    assert len(lab.server.requests) == asked + 2


def test_a_renamed_notebook_and_cells_in_another_order_keep_what_is_the_same(lab: Lab) -> None:
    before, asked = lab.shown, len(lab.server.requests)
    lab.path = lab.path.rename(lab.path.with_name("renamed.ipynb"))
    lab.cells = {cell: lab.cells[cell] for cell in ("load", "four", "one", "two", "three")}
    lab.open(NOTEBOOK_CHAT_REPLAY="keep")
    lab.save()
    assert lab.run() == before
    assert len(lab.server.requests) == asked
