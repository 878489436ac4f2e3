"""OpenAI's chat completions, and every server that speaks them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar

import msgspec

from .. import errors
from ..decoders import Frame, decode_json
from ..events import Event, Finish, ModelName, ReasoningDelta, TextDelta, ToolCall, Usage
from ..request import HttpRequest
from ..schemas import OPENAI, Subset
from . import error_mapping, structured
from .call import Call
from .http import HTTPProvider
from .model_table import DEFAULTS
from .options import GENERATION


class _Function(msgspec.Struct, frozen=True, gc=False):
    name: str | None = None
    arguments: Any = None  # JSON text; gateways send the object itself

    def text(self) -> str:
        """The arguments, or the next piece of them, as JSON text."""
        if self.arguments is None or isinstance(self.arguments, str):
            return self.arguments or ""
        return msgspec.json.encode(self.arguments).decode()


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
    index: int = 0
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _Details(msgspec.Struct, frozen=True, gc=False):
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _Usage(msgspec.Struct, frozen=True, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    completion_tokens_details: _Details = _Details()
    prompt_tokens_details: _Details = _Details()
    reasoning_tokens: int | None = None  # xAI, Perplexity
    cached_tokens: int | None = None  # Moonshot
    prompt_cache_hit_tokens: int | None = None  # DeepSeek
    cost: float | None = None  # OpenRouter

    def event(self) -> Usage:
        """The figures, by whichever of their names the service has them."""
        output, given = self.completion_tokens_details, self.prompt_tokens_details
        return Usage(
            self.prompt_tokens,
            self.completion_tokens,
            _known(output.reasoning_tokens, self.reasoning_tokens),
            _known(given.cached_tokens, self.cached_tokens, self.prompt_cache_hit_tokens),
            given.cache_write_tokens,
            self.cost,
        )


def _known(*figures: int | None) -> int | None:
    return next((figure for figure in figures if figure is not None), None)


class _Chunk(msgspec.Struct, frozen=True, gc=False):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None


# What few chunks have is looked for in those alone that hold no text: each further field costs in all of them.


class _RareDelta(_Delta, frozen=True, gc=False):
    reasoning_details: list[Any] | None = None

    def thoughts(self) -> str:
        """The reasoning, by whichever of its names the service sends it."""
        if said := self.reasoning_content or self.reasoning:
            return said
        details = (detail for detail in self.reasoning_details or () if isinstance(detail, dict))
        texts = (detail.get("text") or detail.get("summary") for detail in details)
        return "".join(text for text in texts if isinstance(text, str))


class _RareChoice(msgspec.Struct, frozen=True, gc=False):
    index: int = 0
    delta: _RareDelta | None = None
    message: _RareDelta | None = None  # in an answer that comes in one piece
    finish_reason: str | None = None
    usage: _Usage | None = None  # where Moonshot has it


class _Groq(msgspec.Struct, frozen=True, gc=False):
    usage: _Usage | None = None


class _RareChunk(msgspec.Struct, frozen=True, gc=False):
    choices: list[_RareChoice] = []
    model: str | None = None
    usage: _Usage | None = None
    x_groq: _Groq = _Groq()
    error: Any = None
    object: str | None = None

    def figures(self) -> _Usage | None:
        """The usage, in whichever place the service has it."""
        places = (self.usage, self.x_groq.usage, *(choice.usage for choice in self.choices))
        return next((usage for usage in places if usage is not None), None)


_CHUNK = msgspec.json.Decoder(_Chunk)
_RARE_CHUNK = msgspec.json.Decoder(_RareChunk)
_NO_STREAM = re.compile(
    r"verified to stream|(stream\w*|'stream'|\"stream\").{0,40}(not supported|unsupported|not allowed|disabled)"
    r"|(not|n't) support.{0,20}\bstream(ing)?\b(?!_)",
    re.IGNORECASE,
)


class OpenAIService(HTTPProvider):
    """What the dialects of OpenAI's own service have in common: its address, its key and its list of models."""

    url = "https://api.openai.com/v1"
    needs_auth = True
    key_variables = ("OPENAI_API_KEY",)
    url_variables: ClassVar[tuple[str, ...]] = ("OPENAI_BASE_URL", "OPENAI_API_BASE")
    header_variables: ClassVar[dict[str, str]] = {
        "OpenAI-Organization": "OPENAI_ORG_ID",
        "OpenAI-Project": "OPENAI_PROJECT_ID",
    }
    endpoints = ("/chat/completions", "/completions", "/responses", "/models", "/embeddings")
    default_model = DEFAULTS["openai"]
    models_path = "/models"

    @classmethod
    def unstreamed(cls, call: Call, error: errors.ChatError) -> HttpRequest | None:
        """The same request for an answer in one piece, where the service refuses to stream: OpenAI does for some
        models as long as the organization is not verified."""
        if isinstance(error, (errors.BadRequestError, errors.PermissionDeniedError)) and _NO_STREAM.search(
            error.message
        ):
            return cls.request(call, {"stream": False})
        return None

    @classmethod
    def request(cls, call: Call, more: dict[str, Any]) -> HttpRequest:
        """The request, with some fields more or otherwise."""
        raise TypeError(f"{cls.__name__} has no request() of its own")


class OpenAI(OpenAIService):
    """Chat completions over SSE, as OpenAI's API reference has them; the judge is its SDK.

    Attributes:
        asks_usage: Whether it must be asked for the usage with ``stream_options``.
    """

    options: ClassVar[frozenset[str]] = frozenset({*GENERATION, "schema"})
    schema_subset: ClassVar[Subset] = OPENAI
    speaks = "OpenAI's chat completions"
    thinks_in_text = True
    asks_usage: ClassVar[bool] = True

    @classmethod
    def build_request(cls, call: Call) -> HttpRequest:
        """``POST /chat/completions``."""
        return cls.request(call, {"stream_options": {"include_usage": True}} if cls.asks_usage else {})

    @classmethod
    def simplified(cls, call: Call, error: errors.ChatError) -> HttpRequest | None:
        """Some compatible servers refuse ``stream_options``: the same without it."""
        if isinstance(error, errors.BadRequestError) and "stream_options" in error.message:
            return cls.request(call, {})
        return cls.unstreamed(call, error)

    @classmethod
    def request(cls, call: Call, more: dict[str, Any]) -> HttpRequest:
        """The request, with some fields more or otherwise."""
        return cls.post(call, "/chat/completions", cls.body(call, more))

    @classmethod
    def body(cls, call: Call, more: dict[str, Any]) -> dict[str, Any]:
        """The fields of the request's body, ``more`` among them."""
        names = dict(cls.field_names)
        if call.base_url == OpenAIService.url:
            # OpenAI's own reasoning models refuse the old name; compatible servers know only that.
            names["max_tokens"] = "max_completion_tokens"
        messages = [message.to_dict() for message in call.messages]
        return {
            "model": call.model,
            "messages": messages,
            "stream": True,
            **more,
            **call.named(names),
            **cls.output_format(call),
        }

    @classmethod
    def output_format(cls, call: Call) -> dict[str, Any]:
        """``response_format``: a schema, or any object of JSON."""
        if call.form == "json":
            return {"response_format": {"type": "json_object"}}
        if call.form != "schema":
            return {}
        asked = structured.adapted(cls, call)
        named = {"name": "answer", "schema": asked.schema, "strict": asked.strict}
        return {"response_format": {"type": "json_schema", "json_schema": named}}

    @classmethod
    def parse(cls, frame: Frame) -> Iterable[Event]:
        """The events of one chunk."""
        if frame.data == b"[DONE]":
            return (Finish(),)
        if not frame.data:
            return ()
        chunk = decode_json(_CHUNK, frame.data)
        # Nearly every chunk holds a piece of text, or of reasoning, and nothing else.
        if len(chunk.choices) == 1 and chunk.usage is None and chunk.error is None:
            choice = chunk.choices[0]
            delta = choice.delta
            if choice.finish_reason is None and choice.index == 0 and delta.tool_calls is None:
                thoughts = delta.reasoning_content or delta.reasoning
                if type(delta.content) is str and delta.content and not thoughts:
                    return (TextDelta(delta.content),)
                if thoughts and not delta.content:
                    return (ReasoningDelta(thoughts),)
        return _all_events(frame.data, cls.name)


def _all_events(data: bytes, provider: str) -> list[Event]:
    chunk = decode_json(_RARE_CHUNK, data)
    if chunk.error or (chunk.object == "error" and not chunk.choices):
        raise error_mapping.from_payload(data, provider=provider)
    events: list[Event] = []
    for choice in chunk.choices:
        if choice.index:
            continue  # with `n` above 1 there are several answers; a conversation goes on with the first
        delta = choice.delta or choice.message or _RareDelta()
        if reasoning := delta.thoughts():
            events.append(ReasoningDelta(reasoning))
        if text := delta.content or delta.refusal:
            events += [TextDelta(text)] if isinstance(text, str) else _parts(text)
        for place, call in enumerate(delta.tool_calls or ()):
            # In one piece, calls need no number: their place is one.
            index = call.index or (place if choice.message else 0)
            events.append(ToolCall(index, call.id or "", call.function.name or "", call.function.text()))
        if choice.finish_reason:
            if chunk.model:
                events.append(ModelName(chunk.model))
            events.append(Finish(choice.finish_reason))
    if usage := chunk.figures():
        events.append(usage.event())
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
