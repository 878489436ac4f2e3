"""What a request is known by: the same however it is come by, another for whatever decides the answer."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.conversation import ContextDigests, Conversation, Turn, answered
from notebook_chat.ledger import RequestKey, message_digests
from notebook_chat.message_digests import BLOCK, folded, messages_in
from notebook_chat.messages import Message
from notebook_chat.secrets import Fields, wrap_secrets


def turns(count: int, word: str = "q") -> list[Turn]:
    return [
        Turn(Message("user", f"{word}{n}"), answered(f"a{n}"), position=n, revision=n, id=f"{word}{n}")
        for n in range(count)
    ]


def key(messages: Any, digests: Any = None, **options: Any) -> RequestKey:
    return RequestKey.of("p", "https://x", "m", options, messages, digests)


@given(
    st.lists(st.integers(0, 200), min_size=1, max_size=4),
    st.none() | st.just("be brief"),
    st.integers(0, 199),
)
def test_what_is_remembered_makes_no_difference(counts: list[int], system: str | None, changed: int) -> None:
    digests = ContextDigests()
    every = turns(200)
    for count in counts:
        some = every[:count]
        conversation = Conversation(turns=some, system=system)
        draft = conversation.sketch(Message("user", "next"))
        told = digests.of(draft)
        assert told == ContextDigests().of(draft)
        assert key((draft.prompt,), told) == key(draft.messages)
        every[changed] = msgspec.structs.replace(every[changed], exchange=answered(f"other {count}"))


def test_a_long_conversation_has_few_digests_and_each_message_counts() -> None:
    every = turns(500)
    whole = key(Conversation(turns=every).sketch(Message("user", "x")).messages)
    assert len(whole.messages) < 2 * BLOCK + 1_000 / BLOCK
    assert messages_in(whole.messages) == 1001
    for place in (0, 31, 32, 250, 499):
        other = [*every]
        other[place] = msgspec.structs.replace(every[place], exchange=answered("other"))
        assert key(Conversation(turns=other).sketch(Message("user", "x")).messages).digest != whole.digest


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_a_block_stays_when_others_follow(one: int, more: int) -> None:
    digests = [f"{n:016x}" for n in range(one + more)]
    before, after = folded(digests[:one]), folded(digests)
    blocks = [digest for digest in before if ":" in digest]
    assert list(after[: len(blocks)]) == blocks
    assert messages_in(after) == one + more
    assert before[len(blocks) :] == tuple(digests[len(blocks) * BLOCK : one])
    assert len(before) < 2 * BLOCK or len(blocks) > 0


def test_a_short_conversation_has_one_digest_for_each_message() -> None:
    messages = [Message("user", f"{n}") for n in range(2 * BLOCK - 1)]
    assert key(messages).messages == message_digests(messages)


def test_what_is_new_is_all_that_a_turn_costs() -> None:
    """A bound against its whole length: by counting, since the time of one turn says little."""
    looked: list[Turn] = []

    class Counted(Turn, frozen=True):  # type: ignore[misc]
        @property
        def messages(self) -> tuple[Message, ...]:
            looked.append(self)
            return super().messages

    every = [Counted(**{name: getattr(one, name) for name in one.__struct_fields__}) for one in turns(300)]
    digests = ContextDigests()
    digests.of(Conversation(turns=every[:299]).sketch(Message("user", "x")))
    looked.clear()
    digests.of(Conversation(turns=every).sketch(Message("user", "x")))
    assert len(looked) == 1


def test_a_conversation_that_is_erased_is_remembered_nowhere() -> None:
    conversation = Conversation(turns=turns(3))
    conversation.digests.of(conversation.sketch(Message("user", "x")))
    conversation.erase()
    assert conversation.digests._context == ()


@pytest.mark.parametrize("secret", ["one", "two"])
def test_keys_in_further_fields_do_not_count(secret: str) -> None:
    options = wrap_secrets(
        {"extra_body": {"user": "me", "api_key": secret, "deep": [{"token": secret, "top_k": 3}]}}
    )
    assert isinstance(options["extra_body"], Fields)
    made = key([Message("user", "x")], **options)
    assert secret not in msgspec.json.encode(made).decode()
    assert (
        made.digest
        == key(
            [Message("user", "x")],
            **wrap_secrets(
                {"extra_body": {"user": "me", "api_key": "three", "deep": [{"token": "three", "top_k": 3}]}}
            ),
        ).digest
    )
    assert made.digest != key([Message("user", "x")], extra_body=Fields({"user": "you"})).digest


def test_a_schema_with_a_field_of_a_keys_name_is_one() -> None:
    one, two = ({"properties": {"token": {"description": text}}} for text in ("a", "b"))
    message = [Message("user", "x")]
    assert key(message, schema=one).digest != key(message, schema=two).digest


def test_the_digest_is_made_once() -> None:
    made = key([Message("user", f"{n}") for n in range(100)])
    assert made.digest is made.digest
    assert msgspec.json.decode(msgspec.json.encode(made), type=RequestKey) == made


def test_hashing_is_linear() -> None:
    def seconds(count: int) -> float:
        messages = [Message("user", f"{n} " * 20) for n in range(count)]
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            message_digests(messages)
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(4_000) < 40 * seconds(500)
