"""A file of records: what is found in it, how it is written, and what others do to it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.ledger import Record, RequestKey
from notebook_chat.messages import Message
from notebook_chat.replay.record_file import RecordFile, scanned
from notebook_chat.replay.record_line import written_line


def record(number: int, answer: str = "yes", at: float = 1.0) -> Record:
    return Record(f"{number:040x}", (Message("assistant", answer),), model="p:m", at=at, seconds=number / 7)


@pytest.fixture
def file(tmp_path: Path) -> RecordFile:
    return RecordFile(tmp_path / "a.chat.jsonl", lambda text: "a key" if "KEY" in text else "")


def lines(file: RecordFile) -> list[bytes]:
    return file.path.read_bytes().splitlines()


def test_what_is_added_is_found(file: RecordFile) -> None:
    assert file.find(record(1).request) is None
    for number in range(3):
        assert file.add(record(number)) == ""
    assert [one.request for one in file.records()] == [record(number).request for number in range(3)]
    assert RecordFile(file.path).find(record(2).request) == record(2)
    assert stat.S_IMODE(file.path.stat().st_mode) & 0o600 == 0o600


def test_the_same_is_not_written_again(file: RecordFile) -> None:
    file.add(record(1))
    before = file.path.read_bytes()
    later = msgspec.structs.replace(record(1, at=99.0), seconds=3.0)
    assert file.add(later) == ""
    assert file.path.read_bytes() == before


def test_another_answer_takes_the_place_of_the_one_before(file: RecordFile) -> None:
    for number in range(3):
        file.add(record(number))
    file.add(record(1, "no", at=0.5))
    assert len(lines(file)) == 3
    assert b'"no"' in lines(file)[1]


def test_a_record_that_tells_its_request_replaces_one_that_does_not(file: RecordFile) -> None:
    key = RequestKey("p", "", "m", {}, ("x",), "hi")
    plain = Record(key.digest, (Message("assistant", "yes"),))
    file.add(plain)
    file.add(msgspec.structs.replace(plain, key=key))
    file.add(plain)
    assert [found for _, found in file.keys()] == [key]  # noqa: SIM118
    assert len(lines(file)) == 1


def test_what_looks_like_a_key_is_not_written(file: RecordFile) -> None:
    assert "looks like a secret" in file.add(record(1, "my KEY"))
    assert not file.path.exists()
    file.add(record(2))
    assert "a key" in file.write([record(2), record(3, "KEY")])
    assert len(lines(file)) == 1


def test_of_two_records_of_a_request_the_newer_counts(file: RecordFile) -> None:
    newer, older = written_line(record(1, "new", at=2)), written_line(record(1, "old", at=1))
    file.path.write_bytes(newer + older)
    found = file.find(record(1).request)
    assert found is not None
    assert found.exchange[0].text == "new"
    file.add(record(1, "newest", at=3))
    assert len(lines(file)) == 1


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_file_without_its_last_end_of_line_is_added_to(file: RecordFile, end: bytes) -> None:
    file.path.write_bytes(written_line(record(1)).rstrip(b"\n") + end)
    file.add(record(2))
    assert [one.request for one in file.records()] == [record(1).request, record(2).request]


def test_a_torn_line_is_taken_away_by_the_next_writer(file: RecordFile) -> None:
    whole = written_line(record(1))
    file.path.write_bytes(whole + written_line(record(2))[:-9])
    assert file.contents().torn == len(whole)
    assert file.problem == ""
    file.add(record(3))
    assert lines(file) == [whole.rstrip(b"\n"), written_line(record(3)).rstrip(b"\n")]


def test_marks_of_a_merge_are_told_and_nothing_is_written(file: RecordFile) -> None:
    ours, theirs = written_line(record(1)), written_line(record(2))
    text = b"<<<<<<< HEAD\n" + ours + b"=======\n" + theirs + b">>>>>>> other\n"
    file.path.write_bytes(text)
    assert {one.request for one in file.records()} == {record(1).request, record(2).request}
    assert "marks of a merge that is not settled, from line 1 on" in file.problem
    assert file.add(record(3)) == file.problem
    assert file.path.read_bytes() == text
    file.write(file.records())
    assert file.path.read_bytes() == ours + theirs
    file.contents()
    assert file.problem == ""


def test_lines_of_another_version_are_told(file: RecordFile) -> None:
    later = msgspec.json.encode({**msgspec.json.decode(written_line(record(1))), "version": 2})
    file.path.write_bytes(later + b"\n[1]\n\n" + written_line(record(2)))
    assert [one.request for one in file.records()] == [record(2).request]
    assert "are of a later version" in file.problem


def test_a_file_that_others_change_is_read_again(file: RecordFile) -> None:
    file.add(record(1))
    other = RecordFile(file.path)
    other.add(record(2))
    assert file.find(record(2).request) == record(2)
    file.path.unlink()
    assert file.find(record(1).request) is None
    file.add(record(3))
    assert [one.request for one in other.records()] == [record(3).request]


def test_nothing_is_read_twice_that_has_not_changed(
    file: RecordFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        file.add(record(number))
    monkeypatch.setattr("notebook_chat.replay.record_file.scanned", None)
    for number in range(3, 6):
        assert file.add(record(number)) == ""
        assert file.find(record(number).request) == record(number)


def test_a_link_is_not_written_through(file: RecordFile, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("mine\n")
    file.path.symlink_to(other)
    assert "cannot be written" in file.add(record(1))
    assert other.read_text() == "mine\n"


def test_what_is_no_file_is_told(file: RecordFile, tmp_path: Path) -> None:
    os.mkfifo(file.path)
    assert file.find(record(1).request) is None
    assert "a named pipe" in file.problem
    assert "cannot be written" in file.add(record(1))
    gone = RecordFile(tmp_path / "nowhere" / "a.chat.jsonl")
    assert "cannot be written" in gone.add(record(1))


@given(st.lists(st.one_of(st.binary(max_size=30), st.integers(0, 3).map(lambda n: written_line(record(n))))))
def test_anything_may_stand_in_it(pieces: list[bytes]) -> None:
    contents = scanned(b"".join(pieces))
    assert len(contents.entries) <= contents.lines


WRITER = """
import sys
from pathlib import Path
from notebook_chat.ledger import Record
from notebook_chat.messages import Message
from notebook_chat.replay.record_file import RecordFile

file, start = RecordFile(Path(sys.argv[1])), int(sys.argv[2])
print("ready", flush=True)
for number in range(start, start + int(sys.argv[3])):
    problem = file.add(Record(f"{number:040x}", (Message("assistant", "x" * 3000),), at=1.0))
    print(number if not problem else problem, flush=True)
"""


def writer(path: Path, start: int, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), str(start), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.process
def test_two_processes_write_at_once(file: RecordFile) -> None:
    both = [writer(file.path, start, 200) for start in (0, 1000)]
    told = [process.communicate(timeout=120)[0].split() for process in both]
    assert told == [["ready", *map(str, range(start, start + 200))] for start in (0, 1000)]
    contents = file.contents()
    assert (len(contents.entries), contents.lines, contents.unread, contents.torn) == (400, 400, 0, None)


@pytest.mark.process
def test_what_was_written_outlives_a_kill(file: RecordFile) -> None:
    promised: set[int] = set()
    steady = writer(file.path, 100_000, 150)
    for round_ in range(5):
        process = writer(file.path, round_ * 1000, 1000)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        promised.add(int(process.stdout.readline()))
        time.sleep(0.003 * round_)
        process.send_signal(signal.SIGKILL)
        promised.update(int(line) for line in process.stdout.read().split("\n") if line)
        process.stdout.close()
        process.wait()
    promised.update(map(int, steady.communicate(timeout=120)[0].split()[1:]))
    file.add(record(1))
    contents = file.contents()
    assert {f"{number:040x}" for number in promised} <= contents.entries.keys()
    assert (contents.unread, contents.torn) == (0, None)
