"""OpenAI's chat completions: ``POST /v1/chat/completions``, and the error shape of all of OpenAI's API.

Facts: https://platform.openai.com/docs/api-reference/chat, and OpenAI's SDK, which reads it in the tests.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .answers import Answer, Content, Delta, Reasoning, Refusal, StreamFailure, Text, ToolCall, Usage
from .dialect import Dialect, Encoder, Route, bearer, body_of, json_response, text_of, token
from .openai_tools import wrong_in_chat
from .recorder import Request, Turn
from .replies import Failure, Response
from .wire import Frame

# kind: (status, type, code, message)
FAILURES: dict[str, tuple[int, str, str | None, str]] = {
    "authentication": (
        401,
        "invalid_request_error",
        "invalid_api_key",
        "Incorrect API key provided: {masked}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
    ),
    "permission": (
        403,
        "request_forbidden",
        "unsupported_country_region_territory",
        "Country, region, or territory not supported",
    ),
    "unknown_model": (
        404,
        "invalid_request_error",
        "model_not_found",
        "The model `{model}` does not exist or you do not have access to it.",
    ),
    "rate_limit": (
        429,
        "tokens",
        "rate_limit_exceeded",
        "Rate limit reached for {model} in organization org-x4 on tokens per min (TPM): Limit 30000, Used "
        "29480, Requested 1200. Please try again in 1.36s. Visit "
        "https://platform.openai.com/account/rate-limits to learn more.",
    ),
    "quota": (
        429,
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details. For more information "
        "on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
    ),
    "context_length": (
        400,
        "invalid_request_error",
        "context_length_exceeded",
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130012 "
        "tokens. Please reduce the length of the messages.",
    ),
    "content_refused": (
        400,
        "invalid_request_error",
        "invalid_prompt",
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again "
        "with a different prompt.",
    ),
    "bad_request": (400, "invalid_request_error", None, "We could not parse the JSON body of your request."),
    "overloaded": (
        503,
        "server_error",
        None,
        "The engine is currently overloaded, please try again later",
    ),
    "server": (
        500,
        "server_error",
        None,
        "The server had an error while processing your request. Sorry about that!",
    ),
}
NO_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
    "auth (i.e. Authorization: Bearer YOUR_KEY)."
)
ROLES = ("system", "developer", "user", "assistant", "tool")
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
PARTS = ("text", "image_url", "input_audio", "file", "refusal")


class OpenAIDialect(Dialect):
    """What OpenAI's two dialects share."""

    base_path = "/v1"
    carries = (Text, Reasoning, Refusal, ToolCall)
    chat_path: str

    def route(self, request: Request) -> Route | None:
        if (request.method, request.path) == ("POST", self.base_path + self.chat_path):
            return "chat"
        return "models" if (request.method, request.path) == ("GET", self.base_path + "/models") else None

    def key(self, request: Request) -> str | None:
        return bearer(request)

    def failure(self, failure: Failure, request: Request) -> Response:
        status, error = self.error(failure.kind, failure.message, request)
        return json_response(failure.status or status, {"error": error}, self.headers())

    def error(self, kind: str, message: str | None, request: Request) -> tuple[int, dict[str, Any]]:
        """The usual status of a failure, and the error object of OpenAI's API."""
        status, error_type, code, words = FAILURES[kind]
        key = self.key(request)
        if kind == "authentication" and key is None:
            words, code = NO_KEY, None
        model = body_of(request).get("model") or "the model"
        message = message or words.format(masked=masked(key or ""), model=model)
        param = "messages" if kind == "context_length" else None
        return status, {"message": message, "type": error_type, "param": param, "code": code}

    def models(self, names: Sequence[str], request: Request, page_size: int | None) -> dict[str, Any]:
        model = {"object": "model", "created": 1686935002, "owned_by": "system"}
        return {"object": "list", "data": [{"id": name, **model} for name in names]}

    def headers(self) -> dict[str, str]:
        version = {"openai-processing-ms": "12", "openai-version": "2020-10-01"}
        return {"x-request-id": f"req_{token()}", **version}


def masked(key: str) -> str:
    """A key as OpenAI quotes it."""
    return f"{key[:8]}{'*' * max(0, len(key) - 12)}{key[-4:]}" if len(key) > 12 else "*" * len(key)


class OpenAIChat(OpenAIDialect):
    """Chat completions."""

    name = "openai_chat"
    chat_path = "/chat/completions"
    carries = (Text, Reasoning, Refusal, ToolCall, Delta)

    def turns(self, body: Mapping[str, Any]) -> tuple[Turn, ...]:
        messages = [message for message in body.get("messages") or () if isinstance(message, dict)]
        turns = (Turn(str(message.get("role")), text_of(message.get("content"))) for message in messages)
        return tuple(replace(turn, role="system") if turn.role == "developer" else turn for turn in turns)

    def check(self, request: Request, body: Mapping[str, Any]) -> str | None:
        if not body.get("model"):
            return "you must provide a model parameter"
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            return "Invalid 'messages': empty array. Expected an array with minimum length 1."
        for index, message in enumerate(messages):
            if not isinstance(message, dict) or message.get("role") not in ROLES:
                return f"Invalid value for 'messages[{index}].role'. Supported values are: {ROLES}."
            if message["role"] == "user" and not isinstance(message.get("content"), str | list):
                return f"Invalid value for 'content': expected a string, got null at messages[{index}]."
        if "stream_options" in body and body.get("stream") is not True:
            return "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        effort = body.get("reasoning_effort", "none")
        if effort not in EFFORTS:
            return f"Invalid value: '{effort}'. Supported values are: {', '.join(map(repr, EFFORTS))}."
        for index, message in enumerate(messages):
            for part in message.get("content") if isinstance(message.get("content"), list) else ():
                if part.get("type") not in PARTS:
                    return f"Invalid value: {part.get('type')!r} at messages[{index}].content. {PARTS}"
        return wrong_in_chat(body)

    def whole(self, answer: Answer, request: Request) -> Response | None:
        if body_of(request).get("stream") is True:
            return None
        encoder = _Chunks(answer, request, answer.model or self.model(request))
        pieces = [piece for piece in answer.pieces if isinstance(piece, Content)]
        message = _joined([delta for piece in pieces for delta in _deltas(encoder.content(piece))])
        around = {
            name: value
            for piece in pieces
            if isinstance(piece, Delta)
            for name, value in piece.around.items()
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": answer.finish}
        usage = _usage(answer.usage) if answer.usage else None
        base = {**encoder.base, "object": "chat.completion", **around}
        return json_response(200, {**base, "choices": [choice], "usage": usage}, self.headers())

    def encoder(self, answer: Answer, request: Request, model: str) -> Encoder:
        return _Chunks(answer, request, model)


class _Chunks(Encoder):
    def __init__(self, answer: Answer, request: Request, model: str) -> None:
        super().__init__(answer, request, model)
        options = body_of(request).get("stream_options") or {}
        self._usage_wanted = bool(options.get("include_usage")) and answer.usage is not None
        self._calls = 0
        self.base = {
            "id": f"chatcmpl-{token()[:29]}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": model,
            "service_tier": "default",
            "system_fingerprint": "fp_44709d6fcb",
        }

    def _chunk(self, delta: Mapping[str, Any], finish: str | None = None) -> Frame:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return Frame({**self.base, "choices": [choice], **({"usage": None} if self._usage_wanted else {})})

    def begin(self) -> Iterator[Frame]:
        yield self._chunk({"role": "assistant", "content": "", "refusal": None})

    def content(self, piece: Content) -> Iterator[Frame]:
        match piece:
            case Text(text):
                yield self._chunk({"content": text})
            case Reasoning(text):
                yield self._chunk({self.answer.reasoning_field: text})
            case Refusal(text):
                yield self._chunk({"refusal": text})
            case ToolCall():
                yield from self._call(piece)
            case Delta():
                frame = self._chunk(dict(piece.fields))
                yield Frame({**frame.data, **piece.around}) if isinstance(frame.data, dict) else frame

    def _call(self, call: ToolCall) -> Iterator[Frame]:
        index, self._calls = self._calls, self._calls + 1
        function = {"name": call.name, "arguments": ""}
        yield self._chunk(
            {"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]}
        )
        for piece in call.cut():
            yield self._chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})

    def failure(self, failure: StreamFailure) -> Iterator[Frame]:
        yield Frame({"error": OpenAIChat().error(failure.kind, failure.message, self.request)[1]})

    def end(self) -> Iterator[Frame]:
        if self.answer.finish is not None:
            yield self._chunk({}, self.answer.finish)
        if self._usage_wanted and self.answer.usage is not None:
            yield Frame({**self.base, "choices": [], "usage": _usage(self.answer.usage)})
        if self.answer.wire.done:
            yield Frame("[DONE]")


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _deltas(frames: Iterable[Frame]) -> list[Any]:
    return [
        choice["delta"]
        for frame in frames
        if isinstance(frame.data, dict)
        for choice in frame.data["choices"]
    ]


def _joined(deltas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The message that its pieces make."""
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    for delta in deltas:
        for name, value in delta.items():
            before = message.get(name)
            if name == "tool_calls":
                _add_calls(message.setdefault(name, []), value)
            elif name == "audio":
                message[name] = _heard(before or {}, value)
            else:
                message[name] = value if before is None or name == "role" else before + value
    return message


def _heard(before: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    sound = b"".join(base64.b64decode(one.get("data", "")) for one in (before, more))
    said = "".join(one.get("transcript", "") for one in (before, more))
    return {**before, **more, "data": base64.b64encode(sound).decode(), "transcript": said}


def _add_calls(calls: list[Any], pieces: Sequence[Mapping[str, Any]]) -> None:
    for piece in pieces:
        if "id" in piece:
            calls.append({name: value for name, value in piece.items() if name != "index"})
        else:
            function = calls[piece["index"]]["function"]
            calls[piece["index"]]["function"] = {
                **function,
                "arguments": function["arguments"] + piece["function"]["arguments"],
            }


# --- what vendors have besides --------------------------------------------------------------------------


def citation(url: str, title: str = "", content: str | None = None, start: int = 0, end: int = 0) -> Delta:
    """An annotation: OpenAI's has places in the text, OpenRouter's words of the page and both places at 0."""
    told = {"url": url, "title": title, "start_index": start, "end_index": end}
    told |= {} if content is None else {"content": content}
    return Delta({"annotations": [{"type": "url_citation", "url_citation": told}]})


def picture(data: bytes, media_type: str = "image/png") -> Delta:
    """An image, as OpenRouter sends it."""
    url = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
    return Delta({"content": "", "images": [{"type": "image_url", "image_url": {"url": url}, "index": 0}]})


def speech(*pieces: bytes, transcript: str = "") -> tuple[Delta, ...]:
    """Sound in pieces, and what is said in it, as OpenAI sends them."""
    heard = [{"id": "audio_1", "data": base64.b64encode(piece).decode()} for piece in pieces]
    said = [{"id": "audio_1", "transcript": transcript}] if transcript else []
    return tuple(
        Delta({"audio": audio}) for audio in (*said, *heard, {"id": "audio_1", "expires_at": 1_800_000_000})
    )


def listed(*urls: str, titles: Sequence[str] = (), text: str = "") -> Delta:
    """A piece as Perplexity sends it, with all that was found beside it."""
    results = [{"title": title, "url": url, "date": None} for url, title in zip(urls, titles, strict=False)]
    return Delta({"content": text}, {"citations": list(urls), "search_results": results})


def ran(index: int, kind: str, arguments: str, **result: Any) -> Delta:
    """What Groq's systems tell of what they ran."""
    return Delta({"executed_tools": [{"index": index, "type": kind, "arguments": arguments, **result}]})
