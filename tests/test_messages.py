"""Messages in any form, and what is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.errors import InvalidMessagesError
from notebook_chat.messages import (
    ROLES,
    ImagePart,
    Message,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    normalize,
)
from notebook_chat.text import sendable

PIXEL = "data:image/png;base64,aGVsbG8="


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("hi", Message("user", "hi")),
        (Message("user", "hi"), Message("user", "hi")),
        (["hi"], Message("user", "hi")),
        ([{"role": "user", "content": "hi"}], Message("user", "hi")),
        ([{"role": "user", "content": ["hi"]}], Message("user", (TextPart("hi"),))),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": PIXEL}}]}],
            Message("user", (ImagePart(b"hello", "image/png"),)),
        ),
        (
            [{"role": "assistant", "content": None, "tool_calls": []}],
            Message("assistant", "", {"tool_calls": []}),
        ),
        ([{"role": "user", "content": "hi", "name": "eve"}], Message("user", "hi", {"name": "eve"})),
    ],
)
def test_every_form_becomes_one(given_: Any, expected: Message) -> None:
    assert normalize(given_) == (expected,)


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ([], "no messages"),
        ("", "message 1 (user) is empty"),
        (["hi", "  \n"], "message 2 (user) is empty"),
        (None, "must be a list"),
        (b"hi", "must be a list"),
        ({"role": "user", "content": "hi"}, "must be a list"),
        ([3], "message 1 is of type int"),
        ([{"content": "hi"}], "message 1 has no role"),
        ([{"role": "robot", "content": "hi"}], "role 'robot'"),
        ([{"role": "user"}], "content of type NoneType"),
        ([{"role": "user", "content": [3]}], "neither text nor image"),
        ([{"role": "user", "content": [{"image_url": "http://x/y.png"}]}], "not a data URL"),
        ([{"role": "user", "content": [{"image_url": "data:image/png;base64,%%"}]}], "base64 is broken"),
    ],
)
def test_what_is_malformed_gets_one_clear_line(given_: Any, words: str) -> None:
    with pytest.raises(InvalidMessagesError) as caught:
        normalize(given_)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)


@given(st.lists(st.fixed_dictionaries({"role": st.sampled_from(ROLES), "content": st.text(min_size=1)})))
def test_dicts_come_back_as_they_were(messages: list[dict[str, str]]) -> None:
    messages = [m for m in messages if m["content"].strip()]
    if messages:
        assert [message.to_dict() for message in normalize(messages)] == messages


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text() | st.binary(), st.lists))
def test_anything_is_taken_or_refused_never_worse(value: Any) -> None:
    try:
        assert all(isinstance(message, Message) for message in normalize(value))
    except InvalidMessagesError as error:
        assert error.hint


def test_an_image_shows_its_size_and_not_its_bytes() -> None:
    assert repr(ImagePart(b"x" * 5000, "image/png")) == "ImagePart(image/png, 5,000 bytes)"


HALF = "a\ud83d b"
WHOLE = "a\ufffd b"


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (HALF, Message("user", WHOLE)),
        ("a\ud83d\ude00", Message("user", "a😀")),
        (Message("system", HALF), Message("system", WHOLE)),
        ({"role": "user", "content": HALF, "name": HALF}, Message("user", WHOLE, {"name": WHOLE})),
        ({"role": "user", "content": [HALF]}, Message("user", (TextPart(WHOLE),))),
        (
            Message("tool", (ToolResultPart("1", HALF, (TextPart(HALF),)),)),
            Message("tool", (ToolResultPart("1", WHOLE, (TextPart(WHOLE),)),)),
        ),
        (
            Message("assistant", (ToolCallPart("1", "f", HALF),)),
            Message("assistant", (ToolCallPart("1", "f", WHOLE),)),
        ),
        (
            Message("assistant", "", {"tool_calls": [{"id": HALF}]}),
            Message("assistant", "", {"tool_calls": [{"id": WHOLE}]}),
        ),
    ],
)
def test_half_of_a_pair_of_surrogates_is_replaced(given_: Any, expected: Message) -> None:
    assert normalize([given_]) == (expected,)


@given(st.recursive(st.text(st.characters(codec=None)) | st.none() | st.binary(), st.lists))
def test_what_is_sendable_can_be_sent_and_what_could_be_is_itself(value: Any) -> None:
    replaced = sendable({"k": value})
    msgspec.json.encode(replaced)
    assert sendable(replaced) is replaced
