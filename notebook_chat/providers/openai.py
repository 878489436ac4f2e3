"""OpenAI's chat completions, and every server that speaks them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from .. import errors
from ..decoders import Frame
from ..events import Event
from ..messages import AudioPart, ContentPart, FilePart, ImagePart, TextPart
from ..request import HttpRequest
from . import chat_fields
from .call import Adapted, Call
from .chat_dialect import Thinking, Web
from .chat_messages import encoded
from .chat_parser import ChatParser
from .chat_replays import ReplayParser
from .http import HTTPProvider
from .model_table import DEFAULTS
from .options import EFFORTS, GENERATION
from .reader import Parser


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
        return cls.request(call, {"stream": False}) if chat_fields.refuses_to_stream(error) else None

    @classmethod
    def request(cls, call: Call, more: dict[str, Any]) -> HttpRequest:
        """The request, with some fields more or otherwise."""
        raise TypeError(f"{cls.__name__} has no request() of its own")


class OpenAI(OpenAIService):
    """Chat completions over SSE, as OpenAI's API reference has them; the judge is its SDK.

    Attributes:
        asks_usage: Whether it must be asked for the usage with ``stream_options``.
        thinks_by: By which fields it is told how hard to think.
        efforts: The words that it has for that, each as ``word`` or ``our word:its word``.
        efforts_of: The words of some of its models, by a part of their names.
        refuses_sampling: Whether its models refuse ``temperature`` and ``top_p`` while they think.
        web: How it is told to search the web.
        wants_replays: Whether it wants some answers back as they came.
        chat_parser: What reads its answers.
    """

    options: ClassVar[frozenset[str]] = frozenset({*GENERATION, "effort"})
    speaks = "OpenAI's chat completions"
    thinks_in_text = True
    takes_files = frozenset({"application/pdf", "audio/wav", "audio/x-wav", "audio/mpeg", "audio/mp3"})
    part_kinds: ClassVar[tuple[type[ContentPart], ...]] = (TextPart, ImagePart, FilePart, AudioPart)
    asks_usage: ClassVar[bool] = True
    thinks_by: ClassVar[Thinking] = "reasoning_effort"
    efforts: ClassVar[tuple[str, ...]] = EFFORTS
    efforts_of: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = ()
    refuses_sampling: ClassVar[bool] = True
    web: ClassVar[Web] = ""
    wants_replays: ClassVar[bool] = False
    chat_parser: ClassVar[type[ChatParser]] = ChatParser

    @classmethod
    def build_request(cls, call: Call) -> HttpRequest:
        """``POST /chat/completions``."""
        return cls.request(call, {})

    @classmethod
    def left_out(cls, model: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """The options that are not sent, since the model is known to refuse them."""
        return chat_fields.left_out(cls, model or cls.default_model, options)

    @classmethod
    def adapted(cls, call: Call, error: errors.ChatError) -> Adapted | None:
        """The same without a field that the service has refused by its name, or in one piece."""
        return chat_fields.adapted(cls, call, error)

    @classmethod
    def request(cls, call: Call, more: dict[str, Any]) -> HttpRequest:
        """The request, with some fields more or otherwise."""
        return cls.post(call, "/chat/completions", cls.body(call, more))

    @classmethod
    def body(cls, call: Call, more: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of the request's body, ``more`` among them."""
        names, own = dict(cls.field_names), call.base_url == OpenAIService.url
        if own:
            # OpenAI's own reasoning models refuse the old name; compatible servers know only that.
            names["max_tokens"] = "max_completion_tokens"
        out = {names.get(name, name) for name in cls.left_out(call.model, call.ask.options)}
        return {
            "model": call.model,
            "messages": encoded(cls, call),
            "stream": True,
            "stream_options": {"include_usage": True} if cls.asks_usage else None,
            **more,
            **{name: value for name, value in call.named(names).items() if name not in out},
            **chat_fields.thinking(cls, call),
            **chat_fields.web(cls, call),
            "prompt_cache_key": chat_fields.cache_key(call.messages) if own else None,
            **call.changed,
        }

    @classmethod
    def wants_back(cls, call: Call) -> bool:
        """Whether some answers go back to the service as they came: to those that say so, and to Gemini's models
        behind Google's own address."""
        host = urlsplit(call.base_url).hostname or ""
        return cls.wants_replays or f".{host}".endswith(".googleapis.com")

    @classmethod
    def parser(cls, call: Call | None) -> Parser:
        """What reads one answer. A class derived from this one that has a ``parse`` of its own reads by that."""
        if next(one for one in cls.__mro__ if "parse" in one.__dict__) is not OpenAI:
            return cls
        if call is not None and cls.wants_back(call):
            return ReplayParser(cls.name, call)
        return cls.chat_parser(cls.name, call)

    @classmethod
    def parse(cls, frame: Frame) -> Iterable[Event]:
        """The events of one chunk by itself."""
        return ChatParser(cls.name).parse(frame)
