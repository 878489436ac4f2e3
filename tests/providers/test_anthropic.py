"""Anthropic's messages: the request, the events, the failures."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given

from notebook_chat import errors
from notebook_chat.events import Event, Finish, ModelName, ReasoningDelta, TextDelta, ToolCall, Usage
from notebook_chat.messages import ImagePart, Message, SourcePart, TextPart
from notebook_chat.parts import HERE
from notebook_chat.providers.anthropic import Anthropic

from ..servers import Answer, Failure, Reasoning, StreamFailure, serve
from .wires import CONVERSATION, KEY, PNG, built, cuts, header, read, sse, take, text_of, texts


def delta(index: int = 0, **values: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": values}


def start(index: int, **block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def end(reason: str | None, **more: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None, **more}}


BEGIN = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "model": "claude-x",
        "content": [],
        "usage": {"input_tokens": 5, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 2},
    },
}
ANSWER = [
    BEGIN,
    {"type": "ping"},
    start(0, type="thinking", thinking="", signature=""),
    delta(type="thinking_delta", thinking="hm"),
    delta(type="signature_delta", signature="Eq"),
    {"type": "content_block_stop", "index": 0},
    start(1, type="text", text=""),
    delta(1, type="text_delta", text="Häl"),
    delta(1, type="citations_delta", citation={"type": "char_location", "cited_text": "so"}),
    delta(1, type="text_delta", text="lo 👋"),
    start(2, type="tool_use", id="toolu_1", name="look", input={}),
    delta(2, type="input_json_delta", partial_json=""),
    delta(2, type="input_json_delta", partial_json='{"a":'),
    delta(2, type="input_json_delta", partial_json=" 1}"),
    {"type": "something_new", "delta": {"text": None}},
    end("tool_use") | {"usage": {"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}}},
    {"type": "message_stop"},
]
EVENTS: list[Event] = [
    ModelName("claude-x"),
    Usage(10, None, None, 3, 2),
    ReasoningDelta("hm"),
    TextDelta("Häl"),
    TextDelta("lo 👋"),
    SourcePart("", "a document", "so", (HERE,)),
    ToolCall(2, "toolu_1", "look"),
    ToolCall(2, arguments='{"a":'),
    ToolCall(2, arguments=" 1}"),
    Usage(10, 9, 4, 3, 2),
    Finish("tool_calls"),
    Finish(),
]


# --- the events -----------------------------------------------------------------------------------------


@given(places=cuts)
def test_an_answer_is_the_same_wherever_its_bytes_are_cut(places: list[int]) -> None:
    assert read(Anthropic, sse(*ANSWER, named=True), places) == EVENTS


def test_a_byte_at_a_time() -> None:
    wire = sse(*ANSWER, named=True)
    assert read(Anthropic, wire, range(len(wire))) == EVENTS


@given(pieces=texts, places=cuts)
def test_any_text_arrives(pieces: list[str], places: list[int]) -> None:
    deltas = [delta(type="text_delta", text=piece) for piece in pieces]
    assert text_of(read(Anthropic, sse(BEGIN, *deltas, end("end_turn")), places)) == "".join(pieces)


def test_a_block_may_begin_with_text() -> None:
    assert text_of(read(Anthropic, sse(start(0, type="text", text="Hi")))) == "Hi"


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("pause_turn", "pause_turn"),
    ],
)
def test_the_end_has_the_common_reason(reason: str, expected: str) -> None:
    assert read(Anthropic, sse(end(reason))) == [Finish(expected)]


# --- refusals and failures ------------------------------------------------------------------------------

REFUSAL = end("refusal", stop_details={"type": "refusal", "category": "bio", "explanation": None})


def test_a_refusal_before_any_text_is_an_error() -> None:
    with pytest.raises(errors.ContentRefusedError, match=r"declines to answer \(bio\)"):
        read(Anthropic, sse(delta(type="thinking_delta", thinking="hm"), REFUSAL))


def test_a_refusal_says_why() -> None:
    event = end("refusal", stop_details={"explanation": "This may help to do harm."})
    with pytest.raises(errors.ContentRefusedError, match="may help to do harm"):
        read(Anthropic, sse(event))


@given(places=cuts)
def test_a_refusal_after_some_text_ends_the_answer(places: list[int]) -> None:
    wire = sse(
        delta(type="text_delta", text="Well"),
        REFUSAL | {"usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    )
    assert read(Anthropic, wire, places) == [
        TextDelta("Well"),
        Usage(None, 2),
        Finish("content_filter"),
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("overloaded_error", errors.OverloadedError),
        ("api_error", errors.ServerError),
        ("timeout_error", errors.ServerError),
        ("rate_limit_error", errors.RateLimitError),
        ("authentication_error", errors.AuthenticationError),
        ("permission_error", errors.PermissionDeniedError),
        ("not_found_error", errors.ModelNotFoundError),
        ("billing_error", errors.QuotaError),
        ("request_too_large", errors.ContextLengthError),
        ("invalid_request_error", errors.BadRequestError),
        ("never_heard_of_it", errors.ProviderError),
    ],
)
def test_an_error_in_the_stream(kind: str, expected: type[errors.ChatError]) -> None:
    failure = {"type": "error", "error": {"type": kind, "message": "It is so."}}
    with pytest.raises(errors.ProviderError, match=r"anthropic: It is so\.") as caught:
        read(Anthropic, sse(failure, named=True))
    assert type(caught.value) is expected


@given(places=cuts)
def test_what_came_before_an_error_is_given_first(places: list[int]) -> None:
    failure = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    events: list[Event] = []
    with pytest.raises(errors.OverloadedError):
        take(Anthropic, sse(delta(type="text_delta", text="Hi"), failure), events, places)
    assert events == [TextDelta("Hi")]


@pytest.mark.parametrize("data", ['{"type": 1}', "{}", '{"type": "content_block_delta", "delta": 7}', "{"])
def test_what_is_not_in_the_dialect_is_refused(data: str) -> None:
    with pytest.raises(errors.ResponseFormatError):
        read(Anthropic, f"data: {data}\n\n".encode())


# --- the request ----------------------------------------------------------------------------------------


def test_the_request() -> None:
    request, body = built(
        Anthropic,
        CONVERSATION,
        "claude-x",
        temperature=0.5,
        top_p=0.9,
        max_tokens=7,
        stop=["END"],
        extra_body={"top_k": 5},
    )
    assert request.url == "https://api.anthropic.com/v1/messages"
    assert header(request, "x-api-key") == KEY
    assert header(request, "anthropic-version") == "2023-06-01"
    assert "Authorization" not in request.headers
    assert body == {
        "model": "claude-x",
        "max_tokens": 7,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "three"}]},
            {"role": "user", "content": [{"type": "text", "text": "four"}]},
        ],
        "stream": True,
        "temperature": 0.5,
        "top_p": 0.9,
        "stop_sequences": ["END"],
        "top_k": 5,
    }


def test_the_least_request() -> None:
    _, body = built(Anthropic)
    assert body == {
        "model": Anthropic.default_model,
        "max_tokens": Anthropic.max_tokens,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        "stream": True,
        "thinking": {"type": "adaptive", "display": "summarized"},
    }


def test_an_image() -> None:
    _, body = built(Anthropic, Message("user", (TextPart("What is it?"), ImagePart(PNG, "image/png"))))
    source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(PNG).decode()}
    assert body["messages"][0]["content"][1] == {"type": "image", "source": source}


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "assistant", "content": "hi"}],
        [{"role": "system", "content": "hi"}],
        [{"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]}],
    ],
)
def test_messages_it_has_no_place_for(messages: Any) -> None:
    with pytest.raises(errors.InvalidMessagesError):
        built(Anthropic, messages)


def test_it_needs_a_key() -> None:
    with pytest.raises(errors.MissingKeyError, match="ANTHROPIC_API_KEY"):
        Anthropic.check("", "hi", {})


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    request = Anthropic.build_request(Anthropic.check("", "hi", {}))
    assert header(request, "x-api-key") == KEY


# --- against the vendor's server ------------------------------------------------------------------------


async def test_from_end_to_end() -> None:
    with serve("anthropic", Answer(Reasoning("hm"), "Hel", "lo"), key=KEY) as server:
        result = Anthropic.create_async_generator(
            "claude-x", CONVERSATION, base_url=server.base_url, api_key=KEY
        )
        assert [piece async for piece in result] == ["Hel", "lo"]
        assert (result.reasoning, result.finish_reason, result.model) == ("hm", "stop", "claude-x")
        turns = [(turn.role, turn.text) for turn in server.requests[0].turns]
        assert [role for role, _ in turns] == ["system", "user", "assistant", "user"]


async def test_failures_keep_the_vendors_words() -> None:
    with serve("anthropic", Failure("quota"), Answer("Hel", StreamFailure("overloaded"))) as server:
        with pytest.raises(errors.QuotaError, match="credit balance") as refused:
            await Anthropic.create_async("m", "hi", base_url=server.base_url)
        assert refused.value.status == 400
        with pytest.raises(errors.OverloadedError) as broken:
            await Anthropic.create_async("m", "hi", base_url=server.base_url)
        assert broken.value.partial == "Hel"


async def test_the_models_come_from_all_pages() -> None:
    names = [f"claude-{number}" for number in range(7)]
    with serve("anthropic", models=names, page_size=3, key=KEY) as server:
        assert await Anthropic.list_models(base_url=server.base_url, api_key=KEY) == names
        assert [request.query.get("after_id") for request in server.requests] == [
            None,
            "claude-2",
            "claude-5",
        ]
