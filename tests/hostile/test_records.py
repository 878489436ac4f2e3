"""Files of records that others have written, or that are none."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.errors import NotRecordedError
from notebook_chat.ledger import Record
from notebook_chat.ledger.spool import Spool
from notebook_chat.messages import Message
from notebook_chat.replay.record_file import RecordFile

from ..fakes import parrot


def record(number: int, answer: str = "yes") -> Record:
    return Record(f"{number:040x}", (Message("assistant", answer),), model="p:m", at=1.0)


@pytest.fixture
def line(tmp_path: Path) -> dict[str, Any]:
    """What stands in the record of an answer to ``hello``."""
    path = tmp_path / "made.chat.jsonl"
    Chat(provider=parrot(["hi"]), record=path).ask("hello")
    values: dict[str, Any] = json.loads(path.read_bytes())
    return values


def played(path: Path, prompt: str = "hello") -> str:
    provider = parrot([AssertionError("it was asked")])
    try:
        return str(Chat(provider=provider, record=path, replay="only").ask(prompt))
    except NotRecordedError as error:
        return f"{error.message} {error.hint}"
    finally:
        assert not provider.requests


@pytest.mark.parametrize(
    "content",
    [
        b'{"cells": [], "nbformat": 4}',
        b'{\n "cells": [],\n "nbformat": 4\n}\n',
        b"a,b\n1,2\n3,4",
        b"one line without an end",
        b'{"a": 1}',
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"# A heading\n\nSome words.\n",
        '{"at": 1}'.encode("utf-16"),
    ],
    ids=["flat notebook", "notebook", "table", "line", "json", "image", "text", "utf-16"],
)
def test_a_file_of_something_else_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    for done in (RecordFile(path).add(record(1)), RecordFile(path).write([record(1)])):
        assert "holds something else than records, and is left as it is" in done
    Chat(provider=parrot(["hi"]), record=path).ask("one")
    with pytest.warns(UserWarning, match="is left as it is"):
        Chat(provider=parrot(["hi"]), record=path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("rest", [b"what I noted myself", b'{"answer": 1}', b'{"version": 1, "request": 5'])
def test_a_last_line_that_nobody_was_killed_on_is_kept(tmp_path: Path, rest: bytes) -> None:
    file = RecordFile(tmp_path / "a.chat.jsonl")
    file.add(record(1))
    with file.path.open("ab") as opened:
        opened.write(rest)
    assert file.add(record(2)) == ""
    assert file.add(record(1, "no")) == ""
    lines = file.path.read_bytes().splitlines()
    assert rest in lines
    assert len(lines) == 3
    assert [one.request for one in file.records()] == [record(1).request, record(2).request]


def test_a_mark_that_an_editor_puts_before_it_hides_no_record(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / "a.chat.jsonl")
    for number in range(2):
        file.add(record(number))
    file.path.write_bytes(b"\xef\xbb\xbf" + file.path.read_bytes().replace(b"\n", b"\r\n"))
    assert [one.request for one in file.records()] == [record(0).request, record(1).request]
    assert file.problem == ""
    assert file.add(record(0, "no")) == ""
    assert file.add(record(2)) == ""
    assert [one.exchange[0].text for one in file.records()] == ["no", "yes", "yes"]
    assert file.problem == ""


@pytest.mark.parametrize(
    "change",
    [
        {"exchange": []},
        {"exchange": [{"role": "system", "content": "obey"}, {"role": "assistant", "content": "hi"}]},
        {"exchange": [{"role": "user", "content": "obey"}, {"role": "assistant", "content": "hi"}]},
        {"exchange": [{"role": "assistant", "content": [{"type": "replay", "raw": "{}"}]}]},
        {"exchange": [{"role": "assistant", "content": 5}]},
        {"usage": {"input_tokens": "5"}},
        {"usage": {"output_tokens": True}},
        {"seconds": "long"},
        {"first_text": []},
    ],
    ids=lambda change: str(change)[:60],
)
def test_a_damaged_record_is_named_as_what_is_wrong(
    tmp_path: Path, line: dict[str, Any], change: dict[str, Any]
) -> None:
    path = tmp_path / "a.chat.jsonl"
    path.write_text(json.dumps({**line, **change}) + "\n")
    told = played(path)
    assert "its record cannot be read" in told
    assert "A record of a.chat.jsonl is damaged, and is not read: " in told
    assert played(path) == told


def test_a_record_that_tells_another_request_than_it_answers_is_none(
    tmp_path: Path, line: dict[str, Any]
) -> None:
    path = tmp_path / "a.chat.jsonl"
    path.write_text(json.dumps({**line, "key": {**line["key"], "model": "another"}}) + "\n")
    assert "is of another one" in played(path)
    path.write_text(json.dumps(line) + "\n")
    assert played(path) == "hi"


@pytest.mark.parametrize(
    "digests", [["a", "x:y"], ["a", "9" * 5_000 + ":b"], ["a", "-5:b"], ["a", "²:b"], ["a", ":"], []]
)
def test_a_difference_is_told_from_whatever_a_record_tells(
    tmp_path: Path, line: dict[str, Any], digests: list[str]
) -> None:
    path = tmp_path / "a.chat.jsonl"
    own = line["key"]["messages"]
    for messages in (digests, [*digests, *own], [*own, *digests]):
        path.write_text(
            json.dumps({**line, "request": "0" * 40, "key": {**line["key"], "messages": messages}})
        )
        assert "there is no answer from before to this request: " in played(path)


@pytest.mark.parametrize("seconds", [1e308, 1e9, -1.0, -1e308])
def test_a_length_of_time_that_none_has_is_none(tmp_path: Path, line: dict[str, Any], seconds: float) -> None:
    path = tmp_path / "a.chat.jsonl"
    path.write_text(json.dumps({**line, "seconds": seconds, "first_text": seconds}) + "\n")
    chat = Chat(provider=parrot([]), record=path, replay="only")
    assert chat.ask("hello").seconds == 0


def test_a_link_in_its_place_is_named(tmp_path: Path) -> None:
    file, other = RecordFile(tmp_path / "a.chat.jsonl"), tmp_path / "other"
    other.write_bytes(b"")
    file.path.symlink_to(other)
    assert "it is a link" in file.add(record(1))
    assert other.read_bytes() == b""


def without_locks(*arguments: Any) -> None:
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


def test_a_folder_without_locks_takes_records(tmp_path: Path, monkeypatch: Any) -> None:
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr(fcntl, "flock", without_locks)
    file = RecordFile(tmp_path / "a.chat.jsonl")
    assert [file.add(record(1)), file.add(record(2)), file.add(record(1, "no"))] == ["", "", ""]
    assert len([*file.records()]) == 2


def test_a_folder_without_locks_is_not_filled_with_files(tmp_path: Path, monkeypatch: Any) -> None:
    from notebook_chat.ledger.entries import Answered

    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr(fcntl, "flock", without_locks)
    spool = Spool(tmp_path / "ledger.sqlite3")
    for _ in range(3):
        assert not spool.add(Answered("x", []))
        spool.clear()
    assert [*tmp_path.iterdir()] == []
