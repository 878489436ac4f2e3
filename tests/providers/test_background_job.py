"""Blocking work beside an event loop, and the processes it starts."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from notebook_chat.events import Notice
from notebook_chat.providers.local import child_process, cpu
from notebook_chat.providers.local.background_job import BackgroundJob, ProgressReporter, StoppedError


async def test_work_tells_and_gives_its_result() -> None:
    def count(progress: ProgressReporter) -> int:
        for number in range(3):
            progress.say(f"number {number}", number / 2)
        assert threading.current_thread() is not threading.main_thread()
        return 7

    work = BackgroundJob(count)
    told = [status async for status in work.statuses()]
    assert told == [Notice("number 0", 0.0), Notice("number 1", 0.5), Notice("number 2", 1.0)]
    assert work.result == 7


async def test_failure_comes_out_where_it_is_waited_for() -> None:
    def fail(progress: ProgressReporter) -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        async for _ in BackgroundJob(fail).statuses():
            pass


async def test_leaving_early_waits_until_the_work_has_stopped() -> None:
    stopped = threading.Event()

    def wait(progress: ProgressReporter) -> None:
        progress.say("waiting")
        try:
            progress.pause(60)
        finally:
            time.sleep(0.05)
            stopped.set()

    async with aclosing(BackgroundJob(wait).statuses()) as statuses:
        await anext(statuses)
    assert stopped.is_set()


async def test_the_loop_runs_while_the_work_blocks() -> None:
    release = threading.Event()
    work = BackgroundJob(lambda progress: release.wait(10))

    async def free() -> None:
        await asyncio.sleep(0.01)
        release.set()

    task = asyncio.create_task(free())
    async for _ in work.statuses():
        pass
    await task
    assert work.result is True


def test_progress_is_told_no_more_often_than_it_is_read() -> None:
    told: list[Notice] = []
    progress = ProgressReporter(told.append)
    for number in range(1000):
        progress.say("working", number / 1000)
    assert 1 <= len(told) < 100
    progress.say("done")
    progress.say("over", 7.0)
    assert told[-2:] == [Notice("done"), Notice("over", 1.0)]


def test_waiting_for_a_lock_can_be_stopped() -> None:
    lock, progress = threading.Lock(), ProgressReporter()
    progress.acquire(lock)
    threading.Timer(0.1, progress.stop).start()
    with pytest.raises(StoppedError):
        progress.acquire(lock)


@pytest.mark.skipif(os.name == "nt", reason="process groups")
def test_child_is_apart_from_an_interrupt_and_ends_with_all_it_started() -> None:
    program = (
        "import subprocess, sys, time\n"
        "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(inner.pid, flush=True)\ntime.sleep(60)\n"
    )
    child = child_process.Child(child_process.python("-c", program), child_process.environment())
    deadline = time.monotonic() + 20
    while not child.output.endswith("\n") and time.monotonic() < deadline:
        time.sleep(0.01)
    inner = int(child.output)
    assert os.getpgid(inner) != os.getpgid(0)
    child.end()
    child.end()
    assert child.exit_status == -signal.SIGTERM
    while time.monotonic() < deadline:
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(inner)], capture_output=True, text=True).stdout
        if not state or state.startswith("Z"):
            break
        time.sleep(0.01)
    else:
        pytest.fail("the process that the child started still runs")


def test_program_that_does_not_end_when_asked_is_killed() -> None:
    program = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    progress = ProgressReporter()

    def stop(child: child_process.Child) -> None:
        if child.output:
            progress.stop()

    with pytest.raises(StoppedError):  # and not the program's end, which would give a status
        child_process.run(child_process.python("-c", program), child_process.environment(), progress, stop)


def test_program_that_is_not_there() -> None:
    with pytest.raises(OSError, match="no-such-program"):
        child_process.run(["/no-such-program"], {}, ProgressReporter())


def test_python_that_runs_inside_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(OSError, match="inside another program"):
        child_process.python("-c", "pass")


@pytest.mark.parametrize(
    ("file", "text", "quota"),
    [
        ("cpu.max", "200000 100000\n", 2.0),
        ("cpu.max", "max 100000\n", float("inf")),
        ("cpu.max", "", float("inf")),
        ("other", "", float("inf")),
    ],
)
def test_bound_of_a_container(tmp_path: Path, file: str, text: str, quota: float) -> None:
    (tmp_path / file).write_text(text)
    assert cpu._quota(tmp_path) == quota


@pytest.mark.parametrize(("quota", "bound"), [("150000", 1.5), ("-1", float("inf"))])
def test_bound_of_an_older_container(tmp_path: Path, quota: str, bound: float) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota)
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert cpu._quota(tmp_path) == bound


@pytest.mark.parametrize(("quota", "threads"), [(0.5, 1), (1.0, 1), (2.0, 1), (3.9, 2), (float("inf"), 7)])
def test_one_core_is_left_free(monkeypatch: pytest.MonkeyPatch, quota: float, threads: int) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: range(16), raising=False)
    monkeypatch.setattr("psutil.cpu_count", lambda logical: 16 if logical else 8)
    monkeypatch.setattr(cpu, "_quota", lambda: quota)
    assert cpu.threads() == threads
