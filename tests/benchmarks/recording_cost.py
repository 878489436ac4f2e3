"""What it costs that the outputs of cells are kept: a loop of prints and one of displays in a kernel, with the
extension and without it.

    python -m tests.benchmarks.recording_cost

Seconds of CPU of the whole kernel, the threads that send included, in one kernel that loads and unloads the extension
in turns; the least of several runs.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.kernel.harness import Kernel

LIMIT = 1.25
"""How many times as much CPU a loop may cost with the extension."""

PRINTS = 100_000
DISPLAYS = 1_000
RUNS = 7

LOOPS = {
    f"{PRINTS:,} prints": f"for n in range({PRINTS}): print(n)",
    f"{DISPLAYS:,} displays": f"for n in range({DISPLAYS}): display({{'text/plain': 'x' * 100}}, raw=True)",
}
_CLOCK = "import time, sys; began = time.process_time()"
_END = "sys.stdout.flush(); seconds = time.process_time() - began"


def seconds(kernel: Kernel, loop: str) -> float:
    """What a loop costs in a kernel, in seconds of CPU."""
    run = kernel.run(f"{_CLOCK}\n{loop}\n{_END}", timeout=120)
    assert run.status == "ok", run.text
    return float(kernel.run("seconds").text)


def main() -> int:
    """Prints the figures; 1 where a loop costs more than it may."""
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder, Kernel(Path(folder) / "kernel") as kernel:
        for name, loop in LOOPS.items():
            least = {"load_ext": float("inf"), "unload_ext": float("inf")}
            seconds(kernel, loop)
            for _ in range(RUNS):
                for how in least:
                    assert kernel.run(f"%{how} notebook_chat").status == "ok"
                    least[how] = min(least[how], seconds(kernel, loop))
            ratio = least["load_ext"] / least["unload_ext"]
            worst = max(worst, ratio)
            print(
                f"{name:16} {least['load_ext'] * 1000:6.0f} ms with the extension,"
                f" {least['unload_ext'] * 1000:6.0f} ms without: {ratio:.2f} times"
            )
    print(f"at most {LIMIT} times")
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
