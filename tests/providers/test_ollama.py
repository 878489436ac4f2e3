"""Ollama: the request, the events, the failures, and where it lives."""

from __future__ import annotations

import base64
import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import errors
from notebook_chat.events import (
    Event,
    Finish,
    ModelName,
    Notice,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    Usage,
)
from notebook_chat.messages import ImagePart, Message, TextPart, UnknownPart
from notebook_chat.providers.ollama import Ollama, host_address

from ..servers import Answer, Failure, Reasoning, StreamFailure, serve
from .wires import CONVERSATION, KEY, PNG, built, cuts, header, ndjson, read, take, text_of, texts


def line(content: str = "", **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    message |= {name: more.pop(name) for name in ("thinking", "tool_calls") if name in more}
    return {"model": "llama", "created_at": "2026-01-01T00:00:00Z", "message": message, "done": False, **more}


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments}}


ANSWER = [
    line(thinking="hm"),
    line("Häl"),
    line("lo 👋", somethingNew=1),
    line(tool_calls=[call("look", a=1), call("see")]),
    line(tool_calls=[call("go") | {"id": "call_1"}]),
    line(done=True, done_reason="stop", prompt_eval_count=9, eval_count=5, total_duration=1),
]
EVENTS: list[Event] = [
    ReasoningDelta("hm"),
    TextDelta("Häl"),
    TextDelta("lo 👋"),
    ToolCall(0, "", "look", '{"a": 1}'),
    ToolCall(1, "", "see", "{}"),
    ToolCall(2, "call_1", "go", "{}"),
    ModelName("llama"),
    Usage(9, 5),
    Finish("tool_calls"),
]


# --- the events -----------------------------------------------------------------------------------------


@given(places=cuts)
def test_an_answer_is_the_same_wherever_its_bytes_are_cut(places: list[int]) -> None:
    assert read(Ollama, ndjson(*ANSWER), places) == EVENTS


def test_a_byte_at_a_time_and_without_the_last_line_end() -> None:
    wire = ndjson(*ANSWER).rstrip(b"\n")
    assert read(Ollama, wire, range(len(wire))) == EVENTS


@given(pieces=texts, places=cuts)
def test_any_text_arrives(pieces: list[str], places: list[int]) -> None:
    assert text_of(read(Ollama, ndjson(*map(line, pieces)), places)) == "".join(pieces)


def test_everything_may_come_at_once() -> None:
    whole = line("Hi", thinking="hm", done=True)
    assert read(Ollama, ndjson(whole)) == [
        ReasoningDelta("hm"),
        TextDelta("Hi"),
        ModelName("llama"),
        Finish("stop"),
    ]


@pytest.mark.parametrize("reason", ["stop", "length", "load"])
def test_the_end_has_its_reason(reason: str) -> None:
    assert read(Ollama, ndjson(line(done=True, done_reason=reason)))[-1] == Finish(reason)


# --- failures -------------------------------------------------------------------------------------------


@given(places=cuts)
def test_an_error_in_the_stream(places: list[int]) -> None:
    events: list[Event] = []
    with pytest.raises(errors.ProviderError, match="ollama: the runner has died"):
        take(Ollama, ndjson(line("Hi"), {"error": "the runner has died"}), events, places)
    assert events == [TextDelta("Hi")]


def test_an_error_in_the_stream_is_known_by_its_words() -> None:
    with pytest.raises(errors.ContextLengthError):
        read(Ollama, ndjson({"error": "the input length exceeds the context length"}))


@pytest.mark.parametrize("data", [b'{"message": 1}\n', b"7\n", b"hello\n", b"{"])
def test_what_is_not_in_the_dialect_is_refused(data: bytes) -> None:
    with pytest.raises(errors.ResponseFormatError):
        read(Ollama, data)


# --- the request ----------------------------------------------------------------------------------------


def test_the_request() -> None:
    request, body = built(
        Ollama,
        CONVERSATION,
        "llama",
        temperature=0.5,
        top_p=0.9,
        max_tokens=7,
        stop=["END"],
        seed=3,
        extra_body={"think": False, "options": {"num_ctx": 4096}},
    )
    assert request.url == "http://localhost:11434/api/chat"
    assert header(request, "Authorization") == f"Bearer {KEY}"
    assert body == {
        "model": "llama",
        "messages": CONVERSATION,
        "stream": True,
        "options": {
            "temperature": 0.5,
            "top_p": 0.9,
            "num_predict": 7,
            "stop": ["END"],
            "seed": 3,
            "num_ctx": 4096,
        },
        "think": False,
    }


def test_the_least_request() -> None:
    request = Ollama.build_request(Ollama.check("", "hi", {}))
    assert "Authorization" not in request.headers
    _, body = built(Ollama)
    assert body == {
        "model": Ollama.default_model,
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
    }


def test_an_image_and_a_developers_message() -> None:
    messages = [
        Message("developer", "Be brief."),
        Message("user", (TextPart("What is it?"), ImagePart(PNG, "image/png"))),
    ]
    _, body = built(Ollama, messages)
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is it?", "images": [base64.b64encode(PNG).decode()]},
    ]


# --- how hard to think ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "effort", "think"),
    [
        ("qwen3", None, "unsaid"),
        ("qwen3", "none", False),
        ("qwen3", 0, False),
        ("qwen3", "minimal", "low"),
        ("qwen3", "medium", "medium"),
        ("qwen3", "xhigh", "high"),
        ("qwen3", "max", "max"),
        ("qwen3", 8000, "medium"),
        ("gpt-oss:20b", "none", "low"),
        ("gpt-oss:20b", "max", "high"),
        ("hf.co/someone/gpt-oss-20b", "max", "high"),
    ],
)
def test_thinking_is_asked_for_in_its_words(model: str, effort: Any, think: Any) -> None:
    assert built(Ollama, model=model, effort=effort)[1].get("think", "unsaid") == think


@pytest.mark.parametrize(
    ("model", "effort", "asked"),
    [
        ("llama3.2", "high", ["high", None]),
        ("qwen3", "high", ["high", True]),
        ("qwen3", "none", [False]),
        ("deepseek-r1", "high", ["high"]),
    ],
)
async def test_a_model_is_asked_for_what_it_can(model: str, effort: str, asked: list[Any]) -> None:
    with serve("ollama", Answer("Hello")) as server:
        result = Ollama.create_async_generator(model, "hi", base_url=server.base_url, effort=effort)
        told = [event.text async for event in result.events() if isinstance(event, Notice)]
        assert result.text == "Hello"
        assert [request.json.get("think") for request in server.requests] == asked
        assert [("think" in one, "simpler" in one) for one in told] == [(True, True)] * (len(asked) - 1)


async def test_another_refusal_is_an_error_at_once() -> None:
    with serve("ollama", Failure("bad_request")) as server:
        with pytest.raises(errors.BadRequestError, match="missing request body"):
            await Ollama.create_async("deepseek-r1", "hi", base_url=server.base_url, effort="low")
        assert len(server.requests) == 1


def test_a_search_is_refused_by_name() -> None:
    with pytest.raises(errors.InvalidOptionError, match="ollama does not search the web"):
        Ollama.check_options({"web": True})


# --- what the model makes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"a": 1}, '{"a": 1}'),
        ('{"a": 1}', '{"a": 1}'),
        ("", "{}"),
        (None, "{}"),
        ('{"a', '{"a'),
        ([1], "[1]"),
    ],
)
def test_arguments_in_any_form(arguments: Any, expected: str) -> None:
    function = {"name": "look", "arguments": arguments, "index": 3}
    events = read(Ollama, ndjson(line(tool_calls=[{"id": "c", "function": function}]), line(done=True)))
    assert events[0] == ToolCall(0, "c", "look", expected)


def test_images_of_the_models_own() -> None:
    image = base64.b64encode(PNG).decode()
    said = {"message": {"role": "assistant", "content": "Here", "images": [image, "%%", 7]}, "done": False}
    assert read(Ollama, ndjson(said, line(done=True))) == [
        TextDelta("Here"),
        ImagePart(PNG, "image/png"),
        UnknownPart("a broken image", 2),
        ModelName("llama"),
        Finish("stop"),
    ]


# --- where it lives -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("localhost", "http://localhost:11434"),
        ("gpu:8080", "http://gpu:8080"),
        (":8080", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("http://0.0.0.0:8080/", "http://127.0.0.1:8080"),
        ("http://gpu", "http://gpu"),
        ("https://gpu.example.org", "https://gpu.example.org"),
        ("https://gpu.example.org/ollama/", "https://gpu.example.org/ollama"),
        ("gpu/ollama", "http://gpu:11434/ollama"),
        ("1.2.3.4/", "http://1.2.3.4:11434"),
        ("::1", "http://[::1]:11434"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("[::]", "http://[::1]:11434"),
        ('"gpu:8080"', "http://gpu:8080"),
    ],
)
def test_ollama_host(host: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", host)
    assert built(Ollama)[0].url == f"{address}/api/chat"
    assert built(Ollama, base_url="http://elsewhere/")[0].url == "http://elsewhere/api/chat"


@pytest.mark.parametrize("host", ["gpu:many", "http://gpu:99999", "http://[gpu"])
def test_an_ollama_host_that_is_none(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", host)
    with pytest.raises(errors.ConfigurationError, match="OLLAMA_HOST"):
        Ollama.check("", "hi", {})


@given(st.text())
def test_any_ollama_host_is_an_address_or_refused(host: str) -> None:
    with contextlib.suppress(errors.ConfigurationError):
        assert host_address(host).startswith("http")


# --- against the vendor's server ------------------------------------------------------------------------


async def test_from_end_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve("ollama", Answer(Reasoning("hm"), "Hel", "lo")) as server:
        monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{server.port}")
        result = Ollama.create_async_generator("llama", CONVERSATION)
        assert [piece async for piece in result] == ["Hel", "lo"]
        assert (result.reasoning, result.finish_reason, result.model) == ("hm", "stop", "llama")
        assert [turn.role for turn in server.requests[0].turns] == [
            message["role"] for message in CONVERSATION
        ]
        assert await Ollama.list_models() == ["model-a", "model-b", "model-c"]


async def test_failures_keep_the_vendors_words() -> None:
    with serve("ollama", Failure("unknown_model"), Answer("Hel", StreamFailure("server"))) as server:
        with pytest.raises(errors.ModelNotFoundError, match="model 'm' not found"):
            await Ollama.create_async("m", "hi", base_url=server.base_url)
        with pytest.raises(errors.ProviderError, match="runner process has terminated") as broken:
            await Ollama.create_async("m", "hi", base_url=server.base_url)
        assert broken.value.partial == "Hel"
