"""Ollama's SDK judges the server that speaks Ollama's dialect."""

from __future__ import annotations

import json
from typing import Any

import httpx
import ollama
import pytest

from . import (
    Answer,
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

MESSAGES = [{"role": "user", "content": "Say hello"}]
FULL = Answer(
    Reasoning("Think"),
    Reasoning("ing…"),
    "Grüße, ",
    "世界 👋",
    ToolCall("weather", '{"city": "Zürich", "days": 3}'),
    usage=Usage(21, 9),
    model="llama-2026",
)


def client(server: VendorServer, **options: Any) -> ollama.Client:
    # To read the system's certificates would cost each test 0.1 s.
    return ollama.Client(server.origin, verify=False, **options)


def lines(server: VendorServer, messages: Any = MESSAGES, **options: Any) -> list[ollama.ChatResponse]:
    with client(server, **options) as sdk:
        return list(sdk.chat("llama", messages, stream=True))


def text(server: VendorServer, messages: Any = MESSAGES, **options: Any) -> str:
    return "".join(line.message.content or "" for line in lines(server, messages, **options))


def test_chat_in_full() -> None:
    with serve("ollama", FULL) as server:
        got = lines(server)
    assert "".join(line.message.thinking or "" for line in got) == "Thinking…"
    assert "".join(line.message.content or "" for line in got) == "Grüße, 世界 👋"
    calls = [call.function for line in got for call in line.message.tool_calls or ()]
    assert [(call.name, call.arguments) for call in calls] == [("weather", {"city": "Zürich", "days": 3})]
    assert [line.done for line in got] == [False] * (len(got) - 1) + [True]
    assert (got[-1].done_reason, got[-1].model) == ("stop", "llama-2026")
    assert (got[-1].prompt_eval_count, got[-1].eval_count) == (21, 9)


def test_cut_off_by_length() -> None:
    with serve("ollama", Answer("Hel", finish="length")) as server:
        assert lines(server)[-1].done_reason == "length"


@pytest.mark.parametrize(
    ("model", "think", "words"),
    [
        ("llama", True, "does not support thinking"),
        ("llama", False, None),
        ("qwen3", "medium", "not supported for this model"),
        ("qwen3", True, None),
        ("gpt-oss", "high", None),
        ("gpt-oss", "xhigh", "invalid think value"),
    ],
)
def test_how_hard_to_think(model: str, think: Any, words: str | None) -> None:
    with serve("ollama", Answer(Reasoning("hm"), "Hello")) as server, client(server) as sdk:
        if words is None:
            first, *_ = sdk.chat(model, MESSAGES, think=think, stream=True)
            assert first.message.thinking == "hm"
        else:
            with pytest.raises(ollama.ResponseError, match=words):
                list(sdk.chat(model, MESSAGES, think=think, stream=True))


WILD = {
    "single bytes": Wire(cut=every(1)),
    "anywhere": Wire(cut=anywhere(3)),
    "many lines a write": Wire(events_per_write=64),
    "unknown keys": Wire(extra={"new": {"a": 1}}),
    "escaped": Wire(ascii=True),
    "no line end at the end": Wire(final_newlines=0),
}


@pytest.mark.parametrize("name", WILD)
def test_wild_forms_that_the_sdk_reads(name: str) -> None:
    with serve("ollama", Answer("Hel", "lo 👋", wire=WILD[name])) as server:
        assert text(server) == "Hello 👋"


FAILURES: list[tuple[str, int, str]] = [
    ("authentication", 401, "unauthorized"),
    ("permission", 403, "requires a subscription"),
    ("unknown_model", 404, "model 'llama' not found"),
    ("rate_limit", 429, "too many concurrent requests"),
    ("quota", 429, "usage limit"),
    ("context_length", 400, "exceeds the context length"),
    ("content_refused", 400, "refused"),
    ("bad_request", 400, "missing request body"),
    ("overloaded", 503, "server busy"),
    ("server", 500, "llama runner process has terminated"),
]


@pytest.mark.parametrize(("kind", "status", "words"), FAILURES)
def test_failures(kind: Any, status: int, words: str) -> None:
    with serve("ollama", Failure(kind)) as server, pytest.raises(ollama.ResponseError, match=words) as caught:
        lines(server)
    assert caught.value.status_code == status


def test_the_key_is_checked() -> None:
    with serve("ollama", key="right") as server:
        with pytest.raises(ollama.ResponseError, match="unauthorized"):
            lines(server)
        assert text(server, headers={"Authorization": "Bearer right"}) == "Hello"


def test_failures_inside_the_stream() -> None:
    with (
        serve("ollama", Answer("Hel", StreamFailure("server", "out of memory"))) as server,
        pytest.raises(ollama.ResponseError, match="out of memory"),
    ):
        lines(server)


@pytest.mark.parametrize("end", [Reset(), Truncate()], ids=repr)
def test_broken_streams(end: Reset | Truncate) -> None:
    answer = Answer("a", Pause(0.02), end)
    with serve("ollama", answer) as server, pytest.raises(httpx.TransportError):
        lines(server)


def test_a_malformed_line_and_an_empty_one() -> None:
    with serve("ollama", Answer("a", Malformed()), Answer("a", Heartbeat())) as server:
        for _ in range(2):
            with pytest.raises(json.JSONDecodeError):
                lines(server)


def test_models() -> None:
    with serve("ollama", models=("llama3.2:1b", "qwen3:4b"), only_listed=True) as server:
        with client(server) as sdk:
            assert [model.model for model in sdk.list().models] == ["llama3.2:1b", "qwen3:4b"]
        with pytest.raises(ollama.ResponseError, match="model 'llama' not found"):
            lines(server)


def test_it_knows_the_conversation() -> None:
    turns = [
        {"role": "system", "content": "Be kind"},
        {"role": "user", "content": "I am Ann"},
        {"role": "assistant", "content": "Hello Ann"},
        {"role": "user", "content": "Who am I?"},
    ]
    with serve("ollama", echo()) as server:
        got = text(server, turns)
    assert got == "system: Be kind\nuser: I am Ann\nassistant: Hello Ann\nuser: Who am I?"


# --- tools ----------------------------------------------------------------------------------------------


def look(place: str) -> str:
    """Looks at a place.

    Args:
        place: Where.
    """
    return place


def test_a_round_of_tools() -> None:
    with serve("ollama", FULL, Answer("Rain")) as server, client(server) as sdk:
        called = list(sdk.chat("llama", MESSAGES, stream=True, tools=[look]))
        [call] = [call for line in called for call in line.message.tool_calls or ()]
        said = {"role": "assistant", "content": "", "tool_calls": [call.model_dump()]}
        result = {"role": "tool", "tool_name": "weather", "content": "rain"}
        got = list(sdk.chat("llama", [*MESSAGES, said, result], stream=True, tools=[look]))
    assert "".join(line.message.content or "" for line in got) == "Rain"


def test_a_model_without_tools() -> None:
    with serve("ollama") as server, client(server) as sdk, pytest.raises(ollama.ResponseError, match="tools"):
        list(sdk.chat("gemma", MESSAGES, stream=True, tools=[look]))
