"""Failures in the words of real services: which kind each is, what it says, and what is asked again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notebook_chat import errors
from notebook_chat.attempts import RetryPolicy
from notebook_chat.providers import get_provider
from notebook_chat.providers.anthropic import Anthropic
from notebook_chat.providers.error_mapping import from_payload
from notebook_chat.providers.http import HTTPProvider
from notebook_chat.providers.model_pages import near_names
from notebook_chat.providers.openai import OpenAI
from notebook_chat.providers.openai_responses import OpenAIResponses

from ..servers import Answer, Response, page, retry_after, serve
from ..transports import Canned, InMemory
from .wires import sse

JSON = {"Content-Type": "application/json"}
EVENTS = {"Content-Type": "text/event-stream"}


def failed(status: int | None, body: Any) -> errors.ProviderError:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return from_payload(payload, provider="service", status=status)


BILLING_LINK = (
    "Rate limit reached for model `m` on tokens per minute (TPM): Limit 6000, Used 5900. Please try again in 2s. "
    "Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing"
)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        # DeepSeek
        (
            401,
            {
                "error": {
                    "message": "Authentication Fails (no such user)",
                    "type": "authentication_error",
                    "code": "invalid_request_error",
                }
            },
            errors.AuthenticationError,
        ),
        (
            402,
            {
                "error": {
                    "message": "Insufficient Balance",
                    "type": "unknown_error",
                    "code": "invalid_request_error",
                }
            },
            errors.QuotaError,
        ),
        # Azure
        (
            404,
            {
                "error": {
                    "code": "DeploymentNotFound",
                    "message": "The API deployment for this resource does not exist.",
                }
            },
            errors.ModelNotFoundError,
        ),
        (404, {"error": {"type": "invalid_request_error", "message": "billing"}}, errors.ModelNotFoundError),
        # Ollama's cloud
        (401, {"error": "unauthorized"}, errors.AuthenticationError),
        (401, {"error": {"type": "api_error", "message": "unauthorized"}}, errors.AuthenticationError),
        (401, {"error": {"type": "server_error", "message": "see billing"}}, errors.AuthenticationError),
        (
            403,
            {"error": {"type": "invalid_request_error", "message": "no access"}},
            errors.PermissionDeniedError,
        ),
        (
            413,
            {"error": {"type": "invalid_request_error", "message": "Request too large"}},
            errors.ContextLengthError,
        ),
        # Groq
        (
            429,
            {"error": {"message": BILLING_LINK, "type": "tokens", "code": "rate_limit_exceeded"}},
            errors.RateLimitError,
        ),
        (429, {"error": {"message": "Slow down", "type": "invalid_request_error"}}, errors.RateLimitError),
        (429, {"error": {"message": "Too many requests; see billing"}}, errors.RateLimitError),
        # OpenAI
        (
            429,
            {
                "error": {
                    "message": "You exceeded your current quota, please check your plan.",
                    "code": "insufficient_quota",
                }
            },
            errors.QuotaError,
        ),
        (429, {"error": {"message": "You exceeded your current quota."}}, errors.QuotaError),
        (
            404,
            {"error": {"message": "The model `m` does not exist", "code": "model_not_found"}},
            errors.ModelNotFoundError,
        ),
        (
            400,
            {"error": {"message": "too long", "code": "context_length_exceeded"}},
            errors.ContextLengthError,
        ),
        # Anthropic
        (
            400,
            {"error": {"type": "invalid_request_error", "message": "Your credit balance is too low"}},
            errors.QuotaError,
        ),
        (
            400,
            {
                "error": {
                    "type": "invalid_request_error",
                    "message": "prompt is too long: 210000 tokens > 200000",
                }
            },
            errors.ContextLengthError,
        ),
        # unknown models, told with 400
        (
            400,
            {"object": "error", "message": "Invalid model: m", "type": "invalid_model", "code": "1500"},
            errors.ModelNotFoundError,
        ),
        (
            400,
            {"code": "Client specified an invalid argument", "error": "Model not found: m"},
            errors.ModelNotFoundError,
        ),
        (400, {"error": {"message": "m is not a valid model ID", "code": 400}}, errors.ModelNotFoundError),
        # inside a stream, where there is no status but in the words
        (None, {"error": {"code": 502, "message": "Provider returned error"}}, errors.ServerError),
        (
            None,
            {"error": {"code": "429", "message": "slow down", "type": "invalid_request_error"}},
            errors.RateLimitError,
        ),
        (None, {"error": {"type": "overloaded_error", "message": "Overloaded"}}, errors.OverloadedError),
        (503, {"error": {"type": "server_error", "message": "x"}}, errors.OverloadedError),
    ],
)
def test_the_status_knows_best(status: int | None, body: Any, kind: type[errors.ProviderError]) -> None:
    assert type(failed(status, body)) is kind


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 400,
                    "metadata": {
                        "raw": '{"error": {"message": "max_tokens is too large"}}',
                        "provider_name": "Acme",
                    },
                }
            },
            "Acme: max_tokens is too large",
        ),
        (
            {"error": {"message": "Provider returned error", "metadata": {"raw": "no capacity"}}},
            "no capacity",
        ),
        (
            {"error": {"message": "Provider returned error", "metadata": {"raw": ""}}},
            "Provider returned error",
        ),
        ({"errors": ["one is wrong", "two is wrong"]}, "one is wrong; two is wrong"),
        ({"errors": [{"message": "one is wrong", "code": 7}]}, "one is wrong"),
        ({"Message": "User is not authorized"}, "User is not authorized"),
        ({"detail": "Not Found"}, "Not Found"),
        (
            {
                "detail": [
                    {
                        "loc": ["body", "messages", 0, "content"],
                        "msg": "field required",
                        "type": "value_error",
                    }
                ]
            },
            "messages.0.content: field required",
        ),
        ({"error": {"error": {"message": "deep down"}}}, "deep down"),
        ({"error": {"reason": "odd"}}, "odd"),
        ({"error": {"foo": [1]}}, '{"foo":[1]}'),
        ([{"error": {"message": "in a list"}}], "in a list"),
        (b"plain words", "plain words"),
        (b"", "the service gave no reason"),
    ],
)
def test_the_words_that_help(body: Any, words: str) -> None:
    assert failed(400, body).message == words


# --- web pages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.AuthenticationError),
        (403, errors.PermissionDeniedError),
        (429, errors.RateLimitError),
        (500, errors.ServerError),
        (502, errors.ServerError),
        (503, errors.OverloadedError),
        (404, errors.ModelNotFoundError),
        (405, errors.BadRequestError),
        (200, errors.ResponseFormatError),
    ],
)
async def test_a_web_page_is_what_its_status_says(status: int, kind: type[errors.ChatError]) -> None:
    with serve("openai_chat", page(status, "The title")) as server, pytest.raises(errors.ChatError) as error:
        await OpenAI.create_async("m", "hi", base_url=server.base_url, retries=0)
    assert type(error.value) is kind
    assert error.value.message.endswith("web page instead of a model's answer: The title")


async def test_a_proxys_page_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RetryPolicy, "backoff", lambda self, attempt: 0.01)
    with serve("openai_chat", page(502, "Bad Gateway"), Answer("Hi")) as server:
        assert await OpenAI.create_async("m", "hi", base_url=server.base_url) == "Hi"


# --- asking again ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("retries", [0, 2])
async def test_a_simpler_request_is_sent_once(retries: int) -> None:
    refusal = Response(400, b'{"error": {"message": "stream_options is not supported"}}', JSON)
    with serve("openai_chat", refusal) as server:
        with pytest.raises(errors.BadRequestError, match="stream_options"):
            await OpenAI.create_async("m", "hi", base_url=server.base_url, retries=retries)
        assert len(server.requests) == 2
        with pytest.raises(errors.BadRequestError):
            await get_provider("mistral").create_async("m", "hi", base_url=server.base_url, retries=retries)
        assert len(server.requests) == 3  # it asks for no stream_options: there is nothing to leave out


WHOLE: dict[type[HTTPProvider], Any] = {
    OpenAI: {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]},
    OpenAIResponses: {
        "object": "response",
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}],
    },
}


@pytest.mark.parametrize("provider", WHOLE)
@pytest.mark.parametrize(
    "words",
    [
        "Your organization must be verified to stream this model. Please go to: https://platform.openai.com",
        "Streaming is not supported with this model",
        "This model does not support streaming",
        "Unsupported value: 'stream' is not supported with this model",
    ],
)
async def test_where_streaming_is_refused_the_answer_comes_in_one_piece(
    provider: type[HTTPProvider], words: str
) -> None:
    refusal = Canned([json.dumps({"error": {"message": words, "param": "stream"}}).encode()], status=400)
    transport = InMemory(refusal, Canned([json.dumps(WHOLE[provider]).encode()]))
    assert await provider.create_async("m", "hi", transport=transport, api_key="k") == "Hi"
    bodies = [json.loads(request.body or b"") for request in transport.requests]
    assert [body["stream"] for body in bodies] == [True, False]
    assert "stream_options" not in bodies[1]


async def test_a_server_that_does_not_stream_is_read() -> None:
    message = {"type": "message", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"}
    with serve("anthropic", Response(200, json.dumps(message).encode(), JSON)) as server:
        assert await Anthropic.create_async("m", "hi", base_url=server.base_url, api_key="k") == "Hi"


async def test_text_after_a_reason_to_end_is_kept_however_long_it_takes() -> None:
    def chunk(text: str) -> bytes:
        return sse({"choices": [{"delta": {"content": text}, "finish_reason": "stop"}]})

    body = b"".join(map(chunk, ("one ", "two ", "three"))) + b"data: [DONE]\n\n"
    with serve("openai_chat", Response(200, body, EVENTS)) as server:
        assert await OpenAI.create_async("m", "hi", base_url=server.base_url) == "one two three"


# --- unknown models -------------------------------------------------------------------------------------


async def test_an_unknown_model_names_what_is_like_it() -> None:
    missing = Response(404, b'{"error": {"message": "The model `gpt-5-minni` does not exist"}}', JSON)
    names = ["gpt-5-mini", "gpt-5", "text-embedding-3", "o3"]
    with (
        serve("openai_chat", missing, models=names) as server,
        pytest.raises(errors.ModelNotFoundError) as error,
    ):
        await OpenAI.create_async("gpt-5-minni", "hi", base_url=server.base_url)
    assert error.value.hint == "Did you mean gpt-5-mini or gpt-5?"


async def test_without_a_list_the_error_stays_as_it_is() -> None:
    missing = Response(404, b'{"error": {"message": "The model `x` does not exist"}}', JSON)
    with (
        serve("openai_chat", missing, models=Response(500, b"")) as server,
        pytest.raises(errors.ModelNotFoundError) as error,
    ):
        await OpenAI.create_async("x", "hi", base_url=server.base_url)
    assert error.value.hint == errors.ModelNotFoundError.default_hint


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("claude-haiku-5", ["anthropic/claude-haiku-5-5"]),
        ("LLAMA3.2", ["llama3.2"]),
        ("qwen", ["qwen3:0.6b"]),
        ("", []),
        ("nothing-like-it", []),
    ],
)
def test_near_names(name: str, near: list[str]) -> None:
    assert near_names(name, ["anthropic/claude-haiku-5-5", "llama3.2", "qwen3:0.6b", "gemma"]) == near


async def test_how_long_to_wait_is_kept_with_a_page() -> None:
    busy = page(429, "Too many")
    headers = {**busy.headers, **retry_after(7)}
    with (
        serve("openai_chat", Response(429, busy.body, headers)) as server,
        pytest.raises(errors.RateLimitError) as error,
    ):
        await OpenAI.create_async("m", "hi", base_url=server.base_url, retries=0)
    assert error.value.retry_after == 7
