"""OpenAI's chat completions, and every server that speaks them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import msgspec

from .. import errors
from ..decoders import Frame, decode_json
from ..events import Event, Finish, ModelName, ReasoningDelta, TextDelta, ToolCall, Usage
from ..request import HttpRequest
from . import error_mapping
from .call import Call
from .http import HTTPProvider
from .options import GENERATION


class _Function(msgspec.Struct, frozen=True, gc=False):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(msgspec.Struct, frozen=True, gc=False):
    index: int = 0
    id: str | None = None
    function: _Function = _Function()


class _Delta(msgspec.Struct, frozen=True, gc=False):
    content: str | list[Any] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct, frozen=True, gc=False):
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _Details(msgspec.Struct, frozen=True, gc=False):
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


class _Usage(msgspec.Struct, frozen=True, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    completion_tokens_details: _Details | None = None
    prompt_tokens_details: _Details | None = None

    def event(self) -> Usage:
        """The figures."""
        output, given = self.completion_tokens_details, self.prompt_tokens_details
        return Usage(
            self.prompt_tokens,
            self.completion_tokens,
            output.reasoning_tokens if output else None,
            given.cached_tokens if given else None,
        )


class _Chunk(msgspec.Struct, frozen=True, gc=False):
    choices: list[_Choice] = []
    model: str | None = None
    usage: _Usage | None = None
    error: Any = None


_CHUNK = msgspec.json.Decoder(_Chunk)


class OpenAIService(HTTPProvider):
    """What the dialects of OpenAI's own service have in common: its address, its key and its list of models."""

    url = "https://api.openai.com/v1"
    needs_auth = True
    key_variables = ("OPENAI_API_KEY",)
    url_variable = "OPENAI_BASE_URL"
    default_model = "gpt-5-mini"
    models_path = "/models"


class OpenAI(OpenAIService):
    """Chat completions over SSE, as OpenAI's API reference has them; the judge is its SDK.

    Attributes:
        asks_usage: Whether it must be asked for the usage with ``stream_options``.
    """

    options: ClassVar[frozenset[str]] = frozenset(GENERATION)
    asks_usage: ClassVar[bool] = True

    @classmethod
    def build_request(cls, call: Call) -> HttpRequest:
        """``POST /chat/completions``."""
        return cls._request(call, {"stream_options": {"include_usage": True}} if cls.asks_usage else {})

    @classmethod
    def simplified(cls, call: Call, error: errors.ChatError) -> HttpRequest | None:
        """Some compatible servers refuse ``stream_options``: the same without it."""
        if isinstance(error, errors.BadRequestError) and "stream_options" in error.message:
            return cls._request(call, {})
        return None

    @classmethod
    def _request(cls, call: Call, more: dict[str, Any]) -> HttpRequest:
        names = dict(cls.field_names)
        if call.base_url == OpenAIService.url:
            # OpenAI's own reasoning models refuse the old name; compatible servers know only that.
            names["max_tokens"] = "max_completion_tokens"
        messages = [message.to_dict() for message in call.messages]
        body = {"model": call.model, "messages": messages, "stream": True, **more, **call.named(names)}
        return cls.post(call, "/chat/completions", body)

    @classmethod
    def parse(cls, frame: Frame) -> Iterable[Event]:
        """The events of one chunk."""
        if frame.data == b"[DONE]":
            return (Finish(),)
        if not frame.data:
            return ()
        chunk = decode_json(_CHUNK, frame.data)
        # Nearly every chunk holds a piece of text and nothing else.
        if len(chunk.choices) == 1 and chunk.usage is None and chunk.error is None:
            choice = chunk.choices[0]
            delta = choice.delta
            if (
                type(delta.content) is str
                and delta.content
                and choice.finish_reason is None
                and delta.reasoning_content is None
                and delta.reasoning is None
                and delta.tool_calls is None
            ):
                return (TextDelta(delta.content),)
        return _all_events(chunk, cls.name)


def _all_events(chunk: _Chunk, provider: str) -> list[Event]:
    if chunk.error:
        raise error_mapping.from_payload({"error": chunk.error}, provider=provider)
    events: list[Event] = []
    for choice in chunk.choices:
        delta = choice.delta
        if reasoning := delta.reasoning_content or delta.reasoning:
            events.append(ReasoningDelta(reasoning))
        if text := delta.content or delta.refusal:
            events += [TextDelta(text)] if isinstance(text, str) else _parts(text)
        events += (
            ToolCall(call.index, call.id or "", call.function.name or "", call.function.arguments or "")
            for call in delta.tool_calls or ()
        )
        if choice.finish_reason:
            if chunk.model:
                events.append(ModelName(chunk.model))
            events.append(Finish(choice.finish_reason))
    if chunk.usage:
        events.append(chunk.usage.event())
    return events


def _parts(parts: list[Any]) -> list[Event]:
    """A content made of parts, as Mistral sends it: text, and thinking that is made of parts again."""
    events: list[Event] = []
    for part in parts:
        if not isinstance(part, dict):
            continue
        if isinstance(part.get("text"), str):
            events.append(TextDelta(part["text"]))
        elif isinstance(part.get("thinking"), list):
            thinking = (piece.get("text") for piece in part["thinking"] if isinstance(piece, dict))
            events += (ReasoningDelta(text) for text in thinking if isinstance(text, str))
    return events
