"""What a process leaves that is gone is taken over, once, whatever stands there; what still comes is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.ledger.entries import Answered, Leaving, Opening
from notebook_chat.ledger.ledger import Ledger
from notebook_chat.ledger.spool import Spool, left_beside

from .exchanges import ended, exchange, opened, rows


def left_by_a_dead_process(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.with_name(f"{path.stem}-{os.urandom(4).hex()}.spool")
    file.write_bytes(data)
    return file


def spooled(path: Path, tmp_path: Path) -> bytes:
    """A whole exchange, as a process leaves it that was killed before any of it was in the database."""
    ledger = Ledger(tmp_path / "other" / "ledger.sqlite3")
    ledger._writer.write_soon = lambda work: None  # type: ignore[method-assign,assignment,return-value]
    ended(opened(ledger, "of the dead"), "was whole")
    [file] = (tmp_path / "other").glob("*.spool")
    return file.read_bytes()


def test_what_was_finished_is_taken_over(path: Path, tmp_path: Path) -> None:
    data = spooled(path, tmp_path)
    file = left_by_a_dead_process(path, data)
    ledger = Ledger(path)
    assert rows(ledger, "status, input_tokens") == [("complete", 3)]
    assert rows(ledger, "status", "requests") == [(200,)]
    assert not file.exists()
    ledger.close()


def test_what_was_taken_over_already_comes_to_the_same(path: Path, tmp_path: Path) -> None:
    data = spooled(path, tmp_path)
    for _ in range(2):
        left_by_a_dead_process(path, data)
    ledger = Ledger(path)
    assert len(rows(ledger)) == len(rows(ledger, "1", "requests")) == 1
    ledger.close()
    left_by_a_dead_process(path, data)
    assert len(rows(ledger)) == 1
    ledger.close()


@pytest.mark.parametrize("end", [1, 40, 200, -1, -100])
def test_an_entry_that_broke_off_is_none(path: Path, tmp_path: Path, end: int) -> None:
    data = spooled(path, tmp_path)
    left_by_a_dead_process(path, data[:end])
    ledger = Ledger(path)
    assert [status for (status,) in rows(ledger, "status")] in ([], ["lost"], ["open"])
    exchange(ledger)
    assert rows(ledger, "status")[-1] == ("complete",)
    ledger.close()


@given(
    st.binary(max_size=200)
    | st.lists(
        st.sampled_from(
            [
                b'{"type":"open","id":"x","values":{"at":1}}\n',
                b'{"type":"open","id":"x","values":{"at = 1; DROP TABLE exchanges; --":1}}\n',
                b'{"type":"left","id":"x","at":1.5,"values":[]}\n',
                b'{"type":"left","id":"x","at":1.5,"values":["","",0,"","","","","",null]}\n',
                b'{"type":"end","id":"x","values":{},"used":[],"answered":{"type":"answered","id":"x","statuses":[]}}\n',
                b"[" * 5000 + b"\n",
            ]
        )
    ).map(b"".join)
)
def test_nothing_that_stands_there_does_harm(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("hostile") / "ledger.sqlite3"
    file = left_by_a_dead_process(path, data)
    ledger = Ledger(path)
    exchange(ledger)
    assert ("complete",) in rows(ledger, "status")
    assert not file.exists()
    assert ledger.warning() is None
    ledger.close()


def test_a_living_process_keeps_its_own(path: Path) -> None:
    spool = Spool(path)
    assert spool.add(Opening("x", {}))
    assert left_beside(path) == []
    spool.close(empty=False)
    [left] = left_beside(path)
    assert left_beside(path) == []  # one takes it
    assert list(left.entries()) == [Opening("x", {})]
    left.end(taken=True)
    assert list(path.parent.glob("*.spool")) == []


def test_entries_come_back_in_order(path: Path) -> None:
    spool = Spool(path)
    entries = [Opening("x", {"cell": None}), Leaving("x", 1.5, ["", 3]), Answered("x", [(1.5, 200)])]
    assert all(map(spool.add, entries))
    spool.close(empty=False)
    [left] = left_beside(path)
    assert list(left.entries()) == entries
    left.end(taken=False)
    assert len(left_beside(path)) == 1


def test_pipes_and_links_are_left_alone(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    (tmp_path / "elsewhere").write_bytes(b"mine")
    path.with_name("ledger-1.spool").symlink_to(tmp_path / "elsewhere")
    if hasattr(os, "mkfifo"):
        os.mkfifo(path.with_name("ledger-2.spool"))
    path.with_name("ledger-3.spool").mkdir()
    assert left_beside(path) == []
    assert (tmp_path / "elsewhere").read_bytes() == b"mine"


def test_without_a_spool_the_database_is_waited_for(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Spool, "add", lambda *_: False)
    exchange(ledger)
    assert rows(ledger, "status") == [("complete",)]


LOSE = """
import asyncio, os, sys
from tests.ledger.exchanges import opened
from notebook_chat.answer import AnswerFold
from notebook_chat.events import TextDelta
from notebook_chat.ledger.ledger import Ledger
from pathlib import Path
fold = AnswerFold("fake:m")
fold.add([TextDelta("what had come")])
ledger = Ledger(Path(sys.argv[1]))
opened(ledger, snapshot=fold.snapshot)
ledger.flush()
os.write(1, b"open\\n")
sys.stdin.read()
"""


@pytest.mark.process
def test_what_was_coming_in_a_process_that_is_gone_is_lost_and_keeps_what_had_come(path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", LOSE, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == b"open\n"
    ledger = Ledger(path)
    assert rows(ledger, "status") == [("open",)]
    process.kill()
    process.wait(30)
    process.stdout.close()
    process.stdin.close()
    until = time.monotonic() + 30
    while rows(ledger, "status") != [("lost",)]:
        assert time.monotonic() < until
        time.sleep(0.2)
    [(answer,)] = rows(ledger, "answer")
    assert "what had come" in answer
    ledger.close()


FORK = """
import os, sys
from pathlib import Path
from tests.ledger.exchanges import exchange, opened, ended, rows
from notebook_chat.ledger.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]))
exchange(ledger, "before")
account = opened(ledger, "of the parent")
child = os.fork()
if child == 0:
    exchange(ledger, "of the child")
    ledger.close()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
ended(account)
print(len(rows(ledger)), set(rows(ledger, "status")))
ledger.close()
"""


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_forked_process_has_a_file_of_its_own(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, str(path)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "3 {('complete',)}"
    assert list(path.parent.glob("*.spool")) == []


EXIT = """
import sys
from pathlib import Path
from tests.ledger.exchanges import exchange
from notebook_chat.ledger.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]))
for number in range(30):
    exchange(ledger, f"prompt {number}")
"""


@pytest.mark.process
def test_the_end_of_python_loses_nothing(path: Path) -> None:
    subprocess.run([sys.executable, "-c", EXIT, str(path)], check=True, timeout=60)
    ledger = Ledger(path)
    assert rows(ledger, "status") == [("complete",)] * 30
    ledger.close()
