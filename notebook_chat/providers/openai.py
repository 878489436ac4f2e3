"""OpenAI's chat completions, and every server that speaks them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import msgspec

from .. import errors
from ..decoders import Frame
from ..events import Event
from ..messages import AudioPart, ContentPart, FilePart, ImagePart, Messages, TextPart
from ..request import HttpRequest
from ..schemas import OPENAI, Subset
from . import addresses, chat_fields, chat_tools, openai_choice, structured
from .abilities import check_able
from .cache_key import cache_key
from .call import Adapted, Call, Connection
from .chat_dialect import Thinking, Web
from .chat_messages import encoded
from .chat_parser import ChatParser
from .chat_replays import ReplayParser
from .exchange import Batch
from .file_types import WAV_AND_MP3
from .http import HTTPProvider
from .listed_facts import of_props
from .model_facts import ModelFacts, facts_of
from .model_pages import get
from .openai_service import DOCUMENTS, OpenAIService
from .options import CONNECTION, EFFORTS, GENERATION
from .reader import Parser, Reader

if TYPE_CHECKING:
    from .openai_responses import OpenAIResponses


class OpenAI(OpenAIService):
    """Chat completions over SSE, as OpenAI's API reference has them; the judge is its SDK.

    At OpenAI's own address it speaks responses where chat completions cannot do what is asked (``openai_choice``).

    Attributes:
        asks_usage: Whether it must be asked for the usage with ``stream_options``.
        thinks_by: By which fields it is told how hard to think.
        efforts: The words that it has for that, each as ``word`` or ``our word:its word``.
        efforts_of: The words of some of its models, by a part of their names.
        refuses_sampling: Whether its models refuse ``temperature`` and ``top_p`` while they think.
        web: How it is told to search the web.
        wants_replays: Whether it wants some answers back as they came.
        chooses_by_name: Whether it can be told which tool must be called.
        chat_parser: What reads its answers.
    """

    options: ClassVar[frozenset[str]] = frozenset(
        {*GENERATION, "effort", "web", "schema", "tools", "tool_choice"}
    )
    schema_subset: ClassVar[Subset] = OPENAI
    speaks = "OpenAI's chat completions"
    thinks_in_text = True
    takes_files = DOCUMENTS | WAV_AND_MP3
    part_kinds: ClassVar[tuple[type[ContentPart], ...]] = (TextPart, ImagePart, FilePart, AudioPart)
    asks_usage: ClassVar[bool] = True
    thinks_by: ClassVar[Thinking] = "reasoning_effort"
    efforts: ClassVar[tuple[str, ...]] = EFFORTS
    efforts_of: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = ()
    refuses_sampling: ClassVar[bool] = True
    web: ClassVar[Web] = ""
    wants_replays: ClassVar[bool] = False
    chooses_by_name: ClassVar[bool] = True
    takes_result_media = (
        True  # responses have a place for them, and chat completions put them behind the results
    )
    chat_parser: ClassVar[type[ChatParser]] = ChatParser

    @classmethod
    def speaking(cls, call: Call) -> type[HTTPProvider]:
        """This dialect, or responses where that can what is asked and this cannot.

        Raises:
            ConfigurationError: Only responses can, and it is not OpenAI's own service.
        """
        if not cls.at_home(call):
            openai_choice.refuse_elsewhere(call, cls.name, searches=cls.url != OpenAIService.url)
            return cls
        return cls._responses() if openai_choice.needs_responses(call, cls.name) else cls

    @classmethod
    def left_out(cls, model: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """The names of the options that are not sent, since the model is known to refuse them, or since what is asked
        is in responses alone, and they are not.

        Args:
            model: The model's own name.
            options: The options by name.
        """
        model = model or cls.default_model
        if openai_choice.responses_alone(model, options) and cls.is_home(cls.place(options)[0]):
            return cls._responses().left_out(model, options)
        return chat_fields.left_out(cls, model, options)

    @classmethod
    def _responses(cls) -> type[OpenAIResponses]:
        from .openai_responses import speaking_for

        return speaking_for(cls.name, cls.key_header)

    @classmethod
    def reader(cls, request: HttpRequest, call: Call | None = None) -> Reader:
        """The reader of the answer to one request, in the dialect that it was made in."""
        if call is not None and urlsplit(request.url).path.endswith("/responses"):
            return cls._responses().reader(request, call)
        return super().reader(request, call)

    @classmethod
    async def stream(cls, model: str, messages: Messages, **options: Any) -> AsyncGenerator[Batch]:
        """As every provider's. A server that would leave out tools without a word is asked before whether its model can
        call them.

        Raises:
            InvalidOptionError: It cannot.
        """
        if cls.name == "llamacpp" and options.get("tools"):
            await cls._see_tools(model or cls.default_model, options)
        async with aclosing(super().stream(model, messages, **options)) as batches:
            async for batch in batches:
                yield batch

    @classmethod
    async def _see_tools(cls, model: str, options: Mapping[str, Any]) -> None:
        to = {name: options[name] for name in CONNECTION if name in options and name != "max_characters"}
        if facts_of(cls, model, to).tools is None:
            await cls.look_up([model], **to)
        check_able(f"{cls.name}:{model}", facts_of(cls, model, to), {"tools": options["tools"]})

    @classmethod
    def facts_request(cls, to: Connection, model: str) -> HttpRequest | None:
        """llama.cpp's ``GET /props``, which stands beside the interface of OpenAI's."""
        if cls.name != "llamacpp":
            return None
        return get(cls, to, addresses.joined(to.base_url.removesuffix("/v1"), "/props"))

    @classmethod
    def parse_facts(cls, body: bytes) -> ModelFacts:
        """What llama.cpp says of the model that it was started with."""
        return of_props(msgspec.json.decode(body))

    @classmethod
    def build_request(cls, call: Call) -> HttpRequest:
        """``POST /chat/completions``."""
        return cls.request(call, {})

    @classmethod
    def adapted(cls, call: Call, error: errors.ChatError) -> Adapted | None:
        """The same without a field that the service has refused by its name, or in one piece."""
        if cls.at_home(call) and openai_choice.means_responses(error):
            return None
        return chat_fields.adapted(cls, call, error)

    @classmethod
    def simplified(cls, call: Call, error: errors.ChatError) -> HttpRequest | None:
        """Where OpenAI has a model in responses alone, the same in that dialect."""
        if cls.at_home(call) and openai_choice.means_responses(error):
            return cls._responses().build_request(call)
        return None

    @classmethod
    def request(cls, call: Call, more: dict[str, Any]) -> HttpRequest:
        """The request, with some fields more or otherwise."""
        return cls.post(call, "/chat/completions", cls.body(call, more))

    @classmethod
    def body(cls, call: Call, more: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of the request's body, ``more`` among them."""
        names, own = dict(cls.field_names), cls.at_home(call)
        if own:
            # OpenAI's own reasoning models refuse the old name; compatible servers know only that.
            names["max_tokens"] = "max_completion_tokens"
        left_out = chat_fields.left_out(cls, call.model, call.ask.options)
        out = {names.get(name, name) for name in left_out}
        return {
            "model": call.model,
            "messages": encoded(cls, call),
            "stream": True,
            "stream_options": {"include_usage": True} if cls.asks_usage else None,
            **more,
            **{name: value for name, value in call.named(names).items() if name not in out},
            **chat_fields.thinking(cls, call),
            **chat_tools.fields(cls, call),
            **cls.output_format(call),
            "prompt_cache_key": cache_key(call.messages) if own else None,
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
        """The events of one chunk by itself."""
        return ChatParser(cls.name).parse(frame)
