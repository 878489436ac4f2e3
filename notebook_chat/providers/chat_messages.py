"""The messages of a call in the form of chat completions."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ..errors import InvalidMessagesError
from ..messages import (
    AudioPart,
    FilePart,
    Message,
    Part,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    results_apart,
)
from ..text import fenced
from . import call_ids
from .call import Call
from .chat_calls import sendable_arguments
from .chat_dialect import ChatDialect
from .chat_replays import settled_messages
from .chat_results import paired, with_words_between
from .chat_values import objects, parsed
from .openai_service import OpenAIService
from .replays import replay_of
from .result_text import NOTHING, joined, text_of

_TEXTS = ("application/json", "application/xml", "application/x-yaml", "application/yaml", "application/toml")
"""The media types of texts that do not begin with ``text/``."""

_OF_MISTRAL = re.compile(
    r"mistral|mixtral|ministral|magistral|codestral|devstral|pixtral|voxtral", re.IGNORECASE
)
_LONGEST_ID = 40  # characters, at OpenAI

_UNSIGNED = {"google": {"thought_signature": "skip_thought_signature_validator"}}
"""What Gemini takes in the place of the signature of a call that it has not made, as its documentation has it: without
any, it refuses the call."""


def encoded(dialect: ChatDialect, call: Call) -> list[dict[str, Any]]:
    """The messages, each as it goes out.

    Args:
        dialect: The provider.
        call: The call.

    Raises:
        InvalidMessagesError: A message has a file that the service has no place for.
    """
    replays = dialect.wants_back(call)
    messages = settled_messages(dialect.name, call) if replays else call.messages
    signs = _signs_calls(dialect, call)
    found = [
        wire
        for message in results_apart(messages)
        for wire in _encoded(dialect, message, replays=replays, signs=signs)
    ]
    if not any(one.get("role") == "tool" or one.get("tool_calls") for one in found):
        return found
    if dialect.name == "mistral" or _OF_MISTRAL.search(call.model):
        return with_words_between(paired(found, call_ids.nine))
    at_home = OpenAIService.at_home(call) or dialect.name == "azure"
    return paired(found, call_ids.at_most(_LONGEST_ID) if at_home else call_ids.as_it_is)


def _signs_calls(dialect: ChatDialect, call: Call) -> bool:
    """Whether the model is one that wants a signature with its calls: Gemini's, at Google."""
    host = urlsplit(call.base_url).hostname or ""
    google = dialect.name == "colab" or f".{host}".endswith(".googleapis.com")
    return google and "gemini" in call.model.lower()


def _encoded(dialect: ChatDialect, message: Message, *, replays: bool, signs: bool) -> list[dict[str, Any]]:
    if replays and (replay := replay_of(message)) is not None and (raw := parsed(replay.raw)):
        return [_with_ids(raw, message)]
    if message.role == "tool":
        return _results(message)
    if isinstance(message.content, str):
        values = message.to_dict()
    else:
        parts = tuple(_part(dialect, part) for part in message.content)
        values = msgspec.structs.replace(message, content=parts).to_dict()
    calls = values.get("tool_calls")
    if not calls:
        return [values]
    if "tool_calls" not in message.extra:
        for call in calls:
            call["function"]["arguments"] = sendable_arguments(call["function"]["arguments"])
        if signs:
            calls[0]["extra_content"] = _UNSIGNED
    if dialect.thinks_by == "deepseek":
        values.setdefault("reasoning_content", "")  # which it must have, be it empty
    return [values]


def _results(message: Message) -> list[dict[str, Any]]:
    """The results in a message of tools, each as a message of its own. Its content is a text, as all servers take."""
    results = [part for part in message.parts if isinstance(part, ToolResultPart)]
    if not results:
        said = message.content if isinstance(message.content, str) else joined(message.content)
        return [{"role": "tool", "content": said or NOTHING, **message.extra}]
    return [
        {"role": "tool", "content": text_of(one), "tool_call_id": one.id, **message.extra} for one in results
    ]


def _with_ids(raw: dict[str, Any], message: Message) -> dict[str, Any]:
    """An answer in its vendor's own form, with the ids that its calls have got here: a service may have given none, or
    the same one twice."""
    calls = list(objects(raw.get("tool_calls") or []))
    ids = [part.id for part in message.parts if isinstance(part, ToolCallPart)]
    if [call.get("id") for call in calls] == ids:
        return raw
    return {**raw, "tool_calls": [{**call, "id": id} for call, id in zip(calls, ids, strict=True)]}


def _part(dialect: ChatDialect, part: Part) -> Part:
    """A part as the service has a place for it: texts in files become parts of text.

    Raises:
        InvalidMessagesError: The service has none.
    """
    if not isinstance(part, (FilePart, AudioPart)) or part.media_type in dialect.takes_files:
        return part
    kind = part.media_type.partition(";")[0].strip().lower()
    if isinstance(part, FilePart) and (kind.startswith("text/") or kind in _TEXTS):
        return TextPart(f"{part.name or 'a file'}:\n\n{fenced(part.data.decode('utf-8', 'replace'))}")
    raise InvalidMessagesError(
        f"{dialect.name} has no place for {part.media_type or 'a file of no type'}",
        hint="Send its text, or ask a model of openai, anthropic, gemini or openrouter.",
    )
