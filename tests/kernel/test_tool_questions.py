"""The question about a call of a tool, in a real kernel: answered, interrupted, and where nobody can be asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from .conftest import StartKernel
from .harness import Kernel
from .test_tools import TOOLS, run

ROOT = Path(__file__).parents[2]
SET_UP = """\
import asyncio, threading
from notebook_chat import Chat
from tests.tools.scripted import Made, scripted
from tests.tools.test_rounds import called, said

tool = Made("wipe", lambda values: f"gone {values}", given=False)
calls = [called(("a", "wipe", '{"table": "x"}'), ("b", "wipe", '{"table": "y"}')), said("Done.")]

def asked(*tools, **more):
    chat = Chat(provider=scripted(*calls), tools=tools or [tool], **more)
    answer = chat.ask("go")
    for message in chat.conversation.turns[-1].exchange:
        for part in message.parts:
            if type(part).__name__ == "ToolResultPart":
                print("RESULT", part.parts[0].text)
    return chat
"""


class Front:
    """A front end that can be asked, and a user who answers from a list."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.client = BlockingKernelClient()
        self.client.load_connection_info(kernel.process._manager.get_connection_info())
        self.client.start_channels(hb=False)
        self.client.wait_for_ready(timeout=30)
        self.prompts: list[str] = []

    def run(self, code: str, *answers: str) -> str:
        """What a cell prints, and whether it failed."""
        left = list(answers)
        printed: list[str] = []

        def answer(message: Any) -> None:
            self.prompts.append(message["content"]["prompt"])
            self.client.input(left.pop(0))

        def output(message: Any) -> None:
            content = message["content"]
            shown = content.get("data", {}).get("text/plain")
            printed.append(content.get("text") or shown or content.get("evalue") or "")

        self.client.execute_interactive(
            code, allow_stdin=True, stdin_hook=answer, output_hook=output, timeout=60
        )
        assert not left
        return "".join(printed)


@pytest.fixture
def kernel(start_kernel: StartKernel, tmp_path: Path) -> Kernel:
    kernel = start_kernel(env={"PYTHONPATH": str(ROOT), "NOTEBOOK_CHAT_HOME": str(tmp_path / "kept")})
    assert kernel.run("%load_ext notebook_chat", cell_id="load").status == "ok"
    done = kernel.run(SET_UP, cell_id="up")
    assert done.status == "ok", done.errors
    return kernel


@pytest.fixture
def front(kernel: Kernel) -> Iterator[Front]:
    front = Front(kernel)
    yield front
    front.client.stop_channels()


def test_the_cell_asks_and_takes_each_answer(front: Front) -> None:
    told = front.run("chat = asked()", "perhaps", "y", "n, not that one")
    assert 'A call of wipe (function), asked for by scripted:s:\n  table: "x"' in told
    assert "RESULT gone {'table': 'x'}" in told
    assert "RESULT not run: the user said no: not that one" in told
    assert front.prompts[0].startswith("Run wipe? [y = yes")
    told = front.run("chat = asked()", "e", "table=z", "y", "x")
    assert "run with other arguments, by the user" in told
    assert "RESULT not run: the user said no" in told
    told = front.run("chat = asked()", "x")
    assert told.count("RESULT not run") == 2
    told = front.run("chat = asked()", "a", "c")
    assert told.count("RESULT gone") == 2
    told = front.run("chat = asked()", "a", "a")
    assert told.count("RESULT gone") == 2
    assert front.run("chat = asked()").count("RESULT gone") == 2
    assert "wipe" in front.run("%chat tools")
    assert "1 rule forgotten" in front.run("%chat tools forget function:wipe")
    assert front.run("await Chat(provider=scripted(*calls), tools=[tool]).ask_async('go')", "y", "y")


MAGIC = """\
import sys, types
from notebook_chat.providers import registry

class Called(Made):
    def __call__(self):
        "What makes it a name that -T takes."

tool = Called("wipe", tool.does, given=False)
made = types.ModuleType("made"); made.Provider = scripted(*calls); sys.modules["made"] = made
registry.BUILT_IN = {**registry.BUILT_IN, "scripted": "made:Provider"}
"""


def test_an_interrupt_ends_the_question(front: Front) -> None:
    assert front.run(MAGIC) == ""
    front.client.execute("%%chat -m scripted:s -T tool\ngo", allow_stdin=True)
    front.client.get_stdin_msg(timeout=30)
    front.kernel.interrupt()
    while True:  # it does not wait for an answer, which nobody gives
        message = front.client.get_iopub_msg(timeout=30)
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            break
    assert front.run("print(len(tool.ran))").strip() == "0"
    assert "RESULT gone" in front.run("chat = asked()", "y", "y")


def test_nobody_can_be_asked(kernel: Kernel) -> None:
    for code in (
        "chat = asked()",
        "thread = threading.Thread(target=asked); thread.start(); thread.join()",
    ):
        told = kernel.run(code, cell_id="a").text
        assert told.count("RESULT not run: nobody can be asked here") == 2, told
        assert "%chat tools allow wipe" in told
    assert kernel.run("%chat tools allow wipe --for always", cell_id="b").status == "ok"
    assert kernel.run("chat = asked()", cell_id="a").text.count("RESULT gone") == 2


def test_a_thread_is_not_asked_though_the_cell_can_be(front: Front) -> None:
    told = front.run("thread = threading.Thread(target=asked); thread.start(); thread.join()")
    assert told.count("RESULT not run: nobody can be asked here") == 2


@pytest.mark.parametrize("tool", ["papermill", "nbclient"])
def test_no_notebook_that_runs_by_itself_is_asked(
    tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = ["%load_ext notebook_chat", SET_UP, "chat = asked()", "%chat tools allow wipe", "chat = asked()"]
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    node = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=[nbformat.v4.new_code_cell(source) for source in cells],  # type: ignore[no-untyped-call]
        metadata={"kernelspec": kernelspec},
    )
    path = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
    node.cells.insert(0, nbformat.v4.new_code_cell(path))  # type: ignore[no-untyped-call]
    nbformat.write(node, tmp_path / "in.ipynb")  # type: ignore[no-untyped-call]

    class NoServer:
        base_url = "http://127.0.0.1:9"

    done = run(tmp_path, NoServer, *TOOLS[tool])
    assert done.returncode == 0, done.stderr[-2000:]
    out: Any = nbformat.read(tmp_path / "out.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    texts = ["".join(output.get("text", "") for output in cell.outputs) for cell in out.cells]
    assert (
        texts[3].count("not run: nobody can be asked here: to let it run, write %chat tools allow wipe") == 2
    )
    assert texts[5].count("RESULT gone") == 2 or "RESULT not run" in texts[5]
