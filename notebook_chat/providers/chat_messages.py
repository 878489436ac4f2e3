"""The messages of a call in the form of chat completions."""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import InvalidMessagesError
from ..messages import AudioPart, FilePart, Message, Part, TextPart
from ..text import fenced
from .call import Call
from .chat_calls import sendable_arguments
from .chat_dialect import ChatDialect
from .chat_replays import settled_messages
from .chat_values import parsed
from .replays import replay_of

_TEXTS = ("application/json", "application/xml", "application/x-yaml", "application/yaml", "application/toml")
"""The media types of texts that do not begin with ``text/``."""


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
    return [_encoded(dialect, message, replays=replays) for message in messages]


def _encoded(dialect: ChatDialect, message: Message, *, replays: bool) -> dict[str, Any]:
    if replays and (replay := replay_of(message)) is not None and (raw := parsed(replay.raw)):
        return raw
    if isinstance(message.content, str):
        values = message.to_dict()
    else:
        parts = tuple(_part(dialect, part) for part in message.content)
        values = msgspec.structs.replace(message, content=parts).to_dict()
    calls = values.get("tool_calls")
    if not calls:
        return values
    if "tool_calls" not in message.extra:
        for call in calls:
            call["function"]["arguments"] = sendable_arguments(call["function"]["arguments"])
    if dialect.thinks_by == "deepseek":
        values.setdefault("reasoning_content", "")  # which it must have, be it empty
    return values


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
