"""Where functions run, and that a call can be given up."""

from __future__ import annotations

import asyncio
import contextvars
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from notebook_chat import Chat, runner, tool
from notebook_chat.messages import TextPart, ToolResultPart
from notebook_chat.tools import ToolOutput
from notebook_chat.tools.functions import function_tool, notebook_thread, work
from notebook_chat.tools.functions.work import Work, in_worker

from .scripted import scripted
from .test_rounds import called, said

PATIENCE = 30.0


def result_of(chat: Chat) -> ToolResultPart:
    [part] = [part for part in chat.conversation.turns[-1].parts if isinstance(part, ToolResultPart)]
    return part


def text_of(result: ToolResultPart | ToolOutput) -> str:
    return "".join(part.text for part in result.parts if isinstance(part, TextPart))


def asked(function: Any, arguments: str = "{}") -> ToolResultPart:
    """What comes of a call of a function in an answer, for a synchronous caller."""
    name = function_tool(function).name
    chat = Chat(provider=scripted(called(("c", name, arguments)), said("done")), tools=[function])
    assert chat.ask("go") == "done"
    return result_of(chat)


async def asked_async(function: Any) -> ToolResultPart:
    name = function_tool(function).name
    chat = Chat(provider=scripted(called(("c", name, "{}")), said("done")), tools=[function])
    assert await chat.ask_async("go") == "done"
    return result_of(chat)


def thread_name() -> str:
    """Says where it runs."""
    return threading.current_thread().name


async def loop_thread_name() -> str:
    """Says where it runs."""
    return threading.current_thread().name


def test_a_function_runs_in_a_thread_of_its_own() -> None:
    assert text_of(asked(thread_name)) == "notebook_chat: thread_name"


def test_one_that_says_so_runs_in_the_callers_thread() -> None:
    @tool(thread="notebook")
    def where() -> str:
        return threading.current_thread().name

    assert text_of(asked(where)) == "MainThread"
    assert text_of(asyncio.run(asked_async(where))) == "MainThread"


def test_an_asynchronous_one_runs_on_the_loop_of_the_answers() -> None:
    assert text_of(asked(loop_thread_name)) == "notebook_chat"
    assert text_of(asyncio.run(asked_async(loop_thread_name))) == "MainThread"


def test_an_asynchronous_one_in_the_callers_thread() -> None:
    @tool(thread="notebook")
    async def where() -> str:
        await asyncio.sleep(0)
        return threading.current_thread().name

    assert text_of(asked(where)) == "MainThread"
    assert text_of(asyncio.run(asked_async(where))) == "MainThread"


async def test_the_callers_loop_cannot_be_had_while_it_waits() -> None:
    @tool(thread="notebook")
    async def where() -> str:
        return "there"

    result = asked(where)  # on a thread whose loop stands still
    assert result.is_error
    assert "await chat.ask_async" in text_of(result)


def test_the_variables_of_the_callers_context_are_there() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")
    variable.set("mine")

    def sync() -> str:
        return variable.get()

    async def later() -> str:
        return variable.get()

    @tool(thread="notebook")
    def here() -> str:
        return variable.get()

    for function in (sync, later, here):
        assert text_of(asked(function)) == "mine"


def busy(ended: threading.Event) -> None:
    try:
        while True:
            time.sleep(0.005)
    finally:
        ended.set()


def test_a_call_that_takes_too_long_is_given_up_and_its_thread_ends() -> None:
    ended = threading.Event()

    @tool(seconds=0.2)
    def slow() -> None:
        busy(ended)

    result = asked(slow)
    assert text_of(result) == "it took longer than 0.2 s, and was given up"
    assert ended.wait(PATIENCE)


def test_a_call_in_the_callers_thread_that_takes_too_long() -> None:
    ended = threading.Event()

    @tool(seconds=0.2, thread="notebook")
    def slow() -> None:
        busy(ended)

    @tool(seconds=0.2, thread="notebook")
    def asleep() -> None:
        time.sleep(PATIENCE * 2)

    began = time.monotonic()
    assert text_of(asked(slow)) == "it took longer than 0.2 s, and was given up"
    assert ended.is_set()
    assert text_of(asked(asleep)) == "it took longer than 0.2 s, and was given up"
    assert time.monotonic() - began < PATIENCE


def test_a_call_in_the_callers_thread_that_spends_its_time_where_an_interrupt_is_swallowed() -> None:
    class Slow:
        def __del__(self) -> None:
            time.sleep(0.01)

    @tool(seconds=0.2, thread="notebook")
    def slow() -> None:
        while True:
            Slow()

    assert text_of(asked(slow)) == "it took longer than 0.2 s, and was given up"


def test_a_call_that_catches_what_ends_it_is_interrupted_again() -> None:
    times: list[int] = []

    @tool(seconds=0.2, thread="notebook")
    def slow() -> None:
        while True:
            try:
                busy(threading.Event())
            except BaseException:
                times.append(1)
                if len(times) == 2:
                    raise

    assert text_of(asked(slow)) == "it took longer than 0.2 s, and was given up"


def test_an_asynchronous_call_in_the_callers_thread_that_takes_too_long() -> None:
    @tool(seconds=0.2, thread="notebook")
    async def asleep() -> None:
        await asyncio.sleep(PATIENCE * 2)

    assert text_of(asked(asleep)) == "it took longer than 0.2 s, and was given up"


def test_a_call_on_the_callers_loop_that_takes_too_long() -> None:
    ended = threading.Event()

    @tool(seconds=0.2, thread="notebook")
    def slow() -> None:
        busy(ended)

    result = asyncio.run(asked_async(slow))
    assert "0.2 s" in text_of(result)
    assert result.is_error
    assert ended.is_set()


def test_an_interrupt_in_the_callers_thread_ends_the_answer() -> None:
    @tool(thread="notebook")
    def slow() -> None:
        raise KeyboardInterrupt

    chat = Chat(provider=scripted(called(("c", "slow", "{}")), said("done")), tools=[slow])
    with pytest.raises(KeyboardInterrupt):
        chat.ask("go")
    assert text_of(result_of(chat)) == "stopped by the user"
    assert chat.ask("again") == "done"


async def test_a_stopped_answer_leaves_its_worker() -> None:
    begun, ended = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        busy(ended)

    chat = Chat(provider=scripted(called(("c", "slow", "{}")), said("done")), tools=[slow])
    task = asyncio.create_task(chat.ask_async("go"))
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(ended.wait, PATIENCE)


async def test_calls_that_never_end_do_not_hold_up_others_until_there_are_too_many() -> None:
    release, begun = threading.Event(), threading.Semaphore(0)

    def stuck() -> None:
        begun.release()
        release.wait(PATIENCE)

    made = function_tool(stuck)
    tell: Callable[..., None] = lambda words, fraction: None  # noqa: E731
    try:
        tasks = [asyncio.create_task(made.run({}, tell)) for _ in range(work.MOST_LEFT)]
        for _ in tasks:
            assert await asyncio.to_thread(begun.acquire, timeout=PATIENCE)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        output = await made.run({}, tell)
        assert output.is_error
        assert "given up have not ended" in text_of(output)
    finally:
        release.set()
    for thread in [*work._left]:
        await asyncio.to_thread(thread.join, PATIENCE)
    assert text_of(await function_tool(thread_name).run({}, tell)) == "notebook_chat: thread_name"


async def test_what_is_given_up_before_it_begins_never_begins() -> None:
    ran: list[int] = []
    one = Work(lambda: ran.append(1))
    one.give_up()
    one()
    assert ran == []


async def test_what_ends_as_it_is_given_up_hurts_nobody() -> None:
    for _ in range(200):
        task = asyncio.create_task(in_worker(lambda: sum(range(300)), "short"))
        await asyncio.sleep(0.0003)
        task.cancel()
        await asyncio.wait({task})
    assert await in_worker(lambda: 3, "short") == 3


class Kernel:
    """What stands for a kernel: a loop on a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="kernel", daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)
        self.loop.close()


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Any:
    kernel = Kernel()
    monkeypatch.setattr(notebook_thread, "kernel_loop", lambda: kernel.loop)
    yield kernel
    kernel.close()


def on_private_loop(function: Any, told: list[str]) -> ToolOutput:
    """What comes of a call that no thread waits for, as in a panel."""
    made = function_tool(function)

    async def alone() -> ToolOutput:
        context = contextvars.Context()
        return await asyncio.create_task(
            made.run({}, lambda words, fraction: told.append(words)), context=context
        )

    return runner.run(alone())


def test_a_panel_has_the_kernels_thread_when_it_is_idle(kernel: Kernel) -> None:
    @tool(thread="notebook")
    def where() -> str:
        return threading.current_thread().name

    @tool(thread="notebook")
    async def later() -> str:
        await asyncio.sleep(0)
        return threading.current_thread().name

    @tool(thread="notebook")
    def fails() -> str:
        raise KeyboardInterrupt

    told: list[str] = []
    assert text_of(on_private_loop(where, told)) == "kernel"
    assert text_of(on_private_loop(later, told)) == "kernel"
    assert text_of(on_private_loop(fails, told)) == "it was interrupted by the user"
    assert text_of(on_private_loop(where, told)) == "kernel"
    assert told == []


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_panel_waits_for_a_cell_only_for_a_while(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    ran: list[int] = []

    @tool(thread="notebook")
    def look() -> None:
        ran.append(1)

    @tool(thread="notebook")
    async def later() -> None:
        ran.append(1)

    monkeypatch.setattr(notebook_thread, "IDLE_SECONDS", 0.3)
    cell = threading.Event()
    kernel.loop.call_soon_threadsafe(cell.wait, PATIENCE)
    told: list[str] = []
    output = on_private_loop(look if kind == "sync" else later, told)
    assert output.is_error
    assert "a cell has been running" in text_of(output)
    assert told == ["waiting for the cell that runs"]
    cell.set()
    assert text_of(on_private_loop(tool(lambda: "there", name="f", thread="notebook"), told)) == "there"
    assert ran == []


def test_where_there_is_no_kernel_it_is_said() -> None:
    @tool(thread="notebook")
    def look() -> None: ...

    assert "there is none here" in text_of(on_private_loop(look, []))


@pytest.mark.process
def test_a_call_that_never_ends_does_not_keep_python() -> None:
    code = """
import sys, time, asyncio
from notebook_chat.tools.functions import function_tool
def stuck():
    time.sleep(600)
async def main():
    task = asyncio.create_task(function_tool(stuck).run({}, lambda words, fraction: None))
    await asyncio.sleep(0.3)
    task.cancel()
asyncio.run(main())
print("over")
"""
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ},
    )  # fmt: skip
    assert (ended.stdout, ended.stderr, ended.returncode) == ("over\n", "", 0)
