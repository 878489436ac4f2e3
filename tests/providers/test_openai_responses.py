"""OpenAI's responses: the request, the events, the failures."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from notebook_chat import errors
from notebook_chat.events import Event, Finish, ModelName, ReasoningDelta, TextDelta, ToolCall, Usage
from notebook_chat.messages import ImagePart, Message, TextPart, normalize
from notebook_chat.providers.cache_key import cache_key
from notebook_chat.providers.openai_responses import OpenAIResponses

from ..servers import Answer, Failure, Reasoning, Refusal, StreamFailure, serve
from .wires import CONVERSATION, KEY, PNG, built, cuts, header, read, sse, take, text_of, texts


def event(kind: str, **values: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "sequence_number": 1, **values}


def text(delta: str) -> dict[str, Any]:
    return event("output_text.delta", item_id="m", output_index=1, content_index=0, delta=delta, logprobs=[])


def end(kind: str = "completed", **response: Any) -> dict[str, Any]:
    return event(kind, response={"id": "resp_1", "model": "gpt-x", "output": [], **response})


CALL = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "look", "arguments": ""}
USAGE = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 3},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 4},
    "total_tokens": 14,
}
ANSWER = [
    event("created", response={"model": "gpt-x", "status": "in_progress", "usage": None, "output": []}),
    event("output_item.added", output_index=0, item={"id": "rs_1", "type": "reasoning", "summary": []}),
    event("reasoning_summary_part.added", summary_index=0, part={"type": "summary_text", "text": ""}),
    event("reasoning_summary_text.delta", summary_index=0, delta="hm"),
    event("reasoning_summary_text.done", summary_index=0, text="hm"),
    event("reasoning_summary_part.added", summary_index=1, part={"type": "summary_text", "text": ""}),
    event("reasoning_summary_text.delta", summary_index=1, delta="so"),
    event("output_item.added", output_index=1, item={"type": "message", "role": "assistant", "content": []}),
    event("content_part.added", part={"type": "output_text", "text": "", "annotations": []}),
    text("Häl"),
    event("output_text.annotation.added", annotation=None),
    text("lo 👋"),
    event("output_text.done", text="Hällo 👋"),
    event("output_item.added", output_index=2, item=CALL),
    event("function_call_arguments.delta", output_index=2, delta='{"a":'),
    event("function_call_arguments.delta", output_index=2, delta=" 1}"),
    event("function_call_arguments.done", output_index=2, arguments='{"a": 1}'),
    event("something_new.delta", delta={"x": 1}),
    end(usage=USAGE, output=[{"type": "reasoning", "content": None}, CALL]),
]
EVENTS: list[Event] = [
    ReasoningDelta("hm"),
    ReasoningDelta("\n\n"),
    ReasoningDelta("so"),
    TextDelta("Häl"),
    TextDelta("lo 👋"),
    ToolCall(2, "call_1", "look"),
    ToolCall(2, arguments='{"a":'),
    ToolCall(2, arguments=" 1}"),
    ModelName("gpt-x"),
    Usage(9, 5, 4, 3),
    Finish("tool_calls"),
]


# --- the events -----------------------------------------------------------------------------------------


@given(places=cuts)
def test_an_answer_is_the_same_wherever_its_bytes_are_cut(places: list[int]) -> None:
    assert read(OpenAIResponses, sse(*ANSWER, named=True), places) == EVENTS


def test_a_byte_at_a_time() -> None:
    wire = sse(*ANSWER, named=True)
    assert read(OpenAIResponses, wire, range(len(wire))) == EVENTS


@given(pieces=texts, places=cuts)
def test_any_text_arrives(pieces: list[str], places: list[int]) -> None:
    wire = sse(*map(text, pieces), end(), named=True) + b"data: [DONE]\n\n"
    assert text_of(read(OpenAIResponses, wire, places)) == "".join(pieces)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (end(), "stop"),
        (end("incomplete", incomplete_details={"reason": "max_output_tokens"}), "length"),
        (end("incomplete", incomplete_details={"reason": "content_filter"}), "content_filter"),
        (end("incomplete", incomplete_details={"reason": "steered"}), "steered"),
        (end(output=[{"type": "message", "content": [{"type": "refusal"}]}]), "content_filter"),
    ],
)
def test_the_end_has_the_common_reason(last: dict[str, Any], expected: str) -> None:
    assert read(OpenAIResponses, sse(text("Hi"), last))[1:] == [ModelName("gpt-x"), Finish(expected)]


# --- refusals and failures ------------------------------------------------------------------------------


def test_an_answer_that_was_withheld() -> None:
    with pytest.raises(errors.ContentRefusedError, match="withheld"):
        read(OpenAIResponses, sse(end("incomplete", incomplete_details={"reason": "content_filter"})))


FORMS = {
    "error": lambda code: {"type": "error", "code": code, "message": "It is so.", "param": None},
    "nested": lambda code: {"type": "error", "error": {"code": code, "message": "It is so."}},
    "failed": lambda code: end("failed", error={"code": code, "message": "It is so."}),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("server_error", errors.ServerError),
        ("rate_limit_exceeded", errors.RateLimitError),
        ("insufficient_quota", errors.QuotaError),
        ("context_length_exceeded", errors.ContextLengthError),
        ("invalid_prompt", errors.ContentRefusedError),
        ("model_not_found", errors.ModelNotFoundError),
        ("never_heard_of_it", errors.ProviderError),
    ],
)
def test_an_error_in_the_stream(form: str, code: str, expected: type[errors.ChatError]) -> None:
    with pytest.raises(errors.ProviderError, match=r"openai-responses: It is so\.") as caught:
        read(OpenAIResponses, sse(FORMS[form](code), named=True))
    assert type(caught.value) is expected


@given(places=cuts)
def test_what_came_before_an_error_is_given_first(places: list[int]) -> None:
    events: list[Event] = []
    with pytest.raises(errors.ServerError):
        take(OpenAIResponses, sse(text("Hi"), FORMS["failed"]("server_error")), events, places)
    assert events == [TextDelta("Hi")]


@pytest.mark.parametrize("data", ["{}", '{"type": "response.output_text.delta", "delta": 7}', "[]", "{"])
def test_what_is_not_in_the_dialect_is_refused(data: str) -> None:
    with pytest.raises(errors.ResponseFormatError):
        read(OpenAIResponses, f"data: {data}\n\n".encode())


# --- the request ----------------------------------------------------------------------------------------


def test_the_request() -> None:
    request, body = built(
        OpenAIResponses,
        CONVERSATION,
        "gpt-x",
        temperature=0.5,
        top_p=0.9,
        max_tokens=7,
        extra_body={"reasoning": {"summary": "auto"}},
    )
    assert request.url == "https://api.openai.com/v1/responses"
    assert header(request, "Authorization") == f"Bearer {KEY}"
    assert body == {
        "model": "gpt-x",
        "instructions": "Be brief.",
        "input": [*CONVERSATION[1:3], {"type": "message", **CONVERSATION[3]}, CONVERSATION[4]],
        "stream": True,
        "store": False,
        "temperature": 0.5,
        "top_p": 0.9,
        "max_output_tokens": 7,
        "reasoning": {"summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": cache_key(normalize(CONVERSATION)),
    }


def test_the_parts_of_a_message() -> None:
    image = ImagePart(PNG, "image/png")
    messages = [
        Message("user", (TextPart("What is it?"), image)),
        Message("assistant", (TextPart("A dot."),)),
        Message("user", "Sure?"),
    ]
    _, body = built(OpenAIResponses, messages)
    assert body["input"] == [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "What is it?"},
                {"type": "input_image", "image_url": image.data_url},
            ],
        },
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "A dot."}]},
        {"role": "user", "content": "Sure?"},
    ]


def test_options_it_has_no_place_for_are_not_listed() -> None:
    assert not {"seed", "stop"} & OpenAIResponses.options


# --- against the vendor's server ------------------------------------------------------------------------


async def test_from_end_to_end() -> None:
    with serve("openai_responses", Answer(Reasoning("hm"), "Hel", "lo"), key=KEY) as server:
        result = OpenAIResponses.create_async_generator(
            "gpt-x", CONVERSATION, base_url=server.base_url, api_key=KEY
        )
        assert [piece async for piece in result] == ["Hel", "lo"]
        assert (result.reasoning, result.finish_reason, result.model) == ("hm", "stop", "gpt-x")
        assert [turn.role for turn in server.requests[0].turns] == [
            message["role"] for message in CONVERSATION
        ]
        assert await OpenAIResponses.list_models(base_url=server.base_url, api_key=KEY) == [
            "model-a",
            "model-b",
            "model-c",
        ]


async def test_a_refusal_in_words_is_told_apart() -> None:
    with serve("openai_responses", Answer(Refusal("I would rather not."))) as server:
        result = OpenAIResponses.create_async_generator("m", "hi", base_url=server.base_url)
        assert await result.read() == "I would rather not."
        assert result.finish_reason == "content_filter"


@pytest.mark.parametrize("form", ["event", "nested", "failed"])
async def test_failures_keep_the_vendors_words(form: Any) -> None:
    broken = Answer("Hel", StreamFailure("rate_limit", form=form))
    with serve("openai_responses", Failure("context_length"), broken) as server:
        with pytest.raises(errors.ContextLengthError, match="maximum context length"):
            await OpenAIResponses.create_async("m", "hi", base_url=server.base_url)
        with pytest.raises(errors.RateLimitError) as limited:
            await OpenAIResponses.create_async("m", "hi", base_url=server.base_url)
        assert limited.value.partial == "Hel"
