"""The conversations of a session by their names, and whether they are kept."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from notebook_chat.conversation import Conversation
from notebook_chat.errors import ConfigurationError, ConversationBusyError, HistoryError, InvalidOptionError
from notebook_chat.messages import Message
from notebook_chat.session import (
    NotebookSession,
    close_session,
    has_resumed,
    loaded_session,
    open_session,
    session,
    session_of,
)
from notebook_chat.store import Store, default_path

from ..store.turns import prompts, say
from .notebook import Notebook


def test_a_conversation_is_there_from_its_first_mention_on(notebook: Notebook) -> None:
    notebook.session.system = "be kind"
    changes: list[int] = []
    end = notebook.session.subscribe(lambda: changes.append(len(notebook.session.conversations)))
    conversation = notebook.session.conversation("other")
    assert notebook.session.conversation("other") is conversation
    assert conversation.system == "be kind"
    assert changes == [1]
    end()
    notebook.session.conversation("third")
    assert changes == [1]


def test_one_that_must_be_there_is_not_made(notebook: Notebook) -> None:
    assert notebook.session.named(None).name == "default"
    with pytest.raises(InvalidOptionError, match=r"no conversation is called 'nope'. There are: default."):
        notebook.session.named("nope")
    assert list(notebook.session.conversations) == ["default"]


def test_nothing_touches_the_disk_while_the_history_is_off(notebook: Notebook) -> None:
    session = notebook.open(history=False)
    notebook.ask("a", "a")
    assert notebook.ask("b", "b") == ["a", "b"]
    with pytest.raises(HistoryError, match=r"the history is off"):
        session.history.require()
    session.close()
    assert not default_path().exists()


def test_the_history_is_switched_on_and_off(notebook: Notebook) -> None:
    session = notebook.open(history=False)
    notebook.ask("a", "a")
    session.keep_history(True)
    notebook.ask("b", "b")
    session.keep_history(False)
    notebook.ask("c", "c")
    [entry] = Store().entries()
    assert entry.turns == 2
    assert entry.notebook == str(notebook.path.resolve())


def test_a_fork_that_runs_again_keeps_what_it_has_had_itself(notebook: Notebook) -> None:
    session = notebook.session
    notebook.ask("a", "a")
    assert session.fork("branch", session.conversation()) == 1
    notebook.ask("c", "c", "branch")
    notebook.ask("b", "b")
    notebook.ask("a", "A")
    assert session.fork("branch", session.conversation()) == 1
    assert prompts(session.conversation("branch")) == ["A", "c"]
    with pytest.raises(InvalidOptionError, match=r"there is a conversation called 'default'"):
        session.fork("default", session.conversation("branch"))


def test_rename_and_delete(notebook: Notebook) -> None:
    session = notebook.session
    notebook.ask("a", "a")
    session.rename("default", "fruit")
    assert list(session.conversations) == ["fruit"]
    session.conversation("other")
    with pytest.raises(InvalidOptionError):
        session.rename("fruit", "other")
    id, count = session.locate("fruit")
    assert count == 1
    conversation = session.conversation("fruit")
    draft = conversation.begin(Message("user", "b"))
    with pytest.raises(ConversationBusyError):
        session.delete(id)
    conversation.discard(draft)
    session.delete(id)
    assert list(session.conversations) == ["other"]
    with pytest.raises(InvalidOptionError, match=r"no conversation has the name or id"):
        session.locate(id)


def test_a_conversation_of_another_notebook_is_located_by_its_id(notebook: Notebook) -> None:
    kept, store = Conversation("far away"), Store()
    store.keep(kept)
    say(kept, "a")
    store.flush()
    assert notebook.session.locate(kept.id[:8]) == (kept.id, 1)
    notebook.session.delete(kept.id)
    notebook.session.close()
    assert store.entries() == []


def test_what_is_taken_in_twice_is_there_once(notebook: Notebook) -> None:
    notebook.ask("a", "a")
    elsewhere = Conversation()
    say(elsewhere, "b")
    values = elsewhere.to_dict()
    taken = notebook.session.take_in(Conversation.from_dict(values))
    assert taken.name == "default-2"
    say(taken, "c")
    assert notebook.session.take_in(Conversation.from_dict(values)) is taken
    assert len(notebook.session.conversations) == 2


class Shell:
    """What has a session."""


def test_a_shell_has_its_session_until_it_is_closed(notebook: Notebook) -> None:
    shell = Shell()
    assert session_of(shell) is None
    open_session(shell, notebook.session)
    assert session_of(shell) is notebook.session
    close_session(shell)
    close_session(shell)
    assert session_of(shell) is None
    assert not has_resumed(shell)
    open_session(shell, notebook.session)
    notebook.ask("a", "a")
    close_session(shell)
    assert has_resumed(shell)


def test_a_shell_that_ends_takes_its_session_along(notebook: Notebook) -> None:
    shell: Any = Shell()
    session = NotebookSession(notebook)
    open_session(shell, session)
    gone = weakref.ref(session)
    del session, shell
    gc.collect()
    assert gone() is None


def test_without_the_extension_there_is_none() -> None:
    assert session() is None
    with pytest.raises(ConfigurationError, match=r"%load_ext notebook_chat"):
        loaded_session()
