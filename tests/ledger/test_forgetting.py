"""What is forgotten is in no file any more; what is beyond the bounds goes, answers first."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from notebook_chat.ledger import Origin, chain
from notebook_chat.ledger.bounds import Bounds, trim
from notebook_chat.ledger.forgetting import Selection
from notebook_chat.ledger.ledger import Ledger

from .exchanges import exchange, opened, rows

DAY = 86_400.0


def files_with(path: Path, word: bytes) -> list[str]:
    return [file.name for file in path.parent.iterdir() if word in file.read_bytes()]


def of(notebook: str = "/n.ipynb", conversation: str = "c", turn: str = "t") -> Origin:
    return Origin(notebook, conversation, turn)


def age(ledger: Ledger, turn: str, days: float) -> None:
    at = time.time() - days * DAY
    ledger.transact(
        lambda connection: connection.execute("UPDATE exchanges SET at = ? WHERE turn = ?", (at, turn))
    ).result(10)


@pytest.mark.parametrize(
    "selection",
    [
        Selection(notebooks=("/gone.ipynb",)),
        Selection(conversations=("gone",)),
        Selection(models=("fake:gone",)),
        Selection(before=time.time() - 5 * DAY),
        Selection(turns=("gone",)),
        Selection(notebooks=("/gone.ipynb",), models=("fake:gone",)),
    ],
)
@pytest.mark.parametrize("contents", [True, False])
def test_no_byte_is_left(ledger: Ledger, path: Path, selection: Selection, contents: bool) -> None:
    for number in range(20):
        exchange(ledger, f"KEPT {number}", "stays " * 50, origin=of(turn=f"t{number}"))
    gone = of("/gone.ipynb", "gone", "gone")
    exchange(ledger, "GONEPROMPT", "GONEANSWER " * 2000, model="gone", origin=gone)
    age(ledger, "gone", 10)
    assert ledger.count(selection) == 1
    assert ledger.forget(selection, contents=contents)
    assert files_with(path, b"GONE") == []
    assert files_with(path, b"/gone.ipynb") == (["ledger.sqlite3"] if contents else [])
    assert files_with(path, b"KEPT") == ["ledger.sqlite3"]
    assert len(rows(ledger)) == 20 + contents
    assert ledger.count(selection) == contents
    assert ledger.read(chain.check).result(10).faults == ()
    if contents:
        [(tokens, request, size)] = rows(ledger, "input_tokens, request, size")[-1:]
        assert (tokens, request, size) == (3, "", 0)


def test_all_of_it(ledger: Ledger, path: Path) -> None:
    for number in range(30):
        exchange(ledger, f"WORD {number}", "WORD " * 500)
    assert ledger.forget(Selection())
    assert files_with(path, b"WORD") == []
    assert rows(ledger) == []
    checked = ledger.read(chain.check).result(10)
    assert (checked.faults, checked.requests, checked.forgotten) == ((), 0, 30)


def test_what_the_dead_have_left_is_forgotten_too(ledger: Ledger, path: Path, tmp_path: Path) -> None:
    other = Ledger(tmp_path / "other" / "ledger.sqlite3")
    other._writer.write_soon = lambda work: None  # type: ignore[method-assign,assignment,return-value]
    exchange(other, "LEFTPROMPT")
    [left] = (tmp_path / "other").glob("*.spool")
    exchange(ledger)
    path.with_name("ledger-left.spool").write_bytes(left.read_bytes())
    assert ledger.forget(Selection())
    assert files_with(path, b"LEFTPROMPT") == []


def test_a_program_that_reads_is_waited_for(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notebook_chat.database.connection.BUSY_SECONDS", 0.05)
    monkeypatch.setattr("notebook_chat.database.writer.RETRY_SECONDS", 0.05)
    exchange(ledger, "WORD")
    ledger.flush()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM exchanges").fetchall()
        assert not ledger.forget(Selection())
    until = time.monotonic() + 30
    while files_with(path, b"WORD"):
        assert time.monotonic() < until
        ledger.flush()
        time.sleep(0.05)


def trimmed(ledger: Ledger, bounds: Bounds) -> None:
    while ledger.transact(lambda connection: trim(connection, bounds)).result(10):
        pass


def test_answers_go_first_and_accounts_much_later(ledger: Ledger) -> None:
    for turn, days in (("new", 1), ("old", 20), ("ancient", 110)):
        exchange(ledger, f"prompt {turn}", origin=of(turn=turn))
        age(ledger, turn, days)
    trimmed(ledger, Bounds(10, 500))
    assert rows(ledger, "turn, size > 0, input_tokens") == [("new", 1, 3), ("old", 0, 3)]
    assert ledger.read(chain.check).result(10).faults == ()


def test_a_file_does_not_grow_beyond_its_bound(ledger: Ledger, path: Path) -> None:
    bounds = Bounds(365, 1)
    for number in range(60):
        exchange(ledger, f"prompt {number}", "x" * 50_000, origin=of(turn=f"{number}"))
        if number % 10 == 9:
            trimmed(ledger, bounds)
    assert len(rows(ledger)) == 60
    assert path.stat().st_size < 1_700_000
    kept = [int(turn) for turn, size in rows(ledger, "turn, size") if size]
    assert kept == list(range(60 - len(kept), 60))
    assert 5 < len(kept) < 25


def test_what_is_coming_is_not_touched(ledger: Ledger) -> None:
    opened(ledger, origin=of(turn="coming"))
    age(ledger, "coming", 1000)
    trimmed(ledger, Bounds(1, 10))
    assert rows(ledger) == [("coming", "open")]


def test_bounds_are_kept_by_themselves(ledger: Ledger) -> None:
    exchange(ledger, origin=of(turn="old"))
    age(ledger, "old", 20)
    ledger.keep_within(Bounds(10, 500))
    exchange(ledger, "another", origin=of(turn="new"))
    assert rows(ledger, "turn, size > 0") == [("old", 0), ("new", 1)]


class LedgerMachine(RuleBasedStateMachine):
    """Two kernels that record, forget and end in any order, against what must be there."""

    def __init__(self) -> None:
        super().__init__()
        self.there: dict[str, bool] = {}
        self.number = 0

    @initialize()
    def begin(self) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.ledgers = [Ledger(Path(self.folder.name) / "ledger.sqlite3") for _ in range(2)]

    @rule(which=st.integers(0, 1), notebook=st.sampled_from(["a", "b"]), contents=st.booleans())
    def record(self, which: int, notebook: str, contents: bool) -> None:
        self.number += 1
        turn = f"{notebook}{self.number}"
        exchange(self.ledgers[which], turn, origin=of(notebook, turn=turn), contents=contents)
        self.ledgers[which].flush()
        self.there[turn] = contents

    @rule(which=st.integers(0, 1), notebook=st.sampled_from(["a", "b"]))
    def forget(self, which: int, notebook: str) -> None:
        assert self.ledgers[which].forget(Selection(notebooks=(notebook,)))
        self.there = {turn: kept for turn, kept in self.there.items() if not turn.startswith(notebook)}

    @rule(which=st.integers(0, 1), notebook=st.sampled_from(["a", "b"]))
    def forget_contents(self, which: int, notebook: str) -> None:
        assert self.ledgers[which].forget(Selection(notebooks=(notebook,)), contents=True)
        self.there = {turn: kept and not turn.startswith(notebook) for turn, kept in self.there.items()}

    @rule(which=st.integers(0, 1))
    def end(self, which: int) -> None:
        self.ledgers[which].close()

    @invariant()
    def holds_what_it_must(self) -> None:
        if hasattr(self, "ledgers"):
            found = rows(self.ledgers[0], "turn, size > 0, status")
            assert {turn: bool(kept) for turn, kept, _ in found} == self.there
            assert {status for *_, status in found} <= {"complete"}
            assert self.ledgers[1].read(chain.check).result(10).faults == ()

    def teardown(self) -> None:
        for ledger in getattr(self, "ledgers", ()):
            ledger.close()
        if hasattr(self, "folder"):
            self.folder.cleanup()


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
