"""OpenAI's responses API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, partial
from typing import Any, ClassVar

from .. import errors
from ..decoders import Frame
from ..events import Event
from ..messages import AudioPart, ContentPart, FilePart, ImagePart, Message, TextPart
from ..request import HttpRequest
from ..schemas import OPENAI, Subset
from . import function_tools, responses_input, responses_replays, structured
from .cache_key import cache_key
from .call import Adapted, Call
from .effort import nearest
from .model_facts import known_facts
from .openai_service import DOCUMENTS, OpenAIService
from .options import EFFORTS, TOOL_CHOICES, given
from .reader import FrameReader, Paragraph, Parser
from .replays import replay_of, without_replays
from .responses_parser import ResponsesParser
from .tool_declarations import choice_of

_THINKS = re.compile(r"gpt-([5-9]|\d\d)(?!\d)|o\d(?!\d)")
_DOES_NOT = re.compile(r"gpt-[34](?!\d)|chatgpt-|gpt-[\d.]+-chat")

_OUTPUTS = {
    "web_search": "web_search_call.action.sources",
    "file_search": "file_search_call.results",
    "code_interpreter": "code_interpreter_call.outputs",
}
"""What must be asked for, so that more comes of a service's tool than that it was used."""

_SPARE = ("temperature", "top_p", "include", "prompt_cache_key")
"""The fields that an answer can be had without, where a service refuses them by name."""

_REFUSALS = (errors.BadRequestError, errors.PermissionDeniedError, errors.ModelNotFoundError)
_OF_THE_PROMPT = (errors.ContextLengthError, errors.ContentRefusedError)

_ITEM = re.compile(r"\bitems?\b|\bcontainer\b|encrypted", re.IGNORECASE)


def thinks(model: str) -> bool | None:
    """Whether a model reasons before it answers; ``None`` where that is not known.

    Args:
        model: The model's own name.
    """
    efforts = known_facts(model).efforts
    if efforts is not None:
        return bool(efforts)
    name = model.rpartition("/")[2].lower()
    return False if _DOES_NOT.match(name) else True if _THINKS.match(name) else None


class OpenAIResponses(OpenAIService):
    """Responses over SSE with named events, as OpenAI's API reference has them; the judge is its SDK.

    Nothing is stored at the service: each request carries the whole conversation, and with it the reasoning of earlier
    answers, encrypted (``responses_replays``).

    There is no place for ``seed`` and ``stop``, and none for sound. ``schema`` is the business of ``text.format``.
    """

    name = "openai-responses"
    speaks = "OpenAI's responses"
    reason_ends = True
    account = "openai"
    field_names: ClassVar[dict[str, str]] = {"max_tokens": "max_output_tokens"}
    finish_reasons: ClassVar[dict[str, str]] = {"max_output_tokens": "length"}
    options: ClassVar[frozenset[str]] = frozenset(
        {"temperature", "top_p", "max_tokens", "effort", "web", "schema", "tools", "tool_choice"}
    )
    schema_subset: ClassVar[Subset] = OPENAI
    part_kinds: ClassVar[tuple[type[ContentPart], ...]] = (TextPart, ImagePart, FilePart)
    takes_files = DOCUMENTS
    takes_result_media = True
    count_path = "/responses/input_tokens"
    count_fields: ClassVar[frozenset[str]] = frozenset(
        {"model", "input", "instructions", "tools", "tool_choice", "text", "reasoning", "truncation"}
    )

    # --- the request --------------------------------------------------------------------------------------

    @classmethod
    def build_request(cls, call: Call) -> HttpRequest:
        """``POST /responses``, with the system prompt as ``instructions``."""
        return cls.request(call, {})

    @classmethod
    def request(cls, call: Call, more: dict[str, Any]) -> HttpRequest:
        """The request, with some fields more or otherwise; those that are ``None`` are left out."""
        system = responses_input.system_of(call.messages)
        left_out = cls.left_out(call.model, call.ask.options)
        names = {cls.field_names.get(name, name) for name in left_out}
        body = {
            "model": call.model,
            "input": cls._input(responses_replays.settled(cls.name, call)),
            "stream": True,
            "store": False,
            "instructions": system or None,
            "reasoning": cls._reasoning(call),
            **cls._tools(call),
            "include": cls._include(call),
            "prompt_cache_key": cache_key(call.messages) if cls.at_home(call) else None,
            **{name: value for name, value in call.named(cls.field_names).items() if name not in names},
            **cls.output_format(call),
            **call.changed,
            **more,
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
    def left_out(cls, model: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """The names of the options that are not sent: those that there is no place for, and those that a model refuses
        which reasons.

        Args:
            model: The model's own name.
            options: The options by name.
        """
        out = [name for name in ("seed", "stop") if given(options, name)]
        facts, effort = known_facts(model), options.get("effort")
        reasons = effort not in (None, "none", 0) and thinks(model)
        if facts.sampling is False or reasons:
            out += [name for name in ("temperature", "top_p") if given(options, name)]
        if given(options, "effort") and facts.efforts == ():
            out.append("effort")
        return tuple(out)

    @classmethod
    def _reasoning(cls, call: Call) -> dict[str, Any] | None:
        """How hard to think, and that what is thought is to be told: unasked it is not."""
        effort, known = call.ask.options.get("effort"), known_facts(call.model).efforts
        if known == () or (effort is None and not thinks(call.model)):
            return None
        if effort is None:
            return {"summary": "auto"}
        word = nearest(effort, known or EFFORTS)
        if word == "minimal" and call.ask.options.get("web") and "low" in (known or EFFORTS):
            word = "low"  # with the least of thought, the service refuses to search
        return {"effort": word} if word == "none" else {"effort": word, "summary": "auto"}

    @classmethod
    def _tools(cls, call: Call) -> dict[str, Any]:
        """What may be called, and what the service may use by itself."""
        functions = [one.flat() for one in function_tools.functions(call, cls.schema_subset)]
        tools = [*functions, *([{"type": "web_search"}] if call.ask.options.get("web") else [])]
        asked = choice_of(call)
        by_name = {"type": "function", "name": asked}
        return {
            "tools": tools or None,
            "tool_choice": asked or None if asked in ("", *TOOL_CHOICES) else by_name,
        }

    @classmethod
    def _include(cls, call: Call) -> list[str] | None:
        """What is to come along: reasoning, encrypted, so that it can go back; and what tools found."""
        own = {"web_search"} if call.ask.options.get("web") else set()
        tools = (call.ask.options.get("extra_body") or {}).get("tools")
        for tool in tools if isinstance(tools, list) else ():
            kind = tool.get("type") if isinstance(tool, Mapping) else None
            own |= {kind} if isinstance(kind, str) else set()
        include = [] if thinks(call.model) is False else ["reasoning.encrypted_content"]
        return [*include, *(_OUTPUTS[kind] for kind in sorted(own) if kind in _OUTPUTS)] or None

    @classmethod
    def _input(cls, messages: Iterable[Message]) -> list[dict[str, Any]]:
        """The conversation as items."""
        return responses_input.items(messages, cls.encode_part, cls.encode_parts)

    @classmethod
    def encode_part(cls, part: ContentPart, role: str) -> dict[str, Any]:
        """A part of an input or an output item."""
        match part:
            case TextPart():
                return {"type": "output_text" if role == "assistant" else "input_text", "text": part.text}
            case ImagePart():
                return {"type": "input_image", "image_url": part.data_url}
            case FilePart():
                return {"type": "input_file", "filename": part.name or "file", "file_data": part.data_url}
        assert not isinstance(part, AudioPart)  # of which `part_kinds` has none
        raise TypeError(f"a {type(part).__name__} is no part of an item")

    # --- what a service refuses ---------------------------------------------------------------------------

    @classmethod
    def adapted(cls, call: Call, error: errors.ChatError) -> Adapted | None:
        """The same with tools that are described or chosen as the service takes it."""
        return function_tools.adapted(call, error, {**cls._tools(call), **call.changed})

    @classmethod
    def simplified(cls, call: Call, error: errors.ChatError) -> HttpRequest | None:
        """The same without what the service refuses by its name, and can be done without."""
        if not isinstance(error, _REFUSALS) or isinstance(error, _OF_THE_PROMPT):
            return None
        words = error.message
        reasoning = cls._reasoning(call) or {}
        if "summar" in words.lower() and "summary" in reasoning:
            # Who must be verified for one of the two must be for the other one.
            more = {"stream": False} if "verified" in words else {}
            return cls.request(call, {"reasoning": _without_summary(reasoning), **more})
        if (plain := cls.unstreamed(call, error)) is not None:
            return plain
        if isinstance(error, errors.ModelNotFoundError) and not _ITEM.search(words):
            return None
        if "effort" in reasoning and ("effort" in words or "'reasoning'" in words):
            return cls.request(call, {"reasoning": _accepted(reasoning, call, words)})
        for name in _SPARE:
            if re.search(rf"['\"`]{name}\b", words):
                return cls.request(call, {name: None})
        if "ncrypted content is not supported" in words:
            return cls.request(call, {"include": None})
        if _ITEM.search(words) and any(replay_of(message) is not None for message in call.messages):
            return cls.request(call, {"input": cls._input(without_replays(call.messages))})
        return None

    @classmethod
    def unstreamed(cls, call: Call, error: errors.ChatError) -> HttpRequest | None:
        """As it was, and without the summary of what is thought: who must be verified for a stream must be for that."""
        if super().unstreamed(call, error) is None:
            return None
        return cls.request(call, {"stream": False, "reasoning": _without_summary(cls._reasoning(call) or {})})

    # --- the answer ---------------------------------------------------------------------------------------

    @classmethod
    def parse(cls, frame: Frame) -> Iterable[Event | Paragraph]:
        """The events of one of the API's events, as if it were the first."""
        return cls.parser(None).parse(frame)

    @classmethod
    def parser(cls, call: Call | None) -> Parser:
        """One that keeps what it has seen."""
        return ResponsesParser(cls.name, cls.finish)

    @classmethod
    def reader(cls, request: HttpRequest, call: Call | None = None) -> FrameReader:
        """The reader of the answer to one request, which ends with what must go back of it."""
        if call is None:
            return cls.frame_reader(cls, request, cls.parser(None))
        replay = partial(cls._replay, call, request)
        return cls.frame_reader(cls, request, ResponsesParser(cls.name, cls.finish, replay))

    @classmethod
    def _replay(cls, call: Call, request: HttpRequest, items: Any) -> Any:
        sent = cls._input(responses_replays.settled(cls.name, call))
        return responses_replays.replay(cls.name, call, request, sent, items)


def _without_summary(reasoning: Mapping[str, Any]) -> dict[str, Any] | None:
    return {name: value for name, value in reasoning.items() if name != "summary"} or None


def _accepted(reasoning: Mapping[str, Any], call: Call, words: str) -> dict[str, Any] | None:
    """How hard to think, in a word that a refusal names as one that the model takes."""
    asked, refused = call.ask.options["effort"], reasoning["effort"]
    taken = [word for word in EFFORTS if word != refused and re.search(rf"['\"]{word}['\"]", words)]
    return {**reasoning, "effort": nearest(asked, taken)} if taken else None


@cache
def speaking_for(name: str, key_header: str) -> type[OpenAIResponses]:
    """The dialect in the name of another provider, so that its errors, its replays and its models are those of that
    one.

    Args:
        name: The provider's name.
        key_header: The header that has the key, where it is another than the dialect's.
    """
    own = {
        "name": name,
        "key_header": key_header,
        "__doc__": f"Responses, for {name}.",
        "__module__": __name__,
    }
    return type("OpenAIResponsesFor", (OpenAIResponses,), own)
