"""MCP servers of a real kernel: interrupted, restarted, shut down and killed, it leaves no process behind."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from ..tools.mcp.programs import command, gone, noted, runs
from .conftest import StartKernel
from .harness import Kernel

SETUP = """
%load_ext notebook_chat
import sys
from collections.abc import AsyncIterator
from notebook_chat import Chat
from notebook_chat.events import Finish, TextDelta, ToolCall
from notebook_chat.providers import AsyncGeneratorProvider
from notebook_chat.renderers import DisplayRenderer, play
from notebook_chat.tools import Verdict
class Yes:
    async def decide(self, call, tell):
        return Verdict(True)
class Calling(AsyncGeneratorProvider):
    name = "calling"
    default_model = "c"
    options = frozenset({"tools", "tool_choice"})
    @classmethod
    async def stream(cls, model, messages, **options):
        if messages[-1].role == "user":
            name, _, arguments = messages[-1].text.partition(" ")
            yield ToolCall(0, "c1", name, arguments or "{}")
            yield Finish("tool_calls")
        else:
            yield TextDelta("gave " + messages[-1].parts[0].parts[0].text)
            yield Finish("stop")
def chat(*names):
    return Chat(provider=Calling, tools=list(names), permit=Yes())
"""
FLAGS = {"ordinary": [], "stubborn": ["stubborn"], "family": ["stubborn", "child"]}


def begin(kernel: Kernel, pids: Path, *flags: str, wrapped: bool = False) -> list[int]:
    """Has the kernel start a server; the ids of its processes, and of all that the kernel has started."""
    words = " ".join(command(*flags, f"pids={pids}"))
    words = f'sh -c "{words}; true"' if wrapped else words
    assert kernel.run(SETUP).status == "ok"
    assert kernel.run(f"%chat mcp add own {words}").status == "ok"
    asked = kernel.run("""print(chat("own").ask('own__echo {"text": "a"}'))""", timeout=60)
    assert "gave" in asked.text, asked.errors
    children = [one.pid for one in psutil.Process(kernel.process.pid).children(recursive=True)]
    return [*noted(pids, 2 if "child" in flags else 1), *children]


@pytest.mark.parametrize("kind", FLAGS)
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_killed_kernel_leaves_none(kernel: Kernel, tmp_path: Path, kind: str, wrapped: bool) -> None:
    started = begin(kernel, tmp_path / "pids", *FLAGS[kind], wrapped=wrapped)
    assert all(map(runs, started))
    kernel.kill()
    assert gone(started)


@pytest.mark.parametrize("kind", FLAGS)
def test_a_restarted_kernel_leaves_none(kernel: Kernel, tmp_path: Path, kind: str) -> None:
    started = begin(kernel, tmp_path / "pids", *FLAGS[kind])
    kernel.restart()
    assert gone(started)
    assert begin(kernel, tmp_path / "pids", *FLAGS[kind])


@pytest.mark.parametrize("kind", FLAGS)
def test_a_kernel_that_shuts_down_leaves_none_and_says_nothing(
    kernel: Kernel, tmp_path: Path, kind: str
) -> None:
    started = begin(kernel, tmp_path / "pids", *FLAGS[kind])
    kernel.process.shutdown()
    assert gone(started)
    assert "Traceback" not in kernel.process.log
    assert "Exception ignored" not in kernel.process.log


def test_an_extension_that_is_reloaded_leaves_none(kernel: Kernel, tmp_path: Path) -> None:
    started = begin(kernel, tmp_path / "pids", "stubborn", "child")
    assert kernel.run("%reload_ext notebook_chat", timeout=60).status == "ok"
    assert gone(started)


def test_an_interrupted_call_ends_and_the_server_stays(kernel: Kernel, tmp_path: Path) -> None:
    [server, *_] = begin(kernel, tmp_path / "pids")
    for _ in range(2):
        cell = kernel.submit("""play(chat("own").reply('own__slow {"seconds": 600}'), DisplayRenderer())""")
        cell.wait_for(lambda e: "own: step " in str(e.displays))
        kernel.interrupt()
        assert cell.wait().status == "error"
        assert cell.reply["ename"] == "Interrupted"
    again = kernel.run("""print(chat("own").ask('own__echo {"text": "b"}'))""")
    assert '{"text": "b"}' in again.text
    assert runs(server)
    assert len(noted(tmp_path / "pids")) == 1


def test_an_interrupted_start_leaves_none_and_the_kernel_is_free(kernel: Kernel, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    assert kernel.run(SETUP).status == "ok"
    kernel.run(f"%chat mcp add own {' '.join(command('deaf', 'stubborn', f'pids={pids}'))}")
    cell = kernel.submit("""chat("own").ask("own__echo {}")""")
    cell.wait_for(lambda _: pids.exists())
    kernel.interrupt()
    assert cell.wait().status == "error"
    assert cell.reply["ename"] == "KeyboardInterrupt"
    assert kernel.run("1 + 1").text == "2"
    assert gone(noted(pids))


def test_two_kernels_have_servers_of_their_own(start_kernel: StartKernel, tmp_path: Path) -> None:
    home = {"NOTEBOOK_CHAT_HOME": str(tmp_path / "history")}
    first, second = start_kernel(env=home), start_kernel(env=home)
    one = begin(first, tmp_path / "one")
    two = begin(second, tmp_path / "two")
    assert not set(one) & set(two)
    first.kill()
    assert gone(one)
    assert all(map(runs, two))


def test_where_nobody_can_be_asked_a_projects_server_is_refused(kernel: Kernel, tmp_path: Path) -> None:
    kernel.run(
        'open(\'.mcp.json\', \'w\').write(\'{"mcpServers": {"theirs": {"command": "touch", "args": ["made"]}}}\')'
    )
    assert kernel.run(SETUP).status == "ok"
    refused = kernel.run("%%chat -T theirs\nhello")
    assert refused.status == "error"
    assert "%chat mcp allow theirs" in "".join(refused.errors[0].traceback)
    assert kernel.run("import os; os.path.exists('made')").text == "False"


pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="descendants in other sessions are found on Linux"
)
