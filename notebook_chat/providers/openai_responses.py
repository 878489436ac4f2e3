"""OpenAI's responses API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import msgspec

from ..decoders import Frame, decode_json
from ..events import Event, ModelName, ReasoningDelta, TextDelta, ToolCall, Usage
from ..messages import ImagePart, Message, TextPart, split_system
from ..request import HttpRequest
from . import error_mapping
from .call import Call
from .openai import OpenAIService


class _Details(msgspec.Struct, frozen=True, gc=False):
    reason: str | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


class _Usage(msgspec.Struct, frozen=True, gc=False):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _Details | None = None
    output_tokens_details: _Details | None = None

    def event(self) -> Usage:
        """The figures."""
        output, given = self.output_tokens_details, self.input_tokens_details
        return Usage(
            self.input_tokens,
            self.output_tokens,
            output.reasoning_tokens if output else None,
            given.cached_tokens if given else None,
        )


class _ContentPart(msgspec.Struct, frozen=True, gc=False):
    type: str = ""


class _Item(msgspec.Struct, frozen=True, gc=False):
    type: str = ""
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    content: list[_ContentPart] | None = None


class _Response(msgspec.Struct, frozen=True, gc=False):
    model: str | None = None
    output: list[_Item] | None = None
    usage: _Usage | None = None
    incomplete_details: _Details | None = None
    error: Any = None


class _Event(msgspec.Struct, frozen=True, gc=False):
    type: str
    delta: Any = None
    output_index: int = 0
    summary_index: int = 0
    item: _Item = _Item()
    response: _Response = _Response()


_EVENT = msgspec.json.Decoder(_Event)


class OpenAIResponses(OpenAIService):
    """Responses over SSE with named events, as OpenAI's API reference has them; the judge is its SDK.

    Nothing is stored at the service: each request carries the whole conversation.
    """

    name = "openai-responses"
    account = "openai"
    field_names: ClassVar[dict[str, str]] = {"max_tokens": "max_output_tokens"}
    finish_reasons: ClassVar[dict[str, str]] = {"max_output_tokens": "length"}
    options: ClassVar[frozenset[str]] = frozenset({"temperature", "top_p", "max_tokens"})

    @classmethod
    def build_request(cls, call: Call) -> HttpRequest:
        """``POST /responses``, with the system prompt as ``instructions``."""
        system, messages = split_system(call.messages)
        body = {
            "model": call.model,
            "input": [cls._message(message) for message in messages],
            "stream": True,
            "store": False,
            "instructions": system or None,
            **call.named(cls.field_names),
        }
        return cls.post(call, "/responses", body)

    @classmethod
    def encode_part(cls, part: TextPart | ImagePart, role: str) -> dict[str, Any]:
        """A part of an input or an output item."""
        if isinstance(part, TextPart):
            return {"type": "output_text" if role == "assistant" else "input_text", "text": part.text}
        return {"type": "input_image", "image_url": part.data_url}

    @classmethod
    def _message(cls, message: Message) -> dict[str, Any]:
        text = isinstance(message.content, str)
        return {"role": message.role, "content": message.content if text else cls.encode_parts(message)}

    @classmethod
    def parse(cls, frame: Frame) -> Iterable[Event]:
        """The events of one of the API's events."""
        if frame.data == b"[DONE]":
            return ()
        event = decode_json(_EVENT, frame.data)
        if event.type == "response.output_text.delta" and type(event.delta) is str:  # nearly every event
            return (TextDelta(event.delta),)
        match event.type:
            case "response.refusal.delta" | "response.output_text.delta":
                return (TextDelta(_piece(event)),)
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                return (ReasoningDelta(_piece(event)),)
            case "response.reasoning_summary_part.added" if event.summary_index:
                return (ReasoningDelta("\n\n"),)
            case "response.output_item.added" if event.item.type == "function_call":
                return (_call(event.output_index, event.item),)
            case "response.function_call_arguments.delta":
                return (ToolCall(event.output_index, arguments=_piece(event)),)
            case "response.completed" | "response.incomplete":
                return cls._end(event.response)
            case "response.failed":
                raise error_mapping.from_payload({"error": event.response.error}, provider=cls.name)
            case "error":
                raise error_mapping.from_payload(frame.data, provider=cls.name)
        return ()

    @classmethod
    def _end(cls, response: _Response) -> Iterator[Event]:
        if response.model:
            yield ModelName(response.model)
        if response.usage:
            yield response.usage.event()
        yield cls.finish(_reason(response))


def _piece(event: _Event) -> str:
    """The text of a ``delta``, which events of other kinds have as they like."""
    if not isinstance(event.delta, str):
        raise ValueError("the delta is not a text")
    return event.delta


def _call(index: int, item: _Item) -> ToolCall:
    return ToolCall(index, item.call_id or "", item.name or "", item.arguments or "")


def _reason(response: _Response) -> str:
    if response.incomplete_details and (reason := response.incomplete_details.reason):
        return reason
    items = response.output or ()
    if any(item.type == "function_call" for item in items):
        return "tool_calls"
    refused = any(part.type == "refusal" for item in items for part in item.content or ())
    return "content_filter" if refused else "stop"
