"""No fault of a disk, and nothing that somebody has put into the file, reaches a chat."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notebook_chat.conversation import Conversation, Turn, answered
from notebook_chat.database import connection as database
from notebook_chat.errors import HistoryError
from notebook_chat.messages import Message
from notebook_chat.store import Store

from .turns import again, kept, prompts, say


def goes_on(store: Store, conversation: Conversation, word: str) -> None:
    """A chat goes on, with one warning that has a word, and none after that."""
    before = len(conversation)
    say(conversation, "a")
    say(conversation, "b")
    store.flush()
    assert len(conversation) == before + 2
    warning = store.warning()
    assert warning is not None
    assert word in warning
    assert "\n" not in warning
    say(conversation, "c")
    store.flush()
    assert store.warning() is None


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_beyond_repair_is_put_aside_and_the_chat_goes_on(
    store: Store, path: Path, content: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    conversation = kept(store)
    goes_on(store, conversation, "nothing in it could be read")
    [aside] = store.set_aside
    assert aside.read_bytes() == content
    assert prompts(again(path, conversation)) == ["a", "b", "c"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "home" / "conversations.sqlite3")
    goes_on(store, kept(store), "cannot be written")


def test_a_full_disk_and_space_again(store: Store, path: Path) -> None:
    conversation = kept(store)
    say(conversation, "before")
    store.flush()

    def pages(connection: sqlite3.Connection, _: bool) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # SQLite's own "database or disk is full"

    store._writer.read(pages).result()
    say(conversation, "a" * 100_000)
    store.flush()
    assert len(conversation) == 2
    say(conversation, "after")  # on a new connection, without that bound
    store.flush()
    assert prompts(again(path, conversation)) == ["before", "a" * 100_000, "after"]


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write everywhere")
def test_a_file_that_can_only_be_read(store: Store, path: Path) -> None:
    say(kept(store), "before")
    store.flush()
    path.chmod(0o400)
    other = Store(path)
    goes_on(other, kept(other), "readonly")
    assert len(other.entries()) == 1


def test_a_newer_file_is_left_alone(store: Store, path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    goes_on(store, kept(store), "a later release")


def test_a_file_that_another_kernel_holds(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    conversation = kept(store)
    say(conversation, "before")
    store.flush()
    store._writer.read(lambda connection, _: connection.execute("PRAGMA busy_timeout = 50")).result()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        goes_on(store, conversation, "locked")
    say(conversation, "d")
    store.flush()
    assert prompts(again(path, conversation)) == ["before", "a", "b", "c", "d"]


def test_a_turn_that_cannot_be_written_does_not_hold_up_the_others(store: Store, path: Path) -> None:
    conversation = kept(store)
    draft = conversation.begin(Message("user", "odd", {"name": object()}))
    conversation.commit(draft, draft.turn(answered("x"), "complete"))
    say(conversation, "fine")
    store.flush()
    assert prompts(again(path, conversation)) == ["odd", "fine"]
    warning = store.warning()
    assert warning == "Of turn 1 of 'default', the history keeps the texts: the rest cannot be written."


VALUES = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text() | st.binary()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    column=st.sampled_from(
        ["id", "position", "at", "status", "owner", "touched", "prompt", "answer", "data"]
    ),
    value=VALUES | JSON.map(lambda value: msgspec.json.encode(value).decode()),
)
def test_a_hand_edited_store_never_crashes(tmp_path: Path, column: str, value: object) -> None:
    path = tmp_path / "edited.sqlite3"
    path.unlink(missing_ok=True)
    store = Store(path)
    conversation = kept(store)
    say(conversation, "a")
    say(conversation, "b")
    store.flush()
    connection = sqlite3.connect(path)
    try:
        connection.execute(f"UPDATE OR IGNORE turns SET {column} = ? WHERE position = 1", (value,))
        connection.commit()
    except (sqlite3.IntegrityError, UnicodeEncodeError):
        return
    finally:
        connection.close()
    other = Store(path)
    try:
        loaded, _ = other.load(conversation.id)
        assert all(isinstance(turn, Turn) and turn.checked() for turn in loaded.turns)
        other.search("a")
        other.entries()
        other.keep(loaded)
        say(loaded, "c")
    except HistoryError as error:
        assert "\n" not in str(error)
