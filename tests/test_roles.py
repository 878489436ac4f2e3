"""Messages put into the order and the roles that some dialects want."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.errors import InvalidMessagesError
from notebook_chat.messages import ImagePart, Message, TextPart, alternating, refuse_tools, split_system

IMAGE = ImagePart(b"png", "image/png")
said = st.builds(Message, st.sampled_from(["user", "assistant"]), st.text())


@given(st.lists(said))
def test_roles_take_turns_and_no_text_is_lost(messages: list[Message]) -> None:
    spoken = [message for message in messages if message.text.strip()]
    if not spoken or spoken[0].role != "user":
        with pytest.raises(InvalidMessagesError):
            alternating(messages)
        return
    turns = alternating(messages)
    assert turns[0].role == "user"
    assert all(one.role != next_one.role for one, next_one in itertools.pairwise(turns))
    kept = [part.text for turn in turns for part in turn.parts if isinstance(part, TextPart)]
    assert kept == [message.text for message in spoken]


def test_neighbors_become_one_with_the_parts_of_all() -> None:
    messages = [Message("user", "one"), Message("user", (IMAGE, TextPart(" "), TextPart("two")))]
    assert alternating(messages) == (Message("user", (TextPart("one"), IMAGE, TextPart("two"))),)


def test_system_prompts_are_joined_wherever_they_stand() -> None:
    messages = [
        Message("system", "Be brief."),
        Message("user", "hi"),
        Message("developer", "Be kind."),
        Message("assistant", "hello"),
    ]
    assert split_system(messages) == ("Be brief.\n\nBe kind.", (messages[1], messages[3]))
    assert split_system(messages[1:2]) == ("", (messages[1],))


@pytest.mark.parametrize(
    "message",
    [
        Message("tool", "4", {"tool_call_id": "1"}),
        Message("assistant", "", {"tool_calls": [{"id": "1", "function": {"name": "look"}}]}),
    ],
)
def test_tools_messages_are_refused_by_number(message: Message) -> None:
    with pytest.raises(InvalidMessagesError, match="message 2"):
        refuse_tools([Message("user", "hi"), message])
    with pytest.raises(InvalidMessagesError, match="message 1"):
        split_system([message])


def test_other_extras_are_no_tools() -> None:
    refuse_tools([Message("user", "hi", {"name": "ann"}), Message("assistant", "", {"tool_calls": []})])
