"""How long a kernel takes from an interrupt to being idle, at each stage of an answer with tools.

    python -m tests.benchmarks.tool_interrupts --count 9

At each stage a cell is interrupted so many times, and the median is told, in milliseconds; beside it that of a cell
that only sleeps, which is what the kernel itself needs.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from ..kernel.harness import Kernel
from ..tools.stages import STAGES

REPOSITORY = Path(__file__).parents[2]


def seconds_to_idle(kernel: Kernel, code: str) -> float:
    """How long it takes from an interrupt until the kernel is idle, in seconds, once the cell has said ``AT``."""
    run = kernel.submit(code, allow_stdin=True).wait_for(lambda one: "AT" in one.text)
    began = kernel.interrupt()
    run.wait_for(lambda one: one.finished_at is not None, 20)
    assert run.finished_at is not None
    return run.finished_at - began


def main() -> None:
    """Measures as often as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=9)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, Kernel(Path(name)) as kernel:
        kernel.run(f"import sys, time; sys.path.insert(0, {str(REPOSITORY)!r})")
        kernel.run("from tests.tools.stages import chat\nfrom notebook_chat import runner")
        sleeping = [seconds_to_idle(kernel, "print('AT', flush=True); time.sleep(30)") for _ in range(count)]
        print(f"{'a cell that sleeps':35} {statistics.median(sleeping) * 1000:7.1f} ms")
        for stage in STAGES:
            taken = []
            for _ in range(count):
                kernel.run(f"talk = chat({stage!r})")
                taken.append(seconds_to_idle(kernel, "talk.ask('go')"))
            print(f"{stage:35} {statistics.median(taken) * 1000:7.1f} ms, at most {max(taken) * 1000:.1f}")


if __name__ == "__main__":
    main()
