"""Kills Pythons that record exchanges while others do, and counts what is lost.

    python -m tests.benchmarks.ledger_kills --count 200

In each round two record at once in one ledger, and one of them is killed (SIGKILL) at a random moment. What one had
said to be finished must be there, whole and once; each request that it had sent must be in the log, and the log whole.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

from ..ledger.killing import faults, kill_rounds


def main() -> None:
    """Kills as many as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        path = Path(name) / "ledger.sqlite3"
        chance = random.Random(options.seed)
        finished, sent, killed = kill_rounds(
            path, options.count, chance, told=lambda _: print(".", end="", flush=True)
        )
        found = faults(path, finished, sent)
    print(f"\n{killed} killed, {len(finished):,} exchanges finished, {len(sent):,} requests sent")
    print("\n".join(found[:50]) or "none lost, none torn, none doubled; the log of requests is whole")


if __name__ == "__main__":
    main()
