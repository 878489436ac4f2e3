"""Tools in chat completions: what is declared, how calls and results go back, and exchanges with strict servers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Chat, errors, runner
from notebook_chat.answer import AnswerFold
from notebook_chat.messages import (
    FilePart,
    ImagePart,
    Message,
    ReplayPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from notebook_chat.providers import OpenAI, add_vendor, get_provider
from notebook_chat.providers.call_ids import CallIds, at_most, nine
from notebook_chat.providers.colab import Colab
from notebook_chat.providers.model_facts import ModelFacts, remember
from notebook_chat.providers.vendors import remove
from notebook_chat.request import HttpRequest
from notebook_chat.schemas import FUNCTIONS, LLAMA, parameters
from notebook_chat.tool_spec import ToolSpec
from notebook_chat.tools import ToolOutput

from ..servers import Answer, Delta, Failure, Reasoning, ToolCall, VendorServer
from ..servers.fixtures import ServerFactory
from ..servers.openai_tools import wrong_at_deepseek, wrong_at_mistral, wrong_in_chat, wrong_order
from ..servers.recorder import Request
from ..tools.scripted import Made
from .wires import KEY, PNG, built, cuts, sse

ADD = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    "required": ["a", "b"],
}
LOOK, SUM = ToolSpec("look", "Looks."), ToolSpec("add", "Adds.", ADD)
IMAGE = ImagePart(PNG, "image/png")


def body(provider: Any, messages: Any = "hi", model: str = "m", **options: Any) -> dict[str, Any]:
    asked = get_provider(provider) if isinstance(provider, str) else provider
    _, found = built(asked, messages, model, **options)
    assert isinstance(found, dict)
    return found


def call(id: str, name: str = "look", arguments: str = "{}") -> ToolCallPart:
    return ToolCallPart(id, name, arguments)


def result(id: str, *parts: Any, name: str = "look", is_error: bool = False) -> Message:
    given = tuple(TextPart(part) if isinstance(part, str) else part for part in parts)
    return Message("tool", (ToolResultPart(id, name, given, is_error),))


def exchange(*parts: Any, results: tuple[Message, ...] = (), then: str = "more") -> list[Message]:
    return [Message("user", "hi"), Message("assistant", parts), *results, Message("user", then)]


def adder() -> Made:
    return Made("add", lambda values: values["a"] + values["b"], parameters=ADD)


def chat_with(server: VendorServer, provider: str = "vllm", model: str = "m", **options: Any) -> Chat:
    options = {"api_key": KEY, "base_url": server.base_url, "retries": 0, "tools": [adder()], **options}
    return Chat(f"{provider}:{model}", **options)


def judged(judge: Callable[[Any], str | None], *answers: Answer) -> Callable[[Request], Any]:
    """What answers in turn, and refuses what a vendor refuses."""
    left = list(answers)

    def reply(request: Request) -> Any:
        if words := judge(request.json):
            return Failure("bad_request", words)
        return left.pop(0)

    return reply


# --- what is declared -----------------------------------------------------------------------------------


def test_tools_are_declared_without_strict() -> None:
    sent = body("vllm", tools=[LOOK, SUM])
    assert sent["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "look",
                "description": "Looks.",
                "parameters": {"type": "object", "properties": {}},
            },
        },
        {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": ADD}},
    ]
    assert "tool_choice" not in sent
    assert "parallel_tool_calls" not in sent


@pytest.mark.parametrize(
    "name", ["openrouter", "groq", "mistral", "deepseek", "together", "xai", "lmstudio", "vllm"]
)
def test_vendors_take_them(name: str) -> None:
    assert body(name, tools=[SUM])["tools"][0]["function"]["name"] == "add"
    assert "tools" not in body(name, tools=[])
    assert not {"tools", "tool_choice"} & set(body(name, tool_choice="required"))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("auto", "auto"),
        ("required", "required"),
        ("none", "none"),
        ("add", {"type": "function", "function": {"name": "add"}}),
    ],
)
def test_what_a_model_is_told_of_whether_to_call(asked: str, expected: Any) -> None:
    sent = body("vllm", tools=[LOOK, SUM], tool_choice=asked)
    assert sent["tool_choice"] == expected
    assert len(sent["tools"]) == 2


@pytest.mark.parametrize("name", ["llamacpp", "lmstudio"])
def test_who_takes_no_name_is_given_that_tool_alone(name: str) -> None:
    sent = body(name, tools=[LOOK, SUM], tool_choice="add")
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["add"]
    assert sent["tool_choice"] == "required"


def test_a_tool_that_is_none_cannot_be_the_one_to_call() -> None:
    with pytest.raises(
        errors.InvalidOptionError, match="tool_choice is sub, and there is no tool of that name"
    ):
        body("vllm", tools=[SUM], tool_choice="sub")


def test_they_go_along_with_what_the_service_runs() -> None:
    sent = body("openrouter", tools=[SUM], web=True)
    assert [tool["type"] for tool in sent["tools"]] == ["function", "openrouter:web_search"]
    own = {"type": "function", "function": {"name": "mine"}}
    sent = body("vllm", tools=[SUM], extra_body={"tools": [own]})
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["add", "mine"]
    assert body("vllm", extra_body={"tools": [own]})["tools"] == [own]


def test_who_cannot_is_refused_by_name() -> None:
    chat = Chat("perplexity:sonar", api_key=KEY, tools=[adder()])
    with pytest.raises(errors.InvalidOptionError, match=r"perplexity.* cannot call tools"):
        chat.ask("hi")
    chat = Chat("groq:groq/compound", api_key=KEY, tools=[adder()])
    with pytest.raises(errors.InvalidOptionError, match="cannot call tools"):
        chat.ask("hi")


def test_a_schema_of_the_answer_is_told_in_words_where_it_would_forbid_calls() -> None:
    shape = {"type": "object", "properties": {"x": {"type": "integer"}}}
    assert "response_format" in body("llamacpp", schema=shape)
    sent = body("llamacpp", schema=shape, tools=[SUM])
    assert "response_format" not in sent
    assert "JSON" in sent["messages"][-1]["content"]
    assert "response_format" in body("vllm", schema=shape, tools=[SUM])


# --- schemas of arguments -------------------------------------------------------------------------------

INTEGERS = {"type": "array", "items": {"type": "integer"}}
SCHEMAS: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "plain": (ADD, [{"a": 1, "b": 2}]),
    "nothing": ({}, [{}, {"x": 1}]),
    "of nothing": ({"type": "object"}, [{}, {"x": 1}]),
    "with a draft's name": (
        {**ADD, "$schema": "http://json-schema.org/draft-07/schema#", "$id": "x"},
        [{"a": 1, "b": 2}],
    ),
    "by a reference": ({"$ref": "#/$defs/X", "$defs": {"X": ADD}}, [{"a": 1, "b": 2}]),
    "defaults": (
        {"type": "object", "properties": {"n": {"type": "integer", "default": 5, "title": "N"}}},
        [{}, {"n": 1}],
    ),
    "any value": ({"type": "object", "properties": {"x": {}, "y": True}}, [{"x": [1], "y": None}]),
    "a list of anything": ({"type": "object", "properties": {"x": {"type": "array"}}}, [{"x": [1, "a"]}]),
    "a pair": (
        {
            "type": "object",
            "properties": {
                "x": {
                    "type": "array",
                    "prefixItems": [{"type": "number"}, {"type": "string"}],
                    "items": False,
                    "minItems": 2,
                    "maxItems": 2,
                }
            },
        },
        [{"x": [1, "a"]}],
    ),
    "one of two": (
        {
            "oneOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"type": "object", "properties": {"b": INTEGERS}, "required": ["b"]},
            ]
        },
        [{"a": "x"}, {"b": [1]}],
    ),
    "one of two must be there": (
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        [{"a": "x"}, {"b": "y"}],
    ),
    "all of": (
        {"allOf": [ADD, {"type": "object", "properties": {"c": INTEGERS}}]},
        [{"a": 1, "b": 2, "c": [3]}],
    ),
    "kinds by a key": (
        {
            "type": "object",
            "properties": {
                "x": {
                    "oneOf": [
                        {
                            "type": "object",
                            "properties": {"k": {"const": "p"}, "n": {"type": "integer"}},
                            "required": ["k"],
                        },
                        {"type": "object", "properties": {"k": {"const": "q"}}, "required": ["k"]},
                    ]
                }
            },
        },
        [{"x": {"k": "p", "n": 1}}, {"x": {"k": "q"}}],
    ),
    "itself": (
        {"type": "object", "properties": {"next": {"$ref": "#"}, "v": {"type": ["integer", "null"]}}},
        [{"v": None, "next": {"v": 1}}],
    ),
    "any keys": ({"type": "object", "additionalProperties": {"type": "integer"}}, [{"x": 1}]),
    "keys by a pattern": (
        {"type": "object", "properties": {"m": {"type": "object", "patternProperties": {"^x": INTEGERS}}}},
        [{"m": {"xa": [1]}}],
    ),
    "not": (
        {"type": "object", "properties": {"x": {"not": {"type": "string"}}}, "not": {"required": ["z"]}},
        [{"x": 1}],
    ),
    "when": ({**ADD, "if": {"required": ["a"]}, "then": {"required": ["b"]}}, [{"a": 1, "b": 2}]),
    "values of any kind": (
        {"type": "object", "properties": {"x": {"enum": [1, "a", None, [2], {"b": 3}]}}},
        [{"x": [2]}, {"x": None}],
    ),
    "looks ahead": (
        {"type": "object", "properties": {"x": {"type": "string", "pattern": "^(?=a)"}}},
        [{"x": "ab"}],
    ),
}


@pytest.mark.parametrize("subset", [FUNCTIONS, LLAMA], ids=["openai", "llama"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_that_services_take_and_takes_what_it_took(name: str, subset: Any) -> None:
    schema, values = SCHEMAS[name]
    found = parameters(schema, subset)
    function = {"type": "function", "function": {"name": "f", "parameters": found}}
    assert wrong_in_chat({"model": "m", "tools": [function], "messages": []}) is None
    for value in values:
        jsonschema.validate(value, schema)
        jsonschema.validate(value, found)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "type",
                        "properties",
                        "required",
                        "items",
                        "anyOf",
                        "oneOf",
                        "allOf",
                        "$ref",
                        "$defs",
                        "enum",
                        "a",
                    ]
                ),
                inner | st.sampled_from(["object", "array", "#", "#/$defs/a"]),
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_a_server_calls_a_schema_can_be_sent(junk: Any) -> None:
    schema = junk if isinstance(junk, dict) else {"properties": junk}
    found = parameters(schema, FUNCTIONS)
    assert found["type"] == "object"
    assert "properties" in found
    assert not {"anyOf", "oneOf", "allOf", "enum", "not"} & set(found)
    json.dumps(found)


def test_a_schema_that_cannot_be_said_is_told_in_words() -> None:
    found = parameters(SCHEMAS["one of two"][0], FUNCTIONS)
    assert set(found["properties"]) == {"a", "b"}
    assert "oneOf" in found["description"]


# --- calls and results ----------------------------------------------------------------------------------


def test_each_call_is_answered_by_a_text_right_behind_it_and_in_order() -> None:
    messages = exchange(
        TextPart("I look."), call("b"), call("a", "add", '{"a": 1}'),
        results=(result("b", "one", "two"), result("a", "no such key", name="add", is_error=True)),
    )  # fmt: skip
    sent = body("vllm", messages)["messages"]
    assert sent[1:4] == [
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {"id": "b", "type": "function", "function": {"name": "look", "arguments": "{}"}},
                {"id": "a", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}},
            ],
        },
        {"role": "tool", "tool_call_id": "b", "content": "one\ntwo"},
        {"role": "tool", "tool_call_id": "a", "content": "Error: no such key"},
    ]
    assert wrong_order(sent) is None


def test_a_tool_that_gave_nothing_says_so() -> None:
    sent = body("vllm", exchange(call("a"), results=(result("a"),)))["messages"]
    assert sent[2]["content"] == "(nothing)"


def test_images_follow_the_results_in_a_message_of_the_user() -> None:
    results = (result("a", "seen", IMAGE), result("b", "none"))
    sent = body("vllm", exchange(call("a"), call("b"), results=results))["messages"]
    assert [one["role"] for one in sent] == ["user", "assistant", "tool", "tool", "user"]
    assert "which follows" in sent[2]["content"]
    assert [part["type"] for part in sent[4]["content"]] == ["text", "image_url", "text"]
    assert wrong_order(sent) is None


def test_a_document_follows_where_there_is_a_place_for_it() -> None:
    pdf = FilePart(b"%PDF", "application/pdf", "a.pdf")
    sent = body("openrouter", exchange(call("a"), results=(result("a", pdf),)))["messages"]
    assert [part["type"] for part in sent[3]["content"]] == ["text", "file", "text"]
    note = FilePart(b"x,y", "text/csv", "a.csv")
    sent = body("vllm", exchange(call("a"), results=(result("a", note),)))["messages"]
    assert "x,y" in sent[3]["content"][1]["text"]


@pytest.mark.parametrize(
    ("calls", "results", "expected"),
    [
        (("a", "b"), ("b", "a"), [("a", "a"), ("b", "b")]),
        (("a", "b"), ("b",), [("a", None), ("b", "b")]),
        (("a",), (), [("a", None)]),
        (("", ""), ("", ""), [("call", "0"), ("call_2", "1")]),
        (("a", "a"), ("a", "a"), [("a", "0"), ("a_2", "1")]),
    ],
)
def test_a_history_from_elsewhere_is_put_in_order(calls: Any, results: Any, expected: Any) -> None:
    unique = len(set(results)) == len(results)
    given = tuple(result(id, id if unique else str(place)) for place, id in enumerate(results))
    sent = body("vllm", exchange(*map(call, calls), results=given))["messages"]
    assert wrong_order(sent) is None
    assert [one["id"] for one in sent[1]["tool_calls"]] == [id for id, _ in expected]
    words = {one["tool_call_id"]: one["content"] for one in sent if one["role"] == "tool"}
    assert words == {id: said or "(There is no result of this call.)" for id, said in expected}


some_parts = st.lists(
    st.sampled_from(["text", "a", "b", ""]).map(lambda id: TextPart("t") if id == "text" else call(id)),
    min_size=1,
    max_size=4,
)
turns = st.lists(
    some_parts.map(lambda some: Message("assistant", tuple(some)))
    | st.sampled_from(["a", "b", "", "z"]).map(lambda id: result(id, f"result of {id}"))
    | st.just(Message("user", "u")),
    max_size=8,
)
"""Messages in any order, as no loop leaves them."""


@given(turns)
def test_any_history_is_one_that_is_taken(messages: list[Message]) -> None:
    for provider, judge in (
        ("vllm", lambda sent: wrong_order(sent["messages"])),
        ("mistral", wrong_at_mistral),
    ):
        sent = body(provider, [Message("user", "hi"), *messages])
        assert judge(sent) is None
        said = json.dumps(sent["messages"])
        assert all(
            said.count("result of z") >= 1
            for one in messages
            if one.parts == result("z", "result of z").parts
        )


def test_a_result_of_no_call_is_told_in_words() -> None:
    sent = body("vllm", [Message("user", "hi"), result("x", "42"), Message("user", "more")])["messages"]
    assert [one["role"] for one in sent] == ["user", "user", "user"]
    assert "42" in sent[1]["content"]


def test_the_same_id_in_two_turns_is_two_ids() -> None:
    turn = exchange(call("call_1"), results=(result("call_1", "x"),))[:-1]
    sent = body("vllm", [*turn, Message("assistant", "So."), *turn, Message("user", "more")])["messages"]
    assert [one["tool_calls"][0]["id"] for one in sent if "tool_calls" in one] == ["call_1", "call_1_2"]
    assert wrong_order(sent) is None


def test_messages_of_dicts_go_out_as_they_are() -> None:
    calls = [
        {
            "id": "c",
            "type": "function",
            "function": {"name": "look", "arguments": "{}"},
            "extra_content": {"x": 1},
        }
    ]
    messages = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "c", "content": "4"},
    ]
    sent = body("vllm", messages)["messages"]
    assert sent[1]["tool_calls"] == calls
    assert sent[2] == messages[2]


@pytest.mark.parametrize(
    "arguments", ["", '{"a', "nonsense", '{"a": 1}}', "[1]", "7", "null", '"x"', '"\\"{}\\""']
)
def test_arguments_that_are_no_object_go_out_as_none(arguments: str) -> None:
    sent = body("vllm", exchange(call("a", "look", arguments), results=(result("a", "x"),)))["messages"]
    assert sent[1]["tool_calls"][0]["function"]["arguments"] == "{}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("multi_tool_use.parallel", "multi_tool_use_parallel"),
        ("", "unknown"),
        ("x" * 100, "x" * 64),
        ("schön ok", "sch_n_ok"),
    ],
)
def test_a_name_that_nobody_takes_back_goes_out_as_one_that_they_do(name: str, expected: str) -> None:
    sent = body("vllm", exchange(call("a", name), results=(result("a", "there is no tool of that name"),)))[
        "messages"
    ]
    assert wrong_order(sent) is None
    assert sent[1]["tool_calls"][0]["function"]["name"] == expected


def test_arguments_that_are_a_text_in_a_text_go_out_as_one() -> None:
    messages = exchange(call("a", "look", json.dumps('{"a": 1}')), results=(result("a", "x"),))
    sent = body("vllm", messages)["messages"]
    assert sent[1]["tool_calls"][0]["function"]["arguments"] == '{"a": 1}'


IDS = st.text(max_size=80) | st.sampled_from(
    ["toolu_01A09q90qw90lq917835lq9", "functions.look:0", "call_1", "AbCdEfGh9"]
)


@given(st.lists(IDS, max_size=6))
def test_ids_of_any_form_are_taken_each_once(given_ids: list[str]) -> None:
    for form, longest in ((nine, 9), (at_most(40), 40)):
        ids = CallIds(form)
        found = [ids.of(id) for id in given_ids]
        assert len(set(found)) == len(found)
        assert all(0 < len(id) <= longest for id in found)
    assert all(id.isascii() and id.isalnum() and len(id) == 9 for id in map(nine, given_ids))


def test_an_id_that_is_taken_stays() -> None:
    assert nine("AbCdEfGh9") == "AbCdEfGh9"
    assert at_most(40)("toolu_01A09q90qw90lq917835lq9") == "toolu_01A09q90qw90lq917835lq9"


@pytest.mark.parametrize(("provider", "model"), [("mistral", "m"), ("openrouter", "mistralai/devstral-2")])
def test_mistral_gets_ids_of_its_form_and_words_before_the_user(provider: str, model: str) -> None:
    messages = exchange(call("toolu_0123456789"), call("x"), results=(result("toolu_0123456789", IMAGE),))
    sent = body(provider, messages, model)
    assert wrong_at_mistral(sent) is None
    assert [one["role"] for one in sent["messages"]] == [
        "user",
        "assistant",
        "tool",
        "tool",
        "assistant",
        "user",
    ]


def test_deepseek_has_reasoning_on_each_message_with_calls() -> None:
    messages = exchange(call("a"), results=(result("a", "x"),))
    sent = body("deepseek", messages)
    assert wrong_at_deepseek(sent) is None
    assert sent["messages"][1]["reasoning_content"] == ""


def test_openai_gets_no_long_ids_and_others_do() -> None:
    long = "call_" + "x" * 80
    messages = exchange(call(long), results=(result(long, "x"),))
    at_openai = body("openai", messages, "gpt-4.1", tools=[LOOK], seed=3)
    assert wrong_in_chat(at_openai) is None
    elsewhere = body("vllm", messages)["messages"]
    assert (elsewhere[1]["tool_calls"][0]["id"], elsewhere[2]["tool_call_id"]) == (long, long)


def test_gemini_takes_calls_of_others_unsigned() -> None:
    google = "https://generativelanguage.googleapis.com/v1beta/openai"
    messages = exchange(call("a"), call("b"), results=(result("a", "x"), result("b", "y")))
    for provider, to, model in (
        (OpenAI, google, "gemini-3-pro"),
        (Colab, "https://x.example/v1", "google/gemini-3"),
    ):
        calls = body(provider, messages, model, base_url=to)["messages"][1]["tool_calls"]
        assert "skip_thought_signature_validator" in json.dumps(calls[0])
        assert "extra_content" not in calls[1]
    assert "extra_content" not in json.dumps(body("vllm", messages, "gemini-3-pro"))


# --- calls that the service refuses ---------------------------------------------------------------------


def refused(written: Any, *, tools: bool = True, code: str = "tool_use_failed") -> Any:
    options: dict[str, Any] = {"api_key": KEY, **({"tools": [SUM]} if tools else {})}
    asked = get_provider("groq").check("m", "hi", options)
    reader = get_provider("groq").reader(HttpRequest("POST", "http://service/v1"), asked)
    error = {"message": "Failed to call a function.", "code": code, "failed_generation": written}
    fold = AnswerFold()
    fold.add(reader.feed(b"event: error\n" + sse({"error": error})))
    fold.add(reader.flush())
    return fold.snapshot()


@pytest.mark.parametrize(
    ("written", "name", "arguments"),
    [
        ('{"name": "add", "arguments": {"a": "x"}}', "add", '{"a":"x"}'),
        ('[{"name": "add", "parameters": {"a": 1}}]', "add", '{"a":1}'),
        ({"name": "add", "arguments": '{"a": 1'}, "add", '{"a": 1'),
        ('```json\n{"tool_calls": [{"function": {"name": "add", "arguments": {}}}]}\n```', "add", "{}"),
        ('<tool_call>{"name": "add"}</tool_call>', "add", "{}"),
        ('<function=add{"a": 1}</function>', "add", '{"a": 1}'),
        ('<function=add>{"a": {"b": 2}}</function>', "add", '{"a": {"b": 2}}'),
        ('<function(add)>{"a": 1', "add", '{"a": 1'),
    ],
)
def test_a_call_that_groq_has_refused_is_one_to_be_answered(written: Any, name: str, arguments: str) -> None:
    found = refused(written)
    assert [(one.name, one.arguments) for one in found.tool_calls] == [(name, arguments)]
    assert found.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    "asked",
    [
        ("{", {}),
        ("I would call add.", {}),
        ('{"name": "add"}', {"tools": False}),
        ('{"name": "add"}', {"code": "x"}),
    ],
)
def test_what_is_no_call_is_an_error_that_shows_it(asked: Any) -> None:
    written, more = asked
    with pytest.raises(errors.ProviderError, match=r"Failed to call a function. The model wrote: ") as caught:
        refused(written, **more)
    assert written[:10] in str(caught.value)


def test_what_a_model_wrote_does_not_decide_what_kind_of_error_it_is() -> None:
    with pytest.raises(errors.ProviderError) as caught:
        refused("maximum context length, invalid api key, too many tokens, billing")
    assert type(caught.value) in (errors.ProviderError, errors.BadRequestError)


@given(st.text(alphabet='<function=add>{}"`: a(', max_size=60), cuts)
def test_junk_in_its_place_is_an_error(written: str, places: list[int]) -> None:
    try:
        found = refused(written)
    except errors.ProviderError:
        return
    assert found.tool_calls


def test_the_loop_goes_on_behind_it(vendor_server: ServerFactory) -> None:
    error = {
        "message": "no",
        "code": "tool_use_failed",
        "failed_generation": '{"name": "add", "arguments": {"a": "x"}}',
    }
    failing = Answer(Delta({}, {"error": error, "choices": []}), finish=None)
    server = vendor_server("openai_chat", failing, Answer("Sorry."))
    assert chat_with(server, "groq").ask("hi") == "Sorry."
    sent = server.requests[1].json["messages"]
    assert sent[2]["content"].startswith("Error: ")
    assert "is not of type 'integer'" in sent[2]["content"]


# --- what a service refuses of tools --------------------------------------------------------------------

LONG = "Invalid 'tools[0].function.description': string too long. Expected a string with maximum length 1024, but got"


def test_a_refused_choice_is_made_otherwise_and_told(vendor_server: ServerFactory) -> None:
    refusal = Failure(
        "bad_request", "Invalid tool_choice type: 'object'. Supported string values: none, auto, required"
    )
    server = vendor_server("openai_chat", refusal, Answer("Hi"))
    options: Any = {"base_url": server.base_url, "api_key": KEY, "tools": [LOOK, SUM], "tool_choice": "add"}
    assert runner.run(get_provider("vllm").create_async("m", "hi", **options)) == "Hi"
    sent = server.requests[1].json
    assert (sent["tool_choice"], [one["function"]["name"] for one in sent["tools"]]) == ("required", ["add"])
    server.reply_with(
        Failure("bad_request", "tool_choice 'required' is incompatible with thinking"), Answer("Hi")
    )
    assert (
        runner.run(get_provider("vllm").create_async("m", "hi", **{**options, "tool_choice": "required"}))
        == "Hi"
    )
    assert "tool_choice" not in server.requests[3].json


def test_long_descriptions_are_cut_where_they_are_refused(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", Failure("bad_request", LONG), Answer("Hi"))
    tool = adder()
    tool.spec = ToolSpec("add", "x" * 3000, ADD)
    chat = chat_with(server, tools=[tool])
    assert chat.ask("hi") == "Hi"
    assert len(server.requests[1].json["tools"][0]["function"]["description"]) == 1024


def test_a_model_that_calls_only_without_a_thought_is_asked_so_and_it_is_told(
    vendor_server: ServerFactory,
) -> None:
    server = vendor_server(
        "openai_chat", Answer(ToolCall("add", '{"a": 1, "b": 2}'), finish="tool_calls"), Answer("3")
    )
    chat = chat_with(server, "azure", "gpt-5.6-sol")
    run = chat.reply("1 + 2?")

    async def drained() -> bool:
        async for _ in run.batches():
            pass
        return True

    assert runner.run(drained())
    assert chat.conversation.turns[0].answer == "3"
    assert any("with effort none" in note for note in run.warnings)


@pytest.mark.parametrize(
    "words",
    [
        "registry.ollama.ai/library/gemma3 does not support tools",
        '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        "No endpoints found that support tool use.",
        "`tool calling` is not supported with this model",
    ],
)
def test_a_server_without_tools_is_told_with_what_to_do(words: str, vendor_server: ServerFactory) -> None:
    chat = chat_with(vendor_server("openai_chat", Failure("bad_request", words)))
    with pytest.raises(errors.BadRequestError, match="leave the tools out"):
        chat.ask("hi")


def test_llamacpp_is_asked_before_whether_its_model_can(vendor_server: ServerFactory) -> None:
    provider = add_vendor("llamacpp", base_url="http://localhost:8080/v1")
    seen: list[str] = []
    try:
        for can in (False, True):
            server = vendor_server("openai_chat", Answer("Hi"))

            async def look_up(models: Any, can: bool = can, server: Any = server, **options: Any) -> None:
                seen.extend(models)
                remember("llamacpp", server.base_url, {models[0]: ModelFacts(tools=can)})

            provider.look_up = look_up  # type: ignore[method-assign]
            chat = chat_with(server, "llamacpp")
            if can:
                assert chat.ask("hi") == "Hi"
            else:
                with pytest.raises(errors.InvalidOptionError, match="llamacpp:m cannot call tools"):
                    chat.ask("hi")
                assert not server.requests
        assert seen == ["m", "m"]
    finally:
        remove("llamacpp")


# --- whole exchanges ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "model"),
    [("vllm", "m"), ("openrouter", "m"), ("groq", "m"), ("together", "m"), ("openai", "gpt-4.1")],
)
def test_the_whole_loop(provider: str, model: str, vendor_server: ServerFactory) -> None:
    calls = (ToolCall("add", '{"a": 1, "b": 2}', id="x"), ToolCall("add", '{"a": 3, "b": 4}', id="y"))
    server = vendor_server(
        "openai_chat",
        Answer("I add.", *calls, finish="tool_calls"),
        Answer(ToolCall("add", '{"a": 3, "b": 7}', id="x"), finish="stop"),
        Answer("It is 10."),
        Answer("Yes."),
    )
    chat = chat_with(server, provider, model)
    assert chat.ask("1 + 2 + 3 + 4?") == "I add.\n\nIt is 10."
    assert chat.ask("Sure?") == "Yes."
    sent = server.requests[-1].json["messages"]
    assert [one["role"] for one in sent] == [
        *("user", "assistant", "tool", "tool", "assistant", "tool", "assistant", "user")
    ]
    assert [one["content"] for one in sent if one["role"] == "tool"] == ["3", "7", "10"]
    assert len(server.requests) == 4, "nothing was refused"


def test_the_whole_loop_at_mistral(vendor_server: ServerFactory) -> None:
    reply = judged(
        wrong_at_mistral,
        Answer(ToolCall("draw", "{}", id="D681PevKs"), finish="tool_calls"),
        Answer(ToolCall("draw", "{}", id="D681PevKs"), finish="tool_calls"),
        Answer("Done."),
        Answer("Yes."),
    )
    server = vendor_server("openai_chat", reply)
    draw = Made("draw", lambda _: ToolOutput((TextPart("here"), IMAGE)))
    chat = chat_with(server, "mistral", "mistral-medium-latest", tools=[draw])
    assert chat.ask("draw") == "Done."
    assert chat.ask("sure?") == "Yes."
    assert any(part["type"] == "image_url" for part in server.requests[1].json["messages"][-1]["content"])


def test_the_whole_loop_at_deepseek_keeps_the_reasoning(vendor_server: ServerFactory) -> None:
    reply = judged(
        wrong_at_deepseek,
        Answer(Reasoning("I must add."), ToolCall("add", '{"a": 1, "b": 2}', id="c1"), finish="tool_calls"),
        Answer(Reasoning("And again."), ToolCall("add", '{"a": 3, "b": 3}', id="c1"), finish="tool_calls"),
        Answer("6"),
        Answer("Yes."),
        Answer("Other."),
    )
    chat = chat_with(vendor_server("openai_chat", reply), "deepseek", "deepseek-flash")
    assert chat.ask("?") == "6"
    chat.ask("sure?")
    server_sent = chat.conversation.turns[0]
    assert sum(isinstance(part, ReplayPart) for part in server_sent.parts) == 2


def thoughts_of(request: Request) -> list[str]:
    return [one["reasoning_content"] for one in request.json["messages"] if "reasoning_content" in one]


def test_an_edited_history_has_no_replay_in_it_and_is_taken(vendor_server: ServerFactory) -> None:
    reply = judged(
        wrong_at_deepseek,
        Answer("Hello."),
        Answer(Reasoning("I must add."), ToolCall("add", '{"a": 1, "b": 2}', id="c1"), finish="tool_calls"),
        Answer("3"),
        Answer("Hello again."),
        Answer("Yes."),
    )
    server = vendor_server("openai_chat", reply)
    chat = chat_with(server, "deepseek", "deepseek-flash")
    chat.ask("hello", cell="a")
    chat.ask("1 + 2?", cell="b")
    assert thoughts_of(server.requests[2]) == ["I must add."]
    chat.ask("hello!", cell="a")  # edits the turn before the tools
    chat.ask("sure?", cell="c")
    assert thoughts_of(server.requests[-1]) == [""]
    assert wrong_order(server.requests[-1].json["messages"]) is None


def test_signatures_go_back_to_gemini_though_its_ids_are_none(vendor_server: ServerFactory) -> None:
    def signed(number: int) -> Answer:
        call = {
            "index": 0,
            "id": "",
            "type": "function",
            "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'},
            "extra_content": {"google": {"thought_signature": f"s{number}"}},
        }
        return Answer(Delta({"tool_calls": [call]}), finish="stop")

    server = vendor_server("openai_chat", signed(1), signed(2), Answer("3"))
    chat = chat_with(server, "colab", "google/gemini-3-pro")
    assert chat.ask("1 + 2?") == "3"
    calls = [one["tool_calls"][0] for one in server.requests[-1].json["messages"] if "tool_calls" in one]
    assert [one["extra_content"]["google"]["thought_signature"] for one in calls] == ["s1", "s2"]
    assert len({one["id"] for one in calls}) == 2
    assert len(server.requests) == 3


def test_openrouters_reasoning_goes_back_in_the_middle_of_the_tools(vendor_server: ServerFactory) -> None:
    details = Delta(
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "e", "index": 0, "id": "r"}]}
    )
    server = vendor_server(
        "openai_chat",
        Answer(details, ToolCall("add", '{"a": 1, "b": 2}', id="tool_0_add"), finish="tool_calls"),
        Answer("3"),
    )
    chat = chat_with(server, "openrouter", "google/gemini-3-pro")
    assert chat.ask("?") == "3"
    assert server.requests[1].json["messages"][1]["reasoning_details"][0]["data"] == "e"


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "gpt-4.1"), ("mistral", "m"), ("deepseek", "m"), ("groq", "m"), ("llamacpp", "m")],
)
def test_a_conversation_with_tools_goes_on_elsewhere(provider: str, model: str) -> None:
    raw = json.dumps([{"type": "thinking", "thinking": "hm", "signature": "s"}])
    said = (TextPart("I add."), call("toolu_01", "add", '{"a": 1}'), ReplayPart("anthropic", "c", "d", raw))
    sent = body(provider, exchange(*said, results=(result("toolu_01", "3", name="add"),)), model)
    assert wrong_order(sent["messages"]) is None
    assert sent["messages"][1]["content"] == "I add."
    assert "thinking" not in sent["messages"][1]


def test_a_schema_that_openai_would_refuse_is_taken(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", Answer("Hi"))
    tools = [
        Made(f"tool_{place}", lambda _: "x", parameters=schema)
        for place, (schema, _) in enumerate(SCHEMAS.values())
    ]
    assert chat_with(server, tools=tools).ask("hi") == "Hi"
    assert len(server.requests) == 1
