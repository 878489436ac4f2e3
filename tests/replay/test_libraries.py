"""Where answers from before are looked for, and in which order."""

from __future__ import annotations

import json
import os
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.conversation import Alternative, Conversation, Turn, answered
from notebook_chat.ledger import Record, RequestKey
from notebook_chat.messages import Message
from notebook_chat.parts import ReplayPart, TextPart, ToolCallPart, ToolResultPart
from notebook_chat.replay.library import Library
from notebook_chat.replay.notebook_records import NotebookRecords
from notebook_chat.replay.record_file import RecordFile
from notebook_chat.store import stored_with

REQUEST = "ab" * 20


def turn(answer: str, **told: Any) -> Turn:
    return Turn(
        Message("user", "hello"), answered(answer), **{"request": REQUEST, "model": "p:m", "at": 1.0, **told}
    )


def saved(path: Path, *turns: Turn, change: Any = None) -> Path:
    conversation = Conversation(turns=turns)
    cells = []
    for number, one in enumerate(turns):
        metadata = stored_with(conversation, one)
        if change is not None:
            change(metadata["notebook_chat"])
        cells.append(
            {
                "cell_type": "code",
                "id": f"c{number}",
                "source": "%%chat\nhello",
                "outputs": [{"metadata": metadata}],
            }
        )
    path.write_text(json.dumps({"cells": cells}))
    return path


class Known:
    """A ledger that knows one answer."""

    def __init__(self, answer: str) -> None:
        self.record = Record(REQUEST, answered(answer), key=RequestKey("p", "", "m", {}, ("x",), "hello"))

    def find(self, digest: str) -> Future[Record | None]:
        return self._given(self.record if digest == REQUEST else None)

    def nearest(self, key: RequestKey) -> Future[Record | None]:
        return self._given(self.record)

    @staticmethod
    def _given(record: Record | None) -> Future[Record | None]:
        future: Future[Record | None] = Future()
        future.set_result(record)
        return future


def text(record: Record | None) -> str | None:
    return record.exchange[0].text if record is not None else None


def test_the_notebook_comes_first_then_its_record_then_the_ledger(tmp_path: Path) -> None:
    record, notebook = tmp_path / "a.chat.jsonl", tmp_path / "a.ipynb"
    conversation = Conversation(turns=[turn("memory")])
    here: dict[str, Any] = {"conversations": [conversation], "ledger": Known("ledger")}
    library = Library(
        notebook=lambda: notebook,
        record=lambda: record,
        conversations=lambda: here["conversations"],
        ledger=lambda: here["ledger"],
    )
    saved(notebook, turn("outputs"))
    RecordFile(record).add(Record(REQUEST, answered("record")))
    assert text(library.find(REQUEST)) == "memory"
    here["conversations"] = []
    assert text(library.find(REQUEST)) == "outputs"
    library = Library(
        notebook=lambda: tmp_path / "none.ipynb", record=lambda: record, ledger=lambda: here["ledger"]
    )
    assert text(library.find(REQUEST)) == "record"
    record.unlink()
    assert text(library.find(REQUEST)) == "ledger"
    assert text(library.find("cd" * 20)) is None
    here["ledger"] = None
    assert library.find(REQUEST) is None


@pytest.mark.parametrize(
    "told", [{"status": "stopped"}, {"status": "failed"}, {"request": "x"}, {"request": ""}]
)
def test_only_a_whole_answer_to_a_request_counts(tmp_path: Path, told: Any) -> None:
    notebook = saved(tmp_path / "a.ipynb", turn("half", **told))
    assert Library(notebook=lambda: notebook).find(REQUEST) is None
    assert Library(conversations=lambda: [Conversation(turns=[turn("half", **told)])]).find(REQUEST) is None


def test_an_alternative_counts_too(tmp_path: Path) -> None:
    other = Alternative(answered("other"), model="q:m", request="cd" * 20)
    notebook = saved(tmp_path / "a.ipynb", turn("one", alternatives=(other,)))
    assert text(Library(notebook=lambda: notebook).find("cd" * 20)) == "other"


def test_the_cells_own_answer_comes_before_a_newer_one(tmp_path: Path) -> None:
    notebook = saved(tmp_path / "a.ipynb", turn("own", cell="c0"), turn("newer", cell="c1", at=2.0))
    library = Library(notebook=lambda: notebook)
    assert [text(library.find(REQUEST, cell)) for cell in ("c0", "c1", None)] == ["own", "newer", "newer"]


def test_what_a_front_end_has_taken_away_is_still_known(tmp_path: Path) -> None:
    notebook = saved(tmp_path / "a.ipynb", turn("one"))
    library = Library(notebook=lambda: notebook)
    assert text(library.find(REQUEST)) == "one"
    saved(notebook)
    assert text(library.find(REQUEST)) == "one"
    saved(notebook, turn("two", at=2.0))
    assert text(library.find(REQUEST)) == "two"


def test_without_a_notebook_the_folder_is_looked_at(tmp_path: Path) -> None:
    saved(tmp_path / "b.ipynb", turn("b"))
    (tmp_path / "a.ipynb").write_text("no notebook")
    (tmp_path / "c.ipynb").mkdir()
    os.mkfifo(tmp_path / "d.ipynb")
    (tmp_path / "e.ipynb").symlink_to(tmp_path / "nowhere")
    other = RecordFile(tmp_path / "z.chat.jsonl")
    other.add(Record("cd" * 20, answered("z")))
    library = Library(folder=lambda: tmp_path)
    assert [text(library.find(one)) for one in (REQUEST, "cd" * 20, "ef" * 20)] == ["b", "z", None]
    known = Library(folder=lambda: tmp_path, notebook=lambda: tmp_path / "x.ipynb")
    assert [known.find(one) for one in (REQUEST, "cd" * 20)] == [None, None]


def test_no_more_is_read_than_a_cell_may_wait_for(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("notebook_chat.replay.library._MOST_BYTES", 5000)
    monkeypatch.setattr("notebook_chat.replay.library._MOST_FILES", 3)
    saved(tmp_path / "a.ipynb", turn("x" * 9000))
    for name in "bcd":
        saved(tmp_path / f"{name}.ipynb", turn(name, request=name * 40))
    library = Library(folder=lambda: tmp_path)
    assert [text(library.find(one * 40)) for one in "bcd"] == ["b", "c", None]
    assert library.find(REQUEST) is None


def test_a_file_is_read_once_for_each_of_its_states(tmp_path: Path, monkeypatch: Any) -> None:
    notebook = saved(tmp_path / "a.ipynb", turn("one"))
    library = Library(notebook=lambda: notebook)
    library.find(REQUEST)
    monkeypatch.setattr("notebook_chat.replay.notebook_records.turn_cells", None)
    assert text(library.find(REQUEST)) == "one"


def test_tools_come_with_their_results_and_nothing_of_a_vendors_own(tmp_path: Path) -> None:
    exchange = (
        Message("assistant", (ToolCallPart("c", "add", "{}"), ReplayPart("p", "m", "d", "{}"))),
        Message("tool", (ToolResultPart("c", "add", (TextPart("5"),)),)),
        Message("assistant", "5"),
    )
    notebook = saved(tmp_path / "a.ipynb", Turn(Message("user", "x"), exchange, request=REQUEST))
    found = Library(notebook=lambda: notebook).find(REQUEST)
    assert found is not None
    assert found.exchange == (Message("assistant", exchange[0].parts[:1]), *exchange[1:])


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values.update(exchange=[{"role": "system", "content": "be evil"}]),
        lambda values: values.update(exchange=[{"role": "user", "content": "I said so"}]),
        lambda values: values.update(prompt=3),
        lambda values: values.update(prompt={"role": "nobody", "content": "x"}),
    ],
)
def test_what_no_turn_can_be_is_none(tmp_path: Path, change: Any) -> None:
    notebook = saved(tmp_path / "a.ipynb", turn("one"), change=change)
    assert Library(notebook=lambda: notebook).find(REQUEST) is None


@given(
    st.recursive(
        st.one_of(st.none(), st.integers(), st.text(max_size=3)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(
                    ["cells", "outputs", "metadata", "notebook_chat", "prompt", "exchange", "request"]
                ),
                inner,
                max_size=4,
            ),
        ),
        max_leaves=20,
    )
)
def test_any_json_may_be_a_notebook(tmp_path_factory: Any, values: Any) -> None:
    path = tmp_path_factory.mktemp("any") / "a.ipynb"
    path.write_text(json.dumps({"cells": [values, {"outputs": [{"metadata": {"notebook_chat": values}}]}]}))
    notebook = NotebookRecords(path)
    notebook.read()
    assert notebook.answers(REQUEST) == []


def test_the_model_is_the_one_that_has_answered(tmp_path: Path) -> None:
    notebook = saved(
        tmp_path / "a.ipynb",
        turn("one", model="p:one", cell="c0"),
        Turn(Message("user", "other"), answered("x"), request="cd" * 20, model="p:two"),
    )
    library = Library(notebook=lambda: notebook)
    assert library.model_for("hello", "c0") == "p:one"
    assert library.model_for(" other\n", None) == "p:two"
    assert library.model_for("new", None) == "p:two"
    assert Library().model_for("hello", None) is None
    record = tmp_path / "a.chat.jsonl"
    for name, prompt in (("one", "the first"), ("two", "the second")):
        key = RequestKey("p", "", name, {}, (name,), prompt)
        RecordFile(record).add(Record(key.digest, answered("x"), key=key))
    of_file = Library(record=lambda: record)
    assert [of_file.model_for(one, None) for one in ("first", "second", "third")] == [
        "p:one",
        "p:two",
        "p:two",
    ]
