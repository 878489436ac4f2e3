"""The writer lives, whatever happens in it; what cannot be written holds nothing up, and is told by its place."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from notebook_chat.conversation import Conversation, Turn, answered
from notebook_chat.errors import HistoryError
from notebook_chat.events import Usage
from notebook_chat.messages import Message
from notebook_chat.store import Store, default_path

from ..fakes import Coming
from ..store.turns import prompts, say


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    yield store
    store.flush()


def kept(store: Store) -> Conversation:
    conversation = Conversation()
    store.keep(conversation)
    return conversation


def on_disk(conversation: Conversation) -> list[str]:
    return prompts(Store().load(conversation.id)[0])


ERRORS = (
    *(
        UnicodeDecodeError("utf-8", b"secret words", 0, 1, "no"),
        OverflowError("secret words"),
        KeyError("secret words"),
    ),
    *(ValueError("secret words"), RecursionError("secret words"), MemoryError(), OSError("secret words")),
    *(
        msgspec.ValidationError("secret words"),
        SystemExit("secret words"),
        KeyboardInterrupt(),
        GeneratorExit(),
    ),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_no_error_ends_the_writer(store: Store, error: BaseException) -> None:
    conversation = kept(store)
    say(conversation, "before")

    def fails(connection: sqlite3.Connection, _: bool) -> None:
        connection.execute("DELETE FROM turns")
        raise error

    store._writer.write(fails)
    say(conversation, "after")
    with pytest.raises(HistoryError) as raised:
        store._read(fails)
    store.flush()
    told = store.warning() or ""
    assert type(error).__name__ in told
    assert all("secret" not in text and "\n" not in text for text in (told, str(raised.value)))
    assert store.warning() is None
    assert store._writer._thread is not None
    assert store._writer._thread.is_alive()
    assert store.set_aside == []
    say(conversation, "still")
    store.flush()
    assert prompts(conversation) == ["before", "after", "still"]
    assert on_disk(conversation)[-1] == "still"


def test_an_answer_that_cannot_tell_how_far_it_has_come(store: Store) -> None:
    conversation = kept(store)
    draft = conversation.begin(Message("user", "a"))
    written = conversation.persist(draft)
    assert written is not None
    written.result(30)

    class Broken(Coming):
        @property
        def snapshot(self) -> Any:
            raise SystemExit

    conversation.follow(draft, Broken("x"))
    store.flush()
    conversation.commit(draft, draft.turn(answered("x"), "complete"))
    store.flush()
    assert on_disk(conversation) == ["a"]


ODD: dict[str, Turn] = {
    "an object": Turn(Message("user", "odd", {"name": object()}), answered("answer")),
    "a huge number": Turn(Message("user", "odd"), answered("answer"), options={"seed": 10**5000}),
    "a number beyond 64 bits": Turn(Message("user", "odd"), answered("answer"), usage=Usage(2**70, 1)),
    "no number": Turn(Message("user", "odd"), answered("answer"), seconds=float("nan"), at=float("nan")),
    "half a pair": Turn(Message("user", "odd\ud83d"), answered("answer\udc00"), model="\ud800", id="\ud800"),
    "no role": Turn(Message("\ud800", "odd"), answered("answer")),
    "positions": Turn(Message("user", "odd"), answered("answer"), position=10**400, revision=-(10**400)),
    "a set": Turn(Message("user", "odd"), answered("answer"), options={"stop": {1}, "deep": {(): ()}}),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_turn_is_kept_as_far_as_it_can_be(store: Store, name: str) -> None:
    conversation = Conversation(turns=[ODD[name]], system="\ud800", id="\udfff")
    store.keep(conversation, "/there/\udcff.ipynb")
    store.save(conversation)
    say(conversation, "fine")
    store.flush()
    warning = store.warning()
    assert warning is None or ("turn 1 of 'default'" in warning and "answer" not in warning)
    [entry] = store.of_notebook("/there/\udcff.ipynb")
    loaded = store.load_all(entry.id)
    said = [turn.prompt.text[:4] for turn in loaded.conversation.turns]
    assert said == ["odd"[:4] if len(text) == 3 else text for text in said]
    assert "fine" in said
    assert "odd" in " ".join(said) or name == "no role"
    assert len(said) + len(loaded.broken) == 2


def test_a_damaged_row_is_named_by_its_place_and_takes_no_other_along(store: Store) -> None:
    conversation = kept(store)
    for number in range(5):
        say(conversation, f"prompt {number}", f"secret {number}")
    store.flush()
    with closing(sqlite3.connect(default_path(), isolation_level=None)) as connection:
        connection.execute("UPDATE turns SET data = CAST(x'7b22ff' AS TEXT) WHERE position = 1")
        connection.execute("UPDATE turns SET data = x'ff', prompt = x'ff', answer = '' WHERE position = 3")
        connection.execute("UPDATE turns SET prompt = CAST(x'ff41' AS TEXT) WHERE position = 2")
    loaded = Store().load_all(conversation.id)
    assert prompts(loaded.conversation) == [f"prompt {number}" for number in (0, 1, 2, 4)]
    assert (loaded.broken, loaded.partial) == ((4,), (2,))
    assert loaded.conversation.turns[1].answer == "secret 1"


def test_a_repair_that_was_cut_off_is_finished_by_the_next_kernel(store: Store, tmp_path: Path) -> None:
    conversation = kept(store)
    say(conversation, "a")
    store.flush()
    default_path().rename(default_path().with_name(f"{default_path().name}.repair"))
    assert on_disk(conversation) == ["a"]
    say(conversation, "b")
    store.flush()
    assert on_disk(conversation) == ["a", "b"]


def test_a_file_that_is_put_aside_while_it_is_open_gets_no_more_turns(store: Store) -> None:
    conversation = kept(store)
    say(conversation, "a")
    store.flush()
    other = Store()
    assert len(other.entries()) == 1
    content = bytearray(default_path().read_bytes())
    content[:100] = bytes(100)
    default_path().write_bytes(content)
    again = Store()
    assert again.entries()[0].turns == 1
    say(conversation, "b")
    store.flush()
    assert on_disk(conversation) == ["a", "b"]
    assert "The history was damaged: 1 turn could be read" in (again.warning() or "")
