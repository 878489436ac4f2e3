"""What a flood costs a real kernel: memory, disk, and how soon it is idle again after an interrupt.

    python -m tests.benchmarks.flood_cost

A server sends far more than a model would, as fast as it is read. Prints, for a flood of 10 MB that is interrupted in
its middle and for an answer of 16 MB, with the largest answer that is taken by default and with a larger one:

- how much larger the kernel was at its largest than before, and how much larger it is afterwards, in MB,
- the size of the history on the disk, in MB,
- the seconds from an interrupt to the idle kernel, or from the end of the answer to it,
- the bytes of the messages that the cell has sent to the front end.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ..kernel.harness import Kernel
from ..servers.flood import Load
from ..servers.flooding import Flood, flood

MIDDLE = """
import threading, time
from notebook_chat.session import session as _session
def _at(size):
    def watch():
        while True:
            open_ = _session().conversation("default").answering
            if open_ is not None and open_.progress is not None and open_.progress.snapshot.size >= size:
                return open(".middle", "w").close()
            time.sleep(0.05)
    threading.Thread(target=watch, daemon=True).start()
"""
"""Leaves a file behind when an answer has so many characters."""


@dataclass(frozen=True)
class Cost:
    """What one flood cost.

    Attributes:
        came: How many characters were taken of it.
        peak: How much larger the kernel was at its largest than before, in MB.
        kept: How much larger it is afterwards, in MB.
        disk: The size of the history on the disk, in MB.
        idle: Seconds from the interrupt to the idle kernel; of an answer that came to its end, all it took.
        sent: What the cell has sent to the front end, in MB.
    """

    came: int
    peak: float
    kept: float
    disk: float
    idle: float
    sent: float

    def __str__(self) -> str:
        return (
            f"{self.came:>11,} characters, kernel {self.peak:+6.0f} MB at most, {self.kept:+6.0f} MB after,"
            f" history {self.disk:6.1f} MB, idle after {self.idle:6.2f} s, {self.sent:6.1f} MB on the wire"
        )


def memory(kernel: Kernel, name: str) -> float:
    """A figure of the kernel's memory in MB: ``VmRSS`` for now, ``VmHWM`` for the largest."""
    [line] = [
        line
        for line in Path(f"/proc/{kernel.process.pid}/status").read_text().splitlines()
        if line.startswith(name)
    ]
    return int(line.split()[1]) / 1024


def history_size(kernel: Kernel) -> float:
    """What the history takes on the disk, in MB, with its journals."""
    found = kernel.process.work.parent.rglob("conversations.sqlite3*")
    return sum(path.stat().st_size for path in found) / 1e6


def measure(kernel: Kernel, *, interrupt_at: int | None, timeout: float = 300.0) -> Cost:
    """Asks for one flood.

    Args:
        kernel: One with the extension loaded, whose model floods.
        interrupt_at: At how many characters it is interrupted; ``None`` to wait for its end.
        timeout: How long to wait at most, in seconds.
    """
    kernel.run("%%chat -m openai:test --timeout 0.001\nwarm up", timeout=timeout)
    before = memory(kernel, "VmRSS")
    Path(f"/proc/{kernel.process.pid}/clear_refs").write_text("5")  # the largest is counted from here
    middle = kernel.process.work / ".middle"
    if interrupt_at is not None:
        kernel.run(f"{MIDDLE}\n_at({interrupt_at})")
    began = time.monotonic()
    run = kernel.submit("%%chat -o answer\nflood")
    if interrupt_at is not None:
        run.wait_for(lambda e: middle.exists() or e.done, timeout)
        began = kernel.interrupt()
    run.wait(timeout)
    idle = (run.finished_at or 0.0) - began
    came = int(kernel.run("print(len(answer))").text)
    kernel.run("get_ipython().magics_manager.registry['ChatMagics'].session.history.flush()", timeout=timeout)
    peak, kept = memory(kernel, "VmHWM") - before, memory(kernel, "VmRSS") - before
    return Cost(came, peak, kept, history_size(kernel), idle, run.iopub_bytes / 1e6)


def flooded(server: Flood, *, largest: int | None, interrupt_at: int | None) -> Cost:
    """What a flood costs a kernel of its own.

    Args:
        server: What floods.
        largest: The setting for the largest answer; ``None`` for the default.
        interrupt_at: As for ``measure``.
    """
    with tempfile.TemporaryDirectory() as folder:
        with Kernel(Path(folder), env={"OPENAI_BASE_URL": server.base_url("openai_chat")}) as kernel:
            kernel.run("%load_ext notebook_chat\n%config ChatMagics.model = 'openai:test'")
            if largest is not None:
                kernel.run(f"%config ChatMagics.max_characters = {largest}")
            return measure(kernel, interrupt_at=interrupt_at)


def main() -> None:
    """Measures everything and prints it."""
    print("what is sent             the most that is taken")
    for name, load, interrupt_at in (
        ("10 MB in pieces of 5", Load(chunks=2_000_000), 5_000_000),
        ("10 MB in pieces of 50", Load(chunks=200_000, size=50), 5_000_000),
        ("16 MB in pieces of 50", Load(chunks=320_000, size=50), None),
    ):
        with flood(load) as server:
            for largest in (None, 100_000_000):
                at = interrupt_at if largest or interrupt_at is None else 2_000_000
                cost = flooded(server, largest=largest, interrupt_at=at)
                print(f"{name:22} {largest or 'default':>11} {cost}", flush=True)


if __name__ == "__main__":
    main()
