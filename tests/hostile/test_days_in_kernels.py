"""A kernel's day: forty reloads, a provider that blocks, one that exits, and the end of the kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ..kernel.conftest import StartKernel, start_kernel
from ..kernel.harness import Kernel
from ..kernel.test_magics import Begin, answer_of, begin

__all__ = ["StartKernel", "begin", "start_kernel"]  # fixtures

pytestmark = pytest.mark.kernel

COUNT = """
import atexit, gc, json, os, threading, time
import ipywidgets.widgets.widget
def count():
    gc.collect()
    shell = get_ipython()
    return {
        "threads": len([one for one in threading.enumerate() if "notebook_chat" in one.name]),
        "files": len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0,
        "atexit": atexit._ncallbacks(),
        "events": {name: len(found) for name, found in shell.events.callbacks.items()},
        "configurables": len(shell.configurables),
        "transformers": len(shell.input_transformers_cleanup),
        "completers": len(shell.strdispatchers["complete_command"].strs),
        "magics": sum(map(len, shell.magics_manager.magics.values())),
        "control": sorted(shell.kernel.control_handlers),
        "comms": len(shell.kernel.comm_manager.comms) if hasattr(shell.kernel, "comm_manager") else 0,
        "widgets": len(ipywidgets.widgets.widget._instances),
    }
def settled(before):
    until = time.monotonic() + 20
    while count() != before and time.monotonic() < until:
        time.sleep(0.05)
    print(json.dumps(count()))
"""

BLOCKS = """
import time, asyncio
from notebook_chat import Chat
async def blocks(messages):
    yield "so far"
    await asyncio.sleep(0)
    print("blocked", flush=True)
    {how}
async def fine(messages):
    yield "fine"
"""


def said(kernel: Kernel, code: str) -> Any:
    run = kernel.run(code, timeout=60)
    assert run.status == "ok", run.errors
    return json.loads(run.text)


def test_forty_reloads_leave_nothing(begin: Begin) -> None:
    kernel, server = begin()
    kernel.run("%%chat\nwarm")
    kernel.run("%chat panel")
    kernel.run("%unload_ext notebook_chat")
    kernel.run(COUNT)
    before = said(kernel, "print(json.dumps(count()))")
    kernel.run("%load_ext notebook_chat")
    kernel.run("%config ChatMagics.model = 'openai:test'")
    for number in range(40):
        assert kernel.run(f"%%chat\n{number}", cell_id=f"c{number}").status == "ok"
        if number % 4 == 0:
            kernel.run("%chat panel")
        assert kernel.run("%reload_ext notebook_chat").status == "ok"
    kernel.run("%unload_ext notebook_chat")
    kernel.run(f"before = {before!r}")
    after = said(kernel, "settled(before)")
    assert after.pop("files") <= before.pop("files")
    assert after == before
    assert after["threads"] == 0
    assert server.open_connections == 0


def test_the_conversation_goes_on_after_a_reload(begin: Begin, tmp_path: Path) -> None:
    kernel, server = begin()
    kernel.run(f"import os; os.environ['JPY_SESSION_NAME'] = {str(tmp_path / 'a.ipynb')!r}")
    kernel.run("%%chat\none", cell_id="a")
    for _ in range(3):
        told = kernel.run("%reload_ext notebook_chat\n%config ChatMagics.model = 'openai:test'")
        assert "kernel is new" not in told.text
    assert answer_of(kernel.run("%%chat\ntwo", cell_id="b")) == "re two"
    assert [turn.text for turn in server.requests[-1].turns] == ["one", "re one", "two"]


@pytest.mark.parametrize("how", ["time.sleep(60)", "while True: pass"])
def test_a_provider_that_blocks_gives_the_prompt_back(begin: Begin, how: str) -> None:
    kernel, _ = begin()
    assert kernel.run(BLOCKS.replace("{how}", how)).status == "ok"
    run = kernel.submit("Chat(provider=blocks).ask('x')")
    run.wait_for(lambda e: "blocked" in e.text)
    kernel.interrupt()
    run.wait(30)
    assert run.status == "error"
    assert run.reply["ename"] == "KeyboardInterrupt"
    assert kernel.run("print(Chat(provider=fine).ask('x'))").text == "fine\n"
    assert answer_of(kernel.run("%%chat\nand cells")) == "re and cells"


@pytest.mark.parametrize("way", ["chat.ask('x')", "await chat.ask_async('x')", "list(chat.stream('x'))"])
@pytest.mark.parametrize("error", ["SystemExit(3)", "GeneratorExit()", "asyncio.CancelledError()"])
def test_a_provider_that_exits_ends_its_own_answer(begin: Begin, way: str, error: str) -> None:
    kernel, _ = begin()
    kernel.run(BLOCKS.replace("{how}", f"raise {error}") + "\nchat = Chat(provider=blocks)")
    run = kernel.run(way)
    assert run.status == "error"
    assert run.reply["ename"] == "ChatError"
    assert kernel.run("print([turn.answer for turn in chat.conversation.turns])").text == "['so far']\n"
    assert answer_of(kernel.run("%%chat\nand cells")) == "re and cells"
