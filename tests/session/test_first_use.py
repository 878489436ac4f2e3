"""A first use by which no front end tells which notebook it is: a console's, a button's."""

from __future__ import annotations

from notebook_chat.session import NotebookSession
from notebook_chat.store import Store

from ..store.turns import prompts, say
from .notebook import Notebook


class Kernel(Notebook):
    """A notebook whose kernel has not run a cell of it yet."""

    def start(self) -> NotebookSession:
        self.session.close()
        self.resumed = []
        self.parent = {}
        self.session = NotebookSession(self, on_resume=self.resumed.append)
        return self.session


def kernel(notebook: Notebook) -> Kernel:
    """Yesterday's notebook with two turns, and a new kernel, in which no cell has run."""
    today = Kernel(notebook.path)
    today.ask("a", "a")
    today.ask("b", "b")
    today.start()
    return today


def test_a_console_that_asks_first_does_not_keep_the_notebook_from_going_on(notebook: Notebook) -> None:
    today = kernel(notebook)
    asked = today.session.conversation()
    assert today.ask(None, "console") == ["console"]
    assert not today.session.resumed
    assert today.ask("c", "c") == ["a", "b", "console", "c"]
    assert today.session.conversation() is asked  # which a panel or a Chat may have
    assert [prompts(one) for one in today.resumed[0].conversations] == [["a", "b"]]
    today.open()
    assert today.ask("d", "d") == ["a", "b", "console", "c", "d"]
    assert len(Store().entries()) == 1


def test_a_history_that_is_only_looked_at(notebook: Notebook) -> None:
    today = kernel(notebook)
    today.session.resume()
    assert today.session.named(None).turns == ()
    today.run("x")
    assert prompts(today.session.conversation()) == ["a", "b"]


def test_undo_takes_back_what_was_said_since_and_no_more(notebook: Notebook) -> None:
    today = kernel(notebook)
    today.ask(None, "console")
    today.run("x")
    conversation = today.session.conversation()
    assert prompts(conversation) == ["a", "b", "console"]
    assert conversation.undo()
    assert prompts(conversation) == ["a", "b"]
    assert not conversation.undo()


def test_what_is_stale_stays_so(notebook: Notebook) -> None:
    today = kernel(notebook)
    today.ask("a", "A")
    today.start()
    today.ask(None, "console")
    today.run("x")
    conversation = today.session.conversation()
    assert [turn.prompt.text for turn in conversation.turns if turn.id in conversation.stale] == ["b"]


def test_other_conversations_are_kept_with_the_notebook(notebook: Notebook) -> None:
    today = kernel(notebook)
    today.ask(None, "x", "other")
    today.run("x")
    today.open()
    today.run("y")
    assert prompts(today.session.conversation("other")) == ["x"]
    assert prompts(today.session.conversation()) == ["a", "b"]


def test_a_button_of_a_notebook_that_is_known_goes_on_at_once(notebook: Notebook) -> None:
    today = kernel(notebook)
    today.run("load")
    assert today.ask(None, "button") == ["a", "b", "button"]
    today.ask(None, "x", "other")
    today.open()
    assert today.ask("c", "c") == ["a", "b", "button", "c"]
    assert "other" in today.session.conversations


def test_an_answer_that_is_coming_is_waited_for(notebook: Notebook) -> None:
    from notebook_chat.messages import Message

    today = kernel(notebook)
    conversation = today.session.conversation()
    draft = conversation.begin(Message("user", "console"))
    today.run("x")
    assert not today.session.resumed
    conversation.discard(draft)
    say(conversation, "again")
    today.run("y")
    assert prompts(conversation) == ["a", "b", "again"]


def test_a_session_that_is_told_of_its_notebook_goes_on_in_a_console(notebook: Notebook) -> None:
    today = kernel(notebook)
    today.session = NotebookSession(today, path=today.session.notebook or notebook.path.resolve())
    assert today.ask(None, "console") == ["a", "b", "console"]


def test_with_the_history_off_nothing_is_waited_for(notebook: Notebook) -> None:
    today = kernel(notebook)
    today.session = NotebookSession(today, history=False)
    today.ask(None, "console")
    assert today.ask("c", "c") == ["console", "c"]
