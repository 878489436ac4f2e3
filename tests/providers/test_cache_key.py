"""The name of a conversation's beginning, by which a service finds what it has cached."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.messages import ImagePart, Message, TextPart
from notebook_chat.providers.cache_key import cache_key

contents = st.text() | st.tuples(
    st.text().map(TextPart), st.binary().map(lambda data: ImagePart(data, "image/png"))
)
messages = st.builds(Message, st.sampled_from(["user", "assistant"]), contents)
beginnings = st.tuples(st.lists(st.builds(Message, st.just("system"), st.text()), max_size=2), messages)


@given(beginning=beginnings, more=st.lists(messages), others=st.lists(messages))
def test_it_is_the_same_whatever_follows(
    beginning: tuple[list[Message], Message], more: list[Message], others: list[Message]
) -> None:
    system, first = beginning
    key = cache_key([*system, first, *more])
    assert key == cache_key([*system, first, *others])
    assert len(key) == 32
    assert key.isalnum()


@given(one=beginnings, other=beginnings)
def test_conversations_that_begin_otherwise_have_another(
    one: tuple[list[Message], Message], other: tuple[list[Message], Message]
) -> None:
    same = one == other
    assert (cache_key([*one[0], one[1]]) == cache_key([*other[0], other[1]])) is same


def test_what_stands_beside_a_message_is_nothing_to_it() -> None:
    assert cache_key([Message("user", "hi", {"name": object()})]) == cache_key([Message("user", "hi")])
    assert cache_key([]) == cache_key(())
