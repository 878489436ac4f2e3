"""Google's Gemini API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from .. import errors
from ..decoders import Frame
from ..events import Event
from ..messages import (
    SYSTEM_ROLES,
    AudioPart,
    ContentPart,
    FilePart,
    ImagePart,
    Message,
    Messages,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    alternating,
    system_apart,
)
from ..parts import ReplayPart
from ..request import HttpRequest
from ..schemas import GEMINI, Subset
from ..secrets import Secret
from . import addresses, gemini_tools, structured
from .call import Adapted, Call
from .gemini_config import (
    FILES,
    REPLAYS,
    SYSTEM,
    check_sizes,
    generation,
    generation_config,
    refused,
    with_tools,
)
from .gemini_parser import GeminiParser
from .gemini_reader import GeminiReader
from .gemini_replay import inline, own_media, restored
from .gemini_wire import MODELS
from .http import HTTPProvider
from .listed_facts import facts_in
from .model_pages import Page, model_id
from .model_table import DEFAULTS
from .options import GENERATION
from .replays import replay_of, settle, without_replays
from .tool_declarations import tools_of
from .tool_exchanges import exchanges

_ROLES = {"assistant": "model"}


class Gemini(HTTPProvider):
    """``streamGenerateContent`` over SSE, as the API's reference has it; the judge is Google's SDK."""

    url = "https://generativelanguage.googleapis.com/v1beta"
    needs_auth = True
    speaks = "Gemini's API"
    frame_reader = GeminiReader
    part_kinds = (TextPart, ImagePart, FilePart, AudioPart)
    takes_files = FILES
    takes_own_media = True
    takes_result_media = True
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
    options: ClassVar[frozenset[str]] = frozenset(
        {*GENERATION, "effort", "web", "schema", "tools", "tool_choice"}
    )
    largest_request = 100 * 1024 * 1024
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
    def check(cls, model: str, messages: Messages, options: Mapping[str, Any]) -> Call:
        """The call, checked. Models of before the third generation give no data by a schema while they may call tools:
        they are asked in words."""
        call = super().check(model, messages, options)
        apart = (generation(call.model) or 0) < gemini_tools.TOGETHER
        return structured.worded(cls, call) if apart and tools_of(call) else call

    @classmethod
    def build_request(cls, call: Call) -> HttpRequest:
        """``POST /models/{model}:streamGenerateContent``; a tuned model has its collection in its name."""
        return cls._request(call, frozenset())

    @classmethod
    def simplified(cls, call: Call, error: errors.ChatError) -> HttpRequest | None:
        """A request without what a model refuses: the thoughts, the replays, the reading of addresses; with the system
        prompt as the user's where it takes none."""
        without = refused(error)
        return cls._request(call, without) if without else None

    @classmethod
    def adapted(cls, call: Call, error: errors.ChatError) -> Adapted | None:
        """The call without the web search, where the service has refused to search beside calling tools."""
        if not gemini_tools.refuses_search(call, error):
            return None
        changed = call.with_fields({gemini_tools.SEARCH: None})
        return Adapted(changed, gemini_tools.told(changed, generation(call.model)), "web")

    @classmethod
    def _request(cls, call: Call, without: frozenset[str]) -> HttpRequest:
        sent = without_replays(call.messages) if REPLAYS in without else settle(cls.name, call).messages
        newest = (generation(call.model) or 0) >= gemini_tools.TOGETHER
        sent = own_media(sent, signed=REPLAYS in without or newest)
        check_sizes(sent)
        if SYSTEM in without:
            sent = tuple(_as_users(message) for message in sent)
        system, messages = system_apart(exchanges(sent, gemini_tools.calls_of))
        call, tools = with_tools(call, without)
        searches = any("functionDeclarations" not in tool for tool in tools or ())
        body = {
            "contents": cls._contents(messages, newest=newest),
            "system_instruction": {"parts": [{"text": system}]} if system else None,
            "generationConfig": {
                **generation_config(call, cls.field_names, without),
                **cls.output_format(call),
            }
            or None,
            "tools": tools,
            "toolConfig": gemini_tools.config(call, searches),
        }
        return cls.post(call, f"/{quote(_resource(call))}:streamGenerateContent?alt=sse", body)

    @classmethod
    def _contents(cls, messages: tuple[Message, ...], *, newest: bool) -> list[dict[str, Any]]:
        contents: list[dict[str, Any]] = []
        for message in alternating(messages, (*cls.part_kinds, ToolCallPart, ToolResultPart)):
            if message.role == "tool":
                contents += gemini_tools.responses(message, inside=newest)
                continue
            parts = restored(message) if replay_of(message) is not None else None
            if parts is None:
                parts = cls._parts(message, gemini_tools.UNSIGNED if newest else "")
            contents.append({"role": _ROLES.get(message.role, message.role), "parts": parts})
        return contents

    @classmethod
    def _parts(cls, message: Message, signature: str) -> list[dict[str, Any]]:
        """The parts of a message in its plain form; the first call has something in the place of a signature."""
        parts: list[dict[str, Any]] = []
        for part in message.parts:
            if isinstance(part, ToolCallPart):
                parts.append(gemini_tools.call_part(part, signature))
                signature = ""
            else:
                parts += cls.encode_parts(Message(message.role, (part,)))
        return parts

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
        return {"text": part.text} if isinstance(part, TextPart) else inline(part)

    @classmethod
    def parser(cls, call: Call | None) -> GeminiParser:
        """What reads one answer, and makes its replay at the end."""
        if call is None:
            return GeminiParser(cls.name, "", cls.finish, None)

        def replay(raw: str) -> ReplayPart:
            return settle(cls.name, call).replay(cls.name, call.model, raw)

        told = ""
        if gemini_tools.SEARCH not in call.changed:  # else it has been told
            told = gemini_tools.told(call, generation(call.model))
        return GeminiParser(cls.name, call.model, cls.finish, replay, call, told)

    @classmethod
    def parse(cls, frame: Frame) -> Iterable[Event]:
        """The events of one chunk by itself."""
        return cls.parser(None).parse(frame)

    @classmethod
    def parse_models(cls, body: bytes) -> Page:
        """The models that generate content, without ``models/`` before their names."""
        page = MODELS.decode(body)
        following = {"pageToken": page.next_page_token} if page.next_page_token else {}
        able = (model for model in page.models if _generates(model))
        return {model_id(model, "name").removeprefix("models/"): facts_in(model) for model in able}, following


def _as_users(message: Message) -> Message:
    """A system prompt as a message of the user, for models that have no place for one."""
    return Message("user", message.text) if message.role in SYSTEM_ROLES else message


def _generates(model: dict[str, Any]) -> bool:
    """Whether a model of the list answers prompts; one that does not say what it does is taken to."""
    methods = model.get("supportedGenerationMethods")
    return not isinstance(methods, list) or "generateContent" in methods


def _resource(call: Call) -> str:
    """The model's name in an address; a tuned model has its collection in its own."""
    return call.model if "/" in call.model else f"models/{call.model}"
