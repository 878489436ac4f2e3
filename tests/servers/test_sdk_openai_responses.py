"""OpenAI's SDK judges the server that speaks OpenAI's responses."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from . import (
    Answer,
    Citation,
    Failure,
    Malformed,
    OutputItem,
    Pause,
    Reasoning,
    Refusal,
    Reset,
    StreamFailure,
    ToolCall,
    Truncate,
    VendorServer,
    Wire,
    anywhere,
    echo,
    every,
    serve,
)
from .test_sdk_openai_chat import FAILURES, FULL, client


def test_responses_in_full() -> None:
    with (
        serve("openai_responses", FULL) as server,
        client(server) as sdk,
        sdk.responses.stream(model="gpt-5", input="Say hello") as stream,
    ):
        events = list(stream)
        final = stream.get_final_response()
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert deltas == ["Grüße, ", "世界 👋"]
    thoughts = [event.delta for event in events if event.type == "response.reasoning_summary_text.delta"]
    assert thoughts == ["Think", "ing…"]
    assert [item.type for item in final.output] == ["reasoning", "message", "function_call", "function_call"]
    assert final.output_text == "Grüße, 世界 👋"
    calls = [item for item in final.output if item.type == "function_call"]
    assert [(call.call_id, call.name, call.arguments) for call in calls] == [
        ("call_1", "weather", '{"city": "Zürich", "days": 3}'),
        ("call_2", "clock", "{}"),
    ]
    assert (final.status, final.model) == ("completed", "gpt-5-2026")
    assert final.usage is not None
    assert (final.usage.input_tokens, final.usage.output_tokens) == (21, 9)
    assert final.usage.input_tokens_details.cached_tokens == 5
    assert final.usage.output_tokens_details.reasoning_tokens == 4
    assert [event.sequence_number for event in events] == list(range(len(events)))


SEARCH = {
    "type": "web_search_call",
    "action": {
        "type": "search",
        "query": "sea level",
        "sources": [{"type": "url", "url": "https://a.test/"}],
    },
}
CODE = {
    "type": "code_interpreter_call",
    "code": "print(6 * 7)",
    "container_id": "cntr_1",
    "outputs": [
        {"type": "logs", "logs": "42\n"},
        {"type": "image", "url": "data:image/png;base64,iVBORw0KGgo="},
    ],
}
IMAGE = {"type": "image_generation_call", "result": "iVBORw0KGgo=", "output_format": "png"}


def test_what_the_service_runs_and_cites() -> None:
    answer = Answer(
        Reasoning("hm"),
        OutputItem(SEARCH),
        "It rises. ",
        Citation("https://a.test/", "A"),
        "Fast.",
        OutputItem(CODE),
        OutputItem(IMAGE),
        "Done",
    )
    with (
        serve("openai_responses", answer) as server,
        client(server) as sdk,
        sdk.responses.stream(model="gpt-5", input="Does it?") as stream,
    ):
        events = list(stream)
        final = stream.get_final_response()
    assert [item.type for item in final.output] == [
        "reasoning",
        "web_search_call",
        "message",
        "code_interpreter_call",
        "image_generation_call",
        "message",
    ]
    reasoning, search, message, code, image, _ = final.output
    assert reasoning.type == "reasoning"
    assert reasoning.encrypted_content
    assert search.type == "web_search_call"
    assert search.action.type == "search"
    assert search.action.query == "sea level"
    assert [source.url for source in search.action.sources or ()] == ["https://a.test/"]
    assert message.type == "message"
    [part] = message.content
    assert part.type == "output_text"
    [annotation] = part.annotations
    assert annotation.type == "url_citation"
    assert part.text[annotation.start_index : annotation.end_index] == "It rises. "
    assert code.type == "code_interpreter_call"
    assert [output.type for output in code.outputs or ()] == ["logs", "image"]
    assert image.type == "image_generation_call"
    assert image.result == "iVBORw0KGgo="
    kinds = [event.type for event in events]
    assert kinds.count("response.output_text.annotation.added") == 1
    assert "response.web_search_call.searching" in kinds
    assert "response.code_interpreter_call.interpreting" in kinds
    assert "response.image_generation_call.generating" in kinds


def test_reasoning_goes_back_only_where_it_was_thought() -> None:
    question: dict[str, Any] = {"role": "user", "content": "one"}
    more: dict[str, Any] = {"role": "user", "content": "two"}
    answers = (Answer(Reasoning("hm"), "eins"), Answer("zwei"))
    with serve("openai_responses", *answers) as server, client(server) as sdk:
        ask: Any = sdk.responses.create
        events = ask(model="gpt-5", input=[question], stream=True, store=False)
        output = [event.item.to_dict() for event in events if event.type == "response.output_item.done"]
        list(ask(model="gpt-5", input=[question, *output, more], stream=True, store=False))
        bare = [{**output[0], "encrypted_content": None}, output[1]]
        for given, words in (
            ([{**question, "content": "uno"}, *output, more], "could not be verified"),
            ([question, output[0], more], "without its required following item"),
            ([question, *bare, more], "not found"),
        ):
            with pytest.raises(openai.BadRequestError, match=words):
                ask(model="gpt-5", input=given, stream=True, store=False)
        with pytest.raises(openai.BadRequestError, match="could not be verified"):
            ask(model="gpt-6", input=[question, *output, more], stream=True, store=False)


def response_events(server: VendorServer) -> list[Any]:
    with (
        client(server) as sdk,
        sdk.responses.create(model="gpt-5", input="Say hello", stream=True) as stream,
    ):
        return list(stream)


@pytest.mark.parametrize(
    ("finish", "status", "reason"),
    [
        ("stop", "completed", None),
        ("length", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
    ],
)
def test_how_responses_end(finish: str, status: str, reason: str | None) -> None:
    with serve("openai_responses", Answer(Refusal("No"), finish=finish)) as server:
        last = response_events(server)[-1]
    assert last.type == f"response.{status}"
    assert last.response.status == status
    assert (last.response.incomplete_details and last.response.incomplete_details.reason) == reason
    assert last.response.output[0].content[0].refusal == "No"


@pytest.mark.parametrize(("kind", "error", "status", "code"), FAILURES)
def test_failures(kind: Any, error: type[openai.APIStatusError], status: int, code: str | None) -> None:
    with serve("openai_responses", Failure(kind)) as server, pytest.raises(error) as caught:
        response_events(server)
    assert (caught.value.status_code, caught.value.code) == (status, code)


WILD = {
    "single bytes": Wire(cut=every(1)),
    "anywhere": Wire(cut=anywhere(3)),
    "CRLF": Wire(newline="\r\n", cut=every(7)),
    "no space, unknown fields": Wire(space=False, unknown_fields=True),
    "heartbeats, unknown keys": Wire(heartbeat="alive", extra={"obfuscation": "xY7"}),
    "several data lines": Wire(data_lines=True),
}


@pytest.mark.parametrize("name", WILD)
def test_wild_forms_that_the_sdk_reads(name: str) -> None:
    with serve("openai_responses", Answer("Hel\u2028", "lo 👋", wire=WILD[name])) as server:
        assert response_events(server)[-1].response.output_text == "Hel\u2028lo 👋"


@pytest.mark.parametrize("end", [Reset(), Truncate()], ids=repr)
def test_broken_streams(end: Reset | Truncate) -> None:
    answer = Answer("a", Pause(0.02), end)
    with serve("openai_responses", answer) as server, pytest.raises(openai.APIConnectionError):
        response_events(server)


def test_a_malformed_frame() -> None:
    answer = Answer("a", Malformed())
    with serve("openai_responses", answer) as server, pytest.raises(json.JSONDecodeError):
        response_events(server)


def test_failures_inside_the_stream() -> None:
    with serve("openai_responses", Answer("Hel", StreamFailure("rate_limit", "slow down"))) as server:
        last = response_events(server)[-1]
        assert (last.type, last.code, last.message) == ("error", "rate_limit_exceeded", "slow down")
        server.reply_with(Answer("Hel", StreamFailure("server", "sorry", form="failed")))
        last = response_events(server)[-1]
        assert (last.type, last.response.status) == ("response.failed", "failed")
        assert (last.response.error.code, last.response.error.message) == ("server_error", "sorry")
        server.reply_with(Answer("Hel", StreamFailure("quota", form="nested")))
        with pytest.raises(openai.APIError, match="exceeded your current quota"):
            response_events(server)


@pytest.mark.parametrize(
    ("request_options", "words"),
    [
        ({"input": []}, "'input'"),
        ({"extra_body": {"max_tokens": 5}}, "max_output_tokens"),
        ({"input": [{"role": "model", "content": "x"}]}, "Invalid value: 'model'"),
        (
            {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]},
            "Supported values are: .*output_text",
        ),
    ],
)
def test_requests_that_responses_refuse(request_options: dict[str, Any], words: str) -> None:
    with serve("openai_responses") as server, client(server) as sdk:
        options: dict[str, Any] = {"model": "gpt-5", "input": "x", "stream": True} | request_options
        with pytest.raises(openai.BadRequestError, match=words):
            sdk.responses.create(**options)


def test_know_the_conversation() -> None:
    with serve("openai_responses", echo()) as server, client(server) as sdk:
        turns: list[Any] = [
            {"role": "user", "content": [{"type": "input_text", "text": "I am Ann"}]},
            {"role": "assistant", "content": "Hello Ann"},
            {"role": "user", "content": "Who am I?"},
        ]
        with sdk.responses.stream(model="gpt-5", instructions="Be kind", input=turns) as stream:
            text = stream.get_final_response().output_text
    assert text == "system: Be kind\nuser: I am Ann\nassistant: Hello Ann\nuser: Who am I?"


# --- tools ----------------------------------------------------------------------------------------------

TOOLS: list[Any] = [
    {"type": "function", "name": "clock", "parameters": {"type": "object", "properties": {}}, "strict": False}
]
CALL: Any = {"type": "function_call", "call_id": "call_1", "name": "clock", "arguments": "{}"}
OUTPUT: Any = {"type": "function_call_output", "call_id": "call_1", "output": "noon"}


def answered(server: VendorServer, given: Any, **options: Any) -> Any:
    with (
        client(server) as sdk,
        sdk.responses.stream(**{"model": "gpt-6-luna", "input": given, **options}) as stream,
    ):
        return stream.get_final_response()


def test_a_whole_exchange_with_a_tool() -> None:
    asked: list[Any] = [{"role": "user", "content": "When is it?"}]
    called = Answer(Reasoning("hm"), ToolCall("clock", id="call_1"), finish="tool_calls")
    with serve("openai_responses", called, Answer("Noon.")) as server:
        items = answered(server, asked, tools=TOOLS).output
        assert [item.type for item in items] == ["reasoning", "function_call"]
        back = [item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in items]
        assert answered(server, [*asked, *back, OUTPUT], tools=TOOLS).output_text == "Noon."


GIVEN = [
    {"type": "input_text", "text": "x"},
    {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "auto"},
]


@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        ([CALL], {}, "No tool output found for function call call_1"),
        ([OUTPUT], {}, "No tool call found for function call output with call_id call_1"),
        ([CALL, CALL, OUTPUT, OUTPUT], {}, "Duplicate call_id"),
        ([CALL, {"role": "user", "content": "x"}, OUTPUT], {}, "No tool output found"),
        ([CALL, {**OUTPUT, "output": [{"type": "output_text", "text": "x"}]}], {}, "Supported values are"),
        ([{**CALL, "call_id": "x" * 65}], {}, "maximum length 64"),
        ("x", {"tool_choice": "auto"}, "only allowed when 'tools' are specified"),
        ("x", {"tools": [{"type": "function", "name": "clock", "parameters": {}}]}, r"tools\[0\].strict"),
        ("x", {"tools": TOOLS, "tool_choice": {"type": "function", "name": "x"}}, "'x' not found"),
    ],
)
def test_what_it_refuses_of_tools(given: Any, options: dict[str, Any], words: str) -> None:
    with (
        serve("openai_responses", Answer("Hi")) as server,
        pytest.raises(openai.BadRequestError, match=words),
    ):
        answered(server, given, **options)


def test_what_it_takes_of_tools() -> None:
    given = [
        CALL,
        {**OUTPUT, "output": GIVEN},
        {"role": "user", "content": "so?"},
    ]
    with serve("openai_responses", Answer("Hi")) as server:
        assert answered(server, given, tools=TOOLS, tool_choice="none").output_text == "Hi"
