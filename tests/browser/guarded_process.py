"""A process that ends with the one that started it, however that ends: by a signal, too, that nobody can handle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_GRACE_SECONDS = 20.0
"""How long it may take to end by itself once it was told to."""


class GuardedProcess:
    """Starts a command below a guard, which reads from this process and takes the end of that as its own.

    Args:
        command: the program and its arguments.
        env: its environment.
        cwd: its working directory.
        log: the file that takes its stdout and stderr.
    """

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> None:
        self._log = log
        with log.open("wb") as opened:
            self._guard = subprocess.Popen(
                [sys.executable, __file__, *command],
                env=env,
                cwd=cwd,
                stdin=subprocess.PIPE,
                stdout=opened,
                stderr=opened,
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._guard.poll() is None

    @property
    def log(self) -> str:
        """What it and its children wrote to their stdout and stderr."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait(self, seconds: float) -> None:
        """Waits for its end, no longer than so many seconds."""
        with suppress(subprocess.TimeoutExpired):
            self._guard.wait(seconds)

    def stop(self) -> None:
        """Ends it, and all that it has started in its session."""
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        self._guard.wait()


def _guard(command: Sequence[str]) -> int:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def follow() -> None:
        sys.stdin.buffer.read()
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=follow, daemon=True).start()
    return process.wait()


if __name__ == "__main__":
    sys.exit(_guard(sys.argv[1:]))
