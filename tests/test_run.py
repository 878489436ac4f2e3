"""Answers to conversations that are too long for a model, and what the reader is told."""

from __future__ import annotations

import asyncio
import copy
import itertools
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Chat
from notebook_chat.conversation import Conversation
from notebook_chat.conversation.token_budget import tokens_of
from notebook_chat.errors import ConfigurationError, ContextLengthError
from notebook_chat.events import Finish, Notice, Usage
from notebook_chat.readiness import until_idle

from .fakes import parrot


def long(provider: Any, **options: Any) -> Chat:
    """A chat with six turns of 250 words each."""
    chat = Chat(provider=provider, system="be brief", **options)
    for number in range(6):
        chat.ask(f"{number} " + "word " * 250)
    return chat


def numbers(request: Any) -> list[str]:
    """The first words of the user's messages."""
    return [message.text.split()[0] for message in request if message.role == "user"]


def test_a_long_conversation_goes_out_without_its_oldest_turns() -> None:
    provider = parrot()
    chat = long(provider)
    chat.context = 1500
    chat.conversation.pin(1)
    reply = chat.reply("last", max_tokens=100)
    chat.ask("last", max_tokens=100)
    assert provider.requests[-1][0].text == "be brief"
    assert numbers(provider.requests[-1]) == ["0", "3", "4", "5", "last"]
    assert reply.notes == []
    assert len(chat.conversation) == 7


def test_the_reader_is_told_what_was_left_out() -> None:
    chat = long(parrot())
    chat.context = 1000
    reply = chat.reply("last")

    async def read() -> None:
        async for _ in reply.batches():
            pass

    asyncio.run(read())
    assert reply.notes == ["without the 5 oldest turns: the model's context is full"]


def test_a_long_conversation_is_cut_in_large_steps() -> None:
    provider = parrot()
    chat = Chat(provider=provider, context=4000)
    oldest = []
    for number in range(40):
        chat.ask(f"{number} " + "word " * 150, max_tokens=100)
        oldest.append(int(numbers(provider.requests[-1])[0]))
    cuts = sum(before != after for before, after in itertools.pairwise(oldest))
    assert oldest == sorted(oldest)
    assert oldest[-1] > 15
    assert 2 <= cuts <= 6  # each leaves out several turns at once


def test_what_a_service_counts_corrects_the_estimates() -> None:
    provider = parrot(["fine", Usage(1_600, 5), Finish("stop")])
    chat = Chat(provider=provider, context=3000)
    before = chat.preview("word " * 800).tokens
    assert before == pytest.approx(800, rel=0.05)
    chat.ask("word " * 800, max_tokens=10)
    assert chat.preview("word " * 800, fresh=True).tokens == pytest.approx(2 * before, rel=0.02)
    chat.ask("word " * 800, max_tokens=10)
    assert (
        len(provider.requests[-1]) == 1
    )  # both together are more than the model reads, by its service's count
    assert copy.deepcopy(chat.conversation).calibration.factor(chat.model) == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize(("words", "counted"), [(3, 60), (800, None), (800, 0), (800, 80_000)])
def test_a_count_that_tells_nothing_of_the_text_is_passed_over(words: int, counted: int | None) -> None:
    chat = Chat(provider=parrot(["fine", Usage(counted, 5), Finish("stop")]))
    chat.ask("word " * words)
    assert chat.conversation.calibration.factor(chat.model) == 1


@given(st.text(), st.text())
def test_an_estimate_adds_up(one: str, other: str) -> None:
    assert tokens_of(one + other) == pytest.approx(tokens_of(one) + tokens_of(other))
    assert 0 <= tokens_of(one) <= 2 * len(one)


async def test_a_service_that_says_too_long_is_asked_once_more_with_half() -> None:
    provider = parrot()
    chat = long(provider)
    tries: list[int] = []

    def script(messages: Any) -> list[Any]:
        tries.append(len(messages))
        return [ContextLengthError("too long")] if len(tries) == 1 else ["fine"]

    provider.script = staticmethod(script)
    reply = chat.reply("last")
    events = [event async for batch in reply.batches() for event in batch]
    assert tries[1] < tries[0]
    assert any(isinstance(event, Notice) and "too long" in event.text for event in events)
    assert reply.turn is not None
    assert reply.turn.answer == "fine"
    assert reply.notes


def test_it_is_asked_once_more_and_not_for_ever() -> None:
    provider = parrot()
    chat = long(provider)
    count = len(provider.requests)
    provider.script = staticmethod(lambda messages: [ContextLengthError("too long")])
    with pytest.raises(ContextLengthError):
        chat.ask("last")
    assert len(provider.requests) == count + 2
    assert len(chat.conversation) == 6


def test_a_single_turn_that_is_too_long_fails_at_once() -> None:
    provider = parrot([ContextLengthError("too long")])
    with pytest.raises(ContextLengthError):
        Chat(provider=provider).ask("word " * 1000)
    assert len(provider.requests) == 1


def test_a_failure_after_the_first_text_is_not_asked_again() -> None:
    provider = parrot()
    chat = long(provider)
    count = len(provider.requests)
    provider.script = staticmethod(lambda messages: ["so far", ContextLengthError("too long")])
    with pytest.raises(ContextLengthError):
        chat.ask("last")
    assert len(provider.requests) == count + 1
    assert chat.conversation.turns[-1].answer == "so far"


def test_the_options_that_matter_are_remembered_and_keys_are_not() -> None:
    chat = Chat(provider=parrot(), conversation=Conversation(), temperature=0.5)
    chat.ask("a", max_tokens=7)
    turn = chat.conversation.turns[0]
    assert turn.options == {"temperature": 0.5, "max_tokens": 7}
    assert turn.at > 0


def test_a_conversation_by_name_needs_a_notebook() -> None:
    with pytest.raises(ConfigurationError, match="load_ext"):
        Chat(provider=parrot(), conversation="x")


async def test_an_answer_is_stopped_by_somebody_else_and_kept() -> None:
    provider = parrot(["so ", "far", 60.0, "never"])
    chat = Chat(provider=provider)

    async def stop() -> None:
        while not (
            chat.conversation.answering and chat.conversation.answering.progress.snapshot.text == "so far"
        ):
            await asyncio.sleep(0.001)
        assert chat.conversation.stop()

    stopping = asyncio.create_task(stop())
    answer = await chat.ask_async("hello")  # which ends as a whole one does
    await stopping
    assert answer == "so far"
    assert chat.conversation.turns[-1].status == "stopped"
    assert provider.closed.wait(30)
    assert not asyncio.current_task().cancelling()  # type: ignore[union-attr]


def test_a_synchronous_caller_is_stopped_from_another_thread() -> None:
    chat = Chat(provider=parrot(["so far", 60.0]))
    pieces = chat.stream("hello")
    assert next(pieces) == "so far"
    threading.Timer(0.05, chat.conversation.stop).start()
    assert list(pieces) == []
    assert chat.conversation.turns[-1].status == "stopped"


async def test_what_a_caller_does_between_two_pieces_is_not_interrupted() -> None:
    chat = Chat(provider=parrot(["one", "two", "three"]))
    pieces = []
    async for piece in chat.stream_async("hello"):
        pieces.append(piece)
        chat.conversation.stop()
        await asyncio.sleep(0.01)
    assert pieces == ["one"]
    assert chat.conversation.turns[-1].status == "stopped"


async def test_a_cancelled_caller_is_cancelled_also_when_the_answer_is_stopped() -> None:
    chat = Chat(provider=parrot([60.0]))
    asking = asyncio.create_task(chat.ask_async("hello"))
    while chat.conversation.answering is None:
        await asyncio.sleep(0.001)
    chat.conversation.stop()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_what_a_provider_says_of_its_state_is_seen_by_others() -> None:
    chat = Chat(provider=parrot([Notice("loading the model"), 0.2, "there"]))
    asking = asyncio.create_task(chat.ask_async("hello"))
    while (answering := chat.conversation.answering) is None or answering.progress.snapshot.notice is None:
        await asyncio.sleep(0.001)
    assert answering.progress.snapshot.notice.text == "loading the model"
    assert await asking == "there"


async def test_a_patient_reply_waits_for_its_turn_and_goes_on_from_the_answer_it_waited_for() -> None:
    provider = parrot(lambda messages: [0.05, f"re {messages[-1].text}"])
    chat = Chat(provider=provider)
    first = asyncio.create_task(chat.ask_async("one"))
    while chat.conversation.answering is None:
        await asyncio.sleep(0.001)
    seen = [event async for batch in chat.reply("two", wait=True).batches() for event in batch]
    assert seen[0] == Notice("waiting for another answer in this conversation")
    assert await first == "re one"
    assert [message.text for message in provider.requests[1]] == ["one", "re one", "two"]
    assert [turn.prompt.text for turn in chat.conversation.turns] == ["one", "two"]


async def test_a_reply_that_waits_can_be_given_up_and_leaves_nothing_behind() -> None:
    chat = Chat(provider=parrot([60.0]))
    first = asyncio.create_task(chat.ask_async("one"))
    while chat.conversation.answering is None:
        await asyncio.sleep(0.001)
    waiting = asyncio.create_task(until_idle(chat.conversation))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not chat.conversation._subscribers
    chat.conversation.stop()
    await first
    assert [turn.prompt.text for turn in chat.conversation.turns] == ["one"]
