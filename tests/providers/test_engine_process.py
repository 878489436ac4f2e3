"""The engine's process: how it is lost, forked and ended."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from notebook_chat.errors import EngineError
from notebook_chat.providers import AsyncResult, Local
from notebook_chat.providers.local import engine
from notebook_chat.providers.local.engine import Engine, Engines, ending

pytest_plugins = ("tests.providers.local_fixtures",)


def ask(model: str = "", max_tokens: int = 4) -> AsyncResult:
    return Local.create_async_generator(model, "Hello!", temperature=0, max_tokens=max_tokens)


def process_of(running: Engine) -> int:
    assert running._child is not None
    return running._child._process.pid


@pytest.mark.model
@pytest.mark.skipif(os.name == "nt", reason="signals")
async def test_engine_that_is_killed_in_the_middle(model_file: Path, fresh: Engines) -> None:
    result = ask(max_tokens=400)
    for _ in range(3):
        await anext(result)
    [running] = fresh._users
    os.kill(process_of(running), signal.SIGKILL)
    with pytest.raises(EngineError, match="SIGKILL, most often because the memory") as raised:
        await result.read()
    assert raised.value.partial == result.text != ""
    assert await ask().read()


@pytest.mark.model
@pytest.mark.skipif(os.name == "nt", reason="signals")
async def test_interrupt_of_the_whole_process_group_spares_it(model_file: Path, fresh: Engines) -> None:
    await ask().read()
    [running] = fresh._users
    assert os.getpgid(process_of(running)) != os.getpgid(0)
    os.kill(process_of(running), signal.SIGINT)
    await asyncio.sleep(0.2)
    assert running.running
    assert await ask().read()


_PARENT = """
import os, signal, sys, time
from notebook_chat.providers import Local
from notebook_chat.providers.local import engine
def ask():
    return "".join(Local.create_completion("", "Hello!", max_tokens=4, temperature=0))
def pid():
    [running] = engine.engines._users
    return running._child._process.pid
ask()
print(pid(), flush=True)
"""
_FORK = """
before = pid()
child = os.fork()
if child == 0:
    answer = ask()
    other = pid()
    engine.engines.end()
    print(other != before and bool(answer), flush=True)
    os._exit(0)
os.waitpid(child, 0)
os.kill(before, 0)
print(bool(ask()) and pid() == before, flush=True)
"""


def parent(program: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", _PARENT + program]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def gone(process: int) -> bool:
    """Whether a process ends within some seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True)
        if not state.stdout.strip() or state.stdout.startswith("Z"):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.model
@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_fork_has_an_engine_of_its_own(model_file: Path) -> None:
    output, errors = parent(_FORK).communicate(timeout=60)
    number, in_child, in_parent = output.split()
    assert (in_child, in_parent) == ("True", "True"), errors
    assert errors == ""
    assert gone(int(number))


@pytest.mark.model
@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("way", ["exit", "kill"])
def test_engine_ends_with_its_process(model_file: Path, way: str) -> None:
    process = parent("" if way == "exit" else "time.sleep(60)")
    assert process.stdout is not None
    number = int(process.stdout.readline())
    if way == "kill":
        process.kill()
    _, errors = process.communicate(timeout=30)
    assert errors == ""
    assert gone(number)


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (None, "does not answer"),
        (1, "ended with status 1"),
        (-signal.SIGABRT, "ended by SIGABRT"),
        (-signal.SIGKILL, "memory"),
        (-99, "99"),
    ],
)
def test_how_a_process_ended_in_words(status: int | None, words: str) -> None:
    assert words in ending(status)


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("0.1 E llama_model_load: error loading model: unknown arch\n0.2 E more", "unknown arch"),
        ("error loading model: x: failed to load model from y", "the file is damaged or incomplete"),
        ("0.00.1 E first thing\n0.00.2 E second", "first thing"),
        ("a.cpp:7: GGML_ASSERT(x > 0) failed\nmore", "GGML_ASSERT(x > 0) failed"),
        ("", ""),
        ("chatter", ""),
    ],
)
def test_reason_from_the_log(log: str, reason: str) -> None:
    assert engine._reason(log) == reason


def test_importing_it_is_cheap() -> None:
    program = (
        "import sys, notebook_chat.providers.local\n"
        "print({'xllamacpp', 'huggingface_hub', 'filelock', 'psutil'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
