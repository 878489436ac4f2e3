"""A record as a line of a file."""

from __future__ import annotations

import string
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.events import Usage
from notebook_chat.lean_exchanges import MOST_RESULTS
from notebook_chat.ledger import Record, RequestKey
from notebook_chat.messages import Message
from notebook_chat.parts import (
    AudioPart,
    CodePart,
    CodeResultPart,
    ImagePart,
    ReasoningPart,
    ReplayPart,
    SearchPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    UnknownPart,
)
from notebook_chat.replay.playing import play, playable
from notebook_chat.replay.record_line import read_line, recorded, same_answer, texts_of, written_line

from ..parts import png

texts = st.text(st.characters(exclude_categories=()), max_size=30)
words = st.text(string.ascii_letters, min_size=1, max_size=8)
times = st.floats(0, 1e6, allow_nan=False)
spoken = st.one_of(
    st.builds(TextPart, texts.filter(bool)),
    st.builds(ReasoningPart, texts.filter(bool)),
    st.just(ImagePart(png(), "image/png")),
    st.builds(AudioPart, st.binary(max_size=40), st.just("audio/wav")),
    st.builds(
        SourcePart,
        texts,
        texts,
        texts,
        st.lists(st.integers(0, 99), max_size=2, unique=True).map(sorted).map(tuple),
    ),
    st.builds(SearchPart, st.lists(texts, max_size=2).map(tuple)),
    st.builds(CodePart, texts),
    st.builds(CodeResultPart, texts, st.booleans()),
    st.builds(UnknownPart, words, st.integers(0, 99)),
    st.builds(ToolCallPart, words, words, texts),
)
results = st.builds(
    ToolResultPart,
    words,
    words,
    st.lists(st.builds(TextPart, texts), max_size=2).map(tuple),
    st.booleans(),
    times,
)


@st.composite
def exchanges(draw: st.DrawFn) -> tuple[Message, ...]:
    """What may follow a prompt."""
    messages: list[Message] = []
    for _ in range(draw(st.integers(1, 3))):
        messages.append(
            Message(
                "assistant",
                draw(st.one_of(texts.filter(bool), st.lists(spoken, min_size=1, max_size=4).map(tuple))),
            )
        )
        messages += [Message("tool", (one,)) for one in draw(st.lists(results, max_size=2))]
    return tuple(messages)


counts = st.one_of(st.none(), st.integers(0, 10**9))
records = st.builds(
    Record,
    st.text("0123456789abcdef", min_size=40, max_size=40),
    exchanges(),
    st.just("complete"),
    words,
    words,
    st.one_of(st.none(), words),
    st.one_of(st.none(), st.builds(Usage, counts, counts)),
    times,
    st.one_of(st.none(), times),
    times,
    st.one_of(
        st.none(),
        st.builds(
            RequestKey, words, words, words, st.just({"temperature": 0.5}), st.just(("a" * 16,)), words
        ),
    ),
)


@given(records)
def test_what_is_written_is_read_again(record: Record) -> None:
    if record.key is not None:
        record = msgspec.structs.replace(record, request=record.key.digest)
    line = written_line(record)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    read = read_line(line)
    assert written_line(read) == line
    for name in ("request", "model", "finish_reason", "seconds", "first_text", "at", "key"):
        assert getattr(read, name) == getattr(record, name)
    if b"\xef\xbf\xbd" not in line:  # which stands for halves of surrogate pairs
        assert read.exchange == recorded(record.exchange)
        assert same_answer(read, record)


@given(st.binary(max_size=200))
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_line(line)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(records, st.data())
def test_a_line_of_which_something_is_another_is_read_or_refused(record: Record, data: Any) -> None:
    values = msgspec.json.decode(written_line(record))
    values[data.draw(st.sampled_from([*values, "more"]))] = data.draw(json_values)
    try:
        read = read_line(msgspec.json.encode(values))
    except ValueError:
        return
    assert len(read.request) == 40
    assert read.exchange
    written_line(read)


def line_of(*parts: Any, **changes: Any) -> bytes:
    """A line of an answer with some parts."""
    values = msgspec.json.decode(written_line(Record("a" * 40, (Message("assistant", tuple(parts)),), at=0)))
    return msgspec.json.encode({**values, **changes})


def test_what_only_a_vendor_may_have_written_is_left_out() -> None:
    replay = {"type": "replay", "provider": "p", "model": "m", "digest": "", "raw": "{}"}
    values = msgspec.json.decode(line_of(TextPart("hi"), ReasoningPart("hm")))
    values["exchange"][0]["content"].append(replay)
    values["exchange"][0]["extra"] = {"tool_calls": ["x"]}
    [message] = read_line(msgspec.json.encode(values)).exchange
    assert message == Message("assistant", (TextPart("hi"), ReasoningPart("hm")))
    vendors = Message("assistant", (TextPart("hi"), ReplayPart("p", "m", "d", "{}")))
    assert b"replay" not in written_line(Record("a" * 40, (vendors,)))
    assert playable((vendors,)) == (Message("assistant", "hi"),)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"request": "A" * 40},
        {"request": "a" * 39},
        {"exchange": []},
        {"exchange": [{"role": "user", "content": "x"}]},
        {"exchange": [{"role": "system", "content": "x"}]},
        {
            "exchange": [
                {"role": "assistant", "content": [{"type": "image", "data": "!", "media_type": "image/png"}]}
            ]
        },
    ],
)
def test_what_no_answer_can_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_line(line_of(TextPart("hi"), **change))


def test_an_image_that_is_none_is_a_word() -> None:
    line = line_of(ImagePart(b"<svg onload=alert(1)>", "image/png"))
    [part] = read_line(line).exchange[0].parts
    assert isinstance(part, UnknownPart)


def test_large_results_are_shortened_and_large_media_named() -> None:
    result = ToolResultPart("c", "look", (TextPart("x" * 2 * MOST_RESULTS),))
    image = ImagePart(png() + bytes(13_000_000), "image/png")
    exchange = (Message("assistant", (ToolCallPart("c", "look"), image)), Message("tool", (result,)))
    line = written_line(Record("a" * 40, exchange))
    assert len(line) < 1.2 * MOST_RESULTS
    assert written_line(read_line(line)) == written_line(Record("a" * 40, exchange, at=read_line(line).at))


def test_all_texts_are_told_and_no_bytes() -> None:
    key = RequestKey("p", "https://x", "m", {"extra_body": {"user": "me"}}, (), "the prompt")
    result = Message(
        "tool", (ToolResultPart("c", "look", (TextPart("given"), ImagePart(png(), "image/png"))),)
    )
    told = list(texts_of(Record("a" * 40, (Message("assistant", "said"), result), key=key)))
    assert {"said", "given", "me", "the prompt", "https://x"} <= {*told}
    assert not any("iVBOR" in one for one in told)


@given(exchanges(), st.sampled_from(["at once", "natural"]))
async def test_what_is_played_is_what_was_said(exchange: tuple[Message, ...], pace: Any) -> None:
    from notebook_chat.answer import AnswerFold

    fold = AnswerFold()
    async for batch in play(Record("a" * 40, exchange, finish_reason="stop", usage=Usage(1, 2)), pace):
        fold.add(batch)
    snapshot = fold.snapshot()
    assert snapshot.text == "".join(message.text for message in exchange if message.role == "assistant")
    assert (snapshot.usage, snapshot.finish_reason) == (Usage(1, 2), "stop")
    others = (SourcePart, TextPart, ReasoningPart)
    played = [part for part in snapshot.parts if not isinstance(part, others)]
    assert played == [part for message in exchange for part in message.parts if not isinstance(part, others)]
