"""What ``import notebook_chat`` and ``%load_ext notebook_chat`` cost beyond the IPython that is running.

    python -m tests.benchmarks.import_cost

CPU seconds of fresh interpreters, the median of several runs taken in turns. Before the clock starts, each has
loaded what IPython's terminal or a Jupyter kernel has loaded when it runs its first cell; all modules are compiled.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

LIMIT = 0.08
"""What loading the extension may cost on a quiet machine, in seconds of CPU."""

TERMINAL = "import IPython.terminal.ipapp"
KERNEL = "import ipykernel.kernelapp, ipykernel.ipkernel"
_SHELL = "from IPython.core.interactiveshell import InteractiveShell; shell = InteractiveShell.instance()"
_LOAD = "shell.run_line_magic('load_ext', 'notebook_chat')"

CASES = {
    "import notebook_chat": (TERMINAL, "import notebook_chat"),
    "from notebook_chat import Chat": (TERMINAL, "from notebook_chat import Chat"),
    "%load_ext notebook_chat, in a kernel": (f"{KERNEL}; {_SHELL}", _LOAD),
    "%load_ext notebook_chat, in a terminal": (f"{TERMINAL}; {_SHELL}", _LOAD),
    "nothing, in a terminal": (f"{TERMINAL}; {_SHELL}", "pass"),
}


def cpu(before: str, code: str, compiled: str) -> float:
    """What ``code`` costs in a fresh interpreter.

    Args:
        before: Python that runs before the clock starts.
        code: Python that is timed.
        compiled: The folder that keeps compiled modules from run to run.

    Returns:
        Seconds of CPU.
    """
    script = f"import time\n{before}\nbegin = time.process_time()\n{code}\nprint(time.process_time() - begin)"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPYCACHEPREFIX": compiled, "NOTEBOOK_CHAT_HOME": compiled, "IPYTHONDIR": compiled}
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return float(run.stdout.split()[-1])


def measure(runs: int = 7) -> dict[str, float]:
    """The median for each case, in seconds of CPU."""
    times: dict[str, list[float]] = {name: [] for name in CASES}
    with tempfile.TemporaryDirectory() as compiled:
        for run in range(runs + 1):
            for name, case in CASES.items():
                seconds = cpu(*case, compiled)
                if run:  # the first one compiles
                    times[name].append(seconds)
    return {name: statistics.median(values) for name, values in times.items()}


def loaded(code: str) -> set[str]:
    """The top packages that ``code`` loads in a fresh interpreter."""
    script = f"{code}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    return set(
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout.split()
    )


def main() -> int:
    """Prints the figures; 1 when loading the extension costs more than it may."""
    figures = measure()
    for label, seconds in figures.items():
        print(f"{label:40} {seconds * 1000:6.1f} ms of CPU")
    good = all(seconds <= LIMIT for label, seconds in figures.items() if "load_ext" in label)
    print(f"{'at most' if good else 'MORE THAN'} {LIMIT * 1000:.0f} ms to load the extension")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
