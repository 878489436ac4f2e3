"""Ollama: ``POST /api/chat``, one JSON object a line.

Facts: https://github.com/ollama/ollama/blob/main/docs/api.md, and Ollama's SDK, which reads it in the tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .answers import Answer, Content, Reasoning, StreamFailure, Text, ToolCall
from .dialect import Dialect, Encoder, Route, bearer, body_of, json_response, text_of
from .recorder import Request, Turn
from .replies import Failure, Response
from .wire import Frame

# kind: (status, message)
FAILURES: dict[str, tuple[int, str]] = {
    "authentication": (401, "unauthorized"),
    "permission": (403, "this model requires a subscription, upgrade for access: https://ollama.com/upgrade"),
    "unknown_model": (404, "model '{model}' not found"),
    "rate_limit": (429, "too many concurrent requests"),
    "quota": (429, "you've reached your hourly usage limit, please upgrade to continue"),
    "context_length": (400, "the input length exceeds the context length"),
    "content_refused": (400, "the prompt was refused"),
    "bad_request": (400, "missing request body"),
    "overloaded": (503, "server busy, please try again.  maximum pending requests exceeded"),
    "server": (500, "llama runner process has terminated: exit status 2"),
}
_DONE = {"tool_calls": "stop", "content_filter": "stop"}


class Ollama(Dialect):
    """Ollama's own API (its other one is chat completions)."""

    name = "ollama"
    framing = "ndjson"
    content_type = "application/x-ndjson"
    carries = (Text, Reasoning, ToolCall)

    def route(self, request: Request) -> Route | None:
        if (request.method, request.path) == ("POST", "/api/chat"):
            return "chat"
        return "models" if (request.method, request.path) == ("GET", "/api/tags") else None

    def key(self, request: Request) -> str | None:
        return bearer(request)

    def turns(self, body: Mapping[str, Any]) -> tuple[Turn, ...]:
        messages = [message for message in body.get("messages") or () if isinstance(message, dict)]
        return tuple(Turn(message.get("role", ""), text_of(message.get("content"))) for message in messages)

    def check(self, request: Request, body: Mapping[str, Any]) -> str | None:
        if not body.get("model"):
            return "model is required"
        for message in body.get("messages") or ():
            if not isinstance(message, dict) or not isinstance(message.get("content", ""), str):
                kind = "array" if isinstance(message, dict) else "string"
                return (
                    f"json: cannot unmarshal {kind} into Go struct field ChatRequest.messages.content of "
                    "type string"
                )
        if not isinstance(body.get("options", {}), dict):
            return (
                "json: cannot unmarshal into Go struct field ChatRequest.options of type map[string]interface"
            )
        if (words := _thinking(body) or _tools(body)) is not None:
            return words
        return None if body.get("stream", True) is True else "this server of the tests only streams"

    def encoder(self, answer: Answer, request: Request, model: str) -> Encoder:
        return _Lines(answer, request, model)

    def failure(self, failure: Failure, request: Request) -> Response:
        status = failure.status or FAILURES[failure.kind][0]
        return json_response(status, error(failure.kind, failure.message, request), self.headers())

    def models(self, names: Sequence[str], request: Request, page_size: int | None) -> dict[str, Any]:
        details = {"parent_model": "", "format": "gguf", "family": "llama", "families": ["llama"]}
        details |= {"parameter_size": "3.2B", "quantization_level": "Q4_K_M"}
        return {
            "models": [
                {
                    "name": name,
                    "model": name,
                    "modified_at": "2025-05-04T17:37:44.706015396-07:00",
                    "size": 2019393189,
                    "digest": "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72",
                    "details": details,
                }
                for name in names
            ]
        }


def _thinking(body: Mapping[str, Any]) -> str | None:
    """Why a request to think is refused: by a model that cannot, or by one that knows no levels."""
    think, model = body.get("think"), str(body["model"])
    if think not in (None, True, False, "low", "medium", "high", "max"):
        return f'invalid think value: "{think}" (must be "high", "medium", "low", "max", true, or false)'
    if think and model.startswith("llama"):
        return f'"{model}" does not support thinking'
    if isinstance(think, str) and model.startswith("qwen3"):
        return f'think value "{think}" is not supported for this model'
    return None


def _tools(body: Mapping[str, Any]) -> str | None:
    """Why tools, or what goes back of their use, are refused: as Go reads them into its types."""
    if body.get("tools") and str(body["model"]).startswith("gemma"):
        return f"registry.ollama.ai/library/{body['model']} does not support tools"
    field = "json: cannot unmarshal into Go struct field"
    for tool in body.get("tools") or ():
        function = tool.get("function") or {}
        schema = function.get("parameters") or {}
        if not isinstance(function.get("name"), str) or not isinstance(function.get("description", ""), str):
            return f"{field} ToolFunction.tools.function of type string"
        if schema.get("type") != "object" or not isinstance(schema.get("required", []), list):
            return f"{field} .parameters of type api.ToolFunctionParameters"
        if not all(isinstance(one, dict) for one in schema.get("properties", {}).values()):
            return f"{field} .properties of type api.ToolProperty"
    for message in body.get("messages") or ():
        if message.get("role") not in ("system", "user", "assistant", "tool"):
            return f"invalid role: {message.get('role')!r}, must be system, user, assistant or tool"
        for call in message.get("tool_calls") or ():
            if not isinstance(call["function"]["arguments"], dict):
                return f"{field} ToolCallFunction.messages.tool_calls.function.arguments of type map"
    return None


def error(kind: str, message: str | None, request: Request) -> dict[str, Any]:
    """The vendor's error object."""
    return {"error": message or FAILURES[kind][1].format(model=body_of(request).get("model"))}


class _Lines(Encoder):
    def _line(self, message: Mapping[str, Any], **more: Any) -> Frame:
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        base = {"model": self.model, "created_at": now, "message": {"role": "assistant", **message}}
        return Frame({**base, "done": False, **more})

    def content(self, piece: Content) -> Iterator[Frame]:
        match piece:
            case Text(text):
                yield self._line({"content": text})
            case Reasoning(text):
                yield self._line({"content": "", "thinking": text})
            case ToolCall():
                function = {"name": piece.name, "arguments": json.loads(piece.arguments)}
                yield self._line({"content": "", "tool_calls": [{"function": function}]})

    def failure(self, failure: StreamFailure) -> Iterator[Frame]:
        yield Frame(error(failure.kind, failure.message, self.request))

    def end(self) -> Iterator[Frame]:
        finish, usage = self.answer.finish, self.answer.usage
        more: dict[str, Any] = {"done": True, "total_duration": 5191566416, "load_duration": 2154458}
        if finish is not None:
            more["done_reason"] = _DONE.get(finish, finish)
        if usage is not None:
            more |= {"prompt_eval_count": usage.input, "prompt_eval_duration": 383809000}
            more |= {"eval_count": usage.output, "eval_duration": 4799921000}
        yield self._line({"content": ""}, **more)
