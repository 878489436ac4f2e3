"""Tools in Gemini's API: what is asked, what comes, what goes back; judged by a server as strict as Google's."""

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
from notebook_chat.events import Event, Finish, Remark
from notebook_chat.messages import AudioPart, FilePart, ImagePart, TextPart, ToolCallPart
from notebook_chat.providers.gemini import Gemini
from notebook_chat.providers.gemini_tools import UNSIGNED
from notebook_chat.secrets import wrap_secrets
from notebook_chat.tool_spec import ToolSpec
from notebook_chat.tools import ToolOutput

from ..servers import Answer, Failure, Parts, Reasoning, Request, VendorServer, serve
from ..servers import ToolCall as Call
from ..servers.gemini_rules import signature
from ..tools.scripted import Made
from .gemini_chunks import chunk
from .test_tools_anthropic import EDITS, FOREIGN, SCHEMAS, fails
from .wires import KEY, PNG, built, cuts, read, sse

NEWEST, OLDER = "gemini-3-a", "gemini-2.5-flash"
MODELS = pytest.mark.parametrize("model", [NEWEST, OLDER])
WEATHER = ToolSpec(
    "weather",
    "Tells the weather.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
CLOCK = ToolSpec("clock")


def body_of(messages: Any = "hi", model: str = NEWEST, **options: Any) -> Any:
    return built(Gemini, messages, model, **options)[1]


def asked(server: VendorServer, model: str = NEWEST, messages: Any = "hi", **options: Any) -> list[Event]:
    result = Gemini.create_async_generator(
        model, messages, base_url=server.base_url, api_key=KEY, retries=0, **options
    )

    async def all_of() -> list[Event]:
        return [event async for batch in result.batches() for event in batch]

    return runner.run(all_of())


# --- what is asked --------------------------------------------------------------------------------------


def test_tools_as_the_api_has_them() -> None:
    body = body_of(tools=[WEATHER, CLOCK])
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    assert body["tools"] == [
        {
            "functionDeclarations": [
                {"name": "weather", "description": "Tells the weather.", "parametersJsonSchema": schema},
                {"name": "clock", "description": "clock"},
            ]
        }
    ]
    assert "toolConfig" not in body


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        ("clock", {"mode": "ANY", "allowedFunctionNames": ["clock"]}),
    ],
)
def test_the_choice(choice: str, sent: Any) -> None:
    assert body_of(tools=[WEATHER, CLOCK], tool_choice=choice)["toolConfig"] == {
        "functionCallingConfig": sent
    }
    with serve("gemini", Answer("Yes")) as server:
        asked(server, tools=[WEATHER, CLOCK], tool_choice=choice)
        assert len(server.requests) == 1


def test_a_search_beside_tools_where_the_model_can_do_both() -> None:
    with serve("gemini", Answer("Yes")) as server:
        events = asked(server, NEWEST, tools=[CLOCK], web=True)
        older = asked(server, OLDER, tools=[CLOCK], web=True)
        newest, old = (request.json for request in server.requests)
    assert [next(iter(tool)) for tool in newest["tools"]] == [
        "functionDeclarations",
        "googleSearch",
        "urlContext",
    ]
    assert newest["toolConfig"] == {"includeServerSideToolInvocations": True}
    assert [next(iter(tool)) for tool in old["tools"]] == ["functionDeclarations"]
    assert not [event for event in events if isinstance(event, Remark)]
    [remark] = [event for event in older if isinstance(event, Remark)]
    assert (remark.option, "cannot search and call tools" in remark.text) == ("web", True)


def test_a_service_that_refuses_both_is_asked_without_the_search() -> None:
    def picky(request: Request) -> Answer | Failure:
        if len(request.json["tools"]) > 1:
            return Failure("bad_request", "Tool use with function calling is unsupported by the model.")
        return Answer("Yes")

    with serve("gemini", picky) as server:
        events = asked(server, tools=[CLOCK], web=True)
        assert len(server.requests) == 2
        assert "toolConfig" not in server.requests[1].json
    assert [event.option for event in events if isinstance(event, Remark)] == ["web"]


def test_data_beside_tools_are_asked_for_in_words_of_older_models() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    newest, old = body_of(tools=[CLOCK], schema=schema), body_of(model=OLDER, tools=[CLOCK], schema=schema)
    assert newest["generationConfig"]["responseMimeType"] == "application/json"
    assert "responseMimeType" not in old["generationConfig"]
    assert '"integer"' in old["contents"][0]["parts"][0]["text"]
    assert "responseMimeType" in body_of(model=OLDER, schema=schema)["generationConfig"]


def test_a_count_has_the_tools() -> None:
    call = Gemini.check(NEWEST, "hi", wrap_secrets({"api_key": KEY, "tools": [CLOCK]}))
    counted = json.loads(Gemini.count_request(call).body or b"")
    assert counted["generateContentRequest"]["tools"][0]["functionDeclarations"][0]["name"] == "clock"


@pytest.mark.parametrize("schema", SCHEMAS, ids=range(len(SCHEMAS)))
@MODELS
def test_every_schema_becomes_one_that_the_service_takes(schema: dict[str, Any], model: str) -> None:
    with serve("gemini", Answer("Yes")) as server:
        asked(server, model, tools=[ToolSpec("look", "", schema)])
        assert len(server.requests) == 1


def test_arguments_come_back_in_the_tools_own_form() -> None:
    schema = {
        "type": "object",
        "properties": {
            "max-n": {"type": "integer"},
            "of": {"type": "object", "additionalProperties": {"type": "number"}},
        },
    }
    tool = Made("look", lambda values: str(values), parameters=schema)

    def model(request: Request) -> Answer:
        if len(request.json["contents"]) > 1:
            return Answer("Seen")
        told = request.json["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"]
        [odd] = [name for name in told["properties"] if name != "of"]
        assert told["properties"]["of"]["type"] == "array"
        return Answer(
            Call("look", json.dumps({odd: 1, "of": [{"key": "a", "value": 2}]})), finish="tool_calls"
        )

    with serve("gemini", model) as server:
        assert chat(server, tools=[tool]).ask("a") == "Seen"
    assert tool.ran == [{"max-n": 1, "of": {"a": 2}}]


# --- what comes -----------------------------------------------------------------------------------------


def fc(name: Any = "look", **more: Any) -> dict[str, Any]:
    return {"functionCall": {"name": name, **more}}


FORMS: dict[str, tuple[list[Any], list[ToolCallPart]]] = {
    "one": ([chunk(fc(args={"a": 1}), finish="STOP")], [ToolCallPart("call_1", "look", '{"a": 1}')]),
    "with an id": ([chunk(fc(id="x", args={}), finish="STOP")], [ToolCallPart("x", "look", "{}")]),
    "no arguments": ([chunk(fc(), finish="STOP")], [ToolCallPart("call_1", "look", "{}")]),
    "null": ([chunk(fc(args=None, id=None), finish="STOP")], [ToolCallPart("call_1", "look", "{}")]),
    "a text": ([chunk(fc(args='{"a":1}'), finish="STOP")], [ToolCallPart("call_1", "look", '{"a":1}')]),
    "no name": ([chunk(fc(None), finish="STOP")], [ToolCallPart("call_1", "", "{}")]),
    "several in one chunk": (
        [chunk(fc(args={"n": 1}), fc(args={"n": 2})), chunk({"text": ""}, finish="STOP")],
        [ToolCallPart("call_1", "look", '{"n": 1}'), ToolCallPart("call_2", "look", '{"n": 2}')],
    ),
    "several chunks": (
        [chunk(fc("a")), chunk(fc("b")), chunk({"text": ""}, finish="STOP")],
        [ToolCallPart("call_1", "a", "{}"), ToolCallPart("call_2", "b", "{}")],
    ),
    "all with one id": (
        [chunk(fc("a", id="x")), chunk(fc("b", id="x"), finish="STOP")],
        [ToolCallPart("x", "a", "{}"), ToolCallPart("call_2", "b", "{}")],
    ),
    "signed": (
        [
            chunk({**fc(), "thoughtSignature": "czE="}),
            chunk({"text": "", "thoughtSignature": "czI="}, finish="STOP"),
        ],
        [ToolCallPart("call_1", "look", "{}")],
    ),
    "the service's own": (
        [
            chunk({"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "args": {"queries": ["a"]}}}),
            chunk(fc(), finish="STOP"),
        ],
        [ToolCallPart("call_1", "look", "{}")],
    ),
}


@pytest.mark.parametrize("form", FORMS)
@given(places=cuts)
def test_calls_in_every_form_wherever_cut(form: str, places: list[int]) -> None:
    chunks, expected = FORMS[form]
    events = read(Gemini, sse(*chunks), places)
    fold = AnswerFold()
    fold.add(events)
    assert list(fold.calls()) == expected
    assert Finish("tool_calls") in events


@given(st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=4), cuts)
def test_any_arguments(arguments: dict[str, Any], places: list[int]) -> None:
    events = read(Gemini, sse(chunk(fc(args=arguments), finish="STOP")), places)
    fold = AnswerFold()
    fold.add(events)
    [call] = fold.calls()
    assert json.loads(call.arguments) == arguments


@pytest.mark.parametrize(
    ("name", "known"), [("default_api.look", "look"), ("default_api:look", "look"), ("default_api.see", "")]
)
def test_a_name_that_is_written_as_code(name: str, known: str) -> None:
    tool = Made("look", lambda _: "a wall")
    answers = [Answer(Parts((fc(name, args={}),)), finish="tool_calls"), Answer("Seen")]
    with serve("gemini", *answers) as server:
        assert chat(server, OLDER, tools=[tool]).ask("a") == "Seen"
    assert len(tool.ran) == bool(known)


ENDS = {
    "MALFORMED_FUNCTION_CALL": "malformed tool call",
    "MALFORMED_RESPONSE": "malformed answer",
    "UNEXPECTED_TOOL_CALL": "a tool that it was not given",
    "TOO_MANY_TOOL_CALLS": "without end",
    "MISSING_THOUGHT_SIGNATURE": "no thought signature",
}


@pytest.mark.parametrize(("reason", "words"), ENDS.items())
def test_bad_ends_are_told(reason: str, words: str) -> None:
    with pytest.raises(errors.ProviderError, match=words):
        read(Gemini, sse(chunk({"text": ""}, finish=reason)))
    events = read(Gemini, sse(chunk({"text": "Let me"}), chunk({"text": ""}, finish=reason)))
    assert [words in event.text for event in events if isinstance(event, Remark)] == [True]
    assert events[-1] == Finish(reason)


def test_a_malformed_call_is_asked_for_again() -> None:
    tool = Made("look", lambda _: "a wall")
    answers = [
        Answer(finish="MALFORMED_FUNCTION_CALL"),
        Answer(Call("look"), finish="tool_calls"),
        Answer("Seen"),
    ]
    with serve("gemini", *answers) as server:
        talk = Chat(f"gemini:{OLDER}", base_url=server.base_url, api_key=KEY, retries=1, tools=[tool])
        assert talk.ask("a") == "Seen"


# --- the whole loop -------------------------------------------------------------------------------------


def chat(server: VendorServer, model: str = NEWEST, **options: Any) -> Chat:
    return Chat(f"gemini:{model}", base_url=server.base_url, api_key=KEY, retries=0, **options)


NUMBERS = itertools.count()


def is_given(content: Any) -> bool:
    return any("functionResponse" in part for part in content["parts"])


def looking(request: Request) -> Answer:
    """A model that thinks and looks twice before it answers."""
    contents = request.json["contents"]
    rounds = 0
    for content in reversed(contents):
        if (
            content["role"] == "user"
            and not is_given(content)
            and "From the tool" not in str(content["parts"])
        ):
            break
        rounds += is_given(content)
    if rounds >= 2:
        return Answer(Reasoning("Enough."), "Seen")
    one, two = (f"c{next(NUMBERS)}" for _ in range(2))
    calls = Call("look", '{"at": "a"}', id=one), Call("look", "{}", id=two)
    return Answer(Reasoning(f"Round {rounds}"), "Let me look.", *calls, finish="tool_calls")


def look(does: Callable[[Any], Any] = lambda _: "a wall") -> Made:
    return Made("look", does)


def kinds(content: Any) -> list[str]:
    return [
        next(name for name in part if name not in ("thoughtSignature", "thought"))
        for part in content["parts"]
    ]


@MODELS
def test_rounds(model: str) -> None:
    with serve("gemini", looking) as server:
        talk = chat(server, model, tools=[look()])
        assert talk.ask("What is there?").endswith("Seen")
        assert talk.ask("And now?").endswith("Seen")
        bodies = [request.json for request in server.requests]
    assert len(bodies) == 6
    said, results = bodies[1]["contents"][1:]
    signed = [part.get("thoughtSignature") for part in said["parts"] if "functionCall" in part]
    assert signed == ([signature(NEWEST), None] if model == NEWEST else [None, None])
    assert [part["functionResponse"]["response"] for part in results["parts"]] == [{"output": "a wall"}] * 2
    assert not any("text" in part for part in results["parts"])
    for before, after in itertools.pairwise(bodies):
        assert after["contents"][: len(before["contents"])] == before["contents"]


def test_calls_without_ids_and_their_results() -> None:
    unnamed = Parts(
        (
            {**fc(args={"n": 1}), "thoughtSignature": signature(NEWEST)},
            fc(args={"n": 2}),
        )
    )
    with serve("gemini", Answer(unnamed, finish="tool_calls"), Answer("Seen")) as server:
        assert chat(server, tools=[look(lambda values: values["n"])]).ask("a") == "Seen"
        results = server.requests[1].json["contents"][2]["parts"]
    assert results == [
        {"functionResponse": {"name": "look", "response": {"output": "1"}}},
        {"functionResponse": {"name": "look", "response": {"output": "2"}}},
    ]


def media(*parts: Any, is_error: bool = False) -> Callable[[Any], Any]:
    return lambda _: ToolOutput(parts, is_error)


RESULTS: dict[str, tuple[Callable[[Any], Any], dict[str, Any], int, int]] = {
    # what the tool does; what the service is told; how many files within the result and behind it, with Gemini 3
    "an error": (fails, {"error": "KeyError: 'price'"}, 0, 0),
    "nothing": (lambda _: "", {"output": ""}, 0, 0),
    "an image": (media(TextPart("here:"), ImagePart(PNG, "image/png")), {"output": "here:"}, 1, 0),
    "a document": (media(FilePart(b"%PDF-", "application/pdf", "a.pdf")), {}, 1, 0),
    "a recording": (media(AudioPart(b"RIFF", "audio/wav")), {}, 0, 1),
    "an image of an error": (
        media(TextPart("no"), ImagePart(PNG, "image/png"), is_error=True),
        {"error": "no"},
        1,
        0,
    ),
}


@pytest.mark.parametrize("kind", RESULTS)
@MODELS
def test_results(kind: str, model: str) -> None:
    does, told, inside, behind = RESULTS[kind]
    if model == OLDER:
        inside, behind = 0, inside + behind
    with serve("gemini", looking) as server:
        assert chat(server, model, tools=[look(does)]).ask("a").endswith("Seen")
        contents = server.requests[1].json["contents"][2:]
    first, *_ = (part["functionResponse"] for part in contents[0]["parts"])
    assert not told or first["response"] == told
    assert len(first.get("parts", [])) == inside
    assert len(contents) == 1 + bool(behind)
    files = [part for content in contents[1:] for part in content["parts"] if "text" not in part]
    assert len(files) == 2 * behind


def test_what_the_user_says_stands_behind_the_results() -> None:
    with serve("gemini", looking) as server:
        talk = chat(server, tools=[look()], rounds=1)
        talk.ask("a")
        talk.ask("b", tools=[])
        contents = server.requests[-1].json["contents"]
    assert [kinds(content) for content in contents[-2:]] == [["functionResponse"] * 2, ["text"]]


# --- histories that were edited, or come from elsewhere ---------------------------------------------------


@pytest.mark.parametrize("edit", EDITS)
@MODELS
def test_edited_histories_are_taken(edit: Callable[[Chat], None], model: str) -> None:
    with serve("gemini", looking) as server:
        talk = chat(server, model, tools=[look()])
        talk.ask("a", cell="c0")
        talk.ask("b", cell="c1")
        server.forget()
        edit(talk)
        talk.ask("c", cell="c2")
        refused = [server.dialect.check(request, request.json) for request in server.requests]
    assert refused
    assert not any(refused)


@pytest.mark.parametrize("kind", FOREIGN)
@MODELS
def test_foreign_histories_are_taken(kind: str, model: str) -> None:
    with serve("gemini", Answer("Yes")) as server:
        asked(server, model, FOREIGN[kind])
        assert len(server.requests) == 1
        contents = server.requests[0].json["contents"]
    for content in contents:
        calls = [part for part in content["parts"] if "functionCall" in part]
        signed = [part.get("thoughtSignature") for part in calls]
        assert signed == [UNSIGNED if model == NEWEST else None, *[None] * (len(calls) - 1)][: len(calls)]


def test_signatures_of_another_key_are_left_out_once_they_are_refused() -> None:
    def other_key(request: Request) -> Answer | Failure:
        parts = [part for content in request.json["contents"] for part in content["parts"]]
        if any(part.get("thoughtSignature") not in (None, UNSIGNED) for part in parts):
            return Failure("bad_request", "Corrupted thought signature.")
        return looking(request)

    with serve("gemini", other_key) as server:
        assert chat(server, tools=[look()]).ask("a").endswith("Seen")
        last = server.requests[-1].json["contents"]
    assert last[1]["parts"][1]["thoughtSignature"] == UNSIGNED


def test_a_history_on_the_disk_has_all_that_goes_back() -> None:
    with serve("gemini", looking) as server:
        talk = chat(server, tools=[look()])
        talk.ask("a")
        talk.conversation = Conversation.from_dict(
            json.loads(json.dumps(copy.deepcopy(talk.conversation.to_dict()), default=str))
        )
        talk.ask("b")
        bodies = [request.json for request in server.requests]
    assert bodies[3]["contents"][:5] == bodies[2]["contents"]
