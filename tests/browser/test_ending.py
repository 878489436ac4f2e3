"""A run of the tests that is ended from outside leaves no server, kernel or browser behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from .hanging import UNDER_WAY

PATIENCE = 90.0
HANGING = Path(__file__).with_name("hanging.py")


@pytest.mark.parametrize(
    ("workers", "way"),
    [("0", signal.SIGTERM), ("1", signal.SIGTERM), ("0", signal.SIGKILL)],
    ids=["SIGTERM", "SIGTERM-worker", "SIGKILL"],
)
def test_nothing_is_left_behind(workers: str, way: signal.Signals, tmp_path: Path) -> None:
    under_way = tmp_path / "under-way"
    command = [
        sys.executable,
        "-m",
        "pytest",
        str(HANGING),
        "-n",
        workers,
        "--basetemp",
        str(tmp_path / "base"),
    ]
    with (tmp_path / "log").open("wb") as log:
        run = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            env={**os.environ, UNDER_WAY: str(under_way)},
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not under_way.exists():
            assert run.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.1)
        started = psutil.Process(run.pid).children(recursive=True)
        commands = [" ".join(process.cmdline()) for process in started]
        for part in ("jupyterlab", "ipykernel_launcher", "chrom"):
            assert any(part in command for command in commands), commands
        run.send_signal(way)
        _, left = psutil.wait_procs(started, PATIENCE)
        assert [process.cmdline() for process in left] == [], (tmp_path / "log").read_text()
        assert run.wait(PATIENCE) != 0
    finally:
        for process in (run, *psutil.Process(run.pid).children(recursive=True)) if run.poll() is None else ():
            process.kill()
