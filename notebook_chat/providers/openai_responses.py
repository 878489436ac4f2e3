"""OpenAI's responses API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import msgspec

from .. import errors
from ..decoders import Frame, decode_json
from ..events import Event, ModelName, ReasoningDelta, TextDelta, ToolCall, Usage
from ..messages import AudioPart, ContentPart, Message, TextPart, split_system
from ..request import HttpRequest
from ..schemas import OPENAI, Subset
from . import error_mapping, structured
from .call import Call
from .openai import OpenAIService
from .reader import Paragraph


class _Details(msgspec.Struct, frozen=True, gc=False):
    reason: str | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _Usage(msgspec.Struct, frozen=True, gc=False):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _Details = _Details()
    output_tokens_details: _Details = _Details()
    cost: float | None = None

    def event(self) -> Usage:
        """The figures."""
        output, given = self.output_tokens_details, self.input_tokens_details
        return Usage(
            self.input_tokens,
            self.output_tokens,
            output.reasoning_tokens,
            given.cached_tokens,
            given.cache_write_tokens,
            self.cost,
        )


class _ContentPart(msgspec.Struct, frozen=True, gc=False):
    type: str = ""
    text: str = ""
    refusal: str = ""


class _Item(msgspec.Struct, frozen=True, gc=False):
    type: str = ""
    call_id: str | None = None
    name: str | None = None
    arguments: Any = None  # JSON text; gateways send the object itself
    content: list[_ContentPart] = []
    summary: list[_ContentPart] = []


class _Response(msgspec.Struct, frozen=True, gc=False):
    model: str | None = None
    status: str | None = None
    output: list[_Item] = []
    usage: _Usage | None = None
    incomplete_details: _Details | None = None
    error: Any = None


class _Event(msgspec.Struct, frozen=True, gc=False):
    type: str = ""
    delta: Any = None
    output_index: int = 0
    summary_index: int = 0
    item: _Item = _Item()
    response: _Response = _Response()
    error: Any = None


_EVENT = msgspec.json.Decoder(_Event)
_RESPONSE = msgspec.json.Decoder(_Response)


class OpenAIResponses(OpenAIService):
    """Responses over SSE with named events, as OpenAI's API reference has them; the judge is its SDK.

    Nothing is stored at the service: each request carries the whole conversation.
    """

    name = "openai-responses"
    speaks = "OpenAI's responses"
    reason_ends = True
    account = "openai"
    field_names: ClassVar[dict[str, str]] = {"max_tokens": "max_output_tokens"}
    finish_reasons: ClassVar[dict[str, str]] = {"max_output_tokens": "length"}
    options: ClassVar[frozenset[str]] = frozenset({"temperature", "top_p", "max_tokens", "schema"})
    schema_subset: ClassVar[Subset] = OPENAI
    count_path = "/responses/input_tokens"
    count_fields: ClassVar[frozenset[str]] = frozenset(
        {"model", "input", "instructions", "tools", "tool_choice", "text", "reasoning", "truncation"}
    )

    @classmethod
    def build_request(cls, call: Call) -> HttpRequest:
        """``POST /responses``, with the system prompt as ``instructions``."""
        return cls.request(call, {})

    @classmethod
    def simplified(cls, call: Call, error: errors.ChatError) -> HttpRequest | None:
        """The same in one piece, where the service refuses to stream."""
        return cls.unstreamed(call, error)

    @classmethod
    def request(cls, call: Call, more: dict[str, Any]) -> HttpRequest:
        """The request, with some fields more or otherwise."""
        system, messages = split_system(call.messages)
        body = {
            "model": call.model,
            "input": [cls._message(message) for message in messages],
            "stream": True,
            "store": False,
            "instructions": system or None,
            **more,
            **call.named(cls.field_names),
            **cls.output_format(call),
        }
        return cls.post(call, "/responses", body)

    @classmethod
    def output_format(cls, call: Call) -> dict[str, Any]:
        """``text.format``: a schema, or any object of JSON."""
        if call.form == "json":
            return {"text": {"format": {"type": "json_object"}}}
        if call.form != "schema":
            return {}
        asked = structured.adapted(cls, call)
        form = {"type": "json_schema", "name": "answer", "schema": asked.schema, "strict": asked.strict}
        return {"text": {"format": form}}

    @classmethod
    def encode_part(cls, part: ContentPart, role: str) -> dict[str, Any]:
        """A part of an input or an output item."""
        if isinstance(part, TextPart):
            return {"type": "output_text" if role == "assistant" else "input_text", "text": part.text}
        assert not isinstance(part, AudioPart)  # of which `part_kinds` has none
        return {"type": "input_image", "image_url": part.data_url}

    @classmethod
    def _message(cls, message: Message) -> dict[str, Any]:
        text = isinstance(message.content, str)
        return {"role": message.role, "content": message.content if text else cls.encode_parts(message)}

    @classmethod
    def parse(cls, frame: Frame) -> Iterable[Event | Paragraph]:
        """The events of one of the API's events."""
        if frame.data == b"[DONE]":
            return ()
        event = decode_json(_EVENT, frame.data)
        if event.type == "response.output_text.delta" and type(event.delta) is str:  # nearly every event
            return (TextDelta(event.delta),)
        match event.type:
            case "response.refusal.delta":
                return _delta(TextDelta, event)
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                return _delta(ReasoningDelta, event)
            case "response.reasoning_summary_part.added" if event.summary_index:
                return (ReasoningDelta("\n\n"),)
            case "response.output_item.added" if event.item.type == "function_call":
                return (_call(event.output_index, event.item),)
            case "response.output_item.added" if event.item.type == "message":
                return (Paragraph(),)
            case "response.function_call_arguments.delta" if isinstance(event.delta, str):
                return (ToolCall(event.output_index, arguments=event.delta),)
            case "response.completed" | "response.incomplete":
                return cls._end(event.response)
            case "response.failed":
                raise error_mapping.from_payload({"error": event.response.error}, provider=cls.name)
        if event.type == "error" or event.error:
            raise error_mapping.from_payload(frame.data, provider=cls.name)
        if not event.type:
            return cls.parse_whole(frame.data)
        return ()

    @classmethod
    def parse_whole(cls, body: bytes) -> Iterator[Event | Paragraph]:
        """The events of a whole response: its items, and its end."""
        response = decode_json(_RESPONSE, body)
        if response.error:
            raise error_mapping.from_payload({"error": response.error}, provider=cls.name)
        for index, item in enumerate(response.output):
            yield from _whole_item(index, item)
        if response.output or response.status:
            yield from cls._end(response)

    @classmethod
    def _end(cls, response: _Response) -> Iterator[Event]:
        if response.model:
            yield ModelName(response.model)
        if response.usage:
            yield response.usage.event()
        yield cls.finish(_reason(response))


def _delta(kind: type[TextDelta | ReasoningDelta], event: _Event) -> Iterable[Event]:
    """The text of a ``delta``, which events of other kinds have as they like."""
    return (kind(event.delta),) if isinstance(event.delta, str) else ()


def _call(index: int, item: _Item) -> ToolCall:
    given = item.arguments
    text = given if isinstance(given, str) else msgspec.json.encode(given).decode() if given else ""
    return ToolCall(index, item.call_id or "", item.name or "", text)


def _whole_item(index: int, item: _Item) -> Iterator[Event | Paragraph]:
    match item.type:
        case "message":
            yield Paragraph()
            yield from (TextDelta(part.text or part.refusal) for part in item.content)
        case "reasoning":
            told = [part.text for part in item.summary or item.content if part.text]
            yield from (ReasoningDelta(text) for text in ["\n\n".join(told)] if text)
        case "function_call":
            yield _call(index, item)


def _reason(response: _Response) -> str:
    if response.incomplete_details and (reason := response.incomplete_details.reason):
        return reason
    if any(item.type == "function_call" for item in response.output):
        return "tool_calls"
    refused = any(part.type == "refusal" for item in response.output for part in item.content)
    return "content_filter" if refused else "stop"
