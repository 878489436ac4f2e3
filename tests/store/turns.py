"""Turns for the tests of the store, and a process that writes some."""

from __future__ import annotations

import sys
from pathlib import Path

from notebook_chat.conversation import Conversation, Turn, answered
from notebook_chat.messages import Message
from notebook_chat.store import Store


def say(conversation: Conversation, prompt: str, answer: str | None = None, cell: str | None = None) -> Turn:
    """A whole turn, as a reply makes it."""
    draft = conversation.begin(Message("user", prompt), cell=cell)
    if (written := conversation.persist(draft)) is not None:
        written.result(30)
    turn = conversation.commit(
        draft, draft.turn(answered(f"re {prompt}" if answer is None else answer), "complete")
    )
    assert turn is not None
    return turn


def prompts(conversation: Conversation) -> list[str]:
    """The prompts in order."""
    return [turn.prompt.text for turn in conversation.turns]


def kept(store: Store, name: str = "default", notebook: str | None = None) -> Conversation:
    conversation = Conversation(name, system="be kind")
    store.keep(conversation, notebook)
    return conversation


def again(path: Path, conversation: Conversation) -> Conversation:
    """The conversation, as another kernel reads it."""
    loaded, broken = Store(path).load(conversation.id)
    assert broken == 0
    return loaded


if __name__ == "__main__":  # a kernel's part: python -m tests.store.turns FILE ID NAME COUNT
    store = Store(Path(sys.argv[1]))
    conversation, _ = store.load(sys.argv[2])
    store.keep(conversation)
    for number in range(int(sys.argv[4])):
        say(conversation, f"{sys.argv[3]} {number}", f"{sys.argv[3]} " * 50)
    store.flush()
    assert store.warning() is None, store.warning()
