"""The guard: whatever becomes of the process that started a server, nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from notebook_chat.tools.mcp import guard

from .programs import PATIENCE, SERVER, command, gone, noted, runs

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="descendants in other sessions are found on Linux"),
]

PARENT = """
import subprocess, sys, time
guarded = [sys.executable, "-I", "-S", {guard!r}, str(__import__("os").getpid()), *{command!r}]
subprocess.Popen(guarded, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
{fork}
time.sleep(600)
"""
FORK = "import os; pid = os.fork(); open({pids!r}, 'a').write(f'{{os.getpid()}}\\n') if pid == 0 else None"


def parent(*words: str, fork: str = "") -> subprocess.Popen[bytes]:
    """A process that has started a guarded server."""
    program = PARENT.format(guard=guard.__file__, command=list(words), fork=fork)
    return subprocess.Popen([sys.executable, "-c", program])


@pytest.mark.parametrize(
    ("flags", "count"), [([], 1), (["stubborn"], 1), (["child"], 2), (["stubborn", "child", "deaf"], 2)]
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_nothing_survives_the_kill_of_the_parent(
    tmp_path: Path, flags: list[str], count: int, wrapped: bool
) -> None:
    pids = tmp_path / "pids"
    words = command(*flags, f"pids={pids}")
    if wrapped:
        words = ["sh", "-c", f"{' '.join(words)}; true"]
    started = parent(*words)
    found = noted(pids, count)
    assert all(map(runs, found))
    started.kill()
    started.wait()
    assert gone(found)


def test_a_fork_of_the_parent_that_holds_the_pipes_changes_nothing(tmp_path: Path) -> None:
    pids, forked = tmp_path / "pids", tmp_path / "forked"
    started = parent(*command(f"pids={pids}"), fork=FORK.format(pids=str(forked)))
    found, [fork] = noted(pids), noted(forked)
    started.kill()
    started.wait()
    try:
        assert gone(found)
        assert runs(fork)
    finally:
        os.kill(fork, signal.SIGKILL)


def test_it_ends_with_the_servers_status_and_takes_along_what_the_server_has_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        f"import subprocess, sys; p = subprocess.Popen([sys.executable, {str(SERVER)!r}, 'stubborn', 'pids={pids}'],"
        " stdin=subprocess.PIPE, start_new_session=True);"
        f" exec(\"import time, os\\nwhile not os.path.exists('{pids}'): time.sleep(0.02)\"); sys.exit(7)"
    )
    words = [sys.executable, "-I", "-S", guard.__file__, str(os.getpid()), sys.executable, "-c", code]
    done = subprocess.run(words, timeout=PATIENCE, check=False)
    assert done.returncode == 7
    assert gone(noted(pids))


def test_sigterm_ends_all_of_it_and_sigint_nothing(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    words = [
        sys.executable,
        "-I",
        "-S",
        guard.__file__,
        str(os.getpid()),
        *command("stubborn", f"pids={pids}"),
    ]
    process = subprocess.Popen(words, stdin=subprocess.PIPE)
    found = noted(pids)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    process.terminate()
    assert process.wait(PATIENCE) == 0
    assert gone(found)
    assert process.stdin is not None
    process.stdin.close()


def test_what_cannot_be_started_is_told() -> None:
    words = [sys.executable, "-I", "-S", guard.__file__, str(os.getpid()), "/no/such/program"]
    done = subprocess.run(words, capture_output=True, timeout=PATIENCE, check=False)
    assert (done.returncode, b"cannot be started" in done.stderr) == (127, True)


def test_it_starts_nothing_for_a_parent_that_is_gone() -> None:
    words = [sys.executable, "-I", "-S", guard.__file__, "1", sys.executable, "-c", "print('started')"]
    done = subprocess.run(words, capture_output=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
