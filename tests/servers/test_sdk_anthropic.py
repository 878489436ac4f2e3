"""Anthropic's SDK judges the server that speaks Anthropic's dialect."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import pytest

from . import (
    Answer,
    Block,
    Failure,
    Heartbeat,
    Malformed,
    Pause,
    Reasoning,
    Reset,
    StreamFailure,
    ToolCall,
    Truncate,
    Usage,
    VendorServer,
    Wire,
    anywhere,
    echo,
    every,
    serve,
)
from .anthropic_cache import PromptCache

MESSAGES: list[Any] = [{"role": "user", "content": "Say hello"}]
FULL = Answer(
    Reasoning("Think"),
    Reasoning("ing…"),
    "Grüße, ",
    Heartbeat(),
    "世界 👋",
    ToolCall("weather", '{"city": "Zürich", "days": 3}', id="toolu_1"),
    ToolCall("clock", "{}", id="toolu_2"),
    usage=Usage(21, 9, reasoning=4, cached=5),
    finish="tool_calls",
    model="claude-2026",
)


def client(server: VendorServer, **options: Any) -> anthropic.Anthropic:
    # To read the system's certificates would cost each test 0.1 s.
    http = anthropic.DefaultHttpxClient(verify=False)
    defaults: dict[str, Any] = {"api_key": "right", "max_retries": 0, "http_client": http}
    return anthropic.Anthropic(base_url=server.origin, **defaults | options)


def message(server: VendorServer, request: dict[str, Any] | None = None, **options: Any) -> Any:
    body: dict[str, Any] = {"model": "claude", "max_tokens": 100, "messages": MESSAGES} | (request or {})
    with client(server, **options) as sdk, sdk.messages.stream(**body) as stream:
        return stream.get_final_message()


def text_of(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def test_messages_in_full() -> None:
    with serve("anthropic", FULL) as server:
        got = message(server)
    thinking, text, weather, clock = got.content
    assert (thinking.type, thinking.thinking) == ("thinking", "Thinking…")
    assert thinking.signature
    assert (text.type, text.text) == ("text", "Grüße, 世界 👋")
    assert (weather.id, weather.name, weather.input) == ("toolu_1", "weather", {"city": "Zürich", "days": 3})
    assert (clock.id, clock.name, clock.input) == ("toolu_2", "clock", {})
    assert (got.stop_reason, got.model) == ("tool_use", "claude-2026")
    assert (got.usage.input_tokens, got.usage.cache_read_input_tokens) == (16, 5)
    assert (got.usage.output_tokens, got.usage.output_tokens_details.thinking_tokens) == (9, 4)


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("stop", "end_turn"), ("length", "max_tokens"), ("content_filter", "refusal")],
)
def test_how_messages_end(finish: str, reason: str) -> None:
    with serve("anthropic", Answer("Hello", finish=finish)) as server:
        assert message(server).stop_reason == reason


def test_a_stop_sequence_is_named() -> None:
    with serve("anthropic", Answer("Hello", finish="stop_sequence")) as server:
        got = message(server, {"stop_sequences": ["END"]})
    assert (got.stop_reason, got.stop_sequence) == ("stop_sequence", "END")


WILD = {
    "single bytes": Wire(cut=every(1)),
    "anywhere": Wire(cut=anywhere(3)),
    "CRLF": Wire(newline="\r\n", cut=every(7)),
    "CR": Wire(newline="\r"),
    "no space, unknown fields": Wire(space=False, unknown_fields=True),
    "heartbeats, unknown keys": Wire(heartbeat="alive", extra={"new": {"a": 1}}),
    "several data lines": Wire(data_lines=True),
    "escaped": Wire(ascii=True),
    "deflate": Wire(compression="deflate"),
}


@pytest.mark.parametrize("name", WILD)
def test_wild_forms_that_the_sdk_reads(name: str) -> None:
    with serve("anthropic", Answer("Hel\u2028", "lo 👋", wire=WILD[name])) as server:
        assert text_of(message(server)) == "Hel\u2028lo 👋"


FAILURES: list[tuple[str, str, int, str]] = [
    ("authentication", "AuthenticationError", 401, "authentication_error"),
    ("permission", "PermissionDeniedError", 403, "permission_error"),
    ("unknown_model", "NotFoundError", 404, "not_found_error"),
    ("rate_limit", "RateLimitError", 429, "rate_limit_error"),
    ("quota", "BadRequestError", 400, "invalid_request_error"),
    ("context_length", "BadRequestError", 400, "invalid_request_error"),
    ("content_refused", "BadRequestError", 400, "invalid_request_error"),
    ("bad_request", "BadRequestError", 400, "invalid_request_error"),
    ("overloaded", "OverloadedError", 529, "overloaded_error"),
    ("server", "InternalServerError", 500, "api_error"),
]


@pytest.mark.parametrize(("kind", "error", "status", "error_type"), FAILURES)
def test_failures(kind: Any, error: str, status: int, error_type: str) -> None:
    with serve("anthropic", Failure(kind)) as server, pytest.raises(anthropic.APIStatusError) as caught:
        message(server)
    assert isinstance(
        caught.value, anthropic.InternalServerError if status >= 500 else anthropic.APIStatusError
    )
    assert type(caught.value).__name__ == error
    assert caught.value.status_code == status
    body: Any = caught.value.body
    assert (body["type"], body["error"]["type"]) == ("error", error_type)
    assert body["error"]["message"]
    assert caught.value.request_id == body["request_id"]


def test_the_key_is_checked() -> None:
    with serve("anthropic", key="right") as server:
        with pytest.raises(anthropic.AuthenticationError, match="invalid x-api-key"):
            message(server, api_key="wrong")
        assert text_of(message(server)) == "Hello"
        reference = {"x-api-key": "right", "Authorization": anthropic.Omit()}
        assert text_of(message(server, {"extra_headers": reference})) == "Hello"
        with pytest.raises(anthropic.AuthenticationError, match="header is required"):
            message(server, {"extra_headers": {"Authorization": anthropic.Omit()}})


def test_failures_inside_the_stream() -> None:
    with (
        serve("anthropic", Answer("Hel", StreamFailure("overloaded"))) as server,
        pytest.raises(anthropic.APIStatusError, match="Overloaded") as caught,
    ):
        message(server)
    body: Any = caught.value.body
    assert body["error"]["type"] == "overloaded_error"


@pytest.mark.parametrize("end", [Reset(), Truncate()], ids=repr)
def test_broken_streams(end: Reset | Truncate) -> None:
    from httpx2 import TransportError  # which this SDK lets through

    answer = Answer("a", Pause(0.02), end)
    with serve("anthropic", answer) as server, pytest.raises((anthropic.APIConnectionError, TransportError)):
        message(server)


def test_a_malformed_frame() -> None:
    answer = Answer("a", Malformed())
    with serve("anthropic", answer) as server, pytest.raises(json.JSONDecodeError):
        message(server)


def test_models_come_in_pages() -> None:
    names = [f"claude-{number}" for number in range(7)]
    with serve("anthropic", models=names, page_size=3) as server, client(server) as sdk:
        listed = [model.id for model in sdk.models.list()]
        assert listed == names
        assert [request.query.get("after_id") for request in server.requests] == [
            None,
            "claude-2",
            "claude-5",
        ]
        assert len(sdk.models.list(limit=2).data) == 2


def test_models_say_what_they_can() -> None:
    with serve("anthropic", models=["claude-haiku"]) as server, client(server) as sdk:
        [model] = sdk.models.list()
        assert (model.line, model.max_input_tokens, model.max_tokens, model.retires_at) == (
            "haiku",
            1_000_000,
            128_000,
            None,
        )
        able = model.capabilities
        assert able is not None
        assert able.pdf_input.supported
        assert able.server_tools.web_search.supported
        assert able.effort.max.supported
        assert able.effort.xhigh is not None
        assert not able.effort.xhigh.supported
        assert able.thinking.types.disabled.supported


@pytest.mark.parametrize(
    ("request_options", "words"),
    [
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "first message must use"),
        ({"messages": [*MESSAGES, *MESSAGES]}, "roles must alternate"),
        ({"messages": [{"role": "user", "content": ""}]}, "must be non-empty"),
        ({"extra_body": {"temperature": 1.5}}, "range: 0..1"),
        ({"extra_headers": {"anthropic-version": anthropic.Omit()}}, "anthropic-version"),
        ({"extra_body": {"logit_bias": {}}}, "logit_bias: Extra inputs"),
    ],
)
def test_requests_that_are_refused(request_options: dict[str, Any], words: str) -> None:
    with (
        serve("anthropic", refuse=("logit_bias",)) as server,
        pytest.raises(anthropic.BadRequestError, match=words),
    ):
        message(server, request_options)


def test_it_knows_the_conversation() -> None:
    turns = [
        {"role": "user", "content": "I am Ann"},
        {"role": "assistant", "content": "Hello Ann"},
        {"role": "user", "content": [{"type": "text", "text": "Who am I?"}]},
    ]
    with serve("anthropic", echo()) as server:
        text = text_of(message(server, {"system": "Be kind", "messages": turns}))
    assert text == "system: Be kind\nuser: I am Ann\nassistant: Hello Ann\nuser: Who am I?"


# --- content blocks ---------------------------------------------------------------------------------------

USE = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
HIT = {"type": "web_search_result", "url": "https://a.example/", "title": "A", "encrypted_content": "Eq"}
CITATION = {
    "type": "web_search_result_location",
    "url": "https://a.example/",
    "title": "A",
    "cited_text": "high",
    "encrypted_index": "Eo",
}
BLOCKS = Answer(
    Reasoning("hm"),
    Block({"type": "redacted_thinking", "data": "Em"}),
    Block(USE, ({"type": "input_json_delta", "partial_json": '{"query": "tide"}'},)),
    Block({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [HIT]}),
    Block(
        {"type": "text", "text": "", "citations": []},
        ({"type": "text_delta", "text": "It is high."}, {"type": "citations_delta", "citation": CITATION}),
    ),
    Block({"type": "server_tool_use", "id": "srvtoolu_2", "name": "code_execution", "input": {"code": "1"}}),
    Block(
        {
            "type": "code_execution_tool_result",
            "tool_use_id": "srvtoolu_2",
            "content": {"type": "code_execution_result", "stdout": "1", "stderr": "", "return_code": 0}
            | {"content": [{"type": "code_execution_output", "file_id": "file_1"}]},
        }
    ),
    Block({"type": "container_upload", "file_id": "file_1"}),
    "Yes.",
    finish="pause_turn",
    usage=Usage(100, 9, cached=60, written=30),
)


@pytest.mark.parametrize("beta", [False, True])
def test_content_blocks(beta: bool) -> None:
    with serve("anthropic", BLOCKS) as server, client(server) as sdk:
        messages: Any = sdk.beta.messages if beta else sdk.messages
        with messages.stream(model="claude", max_tokens=100, messages=MESSAGES) as stream:
            got = stream.get_final_message()
    kinds = [block.type for block in got.content]
    assert kinds == [
        *("thinking", "redacted_thinking", "server_tool_use", "web_search_tool_result", "text"),
        *("server_tool_use", "code_execution_tool_result", "container_upload", "text"),
    ]
    assert got.content[2].input == {"query": "tide"}
    assert got.content[3].content[0].url == "https://a.example/"
    assert got.content[4].text == "It is high."
    assert got.content[4].citations[0].cited_text == "high"
    assert got.content[6].content.content[0].file_id == "file_1"
    assert got.stop_reason == "pause_turn"
    usage = got.usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (
        *(10, 60, 30),
    )


def test_what_the_sdk_got_goes_back_and_only_unchanged() -> None:
    with serve("anthropic", Answer(Reasoning("hm"), "Yes.")) as server:
        got = message(server)
        turns = [*MESSAGES, {"role": "assistant", "content": got.content}, *MESSAGES]
        assert text_of(message(server, {"messages": turns})) == "Yes."
        other = [{"role": "user", "content": "Say goodbye"}, *turns[1:]]
        for changed in ({"messages": other}, {"messages": turns, "system": "x"}, {"model": "b"}):
            with pytest.raises(anthropic.BadRequestError, match="bound to a different conversation"):
                message(server, {"messages": turns, **changed})
        bad = {"type": "thinking", "thinking": "hm", "signature": "mine"}
        turns[1] = {"role": "assistant", "content": [bad, {"type": "text", "text": "Yes."}]}
        with pytest.raises(anthropic.BadRequestError, match="Invalid `signature`"):
            message(server, {"messages": turns})


def cached(server: VendorServer, *turns: Any, **options: Any) -> tuple[int, int, int]:
    usage = message(server, {"messages": list(turns), **options}).usage
    return usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens


def test_the_cache_counts_as_the_vendor_does() -> None:
    cache = PromptCache(100)
    mark = {"type": "ephemeral"}
    long, short = ({"role": "user", "content": size * "word "} for size in (200, 1))
    said = {"role": "assistant", "content": "Hello"}
    with serve("anthropic", cache.answering(lambda request: Answer("Hello"))) as server:
        left, read, written = cached(server, long)
        assert left > 100
        assert (read, written) == (0, 0)
        assert cached(server, short, cache_control=mark)[1:] == (0, 0)  # too short to be kept
        left, read, first = cached(server, long, cache_control=mark)
        assert (left, read) == (0, 0)
        left, read, written = cached(server, long, said, short, cache_control=mark)
        assert (left, read) == (0, first)
        assert 0 < written < first
        assert cached(server, long, cache_control=mark)[1:] == (first, 0)
        assert cached(server, long, cache_control=mark, system="x")[1] == 0
        assert cached(server, long, cache_control=mark, model="other")[1] == 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"model": "claude-opus-5-5", "thinking": {"type": "disabled"}}, "not supported"),
        ({"model": "claude-opus-4-7", "extra_body": {"temperature": 1}}, "deprecated"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "must be greater than"),
        ({"output_config": {"effort": "huge"}}, "output_config.effort"),
        ({"tools": [{"type": "web_search_20990101", "name": "web_search"}]}, "does not match"),
    ],
)
def test_settings_that_are_refused(body: dict[str, Any], words: str) -> None:
    with serve("anthropic") as server, pytest.raises(anthropic.BadRequestError, match=words):
        message(server, body)


# --- tools of the caller --------------------------------------------------------------------------------

LOOK: Any = {"name": "look", "description": "Looks.", "input_schema": {"type": "object", "properties": {}}}
CALLS = Answer(
    Reasoning("hm"),
    ToolCall("look", "{}", id="toolu_1"),
    ToolCall("look", "{}", id="toolu_2"),
    finish="tool_calls",
)


def given(*ids: str, **more: Any) -> list[Any]:
    return [{"type": "tool_result", "tool_use_id": id_, "content": "seen", **more} for id_ in ids]


def round_trip(server: VendorServer, results: list[Any], **request: Any) -> Any:
    """A call by way of the SDK's own types, and what is made of these results."""
    called = message(server, {"tools": [LOOK], **request})
    assert called.stop_reason == "tool_use"
    said = {"role": "assistant", "content": [block.to_dict() for block in called.content]}
    return message(
        server, {"tools": [LOOK], "messages": [*MESSAGES, said, {"role": "user", "content": results}]}
    )


def test_results_are_taken_behind_their_calls() -> None:
    with serve("anthropic", CALLS, Answer("I see")) as server:
        got = round_trip(server, [*given("toolu_1", "toolu_2"), {"type": "text", "text": "Well?"}])
    assert text_of(got) == "I see"


@pytest.mark.parametrize(
    ("results", "words"),
    [
        (given("toolu_1"), "without `tool_result` blocks"),
        (given("toolu_1", "toolu_2", "toolu_3"), "unexpected `tool_use_id`"),
        (given("toolu_1", "toolu_2", "toolu_2"), "must have a single result"),
        ([{"type": "text", "text": "a"}, *given("toolu_1", "toolu_2")], "must come before"),
        ([{"type": "text", "text": "a"}], "without `tool_result` blocks"),
        (given("toolu_1", "toolu_2", content=[], is_error=True), "cannot be empty"),
    ],
)
def test_results_that_are_refused(results: list[Any], words: str) -> None:
    with serve("anthropic", CALLS) as server, pytest.raises(anthropic.BadRequestError, match=words):
        round_trip(server, results)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"tools": [{**LOOK, "name": "a b"}]}, "should match pattern"),
        ({"tools": [LOOK, LOOK]}, "must be unique"),
        ({"tools": [{**LOOK, "input_schema": {"type": "object", "anyOf": [{}]}}]}, "at the top level"),
        (
            {"tools": [{**LOOK, "input_schema": {"type": "object", "properties": {"a b": {}}}}]},
            "Property keys",
        ),
        ({"tools": [{**LOOK, "input_schema": {"type": "object", "required": 1}}]}, "draft 2020-12"),
        ({"tool_choice": {"type": "any"}}, "while providing tools"),
        ({"tools": [LOOK], "tool_choice": {"type": "any"}, "model": "claude-opus-5-5"}, "not supported"),
        ({"tools": [LOOK], "tool_choice": {"type": "tool", "name": "b"}}, "not found"),
    ],
)
def test_tools_that_are_refused(request_: dict[str, Any], words: str) -> None:
    with serve("anthropic") as server, pytest.raises(anthropic.BadRequestError, match=words):
        message(server, request_)
