"""Tools in OpenAI's responses: what is declared, calls in every form, results, and what goes back verbatim.

The server refuses calls without results, results without calls, and reasoning anywhere but behind what it was thought
about.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from notebook_chat import Chat, errors, runner
from notebook_chat.answer import AnswerFold, AnswerSnapshot
from notebook_chat.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    ReplayPart,
    TextPart,
    ToolCallPart,
)
from notebook_chat.providers.openai import OpenAI
from notebook_chat.providers.openai_responses import OpenAIResponses
from notebook_chat.providers.openai_service import OpenAIService
from notebook_chat.providers.replays import settle
from notebook_chat.tool_spec import ToolSpec
from notebook_chat.tools import ToolOutput

from ..servers import Answer, Failure, OutputItem, Reasoning, ToolCall, VendorServer
from ..servers.fixtures import ServerFactory
from ..servers.openai_tools import wrong_in_responses
from ..servers.recorder import Request
from ..tools.scripted import Made
from ..transports import Canned, InMemory
from .test_tools_chat import ADD, IMAGE, SCHEMAS, adder, call, exchange, result, turns
from .wires import KEY, PNG, built, cuts, read, sse

LOOK, SUM = ToolSpec("look", "Looks."), ToolSpec("add", "Adds.", ADD)


def body(messages: Any = "hi", model: str = "gpt-6-luna", **options: Any) -> dict[str, Any]:
    _, found = built(OpenAIResponses, messages, model, **options)
    assert isinstance(found, dict)
    return found


def chat_with(server: VendorServer, **options: Any) -> Chat:
    options = {"base_url": server.base_url, "api_key": KEY, "retries": 0, "tools": [adder()], **options}
    return Chat("openai-responses:gpt-6-luna", **options)


def kinds(request: Request) -> list[str]:
    return [_kind(item) for item in request.json["input"]]


def _kind(item: dict[str, Any]) -> str:
    own = (
        item.get("type", "message") == "message" and "id" not in item
    )  # it is none that went back as it came
    return str(item["role"] if own else item["type"])


# --- what is declared -----------------------------------------------------------------------------------


def test_tools_are_declared_flat_and_never_strict() -> None:
    sent = body(tools=[LOOK, SUM], web=True)
    assert sent["tools"] == [
        {
            "type": "function",
            "name": "look",
            "description": "Looks.",
            "parameters": {"type": "object", "properties": {}},
            "strict": False,
        },
        {"type": "function", "name": "add", "description": "Adds.", "parameters": ADD, "strict": False},
        {"type": "web_search"},
    ]
    assert "tool_choice" not in sent
    assert wrong_in_responses(sent) is None


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("auto", "auto"),
        ("required", "required"),
        ("none", "none"),
        ("add", {"type": "function", "name": "add"}),
    ],
)
def test_what_a_model_is_told_of_whether_to_call(asked: str, expected: Any) -> None:
    sent = body(tools=[LOOK, SUM], tool_choice=asked)
    assert sent["tool_choice"] == expected
    assert wrong_in_responses(sent) is None
    assert "tool_choice" not in body(tool_choice=asked)


def test_a_tool_that_is_none_cannot_be_the_one_to_call() -> None:
    with pytest.raises(errors.InvalidOptionError, match="there is no tool of that name"):
        body(tools=[SUM], tool_choice="sub")


def test_schemas_of_any_form_are_taken() -> None:
    tools = [ToolSpec(f"tool_{place}", "", schema) for place, (schema, _) in enumerate(SCHEMAS.values())]
    assert wrong_in_responses(body(tools=tools)) is None


# --- calls and results ----------------------------------------------------------------------------------


def test_calls_and_results_are_items_in_the_order_of_their_parts() -> None:
    messages = exchange(
        TextPart("I look."), call("b"), TextPart("And add."), call("a", "add", '{"a": 1'),
        results=(result("b", "one", "two"), result("a", "no such key", is_error=True)),
    )  # fmt: skip
    assert body(messages)["input"] == [
        {"role": "user", "content": "hi"},
        {"type": "message", "role": "assistant", "content": "I look."},
        {"type": "function_call", "call_id": "b", "name": "look", "arguments": "{}"},
        {"type": "message", "role": "assistant", "content": "And add."},
        {"type": "function_call", "call_id": "a", "name": "add", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "b", "output": "one\ntwo"},
        {"type": "function_call_output", "call_id": "a", "output": "Error: no such key"},
        {"role": "user", "content": "more"},
    ]


def test_images_and_files_are_in_the_result() -> None:
    pdf = FilePart(b"%PDF", "application/pdf", "a.pdf")
    messages = exchange(call("a"), results=(result("a", "seen", IMAGE, "and", pdf, is_error=True),))
    [output] = [item["output"] for item in body(messages)["input"] if "output" in item]
    assert [part["type"] for part in output] == ["input_text", "input_image", "input_text", "input_file"]
    assert output[0]["text"] == "Error: seen"
    assert wrong_in_responses(body(messages)) is None


def test_sound_in_a_result_is_told_in_words() -> None:
    messages = exchange(call("a"), results=(result("a", AudioPart(b"x", "audio/wav")),))
    [output] = [item["output"] for item in body(messages)["input"] if "output" in item]
    assert "a recording" in output


HISTORIES: dict[str, list[Any]] = {
    "unanswered": exchange(call("a"), call("b"), results=(result("b", "x"),)),
    "none answered, and the end": exchange(call("a"))[:-1],
    "a result of no call": [Message("user", "hi"), result("x", "42"), Message("user", "more")],
    "without ids": exchange(call(""), call(""), results=(result("", "x"), result("", "y"))),
    "the same id twice": exchange(call("a"), call("a"), results=(result("a", "x"), result("a", "y"))),
    "the same id in two turns": [
        *exchange(call("a"), results=(result("a", "x"),)),
        Message("assistant", "So."),
        *exchange(call("a"), results=(result("a", "y"),)),
    ],
    "names of none": exchange(
        call("a", "multi_tool_use.parallel"), call("b", ""), results=(result("a", "x"), result("b", "y"))
    ),
    "a long id": exchange(call("c" * 200), results=(result("c" * 200, "x"),)),
    "an answer behind half of the results": [
        Message("user", "hi"),
        Message("assistant", (call("a"), call("b"))),
        result("a", "x"),
        Message("assistant", "So."),
        Message("user", "more"),
    ],
    "dicts": [
        {"role": "user", "content": "hi"},
        {
            "role": "assistant",
            "content": "Well.",
            "tool_calls": [
                {"id": "c", "type": "function", "function": {"name": "look", "arguments": ""}},
                {"id": "d", "type": "custom", "custom": {"name": "run", "input": "ls"}},
            ],
        },
        {"role": "tool", "tool_call_id": "d", "content": "a"},
        {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "4"}]},
    ],
}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_from_elsewhere_is_put_in_order(name: str) -> None:
    sent = body(HISTORIES[name])
    assert wrong_in_responses(sent) is None
    calls = [item["call_id"] for item in sent["input"] if item.get("type") == "function_call"]
    results = [item["call_id"] for item in sent["input"] if item.get("type") == "function_call_output"]
    assert sorted(calls) == sorted(results)


@given(turns)
def test_any_history_is_one_that_is_taken(messages: list[Message]) -> None:
    sent = body([Message("user", "hi"), *messages])
    assert wrong_in_responses(sent) is None


# --- calls as they come ---------------------------------------------------------------------------------

DONE = {"type": "response.completed", "response": {"status": "completed", "output": []}}


def event(kind: str, place: int = 0, **values: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "output_index": place, **values}


def item(arguments: Any = "", id: str = "c1", name: str = "add", **more: Any) -> dict[str, Any]:
    return {
        "type": "function_call",
        "id": f"fc_{id}",
        "call_id": id,
        "name": name,
        "arguments": arguments,
        **more,
    }


def piece(text: str, place: int = 0, id: str = "c1") -> dict[str, Any]:
    return event("function_call_arguments.delta", place, item_id=f"fc_{id}", delta=text)


WHOLE = '{"a":1,"b":2}'
FORMS: dict[str, list[dict[str, Any]]] = {
    "as it should be": [
        event("output_item.added", item=item()),
        piece('{"a":1'),
        piece(',"b":2}'),
        event("function_call_arguments.done", item_id="fc_c1", arguments=WHOLE),
        event("output_item.done", item=item(WHOLE)),
    ],
    "only at the end of the arguments": [
        event("output_item.added", item=item()),
        event("function_call_arguments.done", item_id="fc_c1", arguments=WHOLE),
    ],
    "only in the item that is done": [
        event("output_item.added", item=item()),
        event("output_item.done", item=item(WHOLE)),
    ],
    "only the item that is done": [event("output_item.done", item=item(WHOLE))],
    "whole at the beginning and in pieces": [
        event("output_item.added", item=item(WHOLE)),
        piece('{"a":1'),
        piece(',"b":2}'),
        event("output_item.done", item=item(WHOLE)),
    ],
    "whole at the beginning": [
        event("output_item.added", item=item(WHOLE)),
        event("output_item.done", item=item(WHOLE)),
    ],
    "an object": [event("output_item.done", item=item({"a": 1, "b": 2}))],
    "only in the response": [],
}


def folded(events: list[dict[str, Any]], places: Any = ()) -> AnswerSnapshot:
    fold = AnswerFold()
    fold.add(read(OpenAIResponses, sse(*events, named=True), places))
    return fold.snapshot()


@pytest.mark.parametrize("name", FORMS)
@given(places=cuts)
def test_a_call_in_every_form(name: str, places: list[int]) -> None:
    done = (
        DONE if FORMS[name] else event("completed", response={"status": "completed", "output": [item(WHOLE)]})
    )
    found = folded([*FORMS[name], done], places)
    assert found.tool_calls == (ToolCallPart("c1", "add", WHOLE),)
    assert found.finish_reason == "tool_calls"


@given(places=cuts)
def test_calls_side_by_side(places: list[int]) -> None:
    found = folded(
        [
            event("output_item.added", 0, item=item(id="a")),
            event("output_item.added", 1, item=item(id="b")),
            piece('{"a":', 0, "a"),
            piece("{}", 1, "b"),
            piece("1}", 0, "a"),
            event("output_item.done", 1, item=item("{}", "b")),
            event("output_item.done", 0, item=item('{"a":1}', "a")),
            DONE,
        ],
        places,
    )
    assert found.tool_calls == (ToolCallPart("a", "add", '{"a":1}'), ToolCallPart("b", "add", "{}"))


def test_a_call_of_a_tool_that_takes_any_text() -> None:
    custom = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c1", "name": "run", "input": 'say "hi"'}
    found = folded(
        [
            event("output_item.added", item={**custom, "input": ""}),
            event("custom_tool_call_input.delta", item_id="ctc_1", delta="say"),
            event("output_item.done", item=custom),
            DONE,
        ]
    )
    assert [(one.id, one.name, json.loads(one.arguments)) for one in found.tool_calls] == [
        ("c1", "run", {"input": 'say "hi"'})
    ]
    assert found.finish_reason == "tool_calls"


def test_a_call_that_was_cut_off() -> None:
    cut = event(
        "incomplete", response={"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    )
    found = folded([event("output_item.added", item=item()), piece('{"a":'), cut])
    assert found.tool_calls == (ToolCallPart("c1", "add", '{"a":'),)
    assert found.finish_reason == "length"


# --- what goes back as it came --------------------------------------------------------------------------

CALLS = (ToolCall("add", '{"a": 1, "b": 2}', id="call_x"), ToolCall("add", '{"a": 3, "b": 4}', id="call_y"))


def thoughtful(*left: Answer) -> Any:
    answers = list(left)
    return lambda _: answers.pop(0) if answers else Answer(Reasoning("hm"), "So.")


def test_reasoning_goes_back_with_its_calls_within_a_turn_and_after_it(vendor_server: ServerFactory) -> None:
    server = vendor_server(
        "openai_responses",
        thoughtful(
            Answer(Reasoning("I add."), "Let me add.", *CALLS, finish="tool_calls"),
            Answer(
                Reasoning("And again."), ToolCall("add", '{"a": 3, "b": 7}', id="call_z"), finish="tool_calls"
            ),
            Answer(Reasoning("Well."), "It is 10."),
        ),
    )
    chat = chat_with(server, system="Be brief.")
    assert chat.ask("1 + 2 + 3 + 4?") == "Let me add.\n\nIt is 10."
    chat.ask("Sure?")
    assert len(server.requests) == 4, "nothing was refused"
    assert kinds(server.requests[3]) == [
        "user",
        *(
            "reasoning",
            "message",
            "function_call",
            "function_call",
            "function_call_output",
            "function_call_output",
        ),
        *("reasoning", "function_call", "function_call_output"),
        *("reasoning", "message"),
        "user",
    ]
    given = [item for item in server.requests[3].json["input"] if item.get("type") == "function_call"]
    assert all(item["id"].startswith("fc_") and item["status"] == "completed" for item in given)
    outputs = [item["output"] for item in server.requests[3].json["input"] if "output" in item]
    assert outputs == ["3", "7", "10"]


def test_an_answer_of_calls_alone_needs_no_replay(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_responses", Answer(*CALLS, finish="tool_calls"), Answer("10"))
    chat = chat_with(server)
    chat.ask("?")
    assert not any(isinstance(part, ReplayPart) for part in chat.conversation.turns[0].parts)
    assert kinds(server.requests[1])[1:] == ["function_call"] * 2 + ["function_call_output"] * 2


def test_what_a_service_did_in_between_goes_back_too(vendor_server: ServerFactory) -> None:
    search = OutputItem({"type": "web_search_call", "action": {"type": "search", "query": "q"}})
    server = vendor_server(
        "openai_responses",
        thoughtful(Answer(Reasoning("hm"), search, Reasoning("so"), CALLS[0], finish="tool_calls")),
    )
    chat_with(server).ask("?")
    assert kinds(server.requests[1]) == [
        *("user", "reasoning", "web_search_call", "reasoning", "function_call", "function_call_output")
    ]


def test_a_history_that_was_edited_goes_out_in_plain_form(vendor_server: ServerFactory) -> None:
    server = vendor_server(
        "openai_responses",
        thoughtful(
            Answer("Hello."),
            Answer(Reasoning("I add."), *CALLS, finish="tool_calls"),
            Answer(Reasoning("x"), "10"),
        ),
    )
    chat = chat_with(server)
    chat.ask("hello", cell="a")
    chat.ask("add", cell="b")
    chat.ask("hello!", cell="a")
    chat.ask("sure?", cell="c")
    assert len(server.requests) == 5, "nothing was refused"
    assert "reasoning" not in kinds(server.requests[4])[3:]
    assert kinds(server.requests[4]).count("function_call") == 2
    assert wrong_in_responses(server.requests[4].json) is None


def test_tools_that_changed_are_another_beginning(vendor_server: ServerFactory) -> None:
    server = vendor_server(
        "openai_responses", thoughtful(Answer(Reasoning("I add."), CALLS[0], finish="tool_calls"))
    )
    chat = chat_with(server)
    chat.ask("add")
    chat.ask("sure?", tools=[Made("look", lambda _: "x")])
    assert "reasoning" not in kinds(server.requests[2])
    assert len(server.requests) == 3


def test_a_call_that_nobody_answered_goes_out_in_words(vendor_server: ServerFactory) -> None:
    server = vendor_server(
        "openai_responses", thoughtful(Answer(Reasoning("hm"), CALLS[0], finish="tool_calls"))
    )
    chat = chat_with(server, tools=[])
    chat.ask("one")
    chat.ask("two")
    assert kinds(server.requests[1]) == ["user", "assistant", "user"]
    assert "was not run" in server.requests[1].json["input"][1]["content"]


def test_ids_that_a_service_gives_twice_are_two(vendor_server: ServerFactory) -> None:
    def once_more(number: int) -> Answer:
        return Answer(
            Reasoning(f"{number}"), ToolCall("add", '{"a": 1, "b": 2}', id="call_0"), finish="tool_calls"
        )

    server = vendor_server(
        "openai_responses", thoughtful(once_more(1), once_more(2), Answer("3"), once_more(3), Answer("3"))
    )
    chat = chat_with(server)
    chat.ask("?")
    chat.ask("again?")
    assert len(server.requests) == 5
    assert kinds(server.requests[4]).count("reasoning") == 3
    ids = [
        item["call_id"] for item in server.requests[4].json["input"] if item.get("type") == "function_call"
    ]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    "items",
    [
        [{"type": "function_call", "call_id": "other", "name": "other", "arguments": "{}"}],
        [{"type": "function_call", "call_id": "", "name": "look", "arguments": "{}"}],
        [{"type": "reasoning", "id": "r", "summary": []}, item(id="a", name="look")],
        [{"type": "function_call_output", "call_id": "a", "output": "x"}],
        [item(id="a", name="look"), item(id="a", name="look")],
        [],
    ],
)
def test_a_replay_that_is_not_the_message_is_left(items: Any) -> None:
    ask = OpenAIResponses.check("gpt-6-luna", [Message("user", "hi")], {"api_key": KEY})
    replay = settle("openai-responses", ask).replay("openai-responses", "gpt-6-luna", json.dumps(items))
    sent = body(exchange(call("a"), replay, results=(result("a", "x"),)))
    assert wrong_in_responses(sent) is None
    assert sent["input"][1] == {"type": "function_call", "call_id": "a", "name": "look", "arguments": "{}"}


# --- whole exchanges ------------------------------------------------------------------------------------


def test_an_image_of_a_tool_is_in_its_result(vendor_server: ServerFactory) -> None:
    server = vendor_server(
        "openai_responses", Answer(ToolCall("draw"), finish="tool_calls"), Answer("A dot.")
    )
    draw = Made("draw", lambda _: ToolOutput((TextPart("here"), ImagePart(PNG, "image/png"))))
    assert chat_with(server, tools=[draw]).ask("draw") == "A dot."
    [output] = [item["output"] for item in server.requests[1].json["input"] if "output" in item]
    assert [part["type"] for part in output] == ["input_text", "input_image"]


@pytest.fixture
def home(vendor_server: ServerFactory, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Starts a server of one of OpenAI's dialects that passes as OpenAI's own address."""

    def start(dialect: str, *replies: Any) -> VendorServer:
        server = vendor_server(dialect, *replies)
        monkeypatch.setattr(OpenAIService, "url", server.base_url)
        return server

    return start


def test_openai_is_asked_in_responses_and_the_images_are_there(home: Any) -> None:
    server = home(
        "openai_responses", thoughtful(Answer(Reasoning("hm"), ToolCall("draw"), finish="tool_calls"))
    )
    draw = Made("draw", lambda _: ToolOutput((ImagePart(PNG, "image/png"),)))
    chat = Chat("openai:gpt-6-luna", api_key=KEY, tools=[draw], retries=0)
    assert chat.ask("draw") == "So."
    assert chat.ask("sure?", tools=[]) == "So."  # without tools it stays where its reasoning is
    assert kinds(server.requests[1]) == ["user", "reasoning", "function_call", "function_call_output"]
    assert server.requests[1].json["input"][3]["output"][0]["type"] == "input_image"
    assert len(server.requests) == 3


def test_older_models_call_in_chat_completions_where_these_have_what_is_asked(home: Any) -> None:
    server = home(
        "openai_chat", Answer(ToolCall("add", '{"a": 1, "b": 2}'), finish="tool_calls"), Answer("3")
    )
    chat = Chat("openai:gpt-4.1", api_key=KEY, tools=[adder()], retries=0, seed=7)
    assert chat.ask("1 + 2?") == "3"
    assert server.requests[1].json["seed"] == 7


def test_what_responses_have_no_place_for_is_told(home: Any) -> None:
    home("openai_responses", Answer("Hi"))
    chat = Chat("openai:gpt-6-luna", api_key=KEY, tools=[adder()], retries=0, seed=7)
    run = chat.reply("hi")

    async def drained() -> bool:
        async for _ in run.batches():
            pass
        return True

    assert runner.run(drained())
    assert any("without seed" in note for note in run.warnings)


def test_elsewhere_nothing_is_left_out(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", Answer("Hi"))
    chat = Chat("openai:qwen", base_url=server.base_url, api_key=KEY, tools=[adder()], retries=0, seed=7)
    run = chat.reply("hi")

    async def drained() -> bool:
        async for _ in run.batches():
            pass
        return True

    assert runner.run(drained())
    assert server.requests[0].json["seed"] == 7
    assert not any("seed" in note for note in run.warnings)


def test_a_refused_choice_is_made_otherwise(vendor_server: ServerFactory) -> None:
    server = vendor_server(
        "openai_responses", Failure("bad_request", "Unsupported: tool_choice"), Answer("Hi")
    )
    options: Any = {"base_url": server.base_url, "api_key": KEY, "tools": [LOOK, SUM], "tool_choice": "add"}
    assert runner.run(OpenAIResponses.create_async("m", "hi", **options)) == "Hi"
    assert server.requests[1].json["tool_choice"] == "required"
    assert [one["name"] for one in server.requests[1].json["tools"]] == ["add"]


def test_a_model_that_is_in_responses_alone_is_asked_there_with_its_tools() -> None:
    words = "Function tools are not supported for gpt-5.5 in /v1/chat/completions. Use /v1/responses."
    refusal = Canned([json.dumps({"error": {"message": words}}).encode()], status=400)
    called = Canned([sse(event("output_item.done", item=item(WHOLE)), DONE, named=True)])
    said = Canned([sse({"type": "response.output_text.delta", "delta": "3"}, DONE, named=True)])
    transport = InMemory(refusal, called, refusal, said)
    chat = Chat("openai:gpt-5.5", api_key=KEY, transport=transport, retries=0, seed=1, tools=[adder()])
    assert chat.ask("1 + 2?") == "3"
    assert [request.url.rpartition("/v1/")[2] for request in transport.requests] == [
        "chat/completions",
        "responses",
    ] * 2
    sent = json.loads(transport.requests[1].body or b"")
    assert (sent["tools"][0]["name"], sent["tools"][0]["strict"]) == ("add", False)


def test_a_turn_with_tools_is_sent_in_either_dialect() -> None:
    messages = exchange(call("toolu_1", "add", "{}"), results=(result("toolu_1", IMAGE, name="add"),))
    for options in ({"seed": 1, "model": "gpt-4.1"}, {"model": "gpt-6-luna", "tools": [SUM]}):
        _, found = built(OpenAI, messages, str(options.pop("model")), **options)
        assert (
            wrong_in_responses({"model": "m", "input": found["input"]}) is None if "input" in found else True
        )
