"""The fold of events into an answer, and the answer that a caller gets."""

from __future__ import annotations

import copy
import pickle
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Answer, Chat
from notebook_chat.answer import AnswerFold
from notebook_chat.events import (
    Event,
    Finish,
    ModelName,
    Notice,
    ReasoningDelta,
    TextBlock,
    TextDelta,
    ToolCall,
    Usage,
)
from notebook_chat.messages import (
    Message,
    ReasoningPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from notebook_chat.parts import HERE

from .fakes import parrot

SOURCE = SourcePart("https://example.org", "Example", "so it is")
RESULT = ToolResultPart("c1", "weather", (TextPart("sunny"),))
EVENTS = st.one_of(
    st.builds(TextDelta, st.text(max_size=5)),
    st.builds(ReasoningDelta, st.text(max_size=5)),
    st.builds(ToolCall, st.integers(0, 2), st.just(""), st.just("tool"), st.text(max_size=5)),
    st.builds(Usage, st.integers(0, 9), st.integers(0, 9)),
    st.just(SOURCE),
    st.just(Finish("stop")),
    st.just(Notice("loading")),
)


def folded(*events: Event) -> AnswerFold:
    fold = AnswerFold("gpt")
    fold.add(events)
    return fold


def test_neighbors_of_one_kind_are_one_part_and_the_order_stays() -> None:
    snapshot = folded(
        ReasoningDelta("let me "),
        ReasoningDelta("see"),
        TextDelta("It "),
        TextDelta("is"),
        SOURCE,
        TextDelta(" so."),
        ModelName("gpt-5"),
        Usage(3, 4),
        Finish("length"),
    ).snapshot()
    assert snapshot.parts == (ReasoningPart("let me see"), TextPart("It is"), SOURCE, TextPart(" so."))
    assert (snapshot.text, snapshot.reasoning, snapshot.sources) == ("It is so.", "let me see", (SOURCE,))
    assert (snapshot.model, snapshot.usage, snapshot.finish_reason) == ("gpt-5", Usage(3, 4), "length")


def test_pieces_of_several_tool_calls_are_kept_apart() -> None:
    snapshot = folded(
        ToolCall(0, "a", "first"),
        ToolCall(1, "b", "second"),
        ToolCall(0, arguments='{"x":'),
        ToolCall(1, arguments="{}"),
        ToolCall(0, arguments="1}"),
    ).snapshot()
    assert snapshot.tool_calls == (ToolCallPart("a", "first", '{"x":1}'), ToolCallPart("b", "second", "{}"))


def test_marks_of_sources_are_places_in_the_whole_text() -> None:
    parts = folded(
        ReasoningDelta("hm"),
        TextDelta("One."),
        SourcePart("https://a.example", "A", marks=(HERE,)),
        TextDelta("\n\n"),
        TextBlock(),
        TextDelta("Two. Three."),
        SourcePart("https://b.example", "B", marks=(4,)),
        SourcePart("https://a.example", "A", marks=(11, 4)),
    ).snapshot()
    assert [source.marks for source in parts.sources] == [(4, 10, 17), (10,)]
    assert parts.text[:10] == "One.\n\nTwo."


def test_an_exchange_has_each_tool_result_as_a_message_of_its_own() -> None:
    call = ToolCallPart("c1", "weather", "{}")
    messages = folded(TextDelta("Let me look."), call, RESULT, TextDelta("Sunny.")).snapshot().messages
    assert messages == (
        Message("assistant", (TextPart("Let me look."), call)),
        Message("tool", (RESULT,)),
        Message("assistant", "Sunny."),
    )
    assert AnswerFold().snapshot().messages == ()


@given(st.lists(EVENTS, max_size=20), st.lists(st.integers(0, 20), max_size=5))
def test_what_is_new_in_each_snapshot_comes_to_the_whole(events: list[Any], looks: list[int]) -> None:
    fold = AnswerFold()
    seen = fold.snapshot()
    parts: list[Any] = []
    for number, event in enumerate(events):
        fold.add([event])
        if number in looks:
            snapshot = fold.snapshot()
            assert snapshot.continues(seen)
            parts += snapshot.since(seen)
            seen = snapshot
    whole = fold.snapshot()
    parts += whole.since(seen)
    for kind in (TextPart, ReasoningPart):
        told = "".join(part.text for part in parts if isinstance(part, kind))
        assert told == "".join(part.text for part in whole.parts if isinstance(part, kind))
    assert [part for part in parts if part == SOURCE] == [part for part in whole.parts if part == SOURCE]
    assert set(whole.sources) == {part for part in parts if part == SOURCE}
    assert whole.since(whole) == ()


def test_a_snapshot_stays_as_it_was() -> None:
    fold = folded(TextDelta("so "), Notice("loading"))
    before = fold.snapshot()
    fold.add([TextDelta("far"), SOURCE, Usage(1, 2), Finish("stop"), Notice("done")])
    assert (before.text, before.parts, before.usage, before.finish_reason) == (
        "so ",
        (TextPart("so "),),
        None,
        None,
    )
    assert before.notice == Notice("loading")
    assert fold.snapshot().size > before.size


def test_another_answer_continues_nothing() -> None:
    one, other = folded(TextDelta("one")).snapshot(), folded(TextDelta("other")).snapshot()
    assert not other.continues(one)
    assert not other.continues(None)
    assert other.since(one) == other.since(None) == (TextPart("other"),)


def test_a_long_answer_is_not_added_up_again_with_each_piece() -> None:
    """The work of folding and of looking follows the pieces: a piece is joined once in all that is told."""
    fold, seen, told = AnswerFold(), AnswerFold().snapshot(), 0
    for _ in range(20_000):
        fold.add((TextDelta("word "),))
        snapshot = fold.snapshot()
        told += sum(len(part.text) for part in snapshot.since(seen) if isinstance(part, TextPart))
        seen = snapshot
    assert told == len(fold.snapshot().text) == 100_000


def test_snapshots_are_taken_while_another_thread_adds() -> None:
    fold = AnswerFold()
    done = threading.Event()

    def add() -> None:
        for number in range(5_000):
            fold.add([TextDelta("a") if number % 10 else ReasoningDelta("b")])
        done.set()

    text, seen = "", fold.snapshot()
    thread = threading.Thread(target=add)
    thread.start()
    while not done.is_set():
        snapshot = fold.snapshot()
        text += "".join(part.text for part in snapshot.since(seen) if isinstance(part, TextPart))
        seen = snapshot
        assert snapshot.text == text
    thread.join()
    assert len(fold.snapshot().text) == 4_500


def test_an_answer_keeps_its_facts_through_a_pickle_and_a_copy() -> None:
    chat = Chat(provider=parrot([ReasoningDelta("hm"), "Hello", Usage(1, 2), SOURCE, Finish("length")]))
    answer = chat.ask("hi")
    for same in (answer, pickle.loads(pickle.dumps(answer)), copy.deepcopy(answer)):
        assert isinstance(same, Answer)
        assert same == "Hello"
        assert (same.usage, same.finish_reason, same.model) == (Usage(1, 2), "length", "parrot:grey")
        assert same.seconds == answer.seconds
        assert same.parts == (ReasoningPart("hm"), TextPart("Hello"), SOURCE)
        assert same.sources == (SOURCE,)


def test_a_turn_that_ends_with_a_tool_call_stays_in_the_context() -> None:
    provider = parrot([ToolCall(0, "c1", "weather", '{"city": "Paris"}'), Finish("tool_calls")])
    chat = Chat(provider=provider)
    answer = chat.ask("Is it sunny in Paris?")
    assert answer == ""
    assert answer.parts == (ToolCallPart("c1", "weather", '{"city": "Paris"}'),)
    chat.ask("Well?")
    assert [(message.role, message.text) for message in provider.requests[1]] == [
        ("user", "Is it sunny in Paris?"),
        ("assistant", '(It asked for the tool weather with {"city": "Paris"}, which was not run.)'),
        ("user", "Well?"),
    ]


def test_calls_with_results_go_out_as_they_were() -> None:
    call = ToolCallPart("c1", "weather", "{}")
    provider = parrot([TextDelta("Let me look."), call, RESULT, ReasoningDelta("hm"), TextDelta("Sunny.")])
    chat = Chat(provider=provider)
    assert chat.ask("Is it sunny?") == "Let me look.Sunny."
    chat.ask("Sure?")
    dicts = [message.to_dict() for message in provider.requests[1]]
    assert dicts[1:4] == [
        {
            "role": "assistant",
            "content": "Let me look.",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "content": [{"type": "text", "text": "sunny"}], "tool_call_id": "c1"},
        {"role": "assistant", "content": "Sunny."},
    ]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_deep_copy_of_a_chat_is_a_branch_and_a_shallow_one_is_not(copied: Any) -> None:
    chat = Chat(provider=parrot(), temperature=0.5)
    chat.ask("one")
    other = copied(chat)
    other.ask("two")
    assert len(chat.conversation) == (1 if copied is copy.deepcopy else 2)
    assert len(other.conversation) == 2
    assert (other.conversation is chat.conversation) == (copied is copy.copy)
