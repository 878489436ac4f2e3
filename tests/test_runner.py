"""The bridge: streams of the private loop in the hands of synchronous callers."""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, Iterator

import pytest

from notebook_chat import runner


class Source:
    """An async generator that counts, can stall, and knows whether it was closed."""

    def __init__(
        self, count: int = 3, *, stall_at: int | None = None, error: BaseException | None = None
    ) -> None:
        self.count, self.stall_at, self.error = count, stall_at, error
        self.closed = threading.Event()

    async def __call__(self) -> AsyncGenerator[int]:
        try:
            for number in range(self.count):
                if number == self.stall_at:
                    await asyncio.sleep(3600)
                yield number
            if self.error:
                raise self.error
        finally:
            self.closed.set()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Interrupts as in a terminal: a process that a script started in the background ignores them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_result_and_an_error_come_back() -> None:
    async def answer() -> int:
        return 42

    async def fail() -> int:
        raise TimeoutError("mine")

    assert runner.run(answer()) == 42
    with pytest.raises(TimeoutError, match="mine"):
        runner.run(fail())


def test_all_items_come_in_order_and_then_the_error() -> None:
    source = Source(1000, error=KeyError("at the end"))
    got: list[int] = []
    with pytest.raises(KeyError, match="at the end"):
        got.extend(runner.iterate(source()))
    assert got == list(range(1000))


def test_an_iterator_that_is_never_started_starts_nothing() -> None:
    source = Source()
    runner.iterate(source()).close()  # type: ignore[attr-defined]
    assert not source.closed.is_set()


def test_leaving_early_closes_the_source() -> None:
    source = Source(3, stall_at=1)
    for item in runner.iterate(source()):
        assert item == 0
        break
    assert source.closed.wait(30)


def test_a_stream_closed_at_once_does_not_wait() -> None:
    start = time.monotonic()
    for _ in range(20):
        runner.Stream(Source(3, stall_at=0)()).close()
    assert time.monotonic() - start < runner.STOP_SECONDS


def test_waiting_has_an_end() -> None:
    source = Source(2, stall_at=1)
    with runner.Stream(source()) as stream:
        assert stream.get() == [0]
        assert stream.get(timeout=0.01) == []
    assert source.closed.is_set()
    assert stream.get() is None


def test_the_callers_context_is_the_streams() -> None:
    name = contextvars.ContextVar("name", default="nobody")
    name.set("caller")

    async def who() -> str:
        return name.get()

    assert runner.run(who()) == "caller"


def test_it_works_inside_a_running_loop_and_leaves_that_alone() -> None:
    async def main() -> tuple[list[int], bool]:
        loop = asyncio.get_running_loop()
        before = type(loop).run_forever
        return list(runner.iterate(Source()())), type(loop).run_forever is before

    assert asyncio.run(main()) == ([0, 1, 2], True)


def test_a_synchronous_call_on_the_private_loop_is_refused_and_not_a_deadlock() -> None:
    async def inner() -> int:
        return 1

    async def outer() -> int:
        coroutine = inner()
        try:
            return runner.run(coroutine)
        finally:
            coroutine.close()

    with pytest.raises(RuntimeError, match="async form"):
        runner.run(outer())


@pytest.mark.skipif(sys.platform == "win32", reason="signals to oneself are POSIX")
def test_an_interrupt_reaches_a_waiting_caller_at_once(interruptible: None) -> None:
    source = Source(2, stall_at=1)
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        list(runner.iterate(source()))
    assert source.closed.wait(30)
    timer.join()
    assert runner.run(asyncio.sleep(0, "still there")) == "still there"


SCRIPT_FORK = """
import asyncio, os, warnings
from notebook_chat import runner
async def pid(): return os.getpid()
assert runner.run(pid()) == os.getpid()
warnings.simplefilter("ignore", DeprecationWarning)  # threads and fork: that is what is tested
child = os.fork()
if child == 0:
    os._exit(0 if runner.run(pid()) == os.getpid() else 3)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0
assert runner.run(pid()) == os.getpid()
print("fine")
"""

SCRIPT_EXIT = """
import asyncio
from notebook_chat import runner
async def endless():
    try:
        while True:
            yield 1
            await asyncio.sleep(3600)
    finally:
        print("closed")
stream = runner.Stream(endless())
assert stream.get() == [1]
"""


def script(source: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", source]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_it_survives_a_fork() -> None:
    done = script(SCRIPT_FORK)
    assert (done.returncode, done.stdout, done.stderr) == (0, "fine\n", "")


def test_the_interpreters_exit_closes_what_is_open() -> None:
    done = script(SCRIPT_EXIT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "closed\n", "")
