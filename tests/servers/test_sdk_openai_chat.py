"""OpenAI's SDK judges the server that speaks chat completions."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from . import (
    Answer,
    Drop,
    Failure,
    Heartbeat,
    Malformed,
    Pause,
    Reasoning,
    Refusal,
    Reset,
    StreamFailure,
    ToolCall,
    Truncate,
    Usage,
    VendorServer,
    Wire,
    anywhere,
    every,
    retry_after_ms,
    serve,
)
from .openai_chat import citation, listed, picture, ran, speech

MESSAGES: list[Any] = [{"role": "user", "content": "Say hello"}]
FULL = Answer(
    Reasoning("Think"),
    Reasoning("ing…"),
    "Grüße, ",
    "世界 👋",
    ToolCall("weather", '{"city": "Zürich", "days": 3}', id="call_1"),
    ToolCall("clock", "{}", id="call_2"),
    usage=Usage(21, 9, reasoning=4, cached=5),
    finish="tool_calls",
    model="gpt-5-2026",
)


def client(server: VendorServer, **options: Any) -> openai.OpenAI:
    # To read the system's certificates would cost each test 0.1 s.
    http = openai.DefaultHttpxClient(verify=False)
    defaults: dict[str, Any] = {"api_key": "sk-right", "max_retries": 0, "http_client": http}
    return openai.OpenAI(base_url=server.base_url, **defaults | options)


def chunks(server: VendorServer, **options: Any) -> Iterator[ChatCompletionChunk]:
    with (
        client(server, **options) as sdk,
        sdk.chat.completions.create(
            model="gpt-5", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        ) as stream,
    ):
        yield from stream


def chat_text(server: VendorServer, **options: Any) -> str:
    return "".join(
        choice.delta.content or "" for chunk in chunks(server, **options) for choice in chunk.choices
    )


def test_chat_completions_in_full() -> None:
    with serve("openai_chat", FULL) as server:
        got = list(chunks(server))
    deltas = [choice.delta for chunk in got for choice in chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "Grüße, 世界 👋"
    assert "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas) == "Thinking…"
    calls: dict[int, list[str]] = {}
    for delta in deltas:
        for call in delta.tool_calls or ():
            assert call.function is not None
            parts = calls.setdefault(call.index, [call.id or "", call.function.name or "", ""])
            parts[2] += call.function.arguments or ""
    assert list(calls.values()) == [
        ["call_1", "weather", '{"city": "Zürich", "days": 3}'],
        ["call_2", "clock", "{}"],
    ]
    assert [choice.finish_reason for chunk in got for choice in chunk.choices][-1] == "tool_calls"
    assert {chunk.model for chunk in got} == {"gpt-5-2026"}
    assert len({chunk.id for chunk in got}) == 1
    usage = got[-1].usage
    assert usage is not None
    assert usage.completion_tokens_details is not None
    assert usage.prompt_tokens_details is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (21, 9, 30)
    assert usage.completion_tokens_details.reasoning_tokens == 4
    assert usage.prompt_tokens_details.cached_tokens == 5
    assert [chunk.usage for chunk in got[:-1]] == [None] * (len(got) - 1)


def test_the_sdk_accumulates_chat_completions() -> None:
    with (
        serve("openai_chat", FULL) as server,
        client(server) as sdk,
        sdk.chat.completions.stream(model="gpt-5", messages=MESSAGES) as stream,
    ):
        message = stream.get_final_completion().choices[0].message
    assert message.content == "Grüße, 世界 👋"
    assert [call.function.name for call in message.tool_calls or ()] == ["weather", "clock"]


def test_usage_only_when_asked_for() -> None:
    with serve("openai_chat", Answer("Hello")) as server, client(server) as sdk:
        got = list(sdk.chat.completions.create(model="gpt-5", messages=MESSAGES, stream=True))
    assert all(chunk.usage is None and chunk.choices for chunk in got)


def test_refusals_and_the_other_name_of_reasoning() -> None:
    answer = Answer(Reasoning("Hm"), Refusal("I will not."), reasoning_field="reasoning")
    with serve("openai_chat", answer) as server:
        deltas = [choice.delta for chunk in chunks(server) for choice in chunk.choices]
    assert "".join(getattr(delta, "reasoning", None) or "" for delta in deltas) == "Hm"
    assert "".join(delta.refusal or "" for delta in deltas) == "I will not."


WILD = {
    "single bytes": Wire(cut=every(1)),
    "anywhere": Wire(cut=anywhere(3)),
    "many events a write": Wire(events_per_write=64),
    "CRLF, cut": Wire(newline="\r\n", cut=every(7)),
    "CR": Wire(newline="\r"),
    "no space, unknown fields": Wire(space=False, unknown_fields=True),
    "heartbeats, unknown keys": Wire(heartbeat="OPENROUTER PROCESSING", extra={"obfuscation": "xY7"}),
    "several data lines": Wire(data_lines=True),
    "escaped": Wire(ascii=True),
    "no [DONE]": Wire(done=False),
    "with its length": Wire(content_length=True),
    "gzip": Wire(compression="gzip"),
}


@pytest.mark.parametrize("name", WILD)
def test_wild_forms_that_the_sdk_reads(name: str) -> None:
    wire = WILD[name]
    # The SDK takes a comment for an event once it has seen an id, against the standard.
    heartbeats = () if wire.unknown_fields else (Heartbeat(),)
    answer = Answer("Hel\u2028", *heartbeats, "lo 👋", wire=wire)
    with serve("openai_chat", answer) as server:
        assert chat_text(server) == "Hel\u2028lo 👋"


FAILURES: list[tuple[str, type[openai.APIStatusError], int, str | None]] = [
    ("authentication", openai.AuthenticationError, 401, "invalid_api_key"),
    ("permission", openai.PermissionDeniedError, 403, "unsupported_country_region_territory"),
    ("unknown_model", openai.NotFoundError, 404, "model_not_found"),
    ("rate_limit", openai.RateLimitError, 429, "rate_limit_exceeded"),
    ("quota", openai.RateLimitError, 429, "insufficient_quota"),
    ("context_length", openai.BadRequestError, 400, "context_length_exceeded"),
    ("content_refused", openai.BadRequestError, 400, "invalid_prompt"),
    ("bad_request", openai.BadRequestError, 400, None),
    ("overloaded", openai.InternalServerError, 503, None),
    ("server", openai.InternalServerError, 500, None),
]


@pytest.mark.parametrize(("kind", "error", "status", "code"), FAILURES)
def test_failures(kind: Any, error: type[openai.APIStatusError], status: int, code: str | None) -> None:
    with serve("openai_chat", Failure(kind)) as server, pytest.raises(error) as caught:
        chat_text(server)
    assert type(caught.value) is error
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["message"]
    assert caught.value.request_id


def test_a_wrong_key_is_quoted_as_the_vendor_does() -> None:
    with serve("openai_chat", key="sk-right") as server:
        with pytest.raises(openai.AuthenticationError, match=r"sk-proj-\*+9876"):
            chat_text(server, api_key="sk-proj-abcdefghijkl9876")
        with client(server) as sdk, pytest.raises(openai.AuthenticationError, match="You didn't provide"):
            sdk.chat.completions.create(
                model="gpt-5", messages=MESSAGES, extra_headers={"Authorization": openai.Omit()}
            )
        assert chat_text(server) == "Hello"


def test_a_message_that_quotes_the_whole_key() -> None:
    failure = Failure("authentication", "wrong key: {key}")
    with serve("openai_chat", failure) as server, pytest.raises(openai.AuthenticationError, match="sk-right"):
        chat_text(server)


def test_retries_find_the_next_reply() -> None:
    soon = retry_after_ms(1)
    script = (Failure("rate_limit", headers=soon), Failure("server", headers=soon), Answer("Hello"))
    with serve("openai_chat", *script) as server:
        assert chat_text(server, max_retries=2) == "Hello"
        assert len(server.requests) == 3


def test_failures_inside_the_stream() -> None:
    with (
        serve("openai_chat", Answer("Hel", StreamFailure("overloaded", "too busy"))) as server,
        pytest.raises(openai.APIError, match="too busy"),
    ):
        chat_text(server)


@pytest.mark.parametrize("end", [Reset(), Truncate(), Truncate(inside_chunk=True)], ids=repr)
def test_broken_streams(end: Reset | Truncate) -> None:
    answer = Answer("a", Pause(0.02), end)
    with serve("openai_chat", answer) as server, pytest.raises(openai.APIConnectionError):
        chat_text(server)


def test_a_malformed_frame_and_no_response() -> None:
    with serve("openai_chat", Answer("a", Malformed()), Drop()) as server:
        with pytest.raises(json.JSONDecodeError):
            chat_text(server)
        with pytest.raises(openai.APIConnectionError):
            chat_text(server)


def test_models() -> None:
    with serve("openai_chat", models=("gpt-5", "gpt-5-mini"), only_listed=True) as server:
        with client(server) as sdk:
            assert [model.id for model in sdk.models.list()] == ["gpt-5", "gpt-5-mini"]
        assert chat_text(server) == "Hello"
    with (
        serve("openai_chat", models=("llama",), only_listed=True) as server,
        pytest.raises(openai.NotFoundError, match="`gpt-5` does not exist"),
    ):
        chat_text(server)
    with (
        serve("openai_chat", models=Failure("server")) as server,
        client(server) as sdk,
        pytest.raises(openai.InternalServerError),
    ):
        sdk.models.list()


def test_a_server_that_refuses_stream_options() -> None:
    with serve("openai_chat", refuse=("stream_options",)) as server:
        with pytest.raises(openai.BadRequestError, match="stream_options"):
            chat_text(server)
        with client(server) as sdk:
            assert list(sdk.chat.completions.create(model="gpt-5", messages=MESSAGES, stream=True))


async def test_the_asynchronous_client() -> None:
    with serve("openai_chat", Answer("Hel", "lo", wire=Wire(cut=every(3)))) as server:
        async with openai.AsyncOpenAI(base_url=server.base_url, api_key="k") as sdk:
            stream = await sdk.chat.completions.create(model="gpt-5", messages=MESSAGES, stream=True)
            texts = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(texts) == "Hello"


# --- what vendors have besides --------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n and the rest"
BESIDE = Answer(
    "It is ",
    "so.",
    citation("https://a.example/", "A", start=3, end=9),
    picture(PNG),
    *speech(b"\x00\x01\x02", b"\x03", transcript="Hello"),
    ran(0, "python", '{"code": "1 + 1"}', output="2"),
    ToolCall("clock", '{"zone": "UTC"}', id="call_2"),
    finish="tool_calls",
)


def fields_of(deltas: list[Any], name: str) -> list[Any]:
    """What the pieces have of a field, also of one that the SDK does not know."""
    return [found for delta in deltas if (found := getattr(delta, name, None))]


def test_what_comes_beside_text_in_pieces() -> None:
    with serve("openai_chat", BESIDE) as server:
        deltas = [choice.delta for chunk in chunks(server) for choice in chunk.choices]
    [[annotation]] = fields_of(deltas, "annotations")
    assert annotation["url_citation"]["end_index"] == 9
    [[image]] = fields_of(deltas, "images")
    assert image["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    audio = [delta.audio for delta in deltas if delta.audio is not None]
    assert "".join(one.transcript or "" for one in audio) == "Hello"
    assert b"".join(base64.b64decode(one.data or "") for one in audio) == b"\x00\x01\x02\x03"
    assert audio[-1].expires_at == 1_800_000_000
    [[tool]] = fields_of(deltas, "executed_tools")
    assert tool["output"] == "2"


def test_an_answer_in_one_piece() -> None:
    with serve("openai_chat", BESIDE) as server, client(server) as sdk:
        whole = sdk.chat.completions.create(model="gpt-5", messages=MESSAGES)
    message = whole.choices[0].message
    assert message.content == "It is so."
    assert message.annotations is not None
    assert message.annotations[0].url_citation.url == "https://a.example/"
    assert message.annotations[0].url_citation.end_index == 9
    assert message.audio is not None
    assert (message.audio.id, message.audio.transcript) == ("audio_1", "Hello")
    assert message.tool_calls is not None
    [call] = message.tool_calls
    assert call.type == "function"
    assert (call.id, call.function.name, call.function.arguments) == ("call_2", "clock", '{"zone": "UTC"}')
    assert whole.choices[0].finish_reason == "tool_calls"
    assert whole.usage is not None


def test_lists_of_what_was_found() -> None:
    answer = Answer(listed("https://a.example/", "https://b.example/", titles=("A", "B"), text="So [1]."))
    with serve("openai_chat", answer) as server:
        [first, *_] = [chunk for chunk in chunks(server) if chunk.choices and chunk.choices[0].delta.content]
    assert first.model_extra is not None
    assert first.model_extra["citations"] == ["https://a.example/", "https://b.example/"]
    assert [one["title"] for one in first.model_extra["search_results"]] == ["A", "B"]


def test_the_effort_is_one_that_there_is() -> None:
    with serve("openai_chat", Answer("Hi")) as server, client(server) as sdk:
        for effort in ("none", "max"):
            sdk.chat.completions.create(model="gpt-5", messages=MESSAGES, reasoning_effort=effort)
        unknown: Any = "huge"
        with pytest.raises(openai.BadRequestError, match="Supported values are: 'none'"):
            sdk.chat.completions.create(model="gpt-5", messages=MESSAGES, reasoning_effort=unknown)


def test_parts_that_messages_may_have() -> None:
    sound = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
    file = {
        "type": "file",
        "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
    }
    parts: list[Any] = [sound, file]
    with serve("openai_chat", Answer("Hi")) as server, client(server) as sdk:
        sdk.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": parts}])
        parts.append({"type": "input_file"})
        with pytest.raises(openai.BadRequestError, match="input_file"):
            sdk.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": parts}])


# --- tools ----------------------------------------------------------------------------------------------

TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "clock",
            "parameters": {"type": "object", "properties": {"zone": {"type": "string"}}},
        },
    }
]
CALL = {"id": "call_1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}
CALLED: list[Any] = [*MESSAGES, {"role": "assistant", "content": None, "tool_calls": [CALL]}]
RESULT: Any = {"role": "tool", "tool_call_id": "call_1", "content": "noon"}


def created(server: VendorServer, **options: Any) -> str:
    with client(server) as sdk, sdk.chat.completions.stream(**{"model": "gpt-4.1", **options}) as stream:
        return stream.get_final_completion().choices[0].message.content or ""


def test_a_whole_exchange_with_a_tool() -> None:
    with (
        serve("openai_chat", Answer(ToolCall("clock"), finish="tool_calls"), Answer("Noon.")) as server,
        client(server) as sdk,
    ):
        with sdk.chat.completions.stream(model="gpt-4.1", messages=MESSAGES, tools=TOOLS) as stream:
            message = stream.get_final_completion().choices[0].message
        [call] = message.tool_calls or ()
        result: Any = {"role": "tool", "tool_call_id": call.id, "content": "noon"}
        asked: Any = message.model_dump(include={"role", "content", "tool_calls"}, exclude_none=True)
        assert created(server, messages=[*MESSAGES, asked, result], tools=TOOLS) == "Noon."


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"messages": CALLED}, "must be followed by tool messages.*call_1"),
        ({"messages": [*CALLED, *MESSAGES, RESULT]}, "must be followed by tool messages"),
        ({"messages": [*MESSAGES, RESULT]}, "must be a response to a preceeding message"),
        ({"messages": [*CALLED, {**RESULT, "tool_call_id": "x"}]}, "must be a response"),
        ({"tool_choice": "required"}, "only allowed when 'tools' are specified"),
        ({"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "x"}}}, "'x' not found"),
        ({"tools": TOOLS, "model": "gpt-5.6-sol"}, "use /v1/responses or set reasoning_effort to 'none'"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "does not match pattern"),
        ({"tools": [{"type": "function", "function": {"name": "a", "parameters": {}}}]}, "type: .object"),
    ],
)
def test_what_it_refuses_of_tools(options: dict[str, Any], words: str) -> None:
    with serve("openai_chat", Answer("Hi")) as server, pytest.raises(openai.BadRequestError, match=words):
        created(server, **{"messages": MESSAGES, **options})


def test_what_it_takes_of_tools() -> None:
    with serve("openai_chat", Answer("Hi")) as server:
        assert created(server, messages=[*CALLED, RESULT, *MESSAGES]) == "Hi"
        assert created(server, messages=MESSAGES, tools=TOOLS, tool_choice="none") == "Hi"
        assert (
            created(server, messages=MESSAGES, tools=TOOLS, model="gpt-5.6-sol", reasoning_effort="none")
            == "Hi"
        )
