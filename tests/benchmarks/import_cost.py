"""What ``import notebook_chat`` and loading the extension cost beyond ``import IPython``.

    python -m tests.benchmarks.import_cost

CPU seconds of fresh interpreters, the median of several runs taken in turns.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

_TIMED = (
    "import time; import IPython; begin = time.process_time()\n{code}\nprint(time.process_time() - begin)"
)
CODE = {
    "import notebook_chat": "import notebook_chat",
    "and load the extension's magics": "import notebook_chat.magics",
    "import IPython itself, again": "import IPython",
}


def cpu(code: str) -> float:
    """CPU seconds that ``code`` takes in a fresh interpreter which has IPython imported."""
    command = [sys.executable, "-c", _TIMED.format(code=code)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def measure(runs: int = 7) -> dict[str, float]:
    """The median for each piece of code."""
    times: dict[str, list[float]] = {name: [] for name in CODE}
    for _ in range(runs):
        for name, code in CODE.items():
            times[name].append(cpu(code))
    return {name: statistics.median(values) for name, values in times.items()}


def loaded(code: str) -> set[str]:
    """The top packages that ``code`` loads in a fresh interpreter."""
    script = f"{code}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    return set(
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout.split()
    )


if __name__ == "__main__":
    for label, seconds in measure().items():
        print(f"{label:34} {seconds * 1000:6.1f} ms of CPU")
