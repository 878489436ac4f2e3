"""Anthropic's messages: ``POST /v1/messages``, SSE with named events.

Facts: https://docs.anthropic.com/en/api/messages-streaming and /en/api/errors, and Anthropic's SDK, which
reads it in the tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .answers import Answer, Block, Content, Reasoning, StreamFailure, Text, ToolCall, Usage
from .anthropic_rules import binding, wrong
from .dialect import Dialect, Encoder, Route, bearer, body_of, json_response, text_of, token
from .recorder import Request, Turn
from .replies import Failure, Response
from .wire import Frame

# kind: (status, type, message)
FAILURES: dict[str, tuple[int, str, str]] = {
    "authentication": (401, "authentication_error", "invalid x-api-key"),
    "permission": (
        403,
        "permission_error",
        "Your API key does not have permission to use the specified resource.",
    ),
    "unknown_model": (404, "not_found_error", "model: {model}"),
    "rate_limit": (
        429,
        "rate_limit_error",
        "This request would exceed your organization's rate limit of 40,000 input tokens per minute. For "
        "details, refer to: https://docs.claude.com/en/api/rate-limits.",
    ),
    "quota": (
        400,
        "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade "
        "or purchase credits.",
    ),
    "context_length": (
        400,
        "invalid_request_error",
        "prompt is too long: 208310 tokens > 200000 maximum",
    ),
    "content_refused": (400, "invalid_request_error", "Output blocked by content filtering policy"),
    "bad_request": (400, "invalid_request_error", "The request body is not valid JSON: expected value"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "server": (500, "api_error", "Internal server error"),
}
_STOP = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}


def _all_of(*names: str) -> dict[str, Any]:
    return {"supported": True, **{name: {"supported": True} for name in names}}


CAPABILITIES = {
    **{
        name: {"supported": True}
        for name in ("batch", "citations", "code_execution", "image_input", "pdf_input", "structured_outputs")
    },
    "context_management": _all_of("clear_thinking_20251015", "clear_tool_uses_20250919", "compact_20260112"),
    "effort": {**_all_of("low", "medium", "high", "max"), "xhigh": {"supported": False}},
    "server_tools": _all_of("code_execution", "web_search"),
    "thinking": {
        "supported": True,
        "types": {
            "adaptive": {"supported": True},
            "between_tools": {"supported": False},
            "disabled": {"supported": True},
            "enabled": {"supported": False},
        },
    },
}
"""What the list of models says of each."""


class Anthropic(Dialect):
    """Messages, read as strictly as the first version of the API did: later ones join turns of one role.

    The key comes in ``x-api-key``, as the reference has it, or as a bearer token, as the SDK now sends it.
    """

    name = "anthropic"
    base_path = "/v1"
    carries = (Text, Reasoning, ToolCall, Block)

    def route(self, request: Request) -> Route | None:
        if (request.method, request.path) == ("POST", "/v1/messages"):
            return "chat"
        return "models" if (request.method, request.path) == ("GET", "/v1/models") else None

    def key(self, request: Request) -> str | None:
        return request.header("x-api-key") or bearer(request)

    def turns(self, body: Mapping[str, Any]) -> tuple[Turn, ...]:
        turns = [Turn("system", text_of(body["system"]))] if body.get("system") else []
        messages = [message for message in body.get("messages") or () if isinstance(message, dict)]
        turns += [Turn(message.get("role", ""), text_of(message.get("content"))) for message in messages]
        return tuple(turns)

    def check(self, request: Request, body: Mapping[str, Any]) -> str | None:
        if request.header("anthropic-version") is None:
            return "anthropic-version: header is required"
        for name in ("model", "max_tokens", "messages"):
            if name not in body:
                return f"{name}: Field required"
        temperature = body.get("temperature")
        if temperature is not None and not 0 <= temperature <= 1:
            return "temperature: range: 0..1"
        words = _wrong(body["messages"]) or wrong(body)
        if words is not None:
            return words
        return None if body.get("stream") is True else "this server of the tests only streams"

    def encoder(self, answer: Answer, request: Request, model: str) -> Encoder:
        return _Events(answer, request, model)

    def failure(self, failure: Failure, request: Request) -> Response:
        status = failure.status or FAILURES[failure.kind][0]
        body = error(failure.kind, failure.message, request)
        headers = self.headers()
        return json_response(status, {**body, "request_id": headers["request-id"]}, headers)

    def refusal(self, field: str) -> Failure:
        return Failure("bad_request", f"{field}: Extra inputs are not permitted")

    def models(self, names: Sequence[str], request: Request, page_size: int | None) -> dict[str, Any]:
        after = request.query.get("after_id")
        start = names.index(after) + 1 if after in names else 0
        size = min(int(request.query.get("limit", 20)), page_size or 1000)
        page = names[start : start + size]
        return {
            "data": [
                {
                    "type": "model",
                    "id": name,
                    "display_name": name.replace("-", " ").title(),
                    "created_at": "2025-02-19T00:00:00Z",
                    "lifecycle": "active",
                    "line": "haiku" if "haiku" in name else None,
                    "max_input_tokens": 1_000_000,
                    "max_tokens": 128_000,
                    "deprecated_at": None,
                    "retires_at": None,
                    "capabilities": CAPABILITIES,
                }
                for name in page
            ],
            "has_more": start + size < len(names),
            "first_id": page[0] if page else None,
            "last_id": page[-1] if page else None,
        }

    def headers(self) -> dict[str, str]:
        return {"request-id": f"req_{token()}", "anthropic-organization-id": "6f2a1d0c"}


def error(kind: str, message: str | None, request: Request) -> dict[str, Any]:
    """The vendor's error object."""
    _, error_type, words = FAILURES[kind]
    if kind == "authentication" and not (request.header("x-api-key") or bearer(request)):
        words = "x-api-key header is required"
    message = message or words.format(model=body_of(request).get("model"))
    return {"type": "error", "error": {"type": error_type, "message": message}}


def _wrong(messages: Any) -> str | None:
    if not isinstance(messages, list) or not messages:
        return "messages: at least one message is required"
    before = "assistant"
    for index, message in enumerate(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if role not in ("user", "assistant"):
            return f"messages.{index}.role: Input should be 'user' or 'assistant'"
        if role == before:
            if index == 0:
                return 'messages: first message must use the "user" role'
            return (
                'messages: roles must alternate between "user" and "assistant", but found multiple '
                f'"{role}" roles in a row'
            )
        before = role
        if not message.get("content"):
            return "messages: text content blocks must be non-empty"
    return None


class _Events(Encoder):
    """The content blocks of a message: thinking, text, tool use. One is open at a time."""

    def __init__(self, answer: Answer, request: Request, model: str) -> None:
        super().__init__(answer, request, model)
        self._index = -1
        self._open: type | None = None
        self._thought = ""

    def begin(self) -> Iterator[Frame]:
        usage = self.answer.usage
        message: dict[str, Any] = {
            "id": f"msg_{token()[:24]}",
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
        }
        if usage is not None:
            message["usage"] = {**_input(usage), "output_tokens": 1, "service_tier": "standard"}
        yield _event("message_start", message=message)

    def heartbeat(self) -> Frame:
        return _event("ping")

    def content(self, piece: Content) -> Iterator[Frame]:
        match piece:
            case Text(text):
                yield from self._start(Text, {"type": "text", "text": ""})
                yield self._delta({"type": "text_delta", "text": text})
            case Reasoning(text):
                yield from self._start(Reasoning, {"type": "thinking", "thinking": "", "signature": ""})
                self._thought += text
                yield self._delta({"type": "thinking_delta", "thinking": text})
            case ToolCall():
                yield from self._close()
                block = {"type": "tool_use", "id": piece.id, "name": piece.name, "input": {}}
                yield from self._start(ToolCall, block)
                for part in ("", *piece.cut()):  # the vendor begins with an empty one
                    yield self._delta({"type": "input_json_delta", "partial_json": part})
            case Block():
                yield from self._close()
                yield from self._start(Block, piece.block)
                for delta in piece.deltas:
                    yield self._delta(delta)

    def _start(self, kind: type, block: Mapping[str, Any]) -> Iterator[Frame]:
        if self._open is kind:
            return
        yield from self._close()
        self._open = kind
        self._index += 1
        yield _event("content_block_start", index=self._index, content_block=block)

    def _delta(self, delta: Mapping[str, Any]) -> Frame:
        return _event("content_block_delta", index=self._index, delta=delta)

    def _close(self) -> Iterator[Frame]:
        if self._open is None:
            return
        if self._open is Reasoning:
            signature = binding(body_of(self.request), self._thought)
            yield self._delta({"type": "signature_delta", "signature": signature})
            self._thought = ""
        self._open = None
        yield _event("content_block_stop", index=self._index)

    def failure(self, failure: StreamFailure) -> Iterator[Frame]:
        yield Frame(error(failure.kind, failure.message, self.request), "error")

    def end(self) -> Iterator[Frame]:
        yield from self._close()
        finish, usage = self.answer.finish, self.answer.usage
        if finish is not None:
            stops = body_of(self.request).get("stop_sequences") if finish == "stop_sequence" else None
            delta = {
                "stop_reason": _STOP.get(finish, finish),
                "stop_sequence": stops[0] if stops else None,
            }
            yield _event("message_delta", delta=delta, usage=_output(usage) if usage else {})
        yield _event("message_stop")


def _input(usage: Usage) -> dict[str, int]:
    """Anthropic counts what came from the cache apart from ``input_tokens``."""
    return {
        "input_tokens": usage.input - usage.cached - usage.written,
        "cache_creation_input_tokens": usage.written,
        "cache_read_input_tokens": usage.cached,
    }


def _output(usage: Usage) -> dict[str, Any]:
    details = {"output_tokens_details": {"thinking_tokens": usage.reasoning}} if usage.reasoning else {}
    return {"output_tokens": usage.output, **details}


def _event(event: str, **values: Any) -> Frame:
    return Frame({"type": event, **values}, event)
