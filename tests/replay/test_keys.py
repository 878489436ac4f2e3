"""What a request is known by stays the same, wherever the conversation before it was read from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from notebook_chat.conversation import Conversation, Turn
from notebook_chat.lean_exchanges import MOST_RESULTS
from notebook_chat.ledger import Record, RequestKey
from notebook_chat.messages import Message
from notebook_chat.parts import AudioPart, ImagePart, ReplayPart, TextPart, ToolCallPart, ToolResultPart
from notebook_chat.providers.options import GENERATION
from notebook_chat.renderers.media import Medium, medium
from notebook_chat.replay.notebook_records import NotebookRecords
from notebook_chat.replay.playing import playable
from notebook_chat.replay.rebuilding import rebuilt
from notebook_chat.replay.record_line import read_line, written_line
from notebook_chat.store import read_notebook, stored_with

from ..parts import png, wav
from .test_record_lines import exchanges

large = st.sampled_from(
    [
        ImagePart(png(noise=bytes(range(256)) * 100), "image/png"),
        AudioPart(wav(9000), "audio/wav"),
        ReplayPart("parrot", "grey", "d", '{"signature": "s"}'),
        ReplayPart("parrot", "grey", "d", "x" * 9000),
    ]
)
LONG = TextPart("long")  # which stands for a much longer one: what is drawn is shown where a test fails
given_parts = st.lists(
    st.sampled_from(
        [
            TextPart("found"),
            LONG,
            ImagePart(png(noise=bytes(20_000)), "image/png"),
        ]
    ),
    max_size=3,
).map(tuple)


@st.composite
def answered(draw: st.DrawFn) -> tuple[Message, ...]:
    """What may follow a prompt, at times heavy."""
    exchange = draw(exchanges())
    beside = tuple(draw(st.lists(large, max_size=2)))
    if draw(st.booleans()):
        given = draw(given_parts)
        call = Message("assistant", (TextPart("Let me see."), ToolCallPart("call_9", "look", "{}")))
        exchange = (call, Message("tool", (ToolResultPart("call_9", "look", given),)), *exchange)
    return (*exchange, Message("assistant", (TextPart("end"), *beside)))


def grown(message: Message) -> Message:
    """A message with what is drawn short."""
    if message.role != "tool":
        return message
    [result] = message.parts
    assert isinstance(result, ToolResultPart)
    given = tuple(TextPart("y" * (MOST_RESULTS + 5)) if part is LONG else part for part in result.parts)
    return Message("tool", (replace(result, parts=given),))


def key(turns: list[Turn]) -> str:
    conversation = Conversation(system="be kind", turns=turns)
    draft = conversation.sketch(Message("user", "next"))
    return RequestKey.of("p", "", "m", {"temperature": 0.5}, draft.messages).digest


def saved(turns: list[Turn], path: Path) -> None:
    """Writes a notebook whose cells show turns."""
    conversation = Conversation(turns=turns)
    cells = []
    for number, turn in enumerate(conversation.turns):
        shown = [medium(part) for part in _media(turn)]
        outputs = [
            {
                "output_type": "display_data",
                "data": {"text/plain": ""},
                "metadata": stored_with(conversation, turn),
            },
            *(
                {"output_type": "display_data", "data": one.bundle, "metadata": {}}
                for one in shown
                if isinstance(one, Medium)
            ),
        ]
        cells.append({"cell_type": "code", "id": f"c{number}", "source": "%%chat\nx", "outputs": outputs})
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


def _media(turn: Turn) -> list[Any]:
    parts = [
        one for part in turn.parts for one in (part.parts if isinstance(part, ToolResultPart) else (part,))
    ]
    return [one for one in parts if isinstance(one, ImagePart | AudioPart)]


@given(st.lists(answered(), min_size=1, max_size=3))
def test_from_memory_a_notebook_its_records_and_a_line(tmp_path_factory: Any, said: list[Any]) -> None:
    turns = [
        Turn(
            Message("user", f"prompt {number}"),
            tuple(map(grown, exchange)),
            request=f"{number:040x}",
            model="p:m",
            position=number,
        )
        for number, exchange in enumerate(said)
    ]
    expected = key(turns)
    path = tmp_path_factory.mktemp("keys") / "x.ipynb"
    try:
        saved(turns, path)
    except UnicodeEncodeError:
        return
    [read] = read_notebook(path).conversations()
    assert key([*read.turns]) == expected
    notebook = NotebookRecords(path)
    notebook.read()
    lines = [
        read_line(written_line(Record(turn.request, turn.exchange, model=turn.model))).exchange
        for turn in turns
    ]
    records = [notebook.answers(turn.request)[0].exchange for turn in turns]
    for played in (lines, records, [playable(turn.exchange) for turn in turns]):
        assert key([_with(turn, exchange) for turn, exchange in zip(turns, played, strict=True)]) == expected


def _with(turn: Turn, exchange: tuple[Message, ...]) -> Turn:
    return Turn(turn.prompt, exchange, position=turn.position)


def test_large_media_come_from_the_outputs_beside(tmp_path: Path) -> None:
    image, sound = ImagePart(png(noise=bytes(40_000)), "image/png"), AudioPart(wav(9000), "audio/wav")
    result = ToolResultPart("c", "look", (TextPart("here"), image))
    exchange = (
        Message("assistant", (ToolCallPart("c", "look", "{}"),)),
        Message("tool", (result,)),
        Message("assistant", (TextPart("so"), sound)),
    )
    saved([Turn(Message("user", "x"), exchange, request="a" * 40)], tmp_path / "x.ipynb")
    assert len((tmp_path / "x.ipynb").read_text().split("iVBOR")) == 2  # once, as an output
    notebook = NotebookRecords(tmp_path / "x.ipynb")
    notebook.read()
    [found] = notebook.answers("a" * 40)
    assert found.exchange == exchange


@given(
    turns=st.lists(answered(), min_size=1, max_size=2),
    numbers=st.fixed_dictionaries(
        {},
        optional={
            "temperature": st.sampled_from([0, 0.0, 1, 2.0, 0.7]),
            "top_p": st.sampled_from([1, 1.0, 0.9]),
        },
    ),
)
def test_a_request_made_again_from_a_front_ends_file_is_the_one_that_was_asked(
    turns: list[tuple[Message, ...]], numbers: dict[str, float]
) -> None:
    options = checked(numbers)
    like = RequestKey.of("p", "", "m", {**options, "tools": ["x"]}, ())
    asked = RequestKey.of("p", "", "m", {**options, "tools": ["x"]}, (Message("user", "hello"),))
    turn = Turn(Message("user", "hello"), turns[0], model="p:m", options=options, request=asked.digest)
    there = as_javascript(turn.to_dict())
    assert json.dumps(there) == json.dumps(turn.to_dict())  # saving it changes nothing
    [again] = rebuilt(None, [Turn.from_dict(there)], like)
    assert again.digest == asked.digest


def checked(numbers: dict[str, float]) -> dict[str, Any]:
    """Options as a chat takes them."""
    return {name: GENERATION[name](name, value) for name, value in numbers.items()}


def as_javascript(value: Any) -> Any:
    """A value as a browser reads and writes it, where 1.0 is 1."""
    if isinstance(value, dict):
        return {name: as_javascript(one) for name, one in value.items()}
    if isinstance(value, list):
        return [as_javascript(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def test_a_whole_number_asks_for_the_same_with_a_point_and_without() -> None:
    one, other = (
        RequestKey.of("p", "", "m", checked({"temperature": value}), (Message("user", "hello"),))
        for value in (0, 0.0)
    )
    assert one.digest == other.digest
