"""A server's program: how it is found, started beneath the guard, and ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path


def guarded(command: list[str]) -> list[str]:
    """A command, so that it outlives nothing: behind the guard, where this Python can be started."""
    if not sys.executable:
        return command
    guard = Path(__file__).with_name("guard.py")
    return [sys.executable, "-I", "-S", str(guard), str(os.getpid()), *command]


def found_program(name: str, folder: Path, path: str | None) -> str | None:
    """The file of a program; ``None`` where there is none.

    Args:
        name: What it is called.
        folder: The folder in which it is run, from which a relative path leads.
        path: The folders in which programs lie.
    """
    if os.path.dirname(name):  # noqa: PTH120
        return shutil.which(str(folder / Path(name).expanduser()))
    return shutil.which(name, path=path)


def stop(process: asyncio.subprocess.Process) -> None:
    """Has the guard end the server, and all that it has started."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            command = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        else:
            process.send_signal(signal.SIGTERM)


def kill(process: asyncio.subprocess.Process) -> None:
    """Ends the guard, which has not ended."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()


async def exits(process: asyncio.subprocess.Process, seconds: float) -> bool:
    """Whether a process ends within some seconds. ``process.wait`` waits for the end of its pipes, too, which its
    descendants may hold."""
    until = asyncio.get_running_loop().time() + seconds
    while process.returncode is None:
        if asyncio.get_running_loop().time() >= until:
            return False
        await asyncio.sleep(0.01)
    return True
