"""Kills kernels in the middle of answers, and counts what is lost.

    python -m tests.benchmarks.killed_kernels --count 200

Each kernel is killed (SIGKILL) at a random moment of an answer that takes four seconds, and restarted. The
new one must have all turns, SQLite must find the database in order, and of what had been on screen for a
second nothing may be missing.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from ..kernel import killing
from ..kernel.harness import Kernel
from ..servers import serve


def kill_some(count: int, seed: int) -> list[killing.Outcome]:
    """Kills kernels of one notebook, one after the other."""
    chance = random.Random(seed)
    outcomes = []
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        serve("openai_chat", killing.slow_answer()) as server,
    ):
        folder = Path(name)
        with Kernel(folder / "kernel", env=killing.environment(server, folder)) as kernel:
            for number in range(count):
                moment = killing.random_moment(chance)
                outcomes.append(killing.kill_and_restart(kernel, folder, number, moment))
                print("." if outcomes[-1].fine else f"\n{outcomes[-1]}\n", end="", flush=True)
    return outcomes


def main() -> None:
    """Kills as many as the command line says, two at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    workers = 2
    with ProcessPoolExecutor(workers) as pool:
        counts = [options.count // workers + (n < options.count % workers) for n in range(workers)]
        done = pool.map(kill_some, counts, range(options.seed, options.seed + workers))
        outcomes = [outcome for some in done for outcome in some]
    late = [outcome for outcome in outcomes if outcome.kept >= 0]
    print(
        f"\n{len(outcomes)} kernels killed, {len(late)} of them with text: "
        f"{sum(not o.sound for o in outcomes)} databases corrupt, "
        f"{sum(not o.resumed for o in outcomes)} conversations not resumed, "
        f"{sum(o.kept < o.shown for o in outcomes)} with more than the last second missing"
    )


if __name__ == "__main__":
    main()
