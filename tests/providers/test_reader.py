"""What every dialect's reader does: events first, then the failure; refusals; whole tool calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import errors
from notebook_chat.decoders import Frame, NDJSONDecoder
from notebook_chat.events import Event, Finish, ReasoningDelta, TextDelta, ToolCall, Usage
from notebook_chat.messages import SearchPart
from notebook_chat.providers.call import Call
from notebook_chat.providers.http import HTTPProvider
from notebook_chat.providers.openai import OpenAI
from notebook_chat.providers.reader import FrameReader, Parser, WholeCallReader
from notebook_chat.request import HttpRequest

from .wires import KEY, cuts, guarded_key, read, sse, take


class Words(HTTPProvider):
    """A dialect of words, one a line."""

    decoder = NDJSONDecoder
    frame_reader: ClassVar[type[FrameReader]] = WholeCallReader

    @classmethod
    def parse(cls, frame: Frame) -> Iterator[Event]:
        """What the word means."""
        match frame.data.decode():
            case "call":
                yield ToolCall(0, "", "look", "{}")
            case "think":
                yield ReasoningDelta("hm")
            case "end":
                yield Finish("stop")
            case "filter":
                yield Finish("content_filter")
            case "refuse":
                yield Usage(1)
                raise errors.ContentRefusedError(f"it will not, with {KEY}")
            case "fail":
                raise errors.ServerError(f"it fails, with {KEY}")
            case "garbage":
                raise ValueError("what?")
            case word:
                yield TextDelta(word)


class Numbered:
    """A parser that counts the words that it is given."""

    def __init__(self) -> None:
        self.count = 0

    def parse(self, frame: Frame) -> Iterable[Event]:
        """The word with its number, in the forms that dialects give events in."""
        self.count += 1
        if frame.data == b"fail":
            raise errors.ServerError("it fails")
        said = f"{self.count} {frame.data.decode()}\n"
        if frame.data == b"search":
            return [SearchPart((said,))]
        if frame.data == b"late":
            return iter((TextDelta(said), SearchPart((said,))))
        return (ReasoningDelta(said),) if frame.data == b"think" else (TextDelta(said),)

    def parse_whole(self, body: bytes) -> Iterable[Event]:
        """As ``parse``."""
        return self.parse(Frame(body))


class Counting(Words):
    """Words with their numbers."""

    frame_reader = FrameReader

    @classmethod
    def parser(cls, call: Call | None) -> Parser:
        """One for each answer."""
        return Numbered()


@given(
    words=st.lists(st.sampled_from(["a", "b <c", "think", "search", "late"]), min_size=1),
    places=cuts,
    fails=st.booleans(),
    thinks=st.booleans(),
)
def test_a_parser_that_keeps_what_it_has_seen_is_given_each_frame_once(
    words: list[str], places: list[int], fails: bool, thinks: bool
) -> None:
    events: list[Event] = []
    wire = "".join(f"{word}\n" for word in [*words, *(["fail"] if fails else [])]).encode()
    dialect = type("Thinking", (Counting,), {"thinks_in_text": True}) if thinks else Counting
    with pytest.raises(errors.ServerError) if fails else nullcontext():
        take(dialect, wire, events, places)
    told = "".join(event.text for event in events if isinstance(event, TextDelta | ReasoningDelta))
    told += "".join(event.queries[0] for event in events if isinstance(event, SearchPart))
    numbered = [f"{number} {word}" for number, word in enumerate(words, start=1)]
    assert sorted(set(told.split("\n")) - {""}) == sorted(numbered)


@given(places=cuts)
@pytest.mark.parametrize(
    ("last", "expected"),
    [("fail", errors.ServerError), ("garbage", errors.ResponseFormatError)],
)
def test_events_come_before_the_failure(
    last: str, expected: type[errors.ChatError], places: list[int]
) -> None:
    events: list[Event] = []
    with pytest.raises(expected):
        take(Words, f"one\ntwo\n{last}\nthree\n".encode(), events, places)
    assert events == [TextDelta("one"), TextDelta("two")]


def test_a_failure_is_known_at_once_and_stays() -> None:
    reader = Words.reader(HttpRequest("POST", "http://service"))
    assert reader.feed(b"one\n") == [TextDelta("one")]
    assert reader.failure is None
    assert reader.feed(b"two\nfail\n") == [TextDelta("two")]
    assert isinstance(reader.failure, errors.ServerError)
    for attempt in (lambda: reader.feed(b"more\n"), reader.flush):
        with pytest.raises(errors.ServerError):
            attempt()


def test_a_failure_by_itself_is_raised_at_once() -> None:
    reader = Words.reader(HttpRequest("POST", "http://service"))
    with pytest.raises(errors.ServerError):
        reader.feed(b"fail\n")


@pytest.mark.parametrize("word", ["fail", "refuse"])
def test_a_failure_that_quotes_the_key_is_cleaned(word: str) -> None:
    reader = Words.reader(HttpRequest("POST", "http://service", {"Authorization": guarded_key()}))
    with pytest.raises(errors.ChatError) as caught:
        reader.feed(f"{word}\n".encode())
        reader.flush()
    assert KEY not in str(caught.value) + repr(caught.value) + str(caught.value.args)
    assert "with …" in str(caught.value)


@pytest.mark.parametrize("word", ["filter", "refuse"])
@given(places=cuts)
def test_a_refusal_counts_as_one_where_nothing_was_answered(word: str, places: list[int]) -> None:
    events: list[Event] = []
    with pytest.raises(errors.ContentRefusedError):
        take(Words, f"think\n{word}\nend\n".encode(), events, places)
    assert events[0] == ReasoningDelta("hm")
    assert Finish("content_filter") not in events


@pytest.mark.parametrize("first", [TextDelta("one"), ToolCall(0, "", "look", "{}")])
@given(places=cuts)
def test_a_refusal_after_an_answer_is_its_end(first: Event, places: list[int]) -> None:
    word = first.text if isinstance(first, TextDelta) else "call"
    assert read(Words, f"{word}\nrefuse\n".encode(), places) == [first, Usage(1), Finish("content_filter")]


@given(places=cuts)
def test_whole_calls_are_numbered_and_end_as_such(places: list[int]) -> None:
    calls = [event for event in read(Words, b"call\none\ncall\nend\n", places) if type(event) is ToolCall]
    assert [call.index for call in calls] == [0, 1]
    assert read(Words, b"call\nend\n", places)[-1] == Finish("tool_calls")
    assert read(Words, b"one\nend\n", places)[-1] == Finish("stop")


def test_openai_too_refuses_where_nothing_was_answered() -> None:
    end = {"choices": [{"delta": {}, "finish_reason": "content_filter"}]}
    with pytest.raises(errors.ContentRefusedError, match="openai: the service withheld its answer"):
        read(OpenAI, sse(end))
    answered = {"choices": [{"delta": {"content": "Well"}}]}
    assert read(OpenAI, sse(answered, end)) == [TextDelta("Well"), Finish("content_filter")]


@given(places=cuts)
def test_no_frame_is_parsed_twice(places: list[int]) -> None:
    class Counting(Words):
        """A dialect whose parser has seen each of its frames once."""

        @classmethod
        def parser(cls, call: object) -> Parser:
            """A parser of its own for each answer."""
            return _Counter()

    seen: list[bytes] = []

    class _Counter:
        def parse(self, frame: Frame) -> Iterator[Event]:
            seen.append(frame.data)
            return Words.parse(frame)

        parse_whole = Words.parse_whole

    wire = b"one\nthink\ntwo\ncall\nthree\nrefuse\nfour\n"
    events = read(Counting, wire, places)
    assert seen == wire.splitlines()
    assert events == read(Words, wire)
