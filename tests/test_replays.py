"""What a vendor signed goes back to it only behind what it was signed for, however the conversation was edited."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_chat import Chat
from notebook_chat.conversation import Conversation

from .strict_vendors import VENDORS, StrictVendor

EVERY = pytest.mark.parametrize("vendor", VENDORS)


def chat_with(vendor: StrictVendor, **options: Any) -> Chat:
    return Chat(vendor.model, transport=vendor, api_key="sk-0123456789", retries=0, **options)


@EVERY
def test_a_conversation_that_only_grows_takes_all_of_them_back(vendor: type[StrictVendor]) -> None:
    service = vendor()
    chat = chat_with(service, system="be brief")
    answers = [chat.ask(f"question {number}") for number in range(5)]
    assert answers[-1] == "answer 5"
    assert service.valid == [0, 1, 2, 3, 4]
    assert service.wrong == []


@EVERY
def test_they_last_in_a_history(vendor: type[StrictVendor]) -> None:
    service = vendor()
    chat = chat_with(service)
    chat.ask("one")
    chat.ask("two")
    read = Conversation.from_dict(chat.conversation.to_dict())
    chat_with(service, conversation=read).ask("three")
    assert service.valid[-1] == 2
    assert service.wrong == []


Edit = Callable[[Chat], Any]


def ask_again(chat: Chat) -> None:
    """As a cell that runs again."""
    chat.ask("another first question", cell="c0")


def delete(chat: Chat) -> None:
    chat.conversation.delete(chat.conversation.turns[0].id)


def system(chat: Chat) -> None:
    chat.ask("in rhyme", system="speak in rhyme")


def fresh(chat: Chat) -> None:
    chat.ask("anew", fresh=True)


def moved(chat: Chat) -> None:
    """As cells that are moved in the notebook."""
    chat.conversation.follow_cells({"c2": 0, "c1": 1, "c0": 2})


def edited(chat: Chat) -> None:
    """As a user that puts other words into the history."""
    [first, *others] = chat.conversation.turns
    values = {**first.to_dict(), "prompt": {"role": "user", "content": "what was never asked"}}
    chat.conversation.replace([type(first).from_dict(values), *others])


EDITS: dict[str, Edit] = {
    "a first cell runs again": ask_again,
    "a turn is deleted": delete,
    "another system prompt": system,
    "anew": fresh,
    "cells are moved": moved,
    "a prompt is edited": edited,
}


@EVERY
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_none_goes_back_behind_something_else(vendor: type[StrictVendor], edit: Edit) -> None:
    service = vendor()
    chat = chat_with(service)
    for number in range(3):
        chat.ask(f"question {number}", cell=f"c{number}")
    edit(chat)
    chat.ask("and now?", cell="c9")
    assert service.wrong == []
    assert service.valid[-1] < 4


@EVERY
def test_none_goes_to_another_model_and_they_count_again_for_their_own(vendor: type[StrictVendor]) -> None:
    service = vendor()
    chat = chat_with(service)
    chat.ask("one", cell="a")
    other = chat.model.rpartition("-")[0] + "-other"
    chat.ask("two", cell="b", model=other)
    assert service.valid[-1] == 0
    chat.ask("three", cell="c")  # what the other one said has no signature of this one
    assert (service.valid[-1], service.wrong) == (1, [])


@EVERY
def test_none_goes_out_without_the_turns_before_it(vendor: type[StrictVendor]) -> None:
    service = vendor()
    chat = chat_with(service, context=3000)
    for _ in range(12):
        chat.ask("word " * 300, max_tokens=100)
    assert service.wrong == []
    assert max(service.valid[-4:]) >= 1  # as long as the same turns are left out, what came since counts


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["ask", "rerun", "delete", "pin", "move", "system", "fresh", "model", "branch", "undo", "saved"]
        ),
        st.integers(0, 5),
    ),
    min_size=4,
    max_size=14,
)


@EVERY
@settings(max_examples=60, deadline=None)
@given(ACTIONS)
def test_no_edit_of_any_kind_brings_one_to_a_wrong_place(
    vendor: type[StrictVendor], actions: list[tuple[str, int]]
) -> None:
    service = vendor()
    chat = chat_with(service, system="be brief")
    for number, (action, choice) in enumerate(actions):
        chat = act(chat, action, choice, number)
    chat.ask("the last one")
    assert service.wrong == []


def act(chat: Chat, action: str, choice: int, number: int) -> Chat:
    """Does one thing to a conversation that a notebook can do."""
    conversation = chat.conversation
    turns = conversation.turns
    turn = turns[choice % len(turns)] if turns else None
    match action:
        case "rerun" if turn is not None:
            chat.ask(f"again {number}", cell=turn.cell or "")
        case "delete" if turn is not None:
            conversation.delete(turn.id)
        case "pin" if turn is not None:
            conversation.pin(1 + choice % len(turns), not turn.pinned)
        case "move":
            cells = [turn.cell for turn in turns if turn.cell]
            conversation.follow_cells(
                {cell: (place + choice) % len(cells) for place, cell in enumerate(cells)}
            )
        case "system":
            chat.ask(f"as {choice}", cell=f"c{number}", system=f"be {choice}")
        case "fresh":
            chat.ask("anew", cell=f"c{number}", fresh=True)
        case "model":
            chat.ask("you?", cell=f"c{number}", model=chat.model.rpartition("-")[0] + f"-{choice % 2}")
        case "branch":
            return copy.deepcopy(chat)
        case "undo":
            conversation.undo()
        case "saved":
            chat = copy.copy(chat)
            chat.conversation = Conversation.from_dict(conversation.to_dict())
        case _:
            chat.ask(f"question {number}", cell=f"c{number}")
    return chat
