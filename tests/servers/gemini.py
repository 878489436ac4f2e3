"""Gemini: ``POST /v1beta/models/{model}:streamGenerateContent?alt=sse``, and the same under ``/v1``.

Facts: https://ai.google.dev/api/generate-content, the error model of https://google.aip.dev/193, and Google's
SDK, which reads it in the tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .answers import Answer, Content, Parts, Reasoning, StreamFailure, Text, ToolCall, Usage
from .dialect import Dialect, Encoder, Route, json_response, text_of, token
from .gemini_rules import generation_of, refusal, signature
from .recorder import Request, Turn
from .replies import Failure, Response
from .wire import Frame, Wire, encode

# kind: (code, status, message)
FAILURES: dict[str, tuple[int, str, str]] = {
    "authentication": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
    "permission": (403, "PERMISSION_DENIED", "Your project has been denied access. Please contact support."),
    "unknown_model": (
        404,
        "NOT_FOUND",
        "models/{model} is not found for API version v1beta, or is not supported for generateContent. Call "
        "ListModels to see the list of available models and their supported methods.",
    ),
    "rate_limit": (
        429,
        "RESOURCE_EXHAUSTED",
        "Resource has been exhausted (e.g. check quota).",
    ),
    "quota": (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details. For more information "
        "on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.",
    ),
    "context_length": (
        400,
        "INVALID_ARGUMENT",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ),
    "content_refused": (200, "PROHIBITED_CONTENT", ""),
    "bad_request": (400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
    "overloaded": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "server": (
        500,
        "INTERNAL",
        "An internal error has occurred. Please retry or report in "
        "https://developers.generativeai.google/guide/troubleshooting",
    ),
}
NO_KEY = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or "
    "other form of API consumer identity to call this API."
)
_CHAT = re.compile(r"/(v1|v1beta)/models/(?P<model>[^/]+):streamGenerateContent")
_FINISH = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}


class Gemini(Dialect):
    """Generated content.

    Args:
        errors_in_list: Whether errors come in a list, as the API sends them to some callers.
    """

    name = "gemini"
    base_path = "/v1beta"
    content_type = "text/event-stream"
    carries = (Text, Reasoning, ToolCall, Parts)

    def __init__(self, *, errors_in_list: bool = False) -> None:
        self._errors_in_list = errors_in_list

    def route(self, request: Request) -> Route | None:
        if request.method == "POST" and _CHAT.fullmatch(request.path):
            return "chat"
        listed = request.method == "GET" and request.path in ("/v1/models", "/v1beta/models")
        return "models" if listed else None

    def key(self, request: Request) -> str | None:
        return request.header("x-goog-api-key") or request.query.get("key")

    def model(self, request: Request) -> str:
        match = _CHAT.fullmatch(request.path)
        return match["model"] if match else ""

    def turns(self, body: Mapping[str, Any]) -> tuple[Turn, ...]:
        system = body.get("systemInstruction") or body.get("system_instruction") or {}
        turns = [Turn("system", text_of(system.get("parts")))] if system else []
        for content in body.get("contents") or ():
            if isinstance(content, dict):
                role = {"model": "assistant"}.get(content.get("role", "user"), "user")
                turns.append(Turn(role, text_of(content.get("parts"))))
        return tuple(turns)

    def check(self, request: Request, body: Mapping[str, Any]) -> str | None:
        if (words := refusal(body, self.model(request))) is not None:
            return words
        return None if request.query.get("alt") == "sse" else "this server of the tests only speaks alt=sse"

    def encoder(self, answer: Answer, request: Request, model: str) -> Encoder:
        return _Chunks(answer, request, model)

    def failure(self, failure: Failure, request: Request) -> Response:
        if failure.kind == "content_refused":
            return self._blocked(request)
        status = failure.status or FAILURES[failure.kind][0]
        body: Any = {"error": self.error(failure.kind, failure.message, request)}
        if failure.status:
            body["error"]["code"] = failure.status
        return json_response(status, [body] if self._errors_in_list else body, self.headers())

    def error(self, kind: str, message: str | None, request: Request) -> dict[str, Any]:
        """The vendor's error object."""
        code, status, words = FAILURES[kind]
        if kind == "authentication" and self.key(request) is None:
            code, status, words = 403, "PERMISSION_DENIED", NO_KEY
        error: dict[str, Any] = {
            "code": code,
            "message": message or words.format(model=self.model(request)),
            "status": status,
        }
        if kind == "authentication" and code == 400:
            reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
            error["details"] = [{**reason, "domain": "googleapis.com"}]
        elif kind in ("rate_limit", "quota"):
            # The time to wait comes in the body, not in a header.
            error["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}]
        return error

    def _blocked(self, request: Request) -> Response:
        """A prompt that is refused: status 200, a reason, and no candidates."""
        body = {
            "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
            "usageMetadata": {"promptTokenCount": 11, "totalTokenCount": 11},
            "modelVersion": self.model(request),
        }
        return Response(200, encode(Frame(body), "sse", Wire()), {"Content-Type": self.content_type})

    def refusal(self, field: str) -> Failure:
        words = f'Invalid JSON payload received. Unknown name "{field}": Cannot find field.'
        return Failure("bad_request", words)

    def models(self, names: Sequence[str], request: Request, page_size: int | None) -> dict[str, Any]:
        start = int(request.query.get("pageToken") or 0)
        size = min(int(request.query.get("pageSize") or 50), page_size or 1000)
        models = [
            {
                "name": f"models/{name}",
                "version": "001",
                "displayName": name.replace("-", " ").title(),
                "inputTokenLimit": 1048576,
                "outputTokenLimit": 65536,
                "thinking": True,
                "supportedGenerationMethods": ["generateContent", "countTokens"],
            }
            for name in names[start : start + size]
        ]
        more = {"nextPageToken": str(start + size)} if start + size < len(names) else {}
        return {"models": models, **more}

    def headers(self) -> dict[str, str]:
        return {"Server": "scaffolding on HTTPServer2", "X-Content-Type-Options": "nosniff"}


class _Chunks(Encoder):
    def __init__(self, answer: Answer, request: Request, model: str) -> None:
        super().__init__(answer, request, model)
        self._base = {"modelVersion": model, "responseId": token()[:22]}
        self._asked = _usage(answer.usage, ended=False)
        self._called = False

    def _chunk(self, *parts: Mapping[str, Any], **beside: Any) -> Frame:
        candidate = {"content": {"parts": list(parts), "role": "model"}, "index": 0, **beside}
        return Frame({"candidates": [candidate], **self._asked, **self._base})

    def content(self, piece: Content) -> Iterator[Frame]:
        match piece:
            case Text(text):
                yield self._chunk({"text": text})
            case Reasoning(text):
                yield self._chunk({"text": text, "thought": True})
            case ToolCall():
                yield self._chunk(self._call(piece))
            case Parts():
                yield self._chunk(*piece.parts, **piece.beside)

    def _call(self, piece: ToolCall) -> dict[str, Any]:
        """A call as the models have it: from the third generation on with an id, and the first one signed."""
        call = {"name": piece.name, "args": json.loads(piece.arguments)}
        model = Gemini().model(self.request)
        if generation_of(model) < 3:
            return {"functionCall": call}
        signed = {} if self._called else {"thoughtSignature": signature(model)}
        self._called = True
        return {"functionCall": {"id": piece.id, **call}, **signed}

    def failure(self, failure: StreamFailure) -> Iterator[Frame]:
        yield Frame({"error": Gemini().error(failure.kind, failure.message, self.request)})

    def end(self) -> Iterator[Frame]:
        finish = self.answer.finish
        candidate: dict[str, Any] = {"content": {"parts": [{"text": ""}], "role": "model"}, "index": 0}
        if finish is not None:
            candidate["finishReason"] = _FINISH.get(finish, finish)
        yield Frame({"candidates": [candidate], **_usage(self.answer.usage, ended=True), **self._base})


def _usage(usage: Usage | None, *, ended: bool) -> dict[str, Any]:
    """``usageMetadata``, cumulative. Google counts thoughts apart from ``candidatesTokenCount``."""
    if usage is None:
        return {}
    counts = {"promptTokenCount": usage.input, "totalTokenCount": usage.input}
    if usage.cached:
        counts["cachedContentTokenCount"] = usage.cached
    if ended:
        counts |= {"candidatesTokenCount": usage.output - usage.reasoning}
        counts |= {"totalTokenCount": usage.input + usage.output}
        if usage.reasoning:
            counts["thoughtsTokenCount"] = usage.reasoning
    return {"usageMetadata": counts}
