"""Waiting for what a kernel does while no cell of the test is there to tell of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from .harness import Kernel

PATIENCE = 30.0
"""How long something is waited for that comes at once, in seconds."""


def printed(kernel: Kernel, code: str, so: Callable[[str], object]) -> str:
    """What a cell prints, which is run again and again until it is so. Between its runs the kernel is free.

    Raises:
        TimeoutError: It does not become so.
    """
    until = time.monotonic() + PATIENCE
    while not so(text := kernel.run(code).text):
        if time.monotonic() > until:
            raise TimeoutError(f"not within {PATIENCE} s; at last: {text:.2000}")
        time.sleep(0.05)
    return text


def made(kernel: Kernel, name: str) -> Path:
    """The file of that name in the kernel's folder, when there is one.

    Raises:
        TimeoutError: There is none.
    """
    path, until = kernel.process.work / name, time.monotonic() + PATIENCE
    while not path.exists():
        if time.monotonic() > until:
            raise TimeoutError(f"no {name} within {PATIENCE} s")
        kernel.pump(0.01)
    return path
