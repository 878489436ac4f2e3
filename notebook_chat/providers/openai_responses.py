"""OpenAI's responses API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import msgspec

from .. import errors
from ..decoders import Frame, decode_json
from ..events import Event, Finish, ModelName, ReasoningDelta, TextDelta, ToolCall, Usage
from ..messages import Message, TextPart, split_system
from ..request import Request
from . import failures
from .call import Call
from .openai import OpenAI


class _Details(msgspec.Struct, frozen=True, gc=False):
    reason: str | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


class _Usage(msgspec.Struct, frozen=True, gc=False):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _Details | None = None
    output_tokens_details: _Details | None = None


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
_REASONS = {"max_output_tokens": "length"}


class OpenAIResponses(OpenAI):
    """Responses over SSE with named events, as OpenAI's API reference has them; the judge is its SDK.

    Nothing is stored at the service: each request carries the whole conversation.
    """

    name = "openai-responses"
    account = "openai"
    field_names: ClassVar[dict[str, str]] = {"max_tokens": "max_output_tokens"}
    options: ClassVar[frozenset[str]] = frozenset({"temperature", "top_p", "max_tokens"})

    @classmethod
    def build_request(cls, call: Call) -> Request:
        """``POST /responses``, with the system prompt as ``instructions``."""
        system, messages = split_system(call.messages)
        body = {
            "model": call.model,
            "input": [_message(message) for message in messages],
            "stream": True,
            "store": False,
            "instructions": system or None,
            **call.named(cls.field_names),
        }
        return cls.post(call, "/responses", body)

    @classmethod
    def simplified(cls, call: Call, error: errors.ChatError) -> Request | None:
        """There is nothing that could be left out."""
        return None

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
                return _end(event.response)
            case "response.failed":
                raise failures.from_payload({"error": event.response.error}, provider=cls.name)
            case "error":
                raise failures.from_payload(frame.data, provider=cls.name)
        return ()


def _message(message: Message) -> dict[str, Any]:
    if isinstance(message.content, str):
        return {"role": message.role, "content": message.content}
    kind = "output_text" if message.role == "assistant" else "input_text"
    content = [
        {"type": kind, "text": part.text}
        if isinstance(part, TextPart)
        else {"type": "input_image", "image_url": part.data_url}
        for part in message.content
    ]
    return {"role": message.role, "content": content}


def _piece(event: _Event) -> str:
    """The text of a ``delta``, which events of other kinds have as they like."""
    if not isinstance(event.delta, str):
        raise ValueError("the delta is not a text")
    return event.delta


def _call(index: int, item: _Item) -> ToolCall:
    return ToolCall(index, item.call_id or "", item.name or "", item.arguments or "")


def _end(response: _Response) -> Iterator[Event]:
    if response.model:
        yield ModelName(response.model)
    if usage := response.usage:
        output, given = usage.output_tokens_details, usage.input_tokens_details
        yield Usage(
            usage.input_tokens,
            usage.output_tokens,
            output.reasoning_tokens if output else None,
            given.cached_tokens if given else None,
        )
    yield Finish(_reason(response))


def _reason(response: _Response) -> str:
    if response.incomplete_details and (reason := response.incomplete_details.reason):
        return _REASONS.get(reason, reason)
    items = response.output or ()
    if any(item.type == "function_call" for item in items):
        return "tool_calls"
    refused = any(part.type == "refusal" for item in items for part in item.content or ())
    return "content_filter" if refused else "stop"
