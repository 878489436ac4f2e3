"""How often the embedded model looks at a variable with a tool, and tells what it has found.

    python -m tests.benchmarks.embedded_looks

Twenty frames of different lengths; "how many rows has df" is asked of each in a cell, with the notebook as tools.
Prints what was wrong, how many were right, and the seconds of an answer. A test asks of some of them.
"""

from __future__ import annotations

import re
import statistics
import time
from typing import Any

from notebook_chat.messages import ToolCallPart
from notebook_chat.session import session_of

ROWS = (0, 1, 2, 3, 5, 7, 12, 15, 42, 100, 128, 365, 999, 1000, 1284, 1500, 5000, 50_000, 123_456, 1_000_000)
SOME_ROWS = (0, 1284, 1_000_000)

PREPARED = "import pandas as pd\n%config ChatMagics.history = 'off'\n%config ChatMagics.model = 'local'"
"""What a cell runs first."""


def rows_told(shell: Any, rows: int) -> str:
    """What was wrong with the model's answer about a frame of so many rows; nothing if it has looked and is right."""
    shell.run_cell(
        f"n = {rows}\nother = [1, 2, 3]\n"
        "df = pd.DataFrame({'city': (['Oslo', 'Rome', 'Bern'] * n)[:n], 'price': [i * 1.5 for i in range(n)],"
        " 'day': pd.date_range('2024-01-01', periods=n, freq='min')})"
    )
    shell.run_cell("%%chat -n -T notebook --max-tokens 40\nhow many rows has df")
    session = session_of(shell)
    assert session is not None
    turn = session.conversation("default").turns[-1]
    if not any(isinstance(part, ToolCallPart) for part in turn.parts):
        return f"{rows} rows: it has not looked, and says {turn.answer}"
    numbers = [number.replace(",", "") for number in re.findall(r"\d[\d,]*", str(turn.answer))]
    return "" if numbers[:1] == [str(rows)] else f"{rows} rows: it says {turn.answer}"


def main() -> None:
    """Measures and prints."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.run_cell("%load_ext notebook_chat")
    shell.run_cell(PREPARED)
    seconds, wrong = [], []
    for rows in ROWS:
        start = time.perf_counter()
        wrong += [told] if (told := rows_told(shell, rows)) else []
        seconds.append(time.perf_counter() - start)
    print("\n".join(wrong))
    print(f"{len(ROWS) - len(wrong)} of {len(ROWS)} are right, {statistics.median(seconds):.1f} s each")


if __name__ == "__main__":
    main()
