"""An interrupt during Run All: it ends the cell that runs, and those that are queued behind it do not run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from ..servers import Answer, Stall
from .isolation import isolated_environment
from .kernelspecs import INSTALLED, OLDER_VERSIONS
from .test_magics import Begin, answer_of, begin
from .test_tools import KEY, notebook

__all__ = ["begin"]  # a fixture

SOME = Answer("so ", "far", Stall())
VERSIONS = [INSTALLED, *OLDER_VERSIONS]


def coming(execution: Any) -> bool:
    """Whether the first text of an answer is there."""
    return "so far" in str(execution.displays)


@pytest.mark.parametrize("version", VERSIONS)
def test_one_interrupt_ends_all_that_is_queued(begin: Begin, version: str) -> None:
    kernel, server = begin(SOME, version=version)
    kernel.run("1 / 0")  # whose traceback has nothing to do with what follows
    runs = [kernel.submit(f"%%chat\n{n}", cell_id=str(n)) for n in range(4)]
    runs.append(kernel.submit("print('not reached')", cell_id="last"))
    runs[0].wait_for(coming)
    kernel.interrupt()
    assert [run.wait().status for run in runs] == ["error", *["aborted"] * 4]
    assert runs[0].reply["ename"] == "KeyboardInterrupt"
    assert runs[0].reply["traceback"] == ["KeyboardInterrupt"]
    assert runs[0].errors == ()
    assert answer_of(runs[0]).startswith("so far")
    assert len(server.requests) == 1
    assert kernel.run("1 + 1").text == "2"
    assert "ZeroDivisionError" in kernel.run("1 / 0").text  # exceptions are shown as before
    assert "(stopped)" in kernel.run("%chat history").text


def test_it_ends_a_loop_of_questions_too(begin: Begin) -> None:
    kernel, server = begin(SOME)
    run = kernel.submit(
        "for text in 'abc':\n    get_ipython().run_cell_magic('chat', '', text)\nprint('after')"
    )
    run.wait_for(coming)
    kernel.interrupt()
    assert run.wait().status == "error"
    assert "after" not in run.text
    assert len(server.requests) == 1


def test_it_ends_the_magic_that_stands_around_the_question(begin: Begin) -> None:
    kernel, server = begin(SOME)
    run = kernel.submit("%%time\n%%chat -o answer\nhello")
    queued = kernel.submit("print('not reached')")
    run.wait_for(lambda e: len(server.requests) == 1)
    kernel.interrupt()
    assert run.wait().status == "error"
    assert queued.wait().status == "aborted"


def test_who_catches_it_goes_on(begin: Begin) -> None:
    kernel, _ = begin(SOME)
    run = kernel.submit(
        "try:\n    get_ipython().run_cell_magic('chat', '', 'a')\nexcept KeyboardInterrupt:\n    print('caught')"
    )
    run.wait_for(coming)
    kernel.interrupt()
    assert run.wait().status == "ok"
    assert "caught" in run.text
    queued = kernel.submit("import time; print('on', flush=True); time.sleep(60)").wait_for(
        lambda e: "on" in e.text
    )
    kernel.interrupt()
    assert queued.wait().errors[0].traceback  # another cell's interrupt is shown as ever


def test_a_handler_of_another_package_stays(begin: Begin) -> None:
    kernel, _ = begin(SOME)
    kernel.run(
        "def handle(shell, kind, error, traceback, tb_offset=None):\n    print('theirs:', error)\n"
        "get_ipython().set_custom_exc((ValueError,), handle)"
    )
    run = kernel.submit("%%chat\nhello").wait_for(coming)
    kernel.interrupt()
    assert run.wait().status == "error"
    assert kernel.run("raise ValueError('mine')").text == "theirs: mine\n"


def test_an_unattended_run_ends_there(tmp_path: Path, vendor_server: Any) -> None:
    """A runner that interrupts what takes too long: the cell has failed, what had come of it is in the notebook."""
    server = vendor_server("openai_chat", SOME, key=KEY)
    path = notebook(tmp_path / "in.ipynb", "%%chat\none", "%%chat\ntwo")
    script = (
        "import nbformat, nbclient\n"
        "node = nbformat.read('in.ipynb', as_version=4)\n"
        "client = nbclient.NotebookClient(node, timeout=8, interrupt_on_timeout=True, kernel_name='python3')\n"
        "try:\n    client.execute()\nexcept nbclient.exceptions.CellExecutionError as error:\n    print(error)\n"
        "nbformat.write(node, 'out.ipynb')\n"
    )
    env = {**isolated_environment(tmp_path), "OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": KEY}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=env,
        cwd=path.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "KeyboardInterrupt" in done.stdout
    node: Any = nbformat.read(tmp_path / "out.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    assert node.cells[1].outputs[0].data["text/plain"].startswith("so far")
    assert len(node.cells[1].outputs) == 1
    assert node.cells[2].outputs == []
    assert len(server.requests) == 1
