"""Anthropic's messages API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import msgspec

from .. import environment, errors
from ..decoders import Frame, decode_json
from ..events import Event, Finish, ModelName, ReasoningDelta, TextDelta, ToolCall, Usage
from ..messages import ContentPart, TextPart, alternating, split_system
from ..request import HttpRequest
from ..schemas import ANTHROPIC, Subset
from ..secrets import Secret
from . import addresses, error_mapping, structured
from .call import Call
from .http import HTTPProvider
from .keys import check_key
from .model_table import DEFAULTS


class _Block(msgspec.Struct, frozen=True, gc=False):
    type: str = ""
    id: str | None = None
    name: str | None = None
    text: str | None = None
    thinking: str | None = None
    input: Any = None


class _StopDetails(msgspec.Struct, frozen=True, gc=False):
    category: str | None = None
    explanation: str | None = None


class _Delta(msgspec.Struct, frozen=True, gc=False):
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None
    stop_details: _StopDetails | None = None


class _OutputDetails(msgspec.Struct, frozen=True, gc=False):
    thinking_tokens: int | None = None


class _Usage(msgspec.Struct, frozen=True, gc=False):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens_details: _OutputDetails | None = None

    def event(self) -> Usage:
        """The figures. What was written into the cache and read from it counts as input."""
        given, thinking = self.input_tokens, self.output_tokens_details
        if given is not None:
            given += (self.cache_creation_input_tokens or 0) + (self.cache_read_input_tokens or 0)
        return Usage(
            given,
            self.output_tokens,
            thinking.thinking_tokens if thinking else None,
            self.cache_read_input_tokens,
            self.cache_creation_input_tokens,
        )


class _Message(msgspec.Struct, frozen=True, gc=False):
    type: str = ""
    model: str | None = None
    usage: _Usage | None = None
    content: list[_Block] = []
    stop_reason: str | None = None
    stop_details: _StopDetails | None = None
    error: Any = None


class _Event(msgspec.Struct, frozen=True, gc=False):
    type: str = ""
    index: int = 0
    delta: _Delta = _Delta()
    content_block: _Block = _Block()
    message: _Message = _Message()
    usage: _Usage | None = None
    error: Any = None


_TOKEN = "ANTHROPIC_AUTH_TOKEN"  # for gateways, which want it as a bearer's
_EVENT = msgspec.json.Decoder(_Event)
_MESSAGE = msgspec.json.Decoder(_Message)


class Anthropic(HTTPProvider):
    """Messages over SSE with named events, version 2023-06-01 of the API, as its reference has them.

    Models from Claude 4.7 on refuse a temperature and a ``top_p`` other than their own.
    """

    url = "https://api.anthropic.com/v1"
    needs_auth = True
    speaks = "Anthropic's messages"
    key_variables = ("ANTHROPIC_API_KEY", _TOKEN)
    url_variables = ("ANTHROPIC_BASE_URL",)
    endpoints = ("/messages", "/models", "/complete")
    default_model = DEFAULTS["anthropic"]
    options: ClassVar[frozenset[str]] = frozenset({"temperature", "top_p", "max_tokens", "stop", "schema"})
    schema_subset: ClassVar[Subset] = ANTHROPIC
    schema_forms = ("schema", "words")
    field_names: ClassVar[dict[str, str]] = {"stop": "stop_sequences"}
    finish_reasons: ClassVar[dict[str, str]] = {
        "end_turn": "stop",
        "stop_sequence": "stop",
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "tool_use": "tool_calls",
    }
    models_path = "/models"
    models_query: ClassVar[dict[str, str]] = {"limit": "1000"}
    count_path = "/messages/count_tokens"
    count_fields: ClassVar[frozenset[str]] = frozenset(
        {"model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control"}
    )
    max_tokens: ClassVar[int] = 32_000
    """The bound sent where the caller sets none, since the API wants one: every current model allows it."""

    @classmethod
    def address(cls, url: str) -> str:
        """An address as Anthropic's own clients take it, without a version; or with one."""
        return addresses.with_version(super().address(url), "/v1")

    @classmethod
    def headers(cls, key: Secret | None) -> dict[str, str | Secret]:
        """The key in ``x-api-key``, a gateway's token in ``Authorization``, and the version."""
        if key and (token := environment.find_key(_TOKEN)) and check_key(token[1], _TOKEN) == key:
            return {"anthropic-version": "2023-06-01", **super().headers(key)}
        return {"anthropic-version": "2023-06-01", **({"x-api-key": key} if key else {})}

    @classmethod
    def build_request(cls, call: Call) -> HttpRequest:
        """``POST /messages``, with the system prompt beside the messages."""
        system, messages = split_system(call.messages)
        body = {
            "model": call.model,
            "max_tokens": cls.max_tokens,
            "messages": [
                {"role": message.role, "content": cls.encode_parts(message)}
                for message in alternating(messages)
            ],
            "stream": True,
            "system": system or None,
            **call.named(cls.field_names),
            "output_config": cls.output_format(call) or None,
        }
        return cls.post(call, "/messages", body)

    @classmethod
    def output_format(cls, call: Call) -> dict[str, Any]:
        """The ``format`` of ``output_config``: a schema."""
        if call.form != "schema":
            return {}
        return {"format": {"type": "json_schema", "schema": structured.adapted(cls, call).schema}}

    @classmethod
    def encode_part(cls, part: ContentPart, role: str) -> dict[str, Any]:
        """A content block."""
        if isinstance(part, TextPart):
            return {"type": "text", "text": part.text}
        source = {"type": "base64", "media_type": part.media_type, "data": part.base64}
        return {"type": "image", "source": source}

    @classmethod
    def parse(cls, frame: Frame) -> Iterable[Event]:
        """The events of one of the API's events."""
        event = decode_json(_EVENT, frame.data)
        if event.type == "content_block_delta" and event.delta.text:  # as nearly every event is
            return (TextDelta(event.delta.text),)
        match event.type:
            case "content_block_delta":
                return _delta(event.index, event.delta)
            case "content_block_start":
                return _start(event.index, event.content_block)
            case "message_start":
                return _begin(event.message)
            case "message_delta":
                return cls._end(event)
            case "message_stop":
                return (Finish(),)
            case "message":
                return cls.parse_whole(frame.data)
        if event.error:
            raise error_mapping.from_payload({"error": event.error}, provider=cls.name)
        return ()

    @classmethod
    def parse_whole(cls, body: bytes) -> Iterator[Event]:
        """The events of a whole message."""
        message = decode_json(_MESSAGE, body)
        if message.error:
            raise error_mapping.from_payload({"error": message.error}, provider=cls.name)
        yield from _begin(message)
        for index, block in enumerate(message.content):
            yield from _start(index, block)
            if block.type.endswith("tool_use") and block.input is not None:
                yield ToolCall(index, arguments=msgspec.json.encode(block.input).decode())
        yield from cls._end(
            _Event(delta=_Delta(stop_reason=message.stop_reason, stop_details=message.stop_details))
        )
        if message.type == "message":
            yield Finish()

    @classmethod
    def _end(cls, event: _Event) -> Iterator[Event]:
        if event.usage:
            yield event.usage.event()
        reason, details = event.delta.stop_reason, event.delta.stop_details or _StopDetails()
        if reason == "refusal":
            category = f" ({details.category})" if details.category else ""
            words = details.explanation or f"the model declines to answer{category}"
            raise errors.ContentRefusedError(words, provider=cls.name)
        if reason:
            yield cls.finish(reason)


def _begin(message: _Message) -> Iterator[Event]:
    if message.model:
        yield ModelName(message.model)
    if message.usage:
        yield message.usage.event()


def _start(index: int, block: _Block) -> Iterable[Event]:
    if block.type.endswith("tool_use"):
        return (ToolCall(index, block.id or "", block.name or ""),)
    return _delta(index, _Delta(block.text, block.thinking))


def _delta(index: int, delta: _Delta) -> Iterable[Event]:
    if delta.text:
        return (TextDelta(delta.text),)
    if delta.thinking:
        return (ReasoningDelta(delta.thinking),)
    return (ToolCall(index, arguments=delta.partial_json),) if delta.partial_json else ()
