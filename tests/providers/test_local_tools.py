"""The embedded model calls tools through a schema: what it is asked, and what becomes of what it writes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Chat
from notebook_chat.events import Event, Finish, TextDelta, ToolCall, Usage
from notebook_chat.messages import Message, TextPart, ToolCallPart, ToolResultPart
from notebook_chat.providers import Local
from notebook_chat.providers.call import Ask
from notebook_chat.providers.local.json_answers import JSONAnswer
from notebook_chat.providers.local.offered_calls import Offered, offered
from notebook_chat.schemas import LLAMA, adapt
from notebook_chat.tool_spec import ToolSpec

pytest_plugins = ("tests.providers.local_fixtures",)

VARIABLE = {
    "type": "object",
    "properties": {"variable": {"type": "string"}, "start": {"type": "integer"}},
    "required": ["variable"],
}
LIST = ToolSpec("list_variables", "Lists the variables.")
LOOK = ToolSpec("look_at", "Tells what a variable is.", VARIABLE, {"variable": ("df", "prices", "a")})
ROWS = ToolSpec("show_rows", "Shows rows.", VARIABLE, {"variable": ("df", "xs")})
SPECS = (LIST, LOOK, ROWS)


def asked(*messages: Message | str, tiny: bool = True, **options: Any) -> Offered:
    given_ = tuple(Message("user", one) if isinstance(one, str) else one for one in messages)
    return offered(Ask("m", given_, {"tools": SPECS, **options}), tiny=tiny)


def ways(found: Offered) -> list[Any]:
    """The tools that may be called, and ``None`` for an answer."""
    schema = found.ask.options["schema"]
    assert adapt(schema, LLAMA).schema is not None  # the engine has a grammar for it
    return [way["properties"].get("tool", {}).get("const") for way in schema["anyOf"]]


def exchange(result: str, *, error: bool = False) -> tuple[Message, Message]:
    call = ToolCallPart("c", "look_at", '{"variable": "df"}')
    answer = ToolResultPart("c", "look_at", (TextPart(result),), error)
    return Message("assistant", (call,)), Message("tool", (answer,))


# --- what is asked


def test_of_tools_nothing_is_left_in_the_request() -> None:
    for tiny in (True, False):
        found = asked("hi", tiny=tiny, tool_choice="auto")
        assert not {"tools", "tool_choice"} & set(found.ask.options)
        assert found.ask.options["temperature"] == 0
    assert asked("hi", temperature=0.7).ask.options["temperature"] == 0.7


def test_a_model_may_call_any_tool_or_answer() -> None:
    found = asked("how many rows has df", tiny=False)
    assert ways(found) == ["list_variables", "look_at", "show_rows", None]
    assert found.ask.options["schema"]["anyOf"][1]["properties"]["arguments"] == VARIABLE
    system = found.ask.messages[0].text
    assert "- show_rows: Shows rows. Arguments: {" in system
    assert '{"answer": TEXT}' in system


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("required", ["list_variables", "look_at", "show_rows"]),
        ("look_at", ["look_at"]),
        ("auto", ["list_variables", "look_at", "show_rows", None]),
    ],
)
def test_a_choice_is_held_to(choice: str, expected: list[Any]) -> None:
    assert ways(asked("hi", tiny=False, tool_choice=choice)) == expected
    none = asked("hi", tiny=False, tool_choice="none")
    assert not none.as_json
    assert "schema" not in none.ask.options


def test_calls_and_results_go_out_in_words() -> None:
    found = asked("how many?", *exchange("7 rows"), tiny=False)
    told = [(one.role, one.text) for one in found.ask.messages[1:]]
    assert told == [
        ("user", "how many?"),
        ("assistant", '{"tool":"look_at","arguments":{"variable":"df"}}'),
        ("user", "Result of look_at:\n7 rows"),
    ]
    assert found.as_json


def test_broken_calls_of_a_conversation_go_out_all_the_same() -> None:
    call = Message("assistant", (TextPart("Well."), ToolCallPart("c", "look_at", '{"variable')))
    result = Message("tool", (ToolResultPart("c", "look_at", (TextPart("no JSON"),), True),))
    found = asked("how many?", call, result, "and now?", tiny=False)
    assert [one.text for one in found.ask.messages[2:]] == [
        'Well.\n\n{"tool":"look_at","arguments":{}}',
        "Error of look_at:\nno JSON\n\nand now?",
    ]


def test_without_tools_earlier_calls_are_words_and_nothing_else_changes() -> None:
    plain = Ask("m", (Message("user", "hi"),), {"temperature": 0.3})
    for tiny in (True, False):
        found = offered(plain, tiny=tiny)
        assert (found.ask.messages, found.ask.options, found.as_json) == (
            plain.messages,
            plain.options,
            False,
        )
        later = Ask("m", (Message("user", "hi"), *exchange("7 rows"), Message("user", "and?")), {})
        told = offered(later, tiny=tiny).ask.messages
        assert all(isinstance(part, TextPart) for one in told for part in one.parts)
        assert told[-1].text.endswith("and?")


@pytest.mark.parametrize(
    ("prompt", "expected", "values"),
    [
        ("how many rows has df", ["look_at"], ["df"]),
        ("what is in df and prices?", ["look_at"], ["df", "prices"]),
        ("what is in xs?", ["show_rows"], ["xs"]),
        ("df and xs?", ["look_at", "show_rows"], ["df"]),
        ("show rows of df", ["show_rows"], ["df"]),
        ("list variables", ["list_variables"], None),
        ("write a poem", ["list_variables", None], None),
        ("what are dfs?", ["list_variables", None], None),
    ],
)
def test_a_tiny_model_must_look_at_what_the_prompt_names(
    prompt: str, expected: list[Any], values: list[str] | None
) -> None:
    found = asked(prompt)
    assert ways(found) == expected
    if values is not None:
        arguments = found.ask.options["schema"]["anyOf"][0]["properties"]["arguments"]
        assert arguments["properties"] == {"variable": {"type": "string", "enum": values}}


def test_what_bounds_the_answer_cuts_off_no_call_of_a_tiny_model() -> None:
    assert asked("how many rows has df", max_tokens=30).ask.options["max_tokens"] >= 200
    assert asked("how many rows has df", max_tokens=999).ask.options["max_tokens"] == 999
    assert "max_tokens" not in asked("how many rows has df").ask.options
    assert asked("hi", max_tokens=30).ask.options["max_tokens"] == 30
    assert asked("how many rows has df", max_tokens=30, tiny=False).ask.options["max_tokens"] == 30
    found = asked("how many rows has df", *exchange("7 rows"), max_tokens=30)
    assert found.ask.options["max_tokens"] == 30


def test_a_tiny_model_answers_once_it_has_found_something() -> None:
    found = asked(Message("system", "Be kind."), "how many rows has df", *exchange("df: 7 rows"))
    assert not found.as_json
    assert [(one.role, one.text) for one in found.ask.messages] == [
        ("system", "Be kind."),
        ("user", "df: 7 rows\n\nhow many rows has df"),
    ]
    again = asked("how many rows has df", *exchange("no such", error=True))
    assert ways(again) == ["look_at"]
    failed = exchange("no such", error=True)
    assert not asked("how many rows has df", *failed, *failed, *failed).as_json


def test_a_tiny_model_is_told_no_more_than_it_can_read() -> None:
    found = asked("how many rows has df", *exchange("df: 7 rows\n" + "x" * 100_000))
    assert len(found.ask.messages[-1].text) < 2_000


def test_data_and_tools_together() -> None:
    own = {"type": "object", "properties": {"n": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "integer"}}}
    found = asked("hi", tiny=False, schema=own)
    assert ways(found)[-1] is None
    assert found.data
    answer = adapt(found.ask.options["schema"], LLAMA).schema
    assert answer is not None
    assert "integer" in json.dumps(answer["anyOf"][-1]) or "$ref" in json.dumps(answer["anyOf"][-1])
    after = asked("how many rows has df", *exchange("7 rows"), schema=own)
    assert (after.as_json, after.ask.options["schema"]) == (False, own)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"type": "object"},
        {"type": "object", "properties": {"x": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"type": "integer"}}},
        {"type": "object", "properties": {"x": {"type": "string", "pattern": "(?=a)b"}}, "required": ["x"]},
        {"type": "object", "properties": {"x": {"not": {"type": "string"}}}},
        {"type": "object", "properties": {"x": {"$ref": "https://elsewhere/x.json"}}, "required": ["x"]},
        {"type": "object", "allOf": [{"properties": {"x": {"type": "string"}}}]},
    ],
)
def test_any_tools_schema_becomes_a_grammar(parameters: dict[str, Any]) -> None:
    for tiny in (True, False):
        ask = Ask("m", (Message("user", "hi"),), {"tools": (ToolSpec("odd", "", parameters), LIST)})
        assert ways(offered(ask, tiny=tiny)) == ["odd", "list_variables", None]


def test_the_request_is_shown_as_it_goes_out() -> None:
    request = Local.prepared("", (Message("user", "what is df?"),), {"tools": SPECS[:2]})
    body = json.loads(request.body or b"")
    assert "tools" not in body
    assert body["response_format"]["json_schema"]["schema"]["properties"]["tool"]["enum"] == ["look_at"]
    assert body["temperature"] == 0


# --- what becomes of what it writes


def read(text: str, cuts: Sequence[int] = (), reason: str | None = "stop", data: bool = False) -> list[Event]:
    """The events of an answer that comes in pieces, texts joined."""
    answer, events = JSONAnswer(data=data), []
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(edges)]
    for piece in pieces:
        events += answer.events([TextDelta(piece)] if piece else [])
    events += answer.events([Finish(reason), Usage(1, 2)])
    events += answer.rest()
    said = "".join(event.text for event in events if isinstance(event, TextDelta))
    others = [event for event in events if not isinstance(event, TextDelta)]
    return [TextDelta(said), *others] if said else others


CUTS = st.lists(st.integers(0, 80), max_size=8)
BLANKS = st.text(" \n\t", max_size=4)


@given(st.text(max_size=60), CUTS, BLANKS, st.booleans())
def test_an_answer_is_text_in_any_pieces(text: str, cuts: list[int], blank: str, ascii_: bool) -> None:
    text = text.encode("utf-8", "replace").decode()
    written = json.dumps(text, ensure_ascii=ascii_)
    whole = f'{blank}{{{blank}"answer"{blank}:{blank}{written}{blank}}}{blank}'
    said = [TextDelta(text)] if text else []
    assert read(whole, cuts) == [*said, Finish("stop"), Usage(1, 2)]


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=3), CUTS, BLANKS)
def test_a_call_is_a_call_in_any_pieces(arguments: dict[str, Any], cuts: list[int], blank: str) -> None:
    written = json.dumps(arguments)
    events = read(
        f'{blank}{{{blank}"tool":{blank}"look_at",{blank}"arguments": {written}{blank}}}{blank}', cuts
    )
    call = events[0]
    assert isinstance(call, ToolCall)
    assert (call.name, json.loads(call.arguments)) == ("look_at", arguments)
    assert events[1:] == [Finish("tool_calls"), Usage(1, 2)]


@given(st.integers(0, 70), CUTS)
def test_a_cut_off_answer_shows_no_json(end: int, cuts: list[int]) -> None:
    whole = '{"answer": "It has \\u00e4 \\"7\\" rows \\ud83d\\ude00."}'
    events = read(whole[:end], cuts, "length")
    assert events[-2:] == [Finish("length"), Usage(1, 2)]
    said = events[0].text if isinstance(events[0], TextDelta) else ""
    assert 'It has ä "7" rows 😀.'.startswith(said)


@given(st.integers(0, 70), CUTS)
def test_a_cut_off_call_is_never_text(end: int, cuts: list[int]) -> None:
    whole = '{"tool": "look_at", "arguments": {"variable": "df", "start": 5}}'
    events = read(whole[:end], cuts, "length")
    assert not any(isinstance(event, TextDelta) for event in events)
    if calls := [event for event in events if isinstance(event, ToolCall)]:
        assert calls[0].name == "look_at"
        if end < len(whole) - 1:  # but for the last brace
            with pytest.raises(json.JSONDecodeError):
                json.loads(calls[0].arguments)


@given(st.recursive(st.integers() | st.text(max_size=9), lambda one: st.lists(one, max_size=3)), CUTS)
def test_data_are_given_as_they_are_written(value: Any, cuts: list[int]) -> None:
    written = json.dumps({"n": value})
    events = read(f'{{"answer": {written} }}', cuts, data=True)
    assert isinstance(events[0], TextDelta)
    assert json.loads(events[0].text) == {"n": value}


@pytest.mark.parametrize("text", ["Just words.", "  [1, 2]", '"quoted"'])
def test_what_is_no_json_is_text(text: str) -> None:
    assert read(text, [1, 3]) == [TextDelta(text), Finish("stop"), Usage(1, 2)]


def test_an_answer_streams() -> None:
    answer = JSONAnswer()
    given_ = [answer.events([TextDelta(piece)]) for piece in ('{"ans', 'wer": "It', " has", " 7", '."}')]
    assert given_ == [[], [TextDelta("It")], [TextDelta(" has")], [TextDelta(" 7")], [TextDelta(".")]]


# --- the real model


@pytest.mark.model
@pytest.mark.usefixtures("model_file", "fresh")
def test_the_engine_takes_the_grammars() -> None:
    def add(values: Any) -> str:
        return str(values)

    from ..tools.scripted import Made

    odd = {
        "type": "object",
        "properties": {
            "a": {"$ref": "#/$defs/n"},
            "b": {"enum": ["x", 1, None]},
            "c": {"type": "array", "items": {"type": "string", "maxLength": 4}, "maxItems": 2},
        },
        "required": ["a", "b", "c"],
        "$defs": {"n": {"type": "integer", "minimum": 0, "maximum": 9}},
    }
    tool = Made("add", add, parameters=odd)
    answer = Chat("local:", tools=[tool], context=1024, max_tokens=60).ask("Please add.")
    assert len(tool.ran) == 1
    assert set(tool.ran[0]) == {"a", "b", "c"}
    assert "{" not in str(answer)[:1]


@pytest.mark.model
@pytest.mark.usefixtures("model_file", "fresh")
async def test_a_model_that_may_answer_streams_its_text() -> None:
    result = Local.create_async_generator("", "Say hello.", tools=SPECS, max_tokens=60)
    pieces = [event async for event in result.events()]
    text = "".join(event.text for event in pieces if isinstance(event, TextDelta))
    called = any(isinstance(event, ToolCall) for event in pieces)
    assert called or (text and '"answer"' not in text)
