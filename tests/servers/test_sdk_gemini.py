"""Google's SDK judges the server that speaks Gemini's dialect."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from google import genai
from google.genai import errors, types

from . import (
    Answer,
    Dialect,
    Failure,
    Malformed,
    Parts,
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
from .gemini import Gemini
from .gemini_rules import signature

FULL = Answer(
    Reasoning("Think"),
    Reasoning("ing…"),
    "Grüße, ",
    "世界 👋",
    ToolCall("weather", '{"city": "Zürich", "days": 3}'),
    usage=Usage(21, 9, reasoning=4, cached=5),
    model="gemini-2026",
)


@contextmanager
def client(server: VendorServer, key: str = "right", version: str = "v1beta") -> Iterator[genai.Client]:
    # To read the system's certificates would cost each test 0.1 s.
    options = types.HttpOptions(
        base_url=server.origin,
        api_version=version,
        client_args={"verify": False},
        async_client_args={"verify": False},
    )
    with genai.Client(api_key=key, http_options=options) as sdk:
        yield sdk


def chunks(server: VendorServer, contents: Any = "Say hello", **options: Any) -> list[Any]:
    config = options.pop("config", None)
    with client(server, **options) as sdk:
        return list(sdk.models.generate_content_stream(model="gemini", contents=contents, config=config))


def parts(chunks: list[Any]) -> list[Any]:
    return [part for chunk in chunks for candidate in chunk.candidates for part in candidate.content.parts]


def text(server: VendorServer, contents: Any = "Say hello", **options: Any) -> str:
    return "".join(part.text or "" for part in parts(chunks(server, contents, **options)) if not part.thought)


@pytest.mark.parametrize("version", ["v1beta", "v1"])
def test_content_in_full(version: str) -> None:
    with serve("gemini", FULL) as server:
        got = chunks(server, version=version)
        assert server.requests[0].target == f"/{version}/models/gemini:streamGenerateContent?alt=sse"
    assert "".join(part.text for part in parts(got) if part.thought) == "Thinking…"
    assert "".join(part.text or "" for part in parts(got) if not part.thought) == "Grüße, 世界 👋"
    calls = [part.function_call for part in parts(got) if part.function_call]
    assert [(call.name, call.args) for call in calls] == [("weather", {"city": "Zürich", "days": 3})]
    assert [chunk.candidates[0].finish_reason for chunk in got][-2:] == [None, types.FinishReason.STOP]
    assert {chunk.model_version for chunk in got} == {"gemini-2026"}
    usage = got[-1].usage_metadata
    assert (usage.prompt_token_count, usage.cached_content_token_count) == (21, 5)
    assert (usage.candidates_token_count, usage.thoughts_token_count) == (5, 4)
    assert usage.total_token_count == 30


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("length", "MAX_TOKENS"), ("content_filter", "SAFETY"), ("RECITATION", "RECITATION")],
)
def test_how_content_ends(finish: str, reason: str) -> None:
    with serve("gemini", Answer("Hello", finish=finish)) as server:
        assert chunks(server)[-1].candidates[0].finish_reason == types.FinishReason(reason)


PNG = b"\x89PNG\r\n\x1a\n and the rest"
GROUNDED = {
    "searchEntryPoint": {"renderedContent": "<style></style><div></div>"},
    "groundingChunks": [
        {"web": {"uri": "https://example.org/a", "title": "example.org"}},
        {
            "retrievedContext": {
                "text": "It was so.",
                "title": "notes",
                "fileSearchStore": "fileSearchStores/s",
            }
        },
        {
            "maps": {
                "uri": "https://maps.example.org/1",
                "title": "Café",
                "placeId": "places/1",
                "text": "Good.",
            }
        },
        {
            "image": {
                "sourceUri": "https://example.org/i",
                "imageUri": "https://example.org/i.png",
                "title": "I",
            }
        },
    ],
    "groundingSupports": [
        {"segment": {"endIndex": 9, "text": "Häl 世"}, "groundingChunkIndices": [0, 1]},
        {
            "segment": {"startIndex": 9, "endIndex": 10, "partIndex": 0, "text": "."},
            "groundingChunkIndices": [2],
        },
    ],
    "webSearchQueries": ["what is so"],
    "imageSearchQueries": ["a picture"],
    "retrievalMetadata": {"googleSearchDynamicRetrievalScore": 0.9},
}


def test_all_kinds_of_parts() -> None:
    given = Parts(
        (
            {
                "executableCode": {"language": "PYTHON", "code": "print(1)", "id": "e1"},
                "thoughtSignature": "c2ln",
            },
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n", "id": "e1"}},
            {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(PNG).decode()}},
            {"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": "AAAB"}},
            {"fileData": {"fileUri": "https://example.org/v.mp4", "mimeType": "video/mp4"}},
            {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t1", "args": {"queries": ["what is so"]}}},
            {"toolResponse": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t1"}},
            {
                "thought": True,
                "inlineData": {"mimeType": "image/png", "data": base64.b64encode(PNG).decode()},
            },
        )
    )
    with serve("gemini", Answer("Hi", given)) as server:
        got = parts(chunks(server))[1:-1]
    code, result, image, sound, file, call, response, draft = got
    assert (code.executable_code.code, code.executable_code.language) == ("print(1)", types.Language.PYTHON)
    assert code.thought_signature == b"sig"
    assert (result.code_execution_result.outcome, result.code_execution_result.output) == (
        types.Outcome.OUTCOME_OK,
        "1\n",
    )
    assert (image.inline_data.data, image.inline_data.mime_type) == (PNG, "image/png")
    assert (sound.inline_data.data, sound.inline_data.mime_type[:9]) == (b"\0\0\1", "audio/L16")
    assert file.file_data.file_uri == "https://example.org/v.mp4"
    assert call.tool_call.args == {"queries": ["what is so"]}
    assert response.tool_response.tool_type == types.ToolType.GOOGLE_SEARCH_WEB
    assert (draft.thought, draft.inline_data.data) == (True, PNG)


def test_where_an_answer_comes_from() -> None:
    opened = {
        "urlMetadata": [
            {"retrievedUrl": "https://example.org/a", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"},
            {"retrievedUrl": "https://example.org/b", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_PAYWALL"},
        ]
    }
    cited = {
        "citationSources": [
            {"startIndex": 0, "endIndex": 3, "uri": "https://example.org/c", "license": "mit"}
        ]
    }
    early = Parts(({"text": "Häl "},), {"groundingMetadata": {}, "urlContextMetadata": opened})
    late = Parts(({"text": "世."},), {"groundingMetadata": GROUNDED, "citationMetadata": cited})
    with serve("gemini", Answer(early, late)) as server:
        first, second, _ = (chunk.candidates[0] for chunk in chunks(server))
    assert not first.grounding_metadata.grounding_chunks
    assert [page.url_retrieval_status.name for page in first.url_context_metadata.url_metadata] == [
        "URL_RETRIEVAL_STATUS_SUCCESS",
        "URL_RETRIEVAL_STATUS_PAYWALL",
    ]
    told = second.grounding_metadata
    web, document, place, image = told.grounding_chunks
    assert (web.web.title, document.retrieved_context.title) == ("example.org", "notes")
    assert (place.maps.title, image.image.source_uri) == ("Café", "https://example.org/i")
    segment = told.grounding_supports[0].segment
    assert "Häl 世.".encode()[: segment.end_index - 1].decode() == "Häl 世"
    assert (told.web_search_queries, told.image_search_queries) == (["what is so"], ["a picture"])
    assert second.citation_metadata.citations[0].uri == "https://example.org/c"


def test_what_was_signed_is_taken_back_by_the_same_model_alone() -> None:
    def ask(model: str) -> Any:
        turns = [
            {"role": "user", "parts": [{"text": "Think"}]},
            {"role": "model", "parts": [{"text": "Yes.", "thought_signature": signature("gemini-3-a")}]},
            {"role": "user", "parts": [{"text": "Go on"}]},
        ]
        return next(iter(sdk.models.generate_content_stream(model=model, contents=turns)))

    with serve("gemini", Answer("Hello")) as server, client(server) as sdk:
        assert ask("gemini-3-a").text == "Hello"
        with pytest.raises(errors.ClientError, match="Corrupted thought signature"):
            ask("gemini-3-b")


@pytest.mark.parametrize(
    ("model", "config", "words"),
    [
        ("gemini-2.0-flash", types.ThinkingConfig(include_thoughts=True), "Thinking is not enabled"),
        ("gemini-2.5-flash", types.ThinkingConfig(thinking_level="LOW"), "level is not supported"),
        ("gemini-2.5-pro", types.ThinkingConfig(thinking_budget=52_428), "budget .52428. is invalid"),
        ("gemini-2.5-pro", types.ThinkingConfig(thinking_budget=0), "budget .0. is invalid"),
        ("gemini-3-pro", types.ThinkingConfig(thinking_budget=9, thinking_level="LOW"), "only one of"),
    ],
)
def test_thinking_that_a_model_refuses(model: str, config: types.ThinkingConfig, words: str) -> None:
    asked = types.GenerateContentConfig(thinking_config=config)
    with serve("gemini") as server, client(server) as sdk, pytest.raises(errors.ClientError, match=words):
        list(sdk.models.generate_content_stream(model=model, contents="hi", config=asked))


WILD = {
    "single bytes": Wire(cut=every(1)),
    "anywhere": Wire(cut=anywhere(3)),
    "CRLF": Wire(newline="\r\n", cut=every(7)),
    "CR": Wire(newline="\r"),
    "unknown keys": Wire(extra={"new": {"a": 1}}),
    "several data lines": Wire(data_lines=True),
    "escaped": Wire(ascii=True),
    "no blank line at the end": Wire(final_newlines=1),
}


@pytest.mark.parametrize("name", WILD)
def test_wild_forms_that_the_sdk_reads(name: str) -> None:
    with serve("gemini", Answer("Hel\u2028", "lo 👋", wire=WILD[name])) as server:
        assert text(server) == "Hel\u2028lo 👋"


FAILURES: list[tuple[str, type[errors.APIError], int, str]] = [
    ("authentication", errors.ClientError, 400, "INVALID_ARGUMENT"),
    ("permission", errors.ClientError, 403, "PERMISSION_DENIED"),
    ("unknown_model", errors.ClientError, 404, "NOT_FOUND"),
    ("rate_limit", errors.ClientError, 429, "RESOURCE_EXHAUSTED"),
    ("quota", errors.ClientError, 429, "RESOURCE_EXHAUSTED"),
    ("context_length", errors.ClientError, 400, "INVALID_ARGUMENT"),
    ("bad_request", errors.ClientError, 400, "INVALID_ARGUMENT"),
    ("overloaded", errors.ServerError, 503, "UNAVAILABLE"),
    ("server", errors.ServerError, 500, "INTERNAL"),
]


@pytest.mark.parametrize("dialect", [Gemini(), Gemini(errors_in_list=True)], ids=["object", "list"])
@pytest.mark.parametrize(("kind", "error", "code", "status"), FAILURES)
def test_failures(dialect: Dialect, kind: Any, error: type[errors.APIError], code: int, status: str) -> None:
    with serve(dialect, Failure(kind)) as server, pytest.raises(error) as caught:
        chunks(server)
    assert (caught.value.code, caught.value.status) == (code, status)
    assert caught.value.message


def test_a_blocked_prompt_has_no_candidates() -> None:
    with serve("gemini", Failure("content_refused")) as server:
        (only,) = chunks(server)
    assert only.candidates is None
    assert only.prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT


def test_the_key_is_checked() -> None:
    with serve("gemini", key="right") as server:
        with pytest.raises(errors.ClientError, match="API key not valid") as caught:
            chunks(server, key="wrong")
        assert caught.value.details["error"]["details"][0]["reason"] == "API_KEY_INVALID"
        assert text(server) == "Hello"


def test_failures_inside_the_stream() -> None:
    with (
        serve("gemini", Answer("Hel", StreamFailure("overloaded"))) as server,
        pytest.raises(errors.APIError) as caught,
    ):
        chunks(server)
    assert (caught.value.code, caught.value.status) == (503, "UNAVAILABLE")


@pytest.mark.parametrize("end", [Reset(), Truncate()], ids=repr)
def test_broken_streams(end: Reset | Truncate) -> None:
    with (
        serve("gemini", Answer("a", Pause(0.02), end)) as server,
        pytest.raises(httpx2.TransportError),
    ):
        chunks(server)


def test_a_malformed_frame() -> None:
    with (
        serve("gemini", Answer("a", Malformed())) as server,
        pytest.raises(errors.UnknownApiResponseError),
    ):
        chunks(server)


def test_models_come_in_pages() -> None:
    names = [f"gemini-{number}" for number in range(7)]
    with serve("gemini", models=names, page_size=3) as server, client(server) as sdk:
        listed = list(sdk.models.list())
        assert [model.name for model in listed] == [f"models/{name}" for name in names]
        assert {(one.input_token_limit, one.output_token_limit, one.thinking) for one in listed} == {
            (1048576, 65536, True)
        }
        assert [request.query.get("pageToken") for request in server.requests] == [None, "3", "6"]


def test_fields_that_nobody_knows_are_refused() -> None:
    config = types.GenerateContentConfig(http_options=types.HttpOptions(extra_body={"max_tokens": 5}))
    with (
        serve("gemini") as server,
        pytest.raises(errors.ClientError, match='Unknown name "max_tokens"'),
    ):
        chunks(server, config=config)


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ([{"role": "assistant", "parts": [{"text": "x"}]}], "valid role: user, model"),
        ([{"role": "user", "parts": []}], "parts must not be empty"),
    ],
)
def test_requests_that_are_refused(contents: Any, words: str) -> None:
    with serve("gemini") as server, pytest.raises(errors.ClientError, match=words):
        chunks(server, contents)


def test_it_knows_the_conversation() -> None:
    turns = [
        {"role": "user", "parts": [{"text": "I am Ann"}]},
        {"role": "model", "parts": [{"text": "Hello "}, {"text": "Ann"}]},
        {"role": "user", "parts": [{"text": "Who am I?"}]},
    ]
    config = types.GenerateContentConfig(system_instruction="Be kind")
    with serve("gemini", echo()) as server:
        got = text(server, turns, config=config)
    assert got == "system: Be kind\nuser: I am Ann\nassistant: Hello Ann\nuser: Who am I?"


# --- tools of the caller --------------------------------------------------------------------------------

LOOK = types.FunctionDeclaration(
    name="look",
    description="Looks.",
    parameters_json_schema={"type": "object", "properties": {"at": {"type": "string"}}},
)
CALLS = Answer(
    ToolCall("look", '{"at": "a"}', id="c1"), ToolCall("look", '{"at": "b"}', id="c2"), finish="tool_calls"
)


def config(*tools: Any, **more: Any) -> types.GenerateContentConfig:
    declared = types.Tool(function_declarations=[LOOK])
    automatic = types.AutomaticFunctionCallingConfig(disable=True)
    return types.GenerateContentConfig(tools=[declared, *tools], automatic_function_calling=automatic, **more)


def called(sdk: genai.Client, model: str) -> types.Content:
    """What a model says that calls tools, as the SDK has it."""
    chunks = list(sdk.models.generate_content_stream(model=model, contents="Look", config=config()))
    parts = [
        part for chunk in chunks for part in chunk.candidates[0].content.parts or () if part.function_call
    ]
    return types.Content(role="model", parts=parts)


def answered(sdk: genai.Client, model: str, said: types.Content, *results: types.Part) -> str:
    user = types.Content(role="user", parts=[types.Part(text="Look")])
    contents = [user, said, types.Content(role="user", parts=list(results))]
    chunks = sdk.models.generate_content_stream(model=model, contents=contents, config=config())
    return "".join(chunk.text or "" for chunk in chunks)


def result(call: types.Part, **more: Any) -> types.Part:
    asked = call.function_call
    return types.Part(
        function_response=types.FunctionResponse(
            id=asked.id, name=asked.name, response={"output": "seen"}, **more
        )
    )


@pytest.mark.parametrize(
    ("model", "signed"), [("gemini-3-a", [True, False]), ("gemini-2.5-flash", [False, False])]
)
def test_a_round_of_tools(model: str, signed: list[bool]) -> None:
    with serve("gemini", CALLS, Answer("I see")) as server, client(server) as sdk:
        said = called(sdk, model)
        assert [bool(part.thought_signature) for part in said.parts] == signed
        assert [part.function_call.args for part in said.parts] == [{"at": "a"}, {"at": "b"}]
        assert answered(sdk, model, said, *map(result, said.parts)) == "I see"


def test_rounds_that_are_refused() -> None:
    with serve("gemini", CALLS, Answer("I see")) as server, client(server) as sdk:
        said = called(sdk, "gemini-3-a")
        first, second = said.parts
        with pytest.raises(errors.ClientError, match="number of function response parts"):
            answered(sdk, "gemini-3-a", said, result(first))
        with pytest.raises(errors.ClientError, match="not one to the call"):
            answered(sdk, "gemini-3-a", said, result(second), result(first))
        bare = types.Content(
            role="model", parts=[types.Part(function_call=part.function_call) for part in said.parts]
        )
        with pytest.raises(errors.ClientError, match="missing a thought_signature"):
            answered(sdk, "gemini-3-a", bare, *map(result, said.parts))
        image = types.FunctionResponsePart(
            inline_data=types.FunctionResponseBlob(mime_type="image/png", data=b"png")
        )
        assert answered(sdk, "gemini-3-a", said, result(first, parts=[image]), result(second)) == "I see"
        with pytest.raises(errors.ClientError, match="Multimodal"):
            answered(sdk, "gemini-2.5-flash", bare, result(first, parts=[image]), result(second))


@pytest.mark.parametrize(
    ("model", "more", "words"),
    [
        ("gemini-2.5-flash", {"response_mime_type": "application/json"}, "response mime type"),
        ("gemini-2.5-flash", {}, "unsupported by the model"),
        ("gemini-3-a", {}, "include_server_side_tool_invocations"),
    ],
)
def test_what_does_not_go_together(model: str, more: dict[str, Any], words: str) -> None:
    search = () if more else (types.Tool(google_search=types.GoogleSearch()),)
    with serve("gemini") as server, client(server) as sdk, pytest.raises(errors.ClientError, match=words):
        list(sdk.models.generate_content_stream(model=model, contents="a", config=config(*search, **more)))
