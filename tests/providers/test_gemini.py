"""Google's Gemini: the request, the events, the failures."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from hypothesis import given

from notebook_chat import errors
from notebook_chat.events import Event, Finish, ModelName, ReasoningDelta, TextDelta, ToolCall, Usage
from notebook_chat.messages import ImagePart, Message, TextPart, UnknownPart
from notebook_chat.providers.exchange import Patience
from notebook_chat.providers.gemini import Gemini

from ..servers import Answer, Failure, Pause, Raw, Reasoning, Response, Stall, StreamFailure, serve
from ..servers.gemini import Gemini as GeminiDialect
from .wires import CONVERSATION, KEY, PNG, built, cuts, header, read, sse, take, text_of, texts


def chunk(*parts: Any, finish: str | None = None, **more: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "gemini-x", **more}


def counts(**tokens: int) -> dict[str, Any]:
    return {f"{name}TokenCount": count for name, count in tokens.items()}


ANSWER = [
    chunk({"text": "hm", "thought": True}, usageMetadata=counts(prompt=9)),
    chunk({"text": "Häl"}, usageMetadata=counts(prompt=9, candidates=1)),
    chunk({"text": "lo 👋", "thoughtSignature": "x"}, {"somethingNew": 1}),
    chunk({"functionCall": {"name": "look", "args": {"a": 1}, "id": "f1"}}),
    chunk({"functionCall": {"name": "see", "args": {}}}, {"functionCall": {"name": "go"}}),
    chunk(
        {"text": ""},
        finish="STOP",
        usageMetadata=counts(prompt=9, candidates=5, thoughts=4, cachedContent=3, total=18),
    ),
]
EVENTS: list[Event] = [
    ReasoningDelta("hm"),
    Usage(9),  # as far as it is known where the answer breaks off
    TextDelta("Häl"),
    TextDelta("lo 👋"),
    UnknownPart("somethingNew", 1),
    ToolCall(0, "f1", "look", '{"a": 1}'),
    ToolCall(1, "", "see", "{}"),
    ToolCall(2, "", "go", "{}"),
    Usage(9, 9, 4, 3),
    ModelName("gemini-x"),
    Finish("tool_calls"),
]


# --- the events -----------------------------------------------------------------------------------------


@given(places=cuts)
def test_an_answer_is_the_same_wherever_its_bytes_are_cut(places: list[int]) -> None:
    assert read(Gemini, sse(*ANSWER), places) == EVENTS


def test_a_byte_at_a_time() -> None:
    wire = sse(*ANSWER)
    assert read(Gemini, wire, range(len(wire))) == EVENTS


@given(pieces=texts, places=cuts)
def test_any_text_arrives(pieces: list[str], places: list[int]) -> None:
    chunks = [chunk({"text": piece}) for piece in pieces]
    assert text_of(read(Gemini, sse(*chunks), places)) == "".join(pieces)


def test_an_answer_without_tool_calls_just_stops() -> None:
    assert read(Gemini, sse(chunk({"text": "Hi"}, finish="STOP")))[-1] == Finish("stop")


def test_usage_may_come_by_itself() -> None:
    assert read(Gemini, sse({"usageMetadata": counts(prompt=9, candidates=2)})) == [Usage(9, 2)]


@pytest.mark.parametrize(
    "candidate",
    [{}, {"content": None}, {"content": {}}, {"content": {"parts": None}}, {"content": {"role": "model"}}],
)
def test_candidates_without_content(candidate: dict[str, Any]) -> None:
    assert read(Gemini, sse({"candidates": [{**candidate, "finishReason": "STOP"}]})) == [Finish("stop")]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("MAX_TOKENS", "length"), ("CONTINUATION", "length"), ("MALFORMED_FUNCTION_CALL",) * 2],
)
def test_the_end_has_the_common_reason(reason: str, expected: str) -> None:
    assert read(Gemini, sse(chunk({"text": "Hi"}, finish=reason)))[-1] == Finish(expected)


# --- refusals and failures ------------------------------------------------------------------------------


def test_a_blocked_prompt() -> None:
    with pytest.raises(errors.ContentRefusedError, match="prompt was blocked: PROHIBITED_CONTENT"):
        read(Gemini, sse({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}))


@pytest.mark.parametrize("reason", ["SAFETY", "RECITATION", "PROHIBITED_CONTENT", "SPII", "BLOCKLIST"])
@given(places=cuts)
def test_a_blocked_answer(reason: str, places: list[int]) -> None:
    end = {"candidates": [{"finishReason": reason}]}
    with pytest.raises(errors.ContentRefusedError, match=reason):
        read(Gemini, sse(end), places)
    assert read(Gemini, sse(chunk({"text": "Well"}), end), places) == [
        TextDelta("Well"),
        Finish("content_filter"),
    ]


def test_a_blocked_answer_says_why() -> None:
    end = {"candidates": [{"finishReason": "SAFETY", "finishMessage": "It is about a weapon."}]}
    with pytest.raises(errors.ContentRefusedError, match="about a weapon"):
        read(Gemini, sse(end))


@pytest.mark.parametrize("form", [dict, lambda error: [error]], ids=["object", "list"])
@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        (503, "UNAVAILABLE", errors.OverloadedError),
        (500, "INTERNAL", errors.ServerError),
        (504, "DEADLINE_EXCEEDED", errors.ServerError),
        (429, "RESOURCE_EXHAUSTED", errors.RateLimitError),
        (403, "PERMISSION_DENIED", errors.PermissionDeniedError),
        (401, "UNAUTHENTICATED", errors.AuthenticationError),
        (404, "NOT_FOUND", errors.ModelNotFoundError),
        (400, "INVALID_ARGUMENT", errors.BadRequestError),
        (400, "FAILED_PRECONDITION", errors.BadRequestError),
    ],
)
def test_an_error_in_the_stream(form: Any, code: int, status: str, expected: type[errors.ChatError]) -> None:
    failure = form({"error": {"code": code, "message": "It is so.", "status": status}})
    events: list[Event] = []
    with pytest.raises(errors.ProviderError, match=r"It is so\.") as caught:
        take(Gemini, sse(chunk({"text": "Hi"}), failure), events)
    assert type(caught.value) is expected
    assert events == [TextDelta("Hi")]


@pytest.mark.parametrize("data", ['{"candidates": 1}', "7", '{"candidates": [{"content": "x"}]}', "{"])
def test_what_is_not_in_the_dialect_is_refused(data: str) -> None:
    with pytest.raises(errors.ResponseFormatError):
        read(Gemini, f"data: {data}\n\n".encode())


# --- the request ----------------------------------------------------------------------------------------


def test_the_request() -> None:
    request, body = built(
        Gemini,
        CONVERSATION,
        "gemini-x",
        temperature=0.5,
        top_p=0.9,
        max_tokens=7,
        stop="END",
        seed=3,
        extra_body={"generationConfig": {"topK": 5, "topP": 0.8}, "safetySettings": []},
    )
    url = "https://generativelanguage.googleapis.com/v1beta/models/gemini-x:streamGenerateContent?alt=sse"
    assert request.url == url
    assert header(request, "x-goog-api-key") == KEY
    assert body == {
        "system_instruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "one"}, {"text": "two"}]},
            {"role": "model", "parts": [{"text": "three"}]},
            {"role": "user", "parts": [{"text": "four"}]},
        ],
        "generationConfig": {
            "temperature": 0.5,
            "topP": 0.8,
            "maxOutputTokens": 7,
            "stopSequences": ["END"],
            "seed": 3,
            "topK": 5,
        },
        "safetySettings": [],
    }


def test_the_least_request() -> None:
    request, body = built(Gemini)
    assert f"/models/{Gemini.default_model}:" in request.url
    contents = [{"role": "user", "parts": [{"text": "hi"}]}]
    assert body == {"contents": contents, "generationConfig": {"thinkingConfig": {"includeThoughts": True}}}
    assert built(Gemini, model="my-own")[1] == {"contents": contents}


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("models/gemini-x", "/models/gemini-x:"),
        ("tunedModels/my-own", "/tunedModels/my-own:"),
        ("what? #1", "/models/what%3F%20%231:"),
    ],
)
def test_models_by_their_whole_name(model: str, path: str) -> None:
    assert path in built(Gemini, model=model)[0].url


def test_an_image() -> None:
    _, body = built(Gemini, Message("user", (TextPart("What is it?"), ImagePart(PNG, "image/png"))))
    data = {"mime_type": "image/png", "data": base64.b64encode(PNG).decode()}
    assert body["contents"][0]["parts"][1] == {"inline_data": data}


@pytest.mark.parametrize("variable", ["GEMINI_API_KEY", "GOOGLE_API_KEY"])
def test_the_key_comes_from_the_environment(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.MissingKeyError, match="GEMINI_API_KEY"):
        Gemini.check("", "hi", {})
    monkeypatch.setenv(variable, KEY)
    assert header(Gemini.build_request(Gemini.check("", "hi", {})), "x-goog-api-key") == KEY


# --- against the vendor's server ------------------------------------------------------------------------


async def test_from_end_to_end() -> None:
    with serve("gemini", Answer(Reasoning("hm"), "Hel", "lo"), key=KEY) as server:
        result = Gemini.create_async_generator(
            "gemini-x", CONVERSATION, base_url=server.base_url, api_key=KEY
        )
        assert [piece async for piece in result] == ["Hel", "lo"]
        assert (result.reasoning, result.finish_reason, result.model) == ("hm", "stop", "gemini-x")
        turns = [turn.role for turn in server.requests[0].turns]
        assert turns == ["system", "user", "assistant", "user"]


async def test_text_after_an_early_end_is_kept() -> None:
    early = chunk({"text": ""}, finish="STOP")
    late = [chunk({"text": "Hi"}), chunk({"text": " you"}, finish="STOP")]
    with serve("gemini", Response(200, sse(early, *late), {"Content-Type": "text/event-stream"})) as server:
        assert await Gemini.create_async("m", "hi", base_url=server.base_url) == "Hi you"


async def test_an_early_end_waits_for_what_is_still_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Gemini, "patience", Patience(after_reason=1.0)
    )  # shorter than the answer, longer than its pauses
    reasons = [chunk({"text": text}, finish="STOP") for text in ("one ", "two ", "three ", "four")]
    pieces = [piece for reason in reasons for piece in (Raw(sse(reason)), Pause(0.4))]
    with serve("gemini", Answer(*pieces)) as server:
        assert await Gemini.create_async("m", "hi", base_url=server.base_url) == "one two three four"


async def test_an_answer_that_has_ended_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gemini, "patience", Patience(after_reason=0.1))
    with serve("gemini", Answer(Raw(sse(chunk({"text": "Hi"}, finish="STOP"))), Stall())) as server:
        async with asyncio.timeout(10):
            assert await Gemini.create_async("m", "hi", base_url=server.base_url) == "Hi"


async def test_failures_keep_the_vendors_words() -> None:
    with serve(GeminiDialect(errors_in_list=True), Failure("authentication"), Failure("quota")) as server:
        with pytest.raises(errors.AuthenticationError, match="API key not valid"):
            await Gemini.create_async("m", "hi", base_url=server.base_url, api_key=KEY)
        with pytest.raises(errors.RateLimitError, match="exceeded your current quota") as limited:
            await Gemini.create_async("m", "hi", base_url=server.base_url, api_key=KEY)
        assert limited.value.retry_after == 34
        server.reply_with(Answer("Hel", StreamFailure("server")))
        with pytest.raises(errors.ServerError) as broken:
            await Gemini.create_async("m", "hi", base_url=server.base_url, api_key=KEY)
        assert broken.value.partial == "Hel"


async def test_the_models_come_from_all_pages() -> None:
    names = [f"gemini-{number}" for number in range(7)]
    with serve("gemini", models=names, page_size=3, key=KEY) as server:
        assert await Gemini.list_models(base_url=server.base_url, api_key=KEY) == names
        assert len(server.requests) == 3


async def test_only_models_that_answer_are_listed() -> None:
    body = (
        b'{"models": [{"name": "models/a", "supportedGenerationMethods": ["generateContent"]},'
        b' {"name": "models/b", "supportedGenerationMethods": ["embedContent"]}]}'
    )
    with serve("gemini", models=Response(200, body, {"Content-Type": "application/json"})) as server:
        assert await Gemini.list_models(base_url=server.base_url, api_key=KEY) == ["a"]
