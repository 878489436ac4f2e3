"""What a flood costs a real kernel: memory, disk, and how soon it is idle again after an interrupt.

    python -m tests.benchmarks.flood_cost

A server sends far more than a model would, as fast as it is read. Prints, for a flood of 10 MB that is interrupted in
its middle and for an answer of 16 MB, with the largest answer that is taken by default and with a larger one:

- how much larger the kernel was at its largest than before, and how much larger it is afterwards, in MB,
- the size of the history on the disk, in MB,
- the seconds from an interrupt to the idle kernel, or those that an answer took that came to its end,
- the bytes of the messages that the cell has sent to the front end.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ..hostile.prose import prose_flood
from ..kernel.harness import Kernel

_WATCH = """
import os, threading, time
from notebook_chat.session import session as _session
def _leave_a_file_at(size):
    def watch():
        while True:
            coming = _session().conversation("default").answering
            if coming is not None and coming.progress is not None and coming.progress.snapshot.size >= size:
                return os.close(os.open("middle", os.O_CREAT))
            time.sleep(0.05)
    threading.Thread(target=watch, daemon=True).start()
"""


@dataclass(frozen=True)
class Cost:
    """What one flood cost.

    Attributes:
        came: How many characters were kept of it.
        peak: How much larger the kernel was at its largest than before, in MB.
        kept: How much larger it is afterwards, in MB.
        disk: The size of the history on the disk, in MB.
        seconds: From the interrupt to the idle kernel; of an answer that came to its end, all that it took.
        sent: What the cell has sent to the front end, in MB.
    """

    came: int
    peak: float
    kept: float
    disk: float
    seconds: float
    sent: float

    def __str__(self) -> str:
        return (
            f"{self.came:>10,} characters, kernel {self.peak:+5.0f} MB at most, {self.kept:+5.0f} MB after,"
            f" history {self.disk:5.1f} MB, {self.seconds:6.2f} s, {self.sent:5.1f} MB sent"
        )


def memory(kernel: Kernel, name: str) -> float:
    """A figure of the kernel's memory in MB: ``VmRSS`` for now, ``VmHWM`` for the largest so far."""
    status = Path(f"/proc/{kernel.process.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith(name)]
    return int(line.split()[1]) / 1024


def history_size(kernel: Kernel) -> float:
    """What the history takes on the disk, in MB, with its journal."""
    found = kernel.process.work.parent.rglob("conversations.sqlite3*")
    return sum(path.stat().st_size for path in found) / 1e6


def measure(kernel: Kernel, *, interrupt_at: int | None, timeout: float = 300.0) -> Cost:
    """Asks for one flood.

    Args:
        kernel: One with the extension loaded, whose model floods.
        interrupt_at: At how many characters it is interrupted; ``None`` to wait for its end.
        timeout: How long to wait at most, in seconds.
    """
    kernel.run("%%chat --timeout 0.01\nwarm up", timeout=timeout)  # all is imported
    before = memory(kernel, "VmRSS")
    Path(f"/proc/{kernel.process.pid}/clear_refs").write_text("5")  # the largest is counted from here
    middle = kernel.process.work / "middle"
    if interrupt_at is not None:
        kernel.run(f"{_WATCH}\n_leave_a_file_at({interrupt_at})")
    began = time.monotonic()
    run = kernel.submit("%%chat -o answer\nflood")
    if interrupt_at is not None:
        run.wait_for(lambda e: middle.exists() or e.done, timeout)
        began = kernel.interrupt()
    run.wait(timeout)
    seconds = (run.finished_at or 0.0) - began
    came = int(kernel.run("print(len(answer))").text)
    kernel.run("%chat list", timeout=timeout)  # which waits until all is written
    peak, kept = memory(kernel, "VmHWM") - before, memory(kernel, "VmRSS") - before
    return Cost(came, peak, kept, history_size(kernel), seconds, run.iopub_bytes / 1e6)


def flooded(base_url: str, *, largest: int | None = None, interrupt_at: int | None = None) -> Cost:
    """What a flood costs a kernel of its own.

    Args:
        base_url: Where it comes from.
        largest: The largest answer that is taken; ``None`` for the default.
        interrupt_at: As for ``measure``.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        Kernel(Path(folder), env={"OPENAI_BASE_URL": base_url}) as kernel,
    ):
        kernel.run("%load_ext notebook_chat\n%config ChatMagics.model = 'openai:test'")
        if largest is not None:
            kernel.run(f"%config ChatMagics.max_characters = {largest}")
        return measure(kernel, interrupt_at=interrupt_at)


def main() -> None:
    """Measures everything and prints it."""
    for name, size, piece, interrupt_at in (
        ("10 MB in pieces of 5, interrupted", 10_000_000, 5, 5_000_000),
        ("10 MB in pieces of 50, interrupted", 10_000_000, 50, 5_000_000),
        ("16 MB in pieces of 50, to its end", 16_000_000, 50, None),
    ):
        with prose_flood(size, piece) as base_url:
            for largest in (None, 100_000_000):
                at = interrupt_at if largest or interrupt_at is None else 2_000_000
                taken = "all taken" if largest else "default"
                print(f"{name:34} {taken:9}", flooded(base_url, largest=largest, interrupt_at=at), flush=True)


if __name__ == "__main__":
    main()
