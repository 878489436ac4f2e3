"""Calls and results in the order that services want, out of any history."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.messages import Message, TextPart, ToolCallPart, ToolResultPart
from notebook_chat.providers.tool_exchanges import NO_RESULT, exchanges, object_of

IDS = st.sampled_from(["", "a", "b", "a b", "ü" * 70, "call_1"])
NAMES = st.sampled_from(["look", "", "a.b"])
texts = st.builds(TextPart, st.sampled_from(["hi", ""]))
calls = st.builds(ToolCallPart, IDS, NAMES, st.sampled_from(["{}", "", "{", "[]"]))
results = st.builds(ToolResultPart, IDS, NAMES, st.tuples(texts))
messages = st.lists(
    st.builds(Message, st.just("user"), st.just("hi"))
    | st.builds(
        lambda parts: Message("assistant", tuple(parts)), st.lists(texts | calls, min_size=1, max_size=4)
    )
    | st.builds(lambda parts: Message("tool", tuple(parts)), st.lists(results, min_size=1, max_size=2)),
    max_size=9,
)


def no_calls(_: Any) -> None:
    return None


@given(messages)
def test_every_call_is_answered_behind_it_and_nothing_else_is(given_: list[Message]) -> None:
    found = exchanges(given_, no_calls)
    taken: set[str] = set()
    waiting: list[tuple[str, str]] = []
    for message in found:
        answers = [(part.id, part.name) for part in message.parts if isinstance(part, ToolResultPart)]
        assert answers == waiting
        assert (message.role == "tool") == bool(answers)
        waiting = [(part.id, part.name) for part in message.parts if isinstance(part, ToolCallPart)]
        for id_, name in waiting:
            assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", id_, re.ASCII)
            assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name, re.ASCII)
            assert id_ not in taken
            taken.add(id_)
    assert waiting == []
    assert exchanges(found, no_calls) == found  # what is in order stays as it is


@given(messages)
def test_no_words_of_a_result_are_lost(given_: list[Message]) -> None:
    marked = []
    for number, message in enumerate(given_):
        if message.role == "tool":
            parts = tuple(ToolResultPart(one.id, one.name, (TextPart(f"<{number}.{n}>"),))
                          for n, one in enumerate(message.parts))  # fmt: skip
            marked.append(Message("tool", parts))
        else:
            marked.append(message)
    words = str(exchanges(marked, no_calls))
    for message in marked:
        for part in message.parts:
            assert not isinstance(part, ToolResultPart) or words.count(part.parts[0].text) == 1  # type: ignore[union-attr]


@given(messages, messages)
def test_what_went_before_stays_the_same(given_: list[Message], more: list[Message]) -> None:
    before = exchanges([*given_, Message("assistant", "so")], no_calls)
    assert exchanges([*given_, Message("assistant", "so"), *more], no_calls)[: len(before)] == before


def test_a_call_without_a_result_has_one_that_says_so() -> None:
    [_, answer] = exchanges([Message("assistant", (ToolCallPart("a", "look"),))], no_calls)
    assert answer.parts == (ToolResultPart("a", "look", (TextPart(NO_RESULT),), is_error=True),)


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_a_history_without_tools_is_not_touched(role: str) -> None:
    given_ = (Message(role, "hi", {"name": "ann"}), Message(role, (TextPart("a"),)))
    assert exchanges(given_, no_calls) == given_


def test_many_calls_are_put_in_order_soon() -> None:
    """In a moment and not in minutes: each is looked for by its id."""
    count = 20_000
    called = Message(
        "assistant", tuple(ToolCallPart("a" if n % 2 else f"b{n}", "look") for n in range(count))
    )
    strangers = [Message("tool", (ToolResultPart(f"z{n}", "see", ()),)) for n in range(count)]
    [_, answers, _] = exchanges([called, *strangers], no_calls)
    assert len({part.id for part in answers.parts if isinstance(part, ToolResultPart)}) == count


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        (" ", {}),
        ('{"a": 1}', {"a": 1}),
        ('{"a": [1, 2', {"a": [1, 2]}),
        ('{"a": "b', {"a": "b"}),
        ("[1]", {}),
        ("nonsense", {}),
        ('{"a": NaN}', {}),
        ('{"a":' * 100 + "1" + "}" * 100, {}),
        ("[" * 100_000, {}),
    ],
)
def test_arguments_that_go_back(text: str, value: Any) -> None:
    assert object_of(text) == value
