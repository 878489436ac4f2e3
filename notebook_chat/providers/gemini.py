"""Google's Gemini API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from .. import errors
from ..decoders import Frame, decode_json
from ..events import Event, ModelName, ReasoningDelta, TextDelta, ToolCall, Usage
from ..messages import ContentPart, TextPart, alternating, split_system
from ..request import HttpRequest
from ..schemas import GEMINI, Subset
from ..secrets import Secret
from . import addresses, error_mapping, structured
from .call import Call
from .http import HTTPProvider
from .model_pages import Page
from .model_table import DEFAULTS
from .options import GENERATION
from .reader import Paragraph, WholeCallReader


class _FunctionCall(msgspec.Struct, frozen=True, gc=False):
    name: str = ""
    id: str | None = None
    args: msgspec.Raw = msgspec.Raw(b"{}")


class _Part(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    text: str | None = None
    thought: bool | None = None
    function_call: _FunctionCall | None = None
    executable_code: Any = None  # of the tool that runs code: the text after it stands apart


class _Content(msgspec.Struct, frozen=True, gc=False):
    parts: list[_Part] | None = None


class _Candidate(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    index: int = 0
    content: _Content | None = None
    finish_reason: str | None = None
    finish_message: str | None = None


class _PromptFeedback(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    block_reason: str | None = None
    block_reason_message: str | None = None


class _Usage(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    cached_content_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None

    def event(self) -> Usage:
        """The figures. Gemini counts the thoughts beside the answer, and what its own tools read beside the prompt;
        elsewhere they are a part of the output and of the input."""
        given, read = self.prompt_token_count, self.tool_use_prompt_token_count
        if read is not None:
            given = (given or 0) + read
        output, thoughts = self.candidates_token_count, self.thoughts_token_count
        if thoughts is not None:
            output = (output or 0) + thoughts
        return Usage(given, output, thoughts, self.cached_content_token_count)


class _Chunk(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    candidates: list[_Candidate] | None = None
    prompt_feedback: _PromptFeedback | None = None
    usage_metadata: msgspec.Raw = msgspec.Raw(b"null")  # in every chunk, and read once
    model_version: str | None = None
    error: Any = None


class _Model(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    name: str
    supported_generation_methods: tuple[str, ...] = ("generateContent",)


class _Models(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    models: list[_Model] = []
    next_page_token: str | None = None


_CHUNK = msgspec.json.Decoder(_Chunk | list[_Chunk])
_USAGE = msgspec.json.Decoder(_Usage | None)
_MODELS = msgspec.json.Decoder(_Models)
_ROLES = {"assistant": "model"}
_REFUSALS = (
    *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "ESCALATION", "MODEL_ARMOR"),
    *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
)


class Gemini(HTTPProvider):
    """``streamGenerateContent`` over SSE, as the API's reference has it; the judge is Google's SDK."""

    url = "https://generativelanguage.googleapis.com/v1beta"
    needs_auth = True
    speaks = "Gemini's API"
    frame_reader = WholeCallReader
    field_names: ClassVar[dict[str, str]] = {
        "max_tokens": "maxOutputTokens",
        "top_p": "topP",
        "stop": "stopSequences",
    }
    finish_reasons: ClassVar[dict[str, str]] = {
        "STOP": "stop",
        "MAX_TOKENS": "length",
        "CONTINUATION": "length",
    }
    key_variables = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
    url_variables = ("GOOGLE_GEMINI_BASE_URL",)
    endpoints = ("/models",)
    default_model = DEFAULTS["gemini"]
    options: ClassVar[frozenset[str]] = frozenset({*GENERATION, "schema"})
    schema_subset: ClassVar[Subset] = GEMINI
    models_path = "/models"
    models_query: ClassVar[dict[str, str]] = {"pageSize": "1000"}

    @classmethod
    def address(cls, url: str) -> str:
        """An address as Google's own client takes it, without a version; or with one, or that of a model."""
        place, query, rest = url.partition("?")
        place = re.sub(r"/models/[^/]*$", "", place.strip())
        return addresses.with_version(super().address(place + query + rest), "/v1beta")

    @classmethod
    def headers(cls, key: Secret | None) -> dict[str, str | Secret]:
        """The key in ``x-goog-api-key``."""
        return {"x-goog-api-key": key} if key else {}

    @classmethod
    def build_request(cls, call: Call) -> HttpRequest:
        """``POST /models/{model}:streamGenerateContent``; a tuned model has its collection in its name."""
        system, messages = split_system(call.messages)
        body = {
            "contents": [
                {"role": _ROLES.get(message.role, message.role), "parts": cls.encode_parts(message)}
                for message in alternating(messages)
            ],
            "system_instruction": {"parts": [{"text": system}]} if system else None,
            "generationConfig": {**call.named(cls.field_names), **cls.output_format(call)} or None,
        }
        return cls.post(call, f"/{quote(_resource(call))}:streamGenerateContent?alt=sse", body)

    @classmethod
    def output_format(cls, call: Call) -> dict[str, Any]:
        """The fields of ``generationConfig`` for data: JSON, and its schema."""
        if call.form not in ("schema", "json"):
            return {}
        schema = {"responseJsonSchema": structured.adapted(cls, call).schema} if call.form == "schema" else {}
        return {"responseMimeType": "application/json", **schema}

    @classmethod
    def count_request(cls, call: Call) -> HttpRequest:
        """``POST /models/{model}:countTokens``, with all that decides what the model reads."""
        asked = cls.build_request(call)
        content = {**msgspec.json.decode(asked.body or b"{}"), "model": _resource(call)}
        body = msgspec.json.encode({"generateContentRequest": content})
        return replace(
            asked, url=addresses.joined(call.base_url, f"/{quote(_resource(call))}:countTokens"), body=body
        )

    @classmethod
    def encode_part(cls, part: ContentPart, role: str) -> dict[str, Any]:
        """A part of a content."""
        if isinstance(part, TextPart):
            return {"text": part.text}
        return {"inline_data": {"mime_type": part.media_type, "data": part.base64}}

    @classmethod
    def parse(cls, frame: Frame) -> Iterable[Event | Paragraph]:
        """The events of one chunk."""
        chunk = decode_json(_CHUNK, frame.data)
        if isinstance(chunk, list):  # an error may come in a list
            return (event for one in chunk for event in cls._events(one))
        # Nearly every chunk holds a piece of text and nothing else.
        if chunk.candidates and len(chunk.candidates) == 1 and chunk.prompt_feedback is None:
            candidate = chunk.candidates[0]
            parts = candidate.content.parts if candidate.content else None
            if candidate.finish_reason is None and not candidate.index and parts and len(parts) == 1:
                part = parts[0]
                if part.text and not part.thought and part.function_call is None and chunk.error is None:
                    return (TextDelta(part.text),)
        return cls._events(chunk)

    @classmethod
    def parse_models(cls, body: bytes) -> Page:
        """The models that generate content, without ``models/`` before their names."""
        page = _MODELS.decode(body)
        following = {"pageToken": page.next_page_token} if page.next_page_token else {}
        able = (model for model in page.models if "generateContent" in model.supported_generation_methods)
        return [model.name.removeprefix("models/") for model in able], following

    @classmethod
    def _events(cls, chunk: _Chunk) -> Iterator[Event | Paragraph]:
        if chunk.error:
            raise error_mapping.from_payload({"error": chunk.error}, provider=cls.name)
        # Of several candidates, a conversation goes on with the first.
        candidates = [candidate for candidate in chunk.candidates or () if not candidate.index]
        for candidate in candidates:
            for part in (candidate.content and candidate.content.parts) or ():
                if part.text:
                    yield ReasoningDelta(part.text) if part.thought else TextDelta(part.text)
                if part.executable_code:
                    yield Paragraph()
                if call := part.function_call:
                    yield ToolCall(0, call.id or "", call.name, bytes(call.args).decode("utf-8", "replace"))
        # Every chunk counts from the beginning: the last one will do.
        last = not candidates or any(one.finish_reason for one in candidates)
        if last and (usage := decode_json(_USAGE, bytes(chunk.usage_metadata))):
            yield usage.event()
        feedback = chunk.prompt_feedback
        if feedback and feedback.block_reason and not candidates:
            words = feedback.block_reason_message or f"the prompt was blocked: {feedback.block_reason}"
            raise errors.ContentRefusedError(words, provider=cls.name)
        for candidate in candidates:
            if reason := candidate.finish_reason:
                if chunk.model_version:
                    yield ModelName(chunk.model_version)
                if reason in _REFUSALS:
                    words = candidate.finish_message or f"the answer was blocked: {reason}"
                    raise errors.ContentRefusedError(words, provider=cls.name)
                yield cls.finish(reason)


def _resource(call: Call) -> str:
    """The model's name in an address; a tuned model has its collection in its own."""
    return call.model if "/" in call.model else f"models/{call.model}"
