"""The store: what it keeps, what it finds, and that no fault of a disk reaches a chat."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from notebook_chat import Chat
from notebook_chat.conversation import Conversation, answered
from notebook_chat.database import liveness
from notebook_chat.errors import HistoryError, StreamInterruptedError
from notebook_chat.messages import ImagePart, Message, TextPart
from notebook_chat.store import Store
from notebook_chat.store.schema import HISTORY

from ..fakes import Coming, parrot
from .turns import again, kept, prompts, say


def test_what_was_said_is_there_in_another_kernel(store: Store, path: Path) -> None:
    conversation = kept(store)
    for cell in "abc":
        say(conversation, cell, cell=cell)
    say(conversation, "B", cell="b")
    conversation.pin(1)
    store.flush()
    loaded = again(path, conversation)
    assert loaded.turns == conversation.turns
    assert loaded.messages == conversation.messages
    assert loaded.stale == conversation.stale == {loaded.turns[2].id}
    assert (loaded.name, loaded.system) == ("default", "be kind")
    conversation.undo()
    conversation.undo()
    store.flush()
    assert again(path, conversation).turns == conversation.turns
    assert prompts(conversation) == ["a", "b", "c"]
    conversation.reset()
    store.flush()
    assert prompts(again(path, conversation)) == []


def test_images_and_odd_texts_survive(store: Store, path: Path) -> None:
    conversation = kept(store, "né\0\U0001f44b")
    parts = (TextPart("look\0 \ud83d"), ImagePart(b"\x00\xff", "image/png"))
    draft = conversation.begin(Message("user", parts))
    conversation.commit(draft, draft.turn(answered("x\0y\u2028"), "complete", options={"seed": 2**70}))
    store.flush()
    assert again(path, conversation).turns[0].prompt.parts[1] == parts[1]
    assert store.warning() is None


def asked(path: Path, sql: str) -> list[Any]:
    """What the file itself answers."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(sql).fetchall()


def test_the_file_is_private_and_needs_no_log_beside_it(store: Store, path: Path) -> None:
    say(kept(store), "a")
    store.flush()
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0
    assert asked(path, "PRAGMA journal_mode") != [("wal",)]


def test_nothing_is_made_before_something_is_said(path: Path) -> None:
    store = Store(path)
    kept(store)
    assert not path.parent.exists()


def test_the_prompt_is_written_before_the_request_and_the_answer_as_it_comes(
    store: Store, path: Path
) -> None:
    seen: list[list[tuple[str, str, str]]] = []

    def rows() -> list[tuple[str, str, str]]:
        return asked(path, "SELECT prompt, status, answer FROM turns")

    def script(messages: object) -> Iterator[object]:
        seen.append(rows())
        yield "so far"
        yield 1.2
        seen.append(rows())
        yield " so good"

    provider = parrot()
    provider.script = staticmethod(script)
    conversation = kept(store)
    Chat(provider=provider, conversation=conversation).ask("hello")
    store.flush()
    assert seen == [[("hello", "streaming", "")], [("hello", "streaming", "so far")]]
    assert rows() == [("hello", "complete", "so far so good")]


def test_of_an_answer_that_failed_before_a_word_nothing_is_kept(store: Store, path: Path) -> None:
    conversation = kept(store)
    chat = Chat(provider=parrot([StreamInterruptedError("no")]), conversation=conversation)
    with pytest.raises(StreamInterruptedError):
        chat.ask("hello")
    store.flush()
    assert prompts(again(path, conversation)) == []


def test_a_turn_whose_kernel_is_gone_has_failed(store: Store, path: Path) -> None:
    conversation = kept(store)
    say(conversation, "a", cell="a")
    say(conversation, "b", cell="b")
    draft = conversation.begin(Message("user", "B"), cell="b")
    written = conversation.persist(draft)
    assert written is not None
    written.result(10)
    conversation.follow(draft, Coming("half"))
    store.flush()
    assert prompts(again(path, conversation)) == ["a", "b"]  # this process lives: it may still come
    asked(path, "UPDATE turns SET owner = 'elsewhere:1:x', touched = 1.0 WHERE status = 'streaming'")
    loaded = again(path, conversation)
    assert [(turn.prompt.text, turn.status, turn.answer) for turn in loaded.turns] == [
        ("a", "complete", "re a"),
        ("B", "failed", "half"),
    ]
    assert Store(path).search("half")[0].number == 3  # the turn it took the place of is still there


def test_who_is_gone() -> None:
    me = liveness.owner()
    host, pid, _ = me.rsplit(":", 2)
    now = __import__("time").time()
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert not liveness.is_dead(me, 0.0)
    assert liveness.is_dead(f"{host}:{pid}:another", now)  # the number was given again
    assert liveness.is_dead(f"{host}:{child.pid}:x", now)
    assert not liveness.is_dead(f"{host}:{os.getppid()}:x", now)
    assert not liveness.is_dead("another-host:1:x", now)
    assert liveness.is_dead("another-host:1:x", now - 60)
    assert liveness.is_dead(None, now)


def test_two_kernels_write_to_one_conversation(store: Store, path: Path) -> None:
    conversation = kept(store)
    say(conversation, "first")
    store.flush()
    names = ("left", "right")
    kernels = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.store.turns", str(path), conversation.id, name, "1000"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for name in names
    ]
    assert [kernel.wait(300) for kernel in kernels] == [0, 0]
    loaded = again(path, conversation)
    assert len(loaded) == 2001
    for name in names:
        own = [turn for turn in loaded.turns if turn.prompt.text.startswith(name)]
        assert [turn.prompt.text for turn in own] == [f"{name} {n}" for n in range(1000)]
        assert {turn.answer for turn in own} == {f"{name} " * 50}
    assert asked(path, "PRAGMA integrity_check") == [("ok",)]


def test_search(store: Store) -> None:
    for name, text in (
        ("one", "apples and pears"),
        ("two", 'it\'s 100% "apple" cake'),
        ("three", "你好世界"),
    ):
        say(kept(store, name, f"/there/{name}.ipynb"), text)

    def found(text: str) -> list[str]:
        return [item.name for item in store.search(text)]

    assert found("apple") == ["two", "one"]
    assert found("pears apples") == ["one"]
    assert found("世界") == ["three"]
    assert found("100%") == ["two"]
    assert found("nothing") == found("  ") == found("\0") == []
    for hostile in ('"', "a AND", "NEAR(", "prompt:x", "*", "'; DROP TABLE turns; --", "\\", "-apple"):
        found(hostile)
    assert len(store.entries()) == 3


def test_without_full_text_search_it_reads_all_texts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = msgspec.structs.replace(HISTORY, prepare=lambda connection: False)
    monkeypatch.setattr("notebook_chat.store.store.HISTORY", without)
    store = Store(path)
    say(kept(store), "apples and 100_pears")
    assert len(store.search("APPLES")) == 1
    assert len(store.search("100_p")) == 1
    assert store.search("100xp") == []
    monkeypatch.undo()
    assert [found.number for found in Store(path).search("apples")] == [1]


def test_list_rename_delete(store: Store) -> None:
    conversation = kept(store, "old", "/there/x.ipynb")
    say(conversation, "hello")
    store.rename(conversation.id, "new")
    [entry] = store.entries()
    assert (entry.name, entry.turns, entry.notebook) == ("new", 1, "/there/x.ipynb")
    assert [found.id for found in store.of_notebook("/there/x.ipynb")] == [conversation.id]
    store.moved(conversation.id, "/here/y.ipynb")
    assert store.of_notebook("/there/x.ipynb") == []
    store.delete(conversation.id)
    assert store.entries() == []
    assert store.search("hello") == []
    with pytest.raises(HistoryError):
        store.load(conversation.id)


def test_a_fork_of_the_process_has_a_connection_of_its_own(store: Store, path: Path) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    conversation = kept(store)
    say(conversation, "parent")
    store.flush()
    child = f"""
import os, sys
from pathlib import Path
from notebook_chat.store import Store
from tests.store.turns import say, prompts
store = Store(Path({str(path)!r}))
conversation, _ = store.load({conversation.id!r})
store.keep(conversation)
say(conversation, "before the fork")
pid = os.fork()
if pid == 0:
    say(conversation, "in the child")
    store.flush()
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
say(conversation, "in the parent")
store.flush()
"""
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", child],
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
    )
    assert sorted(prompts(again(path, conversation))) == sorted(
        ["parent", "before the fork", "in the child", "in the parent"]
    )


def test_what_was_not_flushed_is_written_at_the_end(path: Path) -> None:
    code = f"""
from pathlib import Path
from notebook_chat.store import Store
from notebook_chat.conversation import Conversation, answered
from tests.store.turns import say
conversation = Conversation("x", id="x")
store = Store(Path({str(path)!r}))
store.keep(conversation)
for n in range(20):
    say(conversation, str(n))
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=60)
    assert len(Store(path).load("x")[0]) == 20


def test_many_threads_share_a_store(store: Store, path: Path) -> None:
    conversations = [kept(store, str(n)) for n in range(8)]

    def talk(conversation: Conversation) -> None:
        for n in range(25):
            say(conversation, str(n))

    threads = [threading.Thread(target=talk, args=(conversation,)) for conversation in conversations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.flush()
    assert [len(again(path, conversation)) for conversation in conversations] == [25] * 8
