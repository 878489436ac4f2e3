"""Tools in Anthropic's messages: what is asked, what comes, what goes back; judged by a server as strict as theirs."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Chat, errors, runner
from notebook_chat.answer import AnswerFold
from notebook_chat.conversation import Conversation
from notebook_chat.events import Event, Remark, ToolCall
from notebook_chat.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from notebook_chat.parts import ReplayPart
from notebook_chat.providers.anthropic import Anthropic
from notebook_chat.secrets import wrap_secrets
from notebook_chat.tool_spec import ToolSpec
from notebook_chat.tools import ToolOutput

from ..servers import Answer, Block, Failure, Reasoning, Request, VendorServer, serve
from ..servers import ToolCall as Call
from ..tools.scripted import Made
from .wires import KEY, PNG, built, cuts, read, sse

MODEL = "claude-sonnet-5-5"
WEATHER = ToolSpec(
    "weather",
    "Tells the weather.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
CLOCK = ToolSpec("clock")


def body_of(messages: Any = "hi", model: str = MODEL, **options: Any) -> Any:
    return built(Anthropic, messages, model, **options)[1]


# --- what is asked --------------------------------------------------------------------------------------


def test_tools_as_the_api_has_them() -> None:
    body = body_of(tools=[WEATHER, CLOCK])
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    assert body["tools"] == [
        {"name": "weather", "description": "Tells the weather.", "input_schema": schema},
        {"name": "clock", "input_schema": {"type": "object", "properties": {}}},
    ]
    assert "tool_choice" not in body
    assert body["thinking"] == {
        "type": "adaptive",
        "display": "summarized",
    }  # or what stands between calls is not seen


def test_tools_beside_a_search_and_tools_of_the_callers_own() -> None:
    mine = {"name": "clock", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}}
    body = body_of(tools=[WEATHER, CLOCK], web=True, extra_body={"tools": [mine]})
    assert [tool["name"] for tool in body["tools"]] == ["weather", "clock", "web_search"]
    assert body["tools"][1] == mine


CHOICES = [
    ("claude-haiku-4-5", "required", {}, {"type": "any"}),
    ("claude-haiku-4-5", "weather", {}, {"type": "tool", "name": "weather"}),
    ("claude-haiku-4-5", "required", {"effort": "low"}, {"type": "auto"}),
    ("claude-haiku-4-5", "auto", {}, {"type": "auto"}),
    ("claude-haiku-4-5", "none", {}, {"type": "none"}),
    (MODEL, "required", {}, {"type": "auto"}),
    (MODEL, "weather", {"effort": "none"}, {"type": "auto"}),
    ("claude-opus-5-5-20260101", "weather", {}, {"type": "auto"}),
    ("claude-haiku-5-5", "weather", {"effort": "none"}, {"type": "tool", "name": "weather"}),
    ("glm-6", "required", {}, {"type": "any"}),
]


@pytest.mark.parametrize(("model", "choice", "more", "sent"), CHOICES)
def test_the_choice(model: str, choice: str, more: Any, sent: Any) -> None:
    assert body_of(model=model, tools=[WEATHER], tool_choice=choice, **more)["tool_choice"] == sent
    with serve("anthropic", Answer("Yes")) as server:
        events = asked(server, model, tools=[WEATHER], tool_choice=choice, **more)
    remarks = [event.text for event in events if isinstance(event, Remark)]
    forced = choice in ("required", "weather")
    assert bool(remarks) == (forced and sent == {"type": "auto"})


def asked(server: VendorServer, model: str = MODEL, messages: Any = "hi", **options: Any) -> list[Event]:
    result = Anthropic.create_async_generator(
        model, messages, base_url=server.base_url, api_key=KEY, retries=0, **options
    )

    async def all_of() -> list[Event]:
        return [event async for batch in result.batches() for event in batch]

    return runner.run(all_of())


def test_a_choice_without_tools_says_nothing_and_one_of_a_tool_that_is_not_there_is_refused() -> None:
    assert "tool_choice" not in body_of(tool_choice="required")
    with pytest.raises(errors.InvalidOptionError, match="no tool of that name"):
        body_of(tools=[WEATHER], tool_choice="clock")


def test_a_service_that_refuses_a_forced_tool_is_asked_again_and_that_is_told() -> None:
    def picky(request: Request) -> Answer | Failure:
        if request.json["tool_choice"]["type"] != "auto":
            return Failure("bad_request", 'tool_choice: type "any" is not supported for this model')
        return Answer("As you like")

    with serve("anthropic", picky) as server:
        events = asked(server, "claude-haiku-4-5", tools=[WEATHER], tool_choice="required")
        assert len(server.requests) == 2
    assert [event.option for event in events if isinstance(event, Remark)] == ["tool_choice"]


def test_a_count_has_the_tools() -> None:
    call = Anthropic.check(
        MODEL, "hi", wrap_secrets({"api_key": KEY, "tools": [WEATHER], "tool_choice": "auto"})
    )
    counted = Anthropic.count_request(call)
    assert counted is not None
    body = json.loads(counted.body or b"")
    assert [tool["name"] for tool in body["tools"]] == ["weather"]
    assert body["tool_choice"] == {"type": "auto"}


def test_many_tools_alone_make_a_beginning_that_is_kept() -> None:
    big = [ToolSpec(f"tool_{number}", "does a lot of things " * 40) for number in range(10)]
    assert "cache_control" in body_of(tools=big)
    assert "cache_control" not in body_of(tools=[CLOCK])


SCHEMAS: list[dict[str, Any]] = [
    {},
    {"type": "object"},
    {"type": "object", "additionalProperties": True},
    {"$ref": "#/$defs/A", "$defs": {"A": {"type": "object", "properties": {"a": {"type": "integer"}}}}},
    {
        "anyOf": [
            {"type": "object", "properties": {"a": {"type": "integer"}}},
            {"type": "object", "required": ["b"]},
        ]
    },
    {"type": "object", "properties": {"a b": {"type": "string"}, "größe": {"type": "number"}, "x": {}}},
    {"type": "object", "properties": {"d": {"type": "object", "additionalProperties": {"type": "integer"}}}},
    {
        "type": "object",
        "properties": {"t": {"type": "array", "prefixItems": [{"type": "integer"}], "items": False}},
    },
    {"type": "object", "properties": {"e": {"enum": [{"x": 1}]}}},
    {"type": "object", "properties": {"n": {"$ref": "#"}}},
    {"type": "object", "properties": {"p": {"type": "string", "pattern": "(?=a)", "default": 3}}},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=range(len(SCHEMAS)))
def test_every_schema_becomes_one_that_the_service_takes(schema: dict[str, Any]) -> None:
    with serve("anthropic", Answer("Yes")) as server:
        asked(server, tools=[ToolSpec("look", "", schema)])
        assert len(server.requests) == 1


# --- what comes -----------------------------------------------------------------------------------------


def start(index: int, **block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def piece(index: int, text: Any) -> dict[str, Any]:
    return {
        "type": "content_block_delta",
        "index": index,
        "delta": {"type": "input_json_delta", "partial_json": text},
    }


STOP = {"type": "content_block_stop", "index": 0}
END = ({"type": "message_delta", "delta": {"stop_reason": "tool_use"}}, {"type": "message_stop"})


def use(index: int, id_: Any = "t", name: Any = "look", input_: Any = None) -> dict[str, Any]:
    return start(index, type="tool_use", id=id_, name=name, input={} if input_ is None else input_)


FORMS: dict[str, tuple[list[Any], list[ToolCallPart]]] = {
    "in pieces": (
        [use(0), piece(0, ""), piece(0, '{"a"'), piece(0, ":1}")],
        [ToolCallPart("t", "look", '{"a":1}')],
    ),
    "no arguments": ([use(0)], [ToolCallPart("t", "look", "{}")]),
    "empty pieces": ([use(0), piece(0, ""), piece(0, "")], [ToolCallPart("t", "look", "{}")]),
    "whole in the start": ([use(0, input_={"a": 1})], [ToolCallPart("t", "look", '{"a":1}')]),
    "a text in the start": ([use(0, input_='{"a":1}')], [ToolCallPart("t", "look", '{"a":1}')]),
    "an object in a piece": ([use(0), piece(0, {"a": 1})], [ToolCallPart("t", "look", '{"a":1}')]),
    "broken": ([use(0), piece(0, '{"a":')], [ToolCallPart("t", "look", '{"a":')]),
    "null": ([use(0), piece(0, None)], [ToolCallPart("t", "look", "{}")]),
    "without an id": ([use(0, None)], [ToolCallPart("call_1", "look", "{}")]),
    "all with one id": (
        [use(0), STOP, use(1)],
        [ToolCallPart("t", "look", "{}"), ToolCallPart("call_2", "look", "{}")],
    ),
    "all with one number": (
        [use(0, "x"), piece(0, '{"a":1}'), STOP, use(0, "y"), piece(0, '{"b":2}'), STOP],
        [ToolCallPart("x", "look", '{"a":1}'), ToolCallPart("y", "look", '{"b":2}')],
    ),
    "mixed": (
        [use(0, "x"), use(1, "y"), piece(1, '{"b"'), piece(0, '{"a":1}'), piece(1, ":2}")],
        [ToolCallPart("x", "look", '{"a":1}'), ToolCallPart("y", "look", '{"b":2}')],
    ),
    "without an end": ([use(0), piece(0, '{"a":1}')], [ToolCallPart("t", "look", '{"a":1}')]),
    "the service's own": (
        [
            start(0, type="server_tool_use", id="s", name="web_search", input={}),
            piece(0, '{"query":"a"}'),
            STOP,
            use(1),
        ],
        [ToolCallPart("t", "look", "{}")],
    ),
}


def calls(events: list[Event]) -> list[ToolCallPart]:
    fold = AnswerFold()
    fold.add(events)
    return list(fold.calls())


@pytest.mark.parametrize("form", FORMS)
@given(places=cuts)
def test_calls_in_every_form_wherever_cut(form: str, places: list[int]) -> None:
    frames, expected = FORMS[form]
    assert calls(read(Anthropic, sse(*frames, *END, named=True), places)) == expected


@given(st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=4), cuts, cuts)
def test_any_arguments_in_any_pieces(arguments: dict[str, Any], inner: list[int], places: list[int]) -> None:
    text = json.dumps(arguments)
    edges = [0, *sorted(place for place in inner if place < len(text)), len(text)]
    pieces = [piece(0, text[a:b]) for a, b in itertools.pairwise(edges)]
    [call] = calls(read(Anthropic, sse(use(0), *pieces, STOP, *END), places))
    assert json.loads(call.arguments) == arguments


def test_arguments_come_back_by_their_own_names() -> None:
    schema = {"type": "object", "properties": {"a b": {"type": "integer"}, "c": {"type": "string"}}}
    tool = Made("look", lambda values: str(values), parameters=schema)

    def model(request: Request) -> Answer:
        if len(request.json["messages"]) > 1:
            return Answer("Seen")
        [odd] = [name for name in request.json["tools"][0]["input_schema"]["properties"] if name != "c"]
        return Answer(Call("look", json.dumps({odd: 1, "c": "d"}), pieces=5), finish="tool_calls")

    with serve("anthropic", model) as server:
        assert chat(server, tools=[tool]).ask("a") == "Seen"
    assert tool.ran == [{"a b": 1, "c": "d"}]


# --- the whole loop -------------------------------------------------------------------------------------


def chat(server: VendorServer, model: str = MODEL, **options: Any) -> Chat:
    return Chat(f"anthropic:{model}", base_url=server.base_url, api_key=KEY, retries=0, **options)


NUMBERS = itertools.count()


def looking(request: Request) -> Answer:
    """A model that thinks and looks twice before it answers; each call has an id of its own."""
    messages = request.json["messages"]
    here = messages[max(n for n, one in enumerate(messages) if not is_result(one)) :]
    rounds = sum(map(is_given, here))
    if rounds >= 2:
        return Answer(Reasoning("Enough."), "Seen")
    one, two = (f"toolu_{next(NUMBERS)}" for _ in range(2))
    return Answer(
        Reasoning(f"Round {rounds}"),
        "Let me look.",
        Call("look", '{"at": "a"}', id=one),
        Call("look", "{}", id=two),
        finish="tool_calls",
    )


def is_result(message: Any) -> bool:
    if message["role"] != "user":
        return True
    content = message["content"]
    return isinstance(content, list) and all(block["type"] == "tool_result" for block in content)


def is_given(message: Any) -> bool:
    return message["role"] == "user" and is_result(message)


def kinds(message: Any) -> list[str]:
    return [block["type"] for block in message["content"]]


def look(does: Callable[[Any], Any] = lambda _: "a wall") -> Made:
    return Made("look", does)


def test_rounds_with_thoughts_that_go_back_as_they_came() -> None:
    with serve("anthropic", looking) as server:
        talk = chat(server, tools=[look()])
        assert talk.ask("What is there?").endswith("Seen")
        assert talk.ask("And now?").endswith("Seen")
        bodies = [request.json for request in server.requests]
    assert len(bodies) == 6  # and none was refused
    assert [kinds(message) for message in bodies[2]["messages"]] == [
        ["text"],
        ["thinking", "text", "tool_use", "tool_use"],
        ["tool_result", "tool_result"],
        ["thinking", "text", "tool_use", "tool_use"],
        ["tool_result", "tool_result"],
    ]
    for before, after in itertools.pairwise(bodies):  # so that the service reads the beginning from its cache
        assert after["messages"][: len(before["messages"])] == before["messages"]
        assert after["tools"] == before["tools"]


def test_a_count_of_rounds_without_thoughts_needs_no_replay() -> None:
    answers = [Answer("I look.", Call("look", "{}", id="t1"), finish="tool_calls"), Answer("Seen")]
    with serve("anthropic", *answers) as server:
        assert chat(server, "claude-haiku-4-5", tools=[look()]).ask("a") == "I look.\n\nSeen"
        sent = server.requests[1].json["messages"]
    assert sent[1]["content"] == [
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "t1", "name": "look", "input": {}},
    ]
    assert sent[2]["content"] == [
        {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "a wall"}]}
    ]


def fails(_: Any) -> Any:
    raise KeyError("price")


RESULTS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "an error": (fails, {"content": [{"type": "text", "text": "KeyError: 'price'"}], "is_error": True}),
    "nothing": (lambda _: "", {}),
    "blank": (lambda _: " \n", {}),
    "an image": (
        lambda _: ToolOutput((TextPart("here:"), ImagePart(PNG, "image/png"))),
        {"content": ["text", "image"]},
    ),
    "a document": (
        lambda _: ToolOutput((FilePart(b"%PDF-", "application/pdf", "a.pdf"),)),
        {"content": ["document"]},
    ),
    "an image of an error": (
        lambda _: ToolOutput((ImagePart(PNG, "image/png"),), is_error=True),
        {"content": ["text", "image"]},
    ),
    "an error without words": (
        lambda _: ToolOutput((), is_error=True),
        {"content": [{"type": "text", "text": "(nothing)"}], "is_error": True},
    ),
    "a recording": (lambda _: ToolOutput((AudioPart(b"RIFF", "audio/wav"),)), {"content": ["text"]}),
}


@pytest.mark.parametrize("kind", RESULTS)
def test_results(kind: str) -> None:
    does, expected = RESULTS[kind]
    with serve("anthropic", looking) as server:
        talk = chat(server, tools=[look(does)])
        assert talk.ask("a").endswith("Seen")
        [block, _] = server.requests[1].json["messages"][2]["content"]
    content = expected.get("content")
    if content and isinstance(content[0], str):
        assert [one["type"] for one in block["content"]] == content
        assert "is_error" not in block
    else:
        assert {name: block[name] for name in block.keys() - {"type", "tool_use_id"}} == expected


def test_what_the_user_says_stands_behind_the_results() -> None:
    with serve("anthropic", looking) as server:
        talk = chat(server, tools=[look()], rounds=1)
        talk.ask("a")  # its last calls are answered by the end of the rounds
        talk.ask("b", tools=[])
        sent = server.requests[-1].json["messages"]
    assert kinds(sent[-1]) == ["tool_result", "tool_result", "text"]
    assert sent[-1]["content"][0]["is_error"]


# --- histories that were edited, or come from elsewhere ---------------------------------------------------


def rerun_first(talk: Chat) -> None:
    talk.ask("something else", cell="c0")


def delete_first(talk: Chat) -> None:
    talk.conversation.delete(talk.conversation.turns[0].id)


def other_system(talk: Chat) -> None:
    talk.ask("in rhyme", system="rhyme")


def without_tools(talk: Chat) -> None:
    talk.ask("by yourself", tools=[])


def more_tools(talk: Chat) -> None:
    talk.ask("with more", tools=[Made("smell", lambda _: "nothing")])


def saved(talk: Chat) -> None:
    talk.conversation = Conversation.from_dict(talk.conversation.to_dict())


def without_a_result(talk: Chat) -> None:
    """As a history out of which somebody has cut a result: in the middle of a round."""
    turns = list(talk.conversation.turns)
    values = copy.deepcopy(turns[0].to_dict())
    values["exchange"] = [one for n, one in enumerate(values["exchange"]) if n != 1]
    talk.conversation.replace([type(turns[0]).from_dict(values), *turns[1:]])


def other_result(talk: Chat) -> None:
    """As a history whose result says something else than what came."""
    text = json.dumps(talk.conversation.to_dict()).replace("a wall", "a door")
    talk.conversation = Conversation.from_dict(json.loads(text))


EDITS = [
    rerun_first,
    delete_first,
    other_system,
    without_tools,
    more_tools,
    saved,
    without_a_result,
    other_result,
]


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("model", [MODEL, "claude-haiku-4-5", "claude-opus-4-6"])
def test_edited_histories_are_taken(edit: Callable[[Chat], None], model: str) -> None:
    effort = {"effort": "low"} if model != MODEL else {}
    with serve("anthropic", looking) as server:
        talk = chat(server, model, tools=[look()], **effort)
        talk.ask("a", cell="c0")
        talk.ask("b", cell="c1")
        server.forget()
        edit(talk)
        talk.ask("c", cell="c2")
        refused = [server.dialect.check(request, request.json) for request in server.requests]
    assert refused
    assert not any(refused)


def result(id_: str, text: str = "4", name: str = "look") -> Message:
    return Message("tool", (ToolResultPart(id_, name, (TextPart(text),)),))


def called(*ids: str, arguments: str = "{}", name: str = "look") -> Message:
    return Message("assistant", tuple(ToolCallPart(id_, name, arguments) for id_ in ids))


FOREIGN: dict[str, list[Any]] = {
    "chat completions": [
        "hi",
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "call|1", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}}]},
        {"role": "tool", "tool_call_id": "call|1", "content": "4"},
    ],
    "ids of others": ["hi", called("call:1/ü", "x" * 90), result("x" * 90), result("call:1/ü")],
    "no ids": ["hi", called("", ""), result("", "one"), result("", "two")],
    "the same ids again": ["hi", called("a"), result("a"), called("a"), result("a"), "b"],
    "twice in one": ["hi", called("a", "a"), result("a", "one"), result("a", "two")],
    "unanswered": ["hi", called("a", "b"), result("b"), "go on"],
    "unanswered at the end": ["hi", called("a")],
    "results behind the user": ["hi", called("a"), "meanwhile", result("a"), "go on"],
    "results of nothing": ["hi", result("z"), Message("assistant", "ok"), result("y"), "go on"],
    "broken arguments": ["hi", called("a", arguments='{"a": [1, 2'), result("a")],
    "no arguments": ["hi", called("a", arguments=""), result("a")],
    "arguments that are no object": ["hi", called("a", arguments="[1]"), result("a")],
    "strange names": ["hi", called("a", name="default_api.look it"), result("a"), called("b", name=""), result("b")],
    "results of the user's": [
        "hi", called("a"), Message("user", (TextPart("here"), ToolResultPart("a", "look", (TextPart("4"),))))],
    "a result twice": ["hi", called("a"), result("a"), result("a"), "go on"],
    "empty": ["hi", Message("assistant", (TextPart(""), ToolCallPart("a", "look", "{}"))), result("a", "")],
}  # fmt: skip


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("options", [{}, {"tools": [WEATHER]}], ids=["without tools", "with tools"])
def test_foreign_histories_are_taken(kind: str, options: Any) -> None:
    with serve("anthropic", Answer("Yes")) as server:
        asked(server, messages=FOREIGN[kind], **options)
        assert len(server.requests) == 1
        first = server.requests[0].json["messages"]
    assert body_of(FOREIGN[kind], **options)["messages"] == first  # each time the same


def test_results_are_those_of_their_calls() -> None:
    messages = body_of(FOREIGN["ids of others"])["messages"]
    ids = [block["id"] for block in messages[1]["content"]]
    assert [block["tool_use_id"] for block in messages[2]["content"]] == ids
    assert body_of(FOREIGN["broken arguments"])["messages"][1]["content"][0]["input"] == {"a": [1, 2]}
    one, two = body_of(FOREIGN["no ids"])["messages"][2]["content"]
    assert (one["content"][0]["text"], two["content"][0]["text"]) == ("one", "two")


def test_a_server_that_wants_to_know_each_tool_that_was_used() -> None:
    def old(request: Request) -> Answer | Failure:
        if "tools" not in request.json:
            return Failure(
                "bad_request", "Requests which include `tool_use` or `tool_result` blocks must define tools."
            )
        return Answer("Yes")

    with serve("anthropic", old) as server:
        asked(server, messages=["hi", called("a"), result("a")])
        body = server.requests[-1].json
    assert [tool["name"] for tool in body["tools"]] == ["look"]
    assert body["tool_choice"] == {"type": "none"}


def test_a_pause_in_a_round_goes_on_without_results() -> None:
    search = Block(
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "a"}}
    )
    found = Block({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []})
    answers = [
        Answer(Reasoning("hm"), search, found, "Wait.", finish="pause_turn"),
        Answer(Call("look", "{}", id="t1"), finish="tool_calls"),
        Answer("Seen"),
    ]
    tool = look()
    with serve("anthropic", *answers) as server:
        assert chat(server, tools=[tool], web=True).ask("a").endswith("Seen")
        sent = server.requests[2].json["messages"]
        assert len(server.requests) == 3
    assert kinds(sent[1]) == ["thinking", "server_tool_use", "web_search_tool_result", "text", "tool_use"]
    assert kinds(sent[2]) == ["tool_result"]
    assert len(tool.ran) == 1


def test_thoughts_without_a_signature_stay_behind() -> None:
    unsigned = Block({"type": "thinking", "thinking": "hm", "signature": ""})
    answers = [Answer(unsigned, Call("look", "{}", id="t1"), finish="tool_calls"), Answer("Seen")]
    with serve("anthropic", *answers) as server:
        talk = chat(server, "claude-haiku-4-5", tools=[look()], effort="low")
        assert talk.ask("a") == "Seen"
        first, second = (request.json for request in server.requests)
    assert first["thinking"]["type"] == "enabled"
    assert "thinking" not in second  # which would have to stand ahead of the call
    assert not any(isinstance(part, ReplayPart) for part in talk.conversation.turns[0].parts)


def test_the_parts_of_a_stream_are_events_of_calls() -> None:
    events = read(Anthropic, sse(use(0), piece(0, '{"a":1}'), STOP, *END))
    assert [event for event in events if isinstance(event, ToolCall)] == [
        ToolCall(0, "t", "look"),
        ToolCall(0, arguments='{"a":1}'),
    ]
