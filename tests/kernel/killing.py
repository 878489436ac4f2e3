"""Kernels killed in the middle of an answer, and what is left of it: for the tests, and for a script."""

from __future__ import annotations

import random
import re
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from ..servers import Answer, Pause, VendorServer
from .execution import Execution
from .harness import Kernel

PIECES = 200
PAUSE = 0.02
"""Seconds between the pieces of an answer."""

LOSS = 1.0
"""Of what was shown, only the last second may be missing, in seconds."""

LOAD = "%load_ext notebook_chat\n%config ChatMagics.model = 'openai:test'"
_TURNS = (
    "from notebook_chat.session import loaded_session\n"
    "[(turn.prompt.text, turn.status, turn.answer) for turn in loaded_session().conversation().turns]"
)


def slow_answer() -> Answer:
    """An answer of numbered words that takes some seconds."""
    return Answer(*[piece for n in range(PIECES) for piece in (f"w{n} ", Pause(PAUSE))])


@dataclass(frozen=True)
class Outcome:
    """What was left after a kill.

    Attributes:
        after: When the kernel was killed, in seconds after the cell was run.
        shown: The last word that had been on screen for a second then; -1 when none had.
        kept: The last word that the new kernel knows; -1 for none.
        sound: Whether SQLite finds the database in order.
        resumed: Whether the new kernel has all the turns.
    """

    after: float
    shown: int
    kept: int
    sound: bool
    resumed: bool

    @property
    def fine(self) -> bool:
        """Whether it is as it should be."""
        return self.sound and self.resumed and self.kept >= self.shown


def environment(server: VendorServer, folder: Path) -> dict[str, str]:
    """The variables of a kernel that serves a notebook, with a history in a folder."""
    return {
        "OPENAI_BASE_URL": server.base_url,
        "NOTEBOOK_CHAT_HOME": str(folder / "history"),
        "JPY_SESSION_NAME": str(folder / "notebook.ipynb"),
    }


def kill_and_restart(
    kernel: Kernel, folder: Path, number: int, moment: float, *, shown_before: bool = False
) -> Outcome:
    """Asks in a cell of its own, kills the kernel so many seconds later, and looks from a new one.

    Args:
        kernel: The kernel.
        folder: That of ``environment``.
        number: How often it was killed before.
        moment: When it is killed, in seconds after the cell was run.
        shown_before: Whether the seconds count from the first word on screen.
    """
    kernel.run(LOAD, cell_id="load")
    before = len(_turns(kernel))
    run = kernel.submit(f"%%chat\nquestion {number}", cell_id=f"cell-{number}")
    run.wait_for(lambda e: e.started_at is not None)
    if shown_before:
        run.wait_for(lambda e: _shown(e, time.monotonic()) >= 0)
    asked = time.monotonic()
    while time.monotonic() - asked < moment:
        kernel.pump(0.01)
    killed = time.monotonic()
    kernel.kill()
    shown = _shown(run, killed - LOSS)
    kernel.restart()
    sound = _sound(folder / "history" / "conversations.sqlite3")
    kernel.run(LOAD, cell_id="load")
    turns = _turns(kernel)
    last = [answer for prompt, _, answer in turns if prompt == f"question {number}"]
    resumed = len(turns) == before + len(last) and (bool(last) or shown < 0)
    kept = max(map(int, re.findall(r"w(\d+) ", last[0] if last else "")), default=-1)
    return Outcome(killed - asked, shown, kept, sound, resumed)


def random_moment(chance: random.Random) -> float:
    """Some moment from before the first word to after the last one, in seconds."""
    return chance.uniform(0.0, PIECES * PAUSE * 1.2)


def _shown(run: Execution, until: float) -> int:
    texts = (
        str(message.content["data"].get("text/html", ""))
        for message in run.messages
        if message.type.endswith("display_data") and message.arrived_at <= until
    )
    return max((int(word) for text in texts for word in re.findall(r"w(\d+) ", text)), default=-1)


def _turns(kernel: Kernel) -> list[tuple[str, str, str]]:
    import ast

    text = kernel.run(_TURNS, cell_id="look").text
    turns: list[tuple[str, str, str]] = ast.literal_eval(text[text.index("[") :])
    return turns


def _sound(path: Path) -> bool:
    if not path.exists():
        return True
    connection = sqlite3.connect(path)
    try:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])
    finally:
        connection.close()
