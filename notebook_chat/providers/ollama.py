"""Ollama's own API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlsplit

import msgspec

from .. import errors
from ..decoders import Frame, NDJSONDecoder, decode_json
from ..environment import Found
from ..events import Event, Finish, ModelName, ReasoningDelta, TextDelta, ToolCall, Usage
from ..images import image_type
from ..messages import ImagePart
from ..parts import UnknownPart
from ..request import HttpRequest
from ..schemas import LLAMA, Subset
from ..secrets import redact_address
from . import addresses, error_mapping, ollama_tools, structured
from .call import Adapted, Call, Connection
from .effort import nearest
from .http import HTTPProvider
from .listed_facts import facts_in, of_show
from .model_facts import ModelFacts, known_facts, remember
from .model_pages import Page, get, model_id
from .model_table import DEFAULTS
from .options import GENERATION, MISSING
from .reader import Parser, WholeCallReader
from .tool_declarations import tools_of
from .wire_values import bytes_of_base64, call_arguments


class _Function(msgspec.Struct, frozen=True):
    name: str | None = None
    arguments: msgspec.Raw = msgspec.Raw(b"{}")


class _ToolCall(msgspec.Struct, frozen=True):
    id: Any = None
    function: _Function | None = None


class _Message(msgspec.Struct, frozen=True):
    content: str | None = None
    thinking: str | None = None
    images: list[str] | None = None
    tool_calls: list[_ToolCall] | None = None


class _Line(msgspec.Struct, frozen=True):
    message: _Message | None = None
    done: bool = False
    done_reason: str | None = None
    model: str | None = None
    prompt_eval_count: int | None = None
    eval_count: int | None = None
    error: Any = None


class _Tags(msgspec.Struct, frozen=True):
    models: list[dict[str, Any]]


_LINE = msgspec.json.Decoder(_Line)
_TAGS = msgspec.json.Decoder(_Tags)
_PORT = 11434
_LEVELS = ("low", "medium", "high", "max")
_NO_LEVELS = re.compile(r"think value|\.think\b|think must be", re.IGNORECASE)
_NO_THINKING = re.compile(r"think", re.IGNORECASE)
_NO_TOOLS = re.compile(r"does not support tools", re.IGNORECASE)
_ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}


class Ollama(HTTPProvider):
    """``/api/chat`` over lines of JSON, as Ollama's reference has it; the judge is its SDK."""

    url = f"http://localhost:{_PORT}"
    decoder = NDJSONDecoder
    speaks = "Ollama's API"
    reason_ends = True
    thinks_in_text = True
    frame_reader = WholeCallReader
    field_names: ClassVar[dict[str, str]] = {"max_tokens": "num_predict"}
    key_variables = ("OLLAMA_API_KEY",)  # a local server needs none, Ollama's cloud does
    url_variables = ("OLLAMA_HOST",)
    endpoints = ("/v1/chat/completions", "/api/chat", "/api/generate", "/api/tags", "/api", "/v1")
    default_model = DEFAULTS["ollama"]
    options: ClassVar[frozenset[str]] = frozenset({*GENERATION, "effort", "schema", "tools", "tool_choice"})
    schema_subset: ClassVar[Subset] = LLAMA
    models_path = "/api/tags"

    @classmethod
    def moved_to(cls) -> Found | None:
        """``OLLAMA_HOST`` as an address."""
        found = super().moved_to()
        return found and found._replace(value=host_address(found.value))

    @classmethod
    def build_request(cls, call: Call) -> HttpRequest:
        """``POST /api/chat``."""
        return cls._request(call, _think(call))

    @classmethod
    def simplified(cls, call: Call, error: errors.ChatError) -> HttpRequest | None:
        """Without thinking for a model that cannot, and with no more than thinking at all for one that knows no
        levels of it."""
        think = _think(call)
        if think is None or not isinstance(error, errors.BadRequestError):
            return None
        if think is not False and _NO_LEVELS.search(error.message):
            return cls._request(call, True)
        return cls._request(call, None) if _NO_THINKING.search(error.message) else None

    @classmethod
    def adapted(cls, call: Call, error: errors.ChatError) -> Adapted | None:
        """Nothing; but where a model cannot call tools, that is remembered, and told before it is asked again."""
        if tools_of(call) and _NO_TOOLS.search(error.message):
            remember(cls.name, call.base_url, {call.model: ModelFacts(tools=False)})
            error.hint = MISSING["tools"][1]
        return None

    @classmethod
    def _request(cls, call: Call, think: bool | str | None) -> HttpRequest:
        body = {
            "model": call.model,
            "messages": ollama_tools.messages(call),
            "tools": ollama_tools.declarations(call) or None,
            "stream": True,
            "think": think,
            "options": call.named(cls.field_names) or None,
            **cls.output_format(call),
        }
        return cls.post(call, "/api/chat", body)

    @classmethod
    def parser(cls, call: Call | None) -> Parser:
        """The dialect itself, unless there is something to tell, or arguments that come in another form."""
        return ollama_tools.ToolParser(cls, call) if call is not None and tools_of(call) else cls

    @classmethod
    def output_format(cls, call: Call) -> dict[str, Any]:
        """``format``: a schema, or any JSON."""
        if call.form == "schema":
            return {"format": structured.adapted(cls, call).schema}
        return {"format": "json"} if call.form == "json" else {}

    @classmethod
    def parse(cls, frame: Frame) -> Iterable[Event]:
        """The events of one line."""
        line = decode_json(_LINE, frame.data)
        if line.error:
            raise error_mapping.from_payload({"error": line.error}, provider=cls.name)
        message = line.message
        if message and message.content and not (line.done or message.thinking or message.tool_calls):
            text = TextDelta(message.content)
            return (text, *_images(message)) if message.images else (text,)
        return _events(line)

    @classmethod
    def parse_models(cls, body: bytes) -> Page:
        """The models that have been pulled."""
        return {model_id(model, "name"): facts_in(model) for model in _TAGS.decode(body).models}, {}

    @classmethod
    def facts_request(cls, to: Connection, model: str) -> HttpRequest:
        """``POST /api/show``."""
        asked = get(cls, to, addresses.joined(to.base_url, "/api/show"))
        return replace(asked, method="POST", body=msgspec.json.encode({"model": model}))

    @classmethod
    def parse_facts(cls, body: bytes) -> ModelFacts:
        """What a model can, and how much it reads."""
        return of_show(msgspec.json.decode(body))


def host_address(host: str) -> str:
    """The address that ``OLLAMA_HOST`` means, as Ollama's own clients read it: ``host``, ``host:port``,
    ``:port`` or a URL, whose port is then that of its scheme. An address to listen on at all interfaces is
    reached at the loopback.

    Raises:
        ConfigurationError: It is none of these.
    """
    scheme, separator, place = host.strip("\"' ").rpartition("://")
    place = f"[{place}]" if place.count(":") > 1 and not place.startswith("[") else place
    try:
        parts = urlsplit(f"{scheme or 'http'}://{place}")
        port = parts.port
    except ValueError:
        raise errors.ConfigurationError(
            f"OLLAMA_HOST is {redact_address(host)!r}, which is not an address", hint="Set it to host:port."
        ) from None
    if not parts.scheme.startswith("http"):
        raise errors.ConfigurationError(
            f"OLLAMA_HOST is {redact_address(host)!r}, which is no address of the web",
            hint="Set it to host:port.",
        )
    name = parts.netloc.removesuffix(f":{port}" if port is not None else ":")
    if port is None and not separator:
        port = _PORT
    where = _ANYWHERE.get(name, name) + (f":{port}" if port is not None else "")
    return f"{parts.scheme}://{where}{parts.path.rstrip('/')}"


def _think(call: Call) -> bool | str | None:
    """How hard to think; ``None`` where nobody has said."""
    effort, model = call.ask.options.get("effort"), call.model.rpartition("/")[2].lower()
    if effort is None:
        return None
    known = known_facts(call.model).efforts
    if model.startswith("gpt-oss"):  # which cannot be told not to think, nor harder than this
        return nearest(effort, _LEVELS[:3])
    if effort in ("none", 0):
        return None if known == () else False
    return nearest(effort, [word for word in known or () if word in _LEVELS] or _LEVELS)


def _images(message: _Message) -> Iterator[ImagePart | UnknownPart]:
    """The images that the model has made."""
    for data in message.images or ():
        image = bytes_of_base64(data)
        kind = image_type(image or b"")
        yield ImagePart(image, kind) if image and kind else UnknownPart("a broken image", len(data))


def _events(line: _Line) -> Iterator[Event]:
    message = line.message or _Message()
    if message.thinking:
        yield ReasoningDelta(message.thinking)
    if message.content:
        yield TextDelta(message.content)
    yield from _images(message)
    for call in message.tool_calls or ():
        function = call.function or _Function()
        id_ = call.id if isinstance(call.id, str) else ""
        yield ToolCall(0, id_, function.name or "", call_arguments(function.arguments))
    if line.done:
        if line.model:
            yield ModelName(line.model)
        if line.prompt_eval_count is not None or line.eval_count is not None:
            yield Usage(line.prompt_eval_count, line.eval_count)
        yield Finish(line.done_reason or "stop")
