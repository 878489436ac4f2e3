"""Anthropic's messages API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import msgspec

from .. import environment, errors
from ..events import Notice, Remark
from ..messages import (
    ContentPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    ReplayPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    alternating,
    system_apart,
)
from ..request import HttpRequest
from ..schemas import ANTHROPIC, Subset
from ..secrets import Secret
from . import (
    addresses,
    anthropic_models,
    anthropic_search,
    anthropic_thinking,
    anthropic_tools,
    structured,
    tool_declarations,
)
from . import anthropic_refusals as refusals
from .anthropic_content import characters, document, is_content
from .anthropic_parser import AnthropicParser
from .call import Adapted, Call
from .file_types import PDF, TEXT
from .http import HTTPProvider
from .keys import check_key
from .model_table import DEFAULTS
from .reader import Parser, Reader
from .replays import Settled, replay_of, settle, without_replays
from .tool_exchanges import exchanges, object_of

_TOKEN = "ANTHROPIC_AUTH_TOKEN"  # for gateways, which want it as a bearer's
_CHARACTERS_PER_TOKEN = 4


class Anthropic(HTTPProvider):
    """Messages over SSE with named events, version 2023-06-01 of the API, as its reference has them.

    Models from Claude 4.7 on refuse a temperature and a ``top_p`` other than their own: these are not sent to them.
    """

    url = "https://api.anthropic.com/v1"
    needs_auth = True
    speaks = "Anthropic's messages"
    key_variables = ("ANTHROPIC_API_KEY", _TOKEN)
    url_variables = ("ANTHROPIC_BASE_URL",)
    endpoints = ("/messages", "/models", "/complete")
    default_model = DEFAULTS["anthropic"]
    options: ClassVar[frozenset[str]] = frozenset(
        {"temperature", "top_p", "max_tokens", "stop", "effort", "web", "schema", "tools", "tool_choice"}
    )
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
    takes_files: ClassVar[frozenset[str]] = frozenset({PDF, TEXT})
    part_kinds: ClassVar[tuple[type[ContentPart], ...]] = (TextPart, ImagePart, FilePart)
    takes_result_media = True
    largest_request = 32 * 1024 * 1024
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
        return cls.request(call)

    @classmethod
    def simplified(cls, call: Call, error: errors.ChatError) -> HttpRequest | None:
        """The request without what the service has refused by name."""
        if not isinstance(error, errors.BadRequestError):
            return None
        names = refusals.refused(error.message)
        whole = cls.request(call).body if names else None
        unasked = frozenset() if call.base_url == Anthropic.url else refusals.UNASKED
        simpler = (cls.request(call, unasked | {name}) for name in names)
        return next((request for request in simpler if request.body != whole), None)

    @classmethod
    def adapted(cls, call: Call, error: errors.ChatError) -> Adapted | None:
        """The call without a tool that must be called, where the service has refused that."""
        forced = tool_declarations.is_forced(tool_declarations.choice_of(call))
        if not (forced and isinstance(error, errors.BadRequestError) and refusals.is_choice(error.message)):
            return None
        changed = call.with_fields({anthropic_tools.CHANGED: None})
        return Adapted(changed, anthropic_tools.told(call), "tool_choice")

    @classmethod
    def request(cls, call: Call, without: frozenset[str] = frozenset()) -> HttpRequest:
        """The request.

        Args:
            call: The call.
            without: What is left out of it, in the words of ``anthropic_refusals``.
        """
        given = call.messages
        if any(replay_of(message) is not None for message in given):
            plain = refusals.REPLAYS in without
            given = without_replays(given) if plain else settle(cls.name, call).messages
        system, messages = system_apart(exchanges(given, anthropic_tools.calls_of))
        messages = alternating(messages, (*cls.part_kinds, ToolCallPart, ToolResultPart))
        thinking = cls._thinking(call, without, messages)
        return cls.post(
            anthropic_tools.with_tools(anthropic_search.with_tools(call, without), without),
            "/messages",
            {
                "model": call.model,
                "messages": cls._messages(messages, call, without),
                "stream": True,
                "system": system or None,
                "tool_choice": anthropic_tools.choice(call, thinking["thinking"], without),
                **thinking,
                **cls._options(call, without),
                **cls._caching(call, without),
            },
        )

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
        if isinstance(part, FilePart):
            return document(part)
        assert isinstance(part, ImagePart)
        source = {"type": "base64", "media_type": part.media_type, "data": part.base64}
        return {"type": "image", "source": source}

    @classmethod
    def left_out(cls, model: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """The names of the options that are not sent, since the model refuses them."""
        return anthropic_thinking.left_out(model, options)

    @classmethod
    def reader(cls, request: HttpRequest, call: Call | None = None) -> Reader:
        """The reader of the answer to one request."""
        return cls.frame_reader(cls, request, cls._parser(request, call))

    @classmethod
    def parser(cls, call: Call | None) -> Parser:
        """What makes events of the frames of one answer."""
        return cls._parser(None, call)

    @classmethod
    def following(cls, call: Call, parser: Parser) -> tuple[HttpRequest, Parser] | None:
        """The same request with the answer so far, where the service has paused its own tools' work."""
        return parser.following() if isinstance(parser, AnthropicParser) else None

    @classmethod
    def _parser(cls, request: HttpRequest | None, call: Call | None) -> AnthropicParser:
        if call is None:
            return AnthropicParser(cls.name, cls.finish, request)

        def replay(raw: str) -> ReplayPart:
            return _settled(cls.name, call, request).replay(cls.name, call.model, raw)

        asked = anthropic_thinking.asked(call.model, call.ask.options, cls.max_tokens)
        told: list[Notice | Remark] = [Notice(asked.told)] if asked.told else []
        if anthropic_tools.CHANGED not in call.changed and anthropic_tools.cannot_force(call, asked.thinking):
            told.append(Remark(anthropic_tools.told(call), "tool_choice"))
        back = anthropic_tools.ways_back(call)
        return AnthropicParser(cls.name, cls.finish, request, replay=replay, told=told, ways_back=back)

    @classmethod
    def _messages(
        cls, messages: tuple[Message, ...], call: Call, without: frozenset[str]
    ) -> list[dict[str, Any]]:
        """The messages as they go out: results stand ahead of what the user says behind them."""
        cited = refusals.CITATIONS not in without and call.ask.options.get("schema") is None

        def encode(message: Message) -> list[dict[str, Any]]:
            return [block for part in message.parts for block in cls._blocks(part, message.role, cited)]

        sent: list[dict[str, Any]] = []
        before = ""
        for message in messages:
            part = replay_of(message)
            if part is not None and is_content(part.raw):
                sent.append({"role": message.role, "content": msgspec.Raw(part.raw.encode())})
            elif message.role == "tool":
                sent.append({"role": "user", "content": anthropic_tools.results(message, encode)})
            elif message.role == "user" and before == "tool":
                sent[-1]["content"] += encode(message)
            else:
                sent.append({"role": message.role, "content": encode(message)})
            before = message.role
        return sent

    @classmethod
    def _blocks(cls, part: Part, role: str, cited: bool) -> list[dict[str, Any]]:
        """The content block of a part, of a call as well; none of what is only shown."""
        if isinstance(part, ToolCallPart):
            return [anthropic_tools.call_block(part, object_of(part.arguments))]
        blocks = cls.encode_parts(Message(role, (part,)))
        for block in blocks:
            if cited and block["type"] == "document":
                block["citations"] = {"enabled": True}
        return blocks

    @classmethod
    def _thinking(
        cls, call: Call, without: frozenset[str], messages: tuple[Message, ...] = ()
    ) -> dict[str, Any]:
        """The fields about thinking and how the answer is put out, and the bound on it, which counts the thoughts."""
        asked = anthropic_thinking.asked(call.model, call.ask.options, cls.max_tokens)
        config = cls.output_format(call)
        thinking = asked.thinking
        if refusals.EFFORT in without:
            thinking = None
        elif asked.effort is not None:
            config["effort"] = asked.effort
        if thinking and thinking["type"] == "enabled" and anthropic_tools.is_unsigned(messages):
            thinking = None
        if thinking and refusals.DISPLAY in without:
            thinking = {name: value for name, value in thinking.items() if name != "display"}
        return {"max_tokens": asked.max_tokens, "thinking": thinking, "output_config": config or None}

    @classmethod
    def _options(cls, call: Call, without: frozenset[str]) -> dict[str, Any]:
        """The options that the model takes; the bound on the answer is among the fields about thinking."""
        out = {"max_tokens", *cls.left_out(call.model, call.ask.options), *without}
        named = call.named({})
        return {cls.field_names.get(name, name): value for name, value in named.items() if name not in out}

    @classmethod
    def _caching(cls, call: Call, without: frozenset[str]) -> dict[str, Any]:
        """The mark that has the service keep the beginning of a conversation, so that it is paid in full only once."""
        if call.base_url != Anthropic.url or refusals.CACHING in without:
            return {}
        size = sum(characters(message) for message in call.messages) + anthropic_tools.size_of(call)
        if size < _CHARACTERS_PER_TOKEN * anthropic_models.manner(call.model).cached_from:
            return {}
        return {"cache_control": {"type": "ephemeral"}}


def _settled(name: str, call: Call, request: HttpRequest | None) -> Settled:
    """The messages as they went out: where the service refused the replays, without them."""
    settled = settle(name, call)
    sent = (request.body or b"") if request else b""
    if all(part.raw.encode() in sent for one in settled.messages if (part := replay_of(one)) is not None):
        return settled
    plain = replace(call.ask, messages=without_replays(call.messages))
    return settle(name, replace(call, ask=plain))
