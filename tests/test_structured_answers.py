"""Answers that are to be data: the end first, then the text, then the values; one more try, or one line."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import json
import pickle
from typing import Any

import pydantic
import pytest

from notebook_chat import Answer, Chat
from notebook_chat.conversation import Conversation
from notebook_chat.errors import ChatError, DataError, InvalidOptionError, RateLimitError
from notebook_chat.events import Finish, Notice, Usage
from notebook_chat.messages import Message, TextPart
from notebook_chat.providers import Ollama, OpenAI
from notebook_chat.schemas import instruction, shape_of

from .broken_answers import BROKEN, ENDED, GOOD, SCHEMA, TEXT
from .fakes import parrot


class Person(pydantic.BaseModel):
    name: str
    age: int


@dataclasses.dataclass
class City:
    name: str
    people: dict[str, int] = dataclasses.field(default_factory=dict)


def answering(*answers: Any) -> Any:
    """A provider that gives these answers in turn, the last one for ever: texts, or lists of events."""
    left = list(answers)

    def script(messages: Any) -> list[Any]:
        answer = left.pop(0) if len(left) > 1 else left[0]
        return [answer] if isinstance(answer, str) else list(answer)

    return parrot(script)


# --- what comes back ----------------------------------------------------------------------------------------


def test_an_answer_is_the_data() -> None:
    provider = answering('{"name": "Ann", "age": 34}')
    chat = Chat(provider=provider)
    answer = chat.ask("Who?", schema=Person)
    assert answer.data == Person(name="Ann", age=34)
    assert answer.is_data
    assert answer == '{"name": "Ann", "age": 34}'
    assert chat.ask("Who?", schema="name, age int").data == {"name": "Ann", "age": 34}
    assert chat.ask("Who?", schema=Person.model_json_schema()).data == {"name": "Ann", "age": 34}
    assert chat.ask("Who?", schema={}).data == {"name": "Ann", "age": 34}
    assert instruction(Person.model_json_schema()) in provider.requests[0][-1].text
    assert chat.conversation.turns[0].messages[0].text == "Who?"


async def test_the_other_ways_of_asking() -> None:
    text = '[{"name": "Ann", "age": 34}]'
    chat = Chat(provider=answering(text))
    assert (await chat.ask_async("Who?", schema=list[Person])).data == [Person(name="Ann", age=34)]
    assert "".join([piece async for piece in chat.stream_async("Who?", schema=list[Person])]) == text
    assert chat.conversation.turns[-1].options["schema"]["type"] == "array"


def test_a_chat_whose_answers_are_all_data() -> None:
    chat = Chat(provider=answering('{"name": "Ann", "age": 34}', "[1]"), schema=Person)
    assert chat.ask("Who?").data.age == 34
    assert chat.ask("Which?", schema=list[int]).data == [1]
    with pytest.raises(InvalidOptionError, match="Person, and not the class"):
        Chat(provider=answering(""), schema=Person(name="a", age=1))
    with pytest.raises(InvalidOptionError, match="type 'foo'"):
        chat.ask("Who?", schema="name foo")
    assert len(chat.conversation) == 2


def test_an_answer_as_a_table() -> None:
    import pandas

    rows = '[{"name": "Ann", "age": 34}, {"name": "Bob", "age": 3}]'
    frame = Chat(provider=answering(rows)).ask("Who?", schema=list[Person]).table()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame["age"]) == [34, 3]
    empty = Chat(provider=answering("[]")).ask("Who?", schema=list[Person]).table()
    assert list(empty.columns) == ["name", "age"]
    with pytest.raises(DataError, match="no list of objects"):
        Chat(provider=answering("[1]")).ask("Who?", schema=list[int]).table()


def test_an_answer_that_was_not_asked_to_be_data_has_none() -> None:
    answer = Chat(provider=answering("Hello")).ask("Hi")
    assert not answer.is_data
    for ask in (lambda: answer.data, answer.table, lambda: Answer("x").data):
        with pytest.raises(DataError, match=r"no data were asked for\. Ask with schema="):
            ask()


def test_the_data_travel_with_the_answer() -> None:
    answer = Chat(provider=answering('{"name": "Ann", "age": 34}')).ask("Who?", schema=Person)
    for other in (pickle.loads(pickle.dumps(answer)), copy.copy(answer), copy.deepcopy(answer)):
        assert other == answer
        assert other.data == answer.data
        assert other.model == answer.model

    @dataclasses.dataclass
    class Here:
        name: str
        age: int

    local = Chat(provider=answering('{"name": "Ann", "age": 34}')).ask("Who?", schema=Here)
    assert copy.deepcopy(local).data == local.data == Here("Ann", 34)
    travelled = pickle.loads(pickle.dumps(local))
    assert travelled == local
    with pytest.raises(DataError, match="could not be pickled"):
        _ = travelled.data


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Kyiv", "people": [{"key": "in", "value": 3}]}',
        '{"name": "Kyiv", "people": {"in": 3}}',
        '```json\n{"name": "Kyiv", "people": {"in": 3}}\n```',
    ],
)
def test_a_service_may_answer_in_its_form_or_in_the_first_one(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = answering(text)
    monkeypatch.setattr(provider, "schema_subset", OpenAI.schema_subset)
    assert Chat(provider=provider).ask("Where?", schema=City).data == City("Kyiv", {"in": 3})
    provider = answering('{"value": [1, 2]}', "[1, 2]")
    monkeypatch.setattr(provider, "schema_subset", OpenAI.schema_subset)
    chat = Chat(provider=provider)
    assert chat.ask("Which?", schema=list[int]).data == chat.ask("Which?", schema=list[int]).data == [1, 2]


def test_digits_are_not_lost() -> None:
    import decimal

    text = "[0.1000000000000000055511151231257827]"
    data = Chat(provider=answering(text)).ask("How much?", schema=list[decimal.Decimal]).data
    assert data == [decimal.Decimal("0.1000000000000000055511151231257827")]


# --- what is broken -----------------------------------------------------------------------------------------


def test_there_are_two_hundred_broken_answers() -> None:
    assert len(BROKEN) + len(ENDED) >= 200


def test_broken_answers_are_repaired_by_one_more_try() -> None:
    for text in BROKEN:
        provider = answering(text, TEXT)
        chat = Chat(provider=provider)
        answer = chat.ask("Who?", schema=SCHEMA)
        assert answer.data == GOOD, text
        assert answer == chat.conversation.turns[0].answer == TEXT
        assert len(provider.requests) == 2
        *_, last = provider.requests[1]
        assert last.role == "user"
        assert "That cannot be used: the answer " in last.text
        assert json.dumps(SCHEMA) in last.text
        assert [message.text for message in provider.requests[1] if message.role == "assistant"] == (
            [text.strip()] if text.strip() else []
        )
        assert len(chat.conversation) == 1


def test_what_is_broken_twice_is_told_in_one_line_and_kept() -> None:
    for text in BROKEN:
        provider = answering(text)
        chat = Chat(provider=provider)
        answer = chat.ask("Who?", schema=SCHEMA)
        assert answer == text
        assert len(provider.requests) == 2
        with pytest.raises(DataError) as caught:
            _ = answer.data
        assert "\n" not in str(caught.value)
        assert 20 < len(str(caught.value)) < 1200
        assert caught.value.partial == text
        assert chat.conversation.turns[0].answer == text if text else True


def test_the_end_is_looked_at_first() -> None:
    for text, end in ENDED:
        provider = answering([text, end])
        answer = Chat(provider=provider).ask("Who?", schema=SCHEMA)
        assert answer == text
        assert len(provider.requests) == 1
        with pytest.raises(DataError, match=r"cut off at the token limit|withheld|declined|max_characters"):
            _ = answer.data


def test_the_reader_is_told_of_the_second_try() -> None:
    chat = Chat(provider=answering(["nope", Usage(10, 5, cost=0.5)], [TEXT, Usage(20, 6, 2, cost=0.25)]))
    run = chat.reply("Who?", schema=SCHEMA)

    async def events() -> list[Any]:
        return [event async for batch in run.batches() for event in batch]

    told = [event.text for event in asyncio.run(events()) if isinstance(event, Notice)]
    assert told == ["the answer is no JSON: it does not begin as JSON does; asking once more, with the error"]
    assert run.turn is not None
    assert run.turn.usage == Usage(30, 11, 2, cost=0.75)
    assert run.expected is not None
    assert run.expected.data == GOOD
    assert run.turn.options == {"schema": SCHEMA}


def test_a_stream_cannot_take_back_what_it_gave() -> None:
    provider = answering("nope")
    chat = Chat(provider=provider)
    pieces = []
    with pytest.raises(DataError, match="no JSON"):
        for piece in chat.stream("Who?", schema=SCHEMA):
            pieces.append(piece)  # noqa: PERF402
    assert pieces == ["nope"]
    assert len(provider.requests) == 1
    assert chat.conversation.turns[0].answer == "nope"


def test_a_failure_of_the_second_try_keeps_the_first_answer() -> None:
    chat = Chat(provider=answering("nope", [RateLimitError("slow down")]))
    with pytest.raises(RateLimitError) as caught:
        chat.ask("Who?", schema=SCHEMA)
    assert caught.value.partial == "nope"
    [turn] = chat.conversation.turns
    assert (turn.answer, turn.status) == ("nope", "failed")


@pytest.mark.parametrize(("pieces", "kept"), [([], "nope"), (["and no"], "and no")])
async def test_an_interrupt_keeps_what_came(pieces: list[str], kept: str) -> None:
    chat = Chat(provider=answering("nope", [*pieces, 30.0, "never"]))
    run = chat.reply("Who?", schema=SCHEMA)

    async def read() -> None:
        async for batch in run.batches():
            last = run.snapshot.text == (pieces[0] if pieces else "")
            if any(isinstance(event, Notice) for event in batch) and not pieces:
                asyncio.get_running_loop().call_later(0.2, run.stop)
            elif pieces and last:
                run.stop()

    async with asyncio.timeout(20):
        await read()
    assert run.turn is not None
    assert (run.turn.answer, run.turn.status) == (kept, "stopped")
    assert run.expected is not None
    assert run.expected.error is not None


def test_validators_of_ones_own() -> None:
    class Careful(pydantic.BaseModel):
        age: int

        @pydantic.field_validator("age")
        @classmethod
        def plausible(cls, age: int) -> int:
            if age > 150:
                raise ValueError("nobody is that old")
            if age < 0:
                raise KeyError("odd")
            return age

    assert Chat(provider=answering('{"age": 200}', '{"age": 20}')).ask("?", schema=Careful).data.age == 20
    twice = Chat(provider=answering('{"age": 200}')).ask("?", schema=Careful)
    with pytest.raises(DataError, match=r"nobody is that old - at \$\.age"):
        _ = twice.data
    with pytest.raises(DataError, match="odd"):
        _ = Chat(provider=answering('{"age": -1}')).ask("?", schema=Careful).data


def test_a_long_broken_answer_goes_out_shortened() -> None:
    provider = answering("x" * 100_000, TEXT)
    assert Chat(provider=provider).ask("Who?", schema=SCHEMA).data == GOOD
    assert len(provider.requests[1][-2].text) < 21_000


# --- before it is sent --------------------------------------------------------------------------------------


def test_a_preview_has_the_schema() -> None:
    words = Chat(provider=answering("")).preview("Who?", schema="name, age int")
    assert instruction(shape_of("name, age int").json_schema) in words.messages[-1].text
    field = Chat("ollama:m").preview("Who?", schema="name, age int")
    assert json.loads(field.body)["format"]["required"] == ["name", "age"]
    assert Ollama.schema_subset.name


def test_a_turn_remembers_the_schema_and_shows_the_text_in_a_fence() -> None:
    chat = Chat(provider=answering('{"name": "*Ann*"}'), conversation=Conversation())
    chat.ask("Who?", schema="name")
    [turn] = chat.conversation.turns
    assert turn.shown == (TextPart('```json\n{"name": "*Ann*"}\n```'),)
    assert type(turn).from_dict(turn.to_dict()) == turn
    assert turn.messages == (Message("user", "Who?"), Message("assistant", '{"name": "*Ann*"}'))
    hostile = Chat(provider=answering('```\n{"a": 1}\n```')).ask("?", schema={})
    assert hostile.data == {"a": 1}


def test_what_is_no_data_error_stays_what_it_is() -> None:
    with pytest.raises(ChatError):
        Chat(provider=answering([RateLimitError("slow down")])).ask("Who?", schema=SCHEMA)
    finished = Chat(provider=answering([TEXT, Finish("stop")])).ask("Who?", schema=SCHEMA)
    assert finished.data == GOOD
