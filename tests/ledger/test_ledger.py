"""What is recorded of an exchange, and how it is found again."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.answer import AnswerFold
from notebook_chat.conversation import answered
from notebook_chat.events import TextDelta, Usage
from notebook_chat.ledger import Record, Used, chain
from notebook_chat.ledger.ledger import Ledger
from notebook_chat.messages import Message
from notebook_chat.parts import ImagePart, TextPart, ToolCallPart, ToolResultPart

from .exchanges import HERE, NOTEBOOK, ended, exchange, key_of, opened, rows


class Price(NamedTuple):
    amount: float
    source: str


def test_an_exchange_is_found_by_its_request(ledger: Ledger) -> None:
    record = exchange(ledger)
    found = ledger.find(record.request).result(10)
    assert found is not None
    assert msgspec.structs.replace(found, at=record.at) == record
    assert ledger.find("0" * 40).result(10) is None


def test_the_newest_whole_answer_counts(ledger: Ledger) -> None:
    exchange(ledger, answer="old")
    exchange(ledger, answer="new")
    stopped = opened(ledger)
    stopped.close(Record(stopped.key.digest, answered("cut"), "stopped")).result(10)
    found = ledger.find(key_of("a prompt").digest).result(10)
    assert found is not None
    assert found.exchange == answered("new")


def test_it_is_there_before_its_request_is(ledger: Ledger) -> None:
    account = opened(ledger)
    assert rows(ledger, "turn, status, notebook, cell, answer") == [
        ("t" * 32, "open", NOTEBOOK, "cell-1", None)
    ]
    ended(account)
    assert rows(ledger, "status, requests, input_tokens, output_tokens, seconds, first_text") == [
        ("complete", 1, 3, 4, 1.5, 0.1)
    ]


def test_each_request_is_in_the_log_without_credentials(ledger: Ledger) -> None:
    ended(opened(ledger))
    [(url, size, status, turn)] = rows(ledger, "url, size, status, turn", "requests")
    assert (size, status, turn) == (8, 200, "t" * 32)
    assert "hunter2" not in url
    assert "fake.test" in url
    assert ledger.read(chain.check).result(10).faults == ()


def test_a_status_that_comes_late_is_written(ledger: Ledger) -> None:
    account = opened(ledger)
    told = account.left(None)
    ended(account)
    told(504)
    assert rows(ledger, "status", "requests") == [(200,), (504,)]
    assert ledger.read(chain.check).result(10).faults == ()


def test_all_requests_of_an_exchange_add_up(ledger: Ledger) -> None:
    account = opened(ledger, cost=lambda model, url, usage: Price(usage.total_tokens or 0, "prices"))
    account.used(Used("fake:m", Usage(100, 10, cached_tokens=7)))
    account.used(Used("fake:m", None, Usage(5, 1)))
    account.used(Used("fake:m"))  # refused, and used nothing
    ended(account, usage=Usage(1, 2, 1))
    what = "input_tokens, output_tokens, reasoning_tokens, cached_tokens, cache_write_tokens, estimated, cost"
    assert rows(ledger, f"{what}, cost_from") == [(106, 13, 1, 7, None, 1, 119.0, "prices")]


def test_what_one_request_cost_unknown_leaves_all_unknown(ledger: Ledger) -> None:
    account = opened(
        ledger, cost=lambda model, url, usage: None if usage.input_tokens == 1 else Price(1, "own")
    )
    account.used(Used("fake:m", Usage(1, 1)))
    ended(account)
    assert rows(ledger, "cost, cost_from, estimated") == [(None, "", 0)]


def test_what_is_unknown_is_not_zero(ledger: Ledger) -> None:
    ended(opened(ledger), usage=None)
    assert rows(ledger, "input_tokens, output_tokens, cost, estimated") == [(None, None, None, 0)]


def test_without_contents_there_is_no_word_of_it(ledger: Ledger, path: Path) -> None:
    account = opened(ledger, "SECRETPROMPT", contents=False, snapshot=AnswerFold("fake:m").snapshot)
    ended(account, "SECRETANSWER")
    assert rows(ledger, "key, answer, size, input_tokens") == [(None, None, 0, 3)]
    ledger.close()
    assert all(b"SECRET" not in file.read_bytes() for file in path.parent.iterdir())


def test_tools_images_and_halves_of_pairs_come_back(ledger: Ledger) -> None:
    said = (
        Message("assistant", (TextPart("look \ud800"), ToolCallPart("1", "f", "{}"))),
        Message("tool", (ToolResultPart("1", "f", (TextPart("42"),)),)),
        Message("assistant", (ImagePart(b"\x89PNG\r\n\x1a\n", "image/png"), TextPart("there"))),
    )
    account = opened(ledger)
    account.close(Record(account.key.digest, said, usage=Usage(1, 2, cost=0.5, searches=3))).result(10)
    found = ledger.find(account.key.digest).result(10)
    assert found is not None
    assert found.exchange[1:] == said[1:]
    assert found.exchange[0].text.startswith("look")
    assert found.usage == Usage(1, 2, cost=0.5, searches=3)


def test_the_nearest_is_of_the_same_model_and_prompt(ledger: Ledger) -> None:
    for prompt, model in (("what is love", "m"), ("what is life", "n"), ("how tall is it", "m")):
        exchange(ledger, prompt, model=model)
    found = ledger.nearest(key_of("what is life?", "n")).result(10)
    assert found is not None
    assert found.key is not None
    assert found.key.prompt == "what is life"
    found = ledger.nearest(key_of("how tall is it", "z", temperature=1.0)).result(10)
    assert found is not None
    assert found.key is not None
    assert found.key.prompt == "how tall is it"


def test_nearest_in_an_empty_ledger(ledger: Ledger) -> None:
    assert ledger.nearest(key_of("x")).result(10) is None


def test_a_transaction_is_all_or_nothing_and_tells_its_error(ledger: Ledger) -> None:
    exchange(ledger)

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM exchanges")
        raise ArithmeticError("over the budget")

    with pytest.raises(ArithmeticError, match="over"):
        ledger.transact(work).result(10)
    assert len(rows(ledger)) == 1
    assert ledger.warning() is None
    assert ledger.transact(lambda c: c.execute("SELECT count(*) FROM exchanges").fetchone()).result(10) == (
        1,
    )


def test_files_are_the_users_alone(ledger: Ledger, path: Path) -> None:
    opened(ledger)
    ledger.flush()
    assert len(list(path.parent.glob("*.spool"))) == 1
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    ledger.close()
    assert list(path.parent.glob("*.spool")) == []


def test_what_has_come_of_an_answer_is_written_now_and_then(ledger: Ledger, path: Path) -> None:
    fold = AnswerFold("fake:m")
    account = opened(ledger, snapshot=fold.snapshot)
    fold.add([TextDelta("as far as it came")])
    ledger.flush()
    other = Ledger(path)
    assert rows(other, "status, answer") == [("open", '[{"role":"assistant","content":"as far as it came"}]')]
    other.close()
    assert ledger.find(account.key.digest).result(10) is None
    ended(account)


def test_it_can_be_used_on_after_its_end(ledger: Ledger) -> None:
    exchange(ledger)
    ledger.close()
    exchange(ledger)
    assert len(rows(ledger)) == 2


def test_many_threads_record_at_once(ledger: Ledger) -> None:
    begun = threading.Barrier(8)

    def record(number: int) -> None:
        begun.wait(10)
        for n in range(20):
            exchange(ledger, f"prompt {number} {n}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(record, range(8)))
    assert [row for row in rows(ledger, "status") if row != ("complete",)] == []
    assert len(rows(ledger)) == 160
    assert [number for (number,) in rows(ledger, "number", "requests")] == list(range(1, 161))
    assert ledger.read(chain.check).result(30).faults == ()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path_factory.mktemp("shared") / "ledger.sqlite3")
    yield ledger
    ledger.close()


ANY = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text() | st.binary()


@given(
    column=st.sampled_from(
        ["key", "answer", "usage", "seconds", "at", "cell", "finish_reason", "model", "first_text"]
    ),
    value=ANY | st.sampled_from(['[{"role":"x","content":1}]', "[" * 3000, '{"provider":1}', "[]", "{}"]),
)
def test_a_hand_edited_row_never_crashes(shared: Ledger, column: str, value: Any) -> None:
    def edit(connection: sqlite3.Connection) -> None:
        connection.execute(f"UPDATE exchanges SET {column} = ?", (value,))

    shared.transact(lambda connection: connection.execute("DELETE FROM exchanges")).result(10)
    record = exchange(shared)
    try:
        shared.transact(edit).result(10)
    except (sqlite3.Error, UnicodeEncodeError):
        return
    found = shared.find(record.request).result(10)
    assert found is None or isinstance(found, Record)
    shared.nearest(key_of("x")).result(10)
    shared.summary()


def test_origin_of_a_row(ledger: Ledger) -> None:
    record = exchange(ledger)
    found = ledger.find(record.request).result(10)
    assert found is not None
    assert found.origin == HERE
