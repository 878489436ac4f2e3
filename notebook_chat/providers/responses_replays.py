"""Answers of OpenAI's responses as they go back: all items in order, the encrypted reasoning among them.

Nothing is stored at the service, so that it knows nothing of an answer but what it is sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ..messages import Message, ReplayPart, ToolCallPart
from ..request import HttpRequest
from .call import Call
from .replays import replay_of, settle, without_replay
from .responses_items import Item, text

_KINDS = frozenset(
    {
        "reasoning",
        "message",
        "function_call",
        "web_search_call",
        "file_search_call",
        "code_interpreter_call",
        "mcp_list_tools",
        "mcp_call",
        "compaction",
    }
)
"""The items that may go back: what the service did by itself, and calls, which then have a result. Images go with the
user's next message, and what nobody here knows is left to the words of the answer."""

_PLAIN = ("message", "function_call")
"""The items that say no more than the words and the calls of an answer."""

_ITEMS = msgspec.json.Decoder(list[dict[str, Any]])


def settled(provider: str, call: Call) -> tuple[Message, ...]:
    """The messages of a call; those keep their replay whose items go out in their place, no others.

    Args:
        provider: The provider's name.
        call: The call.
    """
    if all(replay_of(message) is None for message in call.messages):
        return call.messages
    messages = settle(provider, call).messages
    return tuple(
        message
        if replay is None or _calls_of(items_of(replay)) == _calls_in(message)
        else without_replay(message)
        for message in messages
        for replay in (replay_of(message),)
    )


def _calls_in(message: Message) -> list[str]:
    """The names of the functions that a message calls."""
    return [part.name for part in message.parts if isinstance(part, ToolCallPart)]


def _calls_of(items: Sequence[Item]) -> list[str] | None:
    """The names of the functions that items call; ``None`` where there are no items."""
    return [text(item, "name") for item in items if item.get("type") == "function_call"] if items else None


def items_of(replay: ReplayPart) -> list[dict[str, Any]]:
    """The items of a replay, which may come out of anybody's notebook; none where they are not such as this module
    makes.

    Args:
        replay: The replay.
    """
    try:
        items = _ITEMS.decode(replay.raw)
    except (ValueError, RecursionError):
        return []
    return items if _may_go_back(items) else []


def replay(
    provider: str, call: Call, request: HttpRequest, sent: Any, items: Sequence[Item]
) -> ReplayPart | None:
    """The replay of an answer; ``None`` where it needs none, or where it could not go back.

    Args:
        provider: The provider's name.
        call: What was asked.
        request: The request that was answered.
        sent: The input that belongs to the call: another one may have gone out, after a refusal or by the caller's
            own fields, and an answer to that is bound to what nobody could tell again.
        items: The items of the answer.
    """
    plain = all(item.get("type") in _PLAIN and not item.get("phase") for item in items)
    if plain or not _may_go_back(items):
        return None
    if b'"input":' + msgspec.json.encode(sent) not in (request.body or b""):
        return None
    raw = msgspec.json.encode(items).decode()
    return settle(provider, call).replay(provider, call.model, raw)


def _may_go_back(items: Sequence[Item]) -> bool:
    """Whether a service takes these items that has not stored them: it does not know an item of reasoning by its id
    alone, and wants what each led to."""
    return (
        bool(items)
        and items[-1].get("type") != "reasoning"
        and all(
            (kind := text(item, "type")) in _KINDS
            and (kind != "message" or item.get("role") == "assistant")
            and (kind != "reasoning" or bool(text(item, "encrypted_content")))
            and (kind != "function_call" or bool(text(item, "call_id") and text(item, "name")))
            for item in items
        )
    )
