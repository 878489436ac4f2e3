"""Calls and their results in the messages of chat completions: each call is answered right behind the message that has
it, in order, by an id that the service takes.

This is done on messages as they go out, wherever they come from: a turn, an answer in its vendor's own form, a history
that a caller has written by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .call_ids import CallIds, Form, sendable_name
from .chat_values import text

Wire = dict[str, Any]
"""A message as it goes out."""

NO_RESULT = "(There is no result of this call.)"
"""What stands in the place of the result of a call that nobody has answered."""

BETWEEN = "I have the results."
"""What the model says between the results of tools and the user's next message, where a service wants it to."""


def paired(messages: Sequence[Wire], form: Form) -> list[Wire]:
    """The messages with each call and its result together. A result of no call becomes words of the user.

    Args:
        messages: The messages.
        form: What makes ids that the service takes.
    """
    ids, found = CallIds(form), list[Wire]()
    moved: set[int] = set()
    for place, message in enumerate(messages):
        if place in moved:
            continue
        calls = _calls(message)
        if calls:
            behind = _results_behind(messages, place)
            new = [ids.of(text(call.get("id"))) for call in calls]
            sent = [_sendable(call, id) for call, id in zip(calls, new, strict=True)]
            found.append({**message, "tool_calls": sent})
            for call, id in zip(calls, new, strict=True):
                at = _answer(text(call.get("id")), messages, behind)
                moved |= {at} if at is not None else set()
                found.append(_result(messages[at] if at is not None else {"content": NO_RESULT}, id))
        elif message.get("role") == "tool":
            found.append({"role": "user", "content": _as_words(message.get("content"))})
        else:
            found.append(message)
    return found


def with_words_between(messages: Sequence[Wire]) -> list[Wire]:
    """The messages with words of the model between results and the user's next message.

    Args:
        messages: The messages.
    """
    found: list[Wire] = []
    for message in messages:
        if message.get("role") == "user" and found and found[-1].get("role") == "tool":
            found.append({"role": "assistant", "content": BETWEEN})
        found.append(message)
    return found


def _calls(message: Wire) -> list[Wire]:
    calls = message.get("tool_calls") if message.get("role") == "assistant" else None
    return [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []


def _sendable(call: Wire, id: str) -> Wire:
    """A call with an id and a name that the service takes."""
    function = call.get("function")
    if not isinstance(function, dict):
        return {**call, "id": id}
    return {**call, "id": id, "function": {**function, "name": sendable_name(text(function.get("name")))}}


def _results_behind(messages: Sequence[Wire], place: int) -> list[int]:
    """Where the results stand between a message that has calls and the next such one."""
    found: list[int] = []
    for at in range(place + 1, len(messages)):
        if _calls(messages[at]):
            break
        if messages[at].get("role") == "tool":
            found.append(at)
    return found


def _answer(id: str, messages: Sequence[Wire], behind: list[int]) -> int | None:
    """Where the result of a call stands, which is taken out of the places ``behind``: the one with its id, else the
    first that has none."""
    own = [at for at in behind if text(messages[at].get("tool_call_id")) == id]
    rest = [at for at in behind if not text(messages[at].get("tool_call_id"))]
    at = next(iter([*own, *rest]), None)
    if at is not None:
        behind.remove(at)
    return at


def _result(message: Wire, id: str) -> Wire:
    return {**message, "role": "tool", "tool_call_id": id}


def _as_words(content: Any) -> str:
    parts = content if isinstance(content, list) else []
    said = content if isinstance(content, str) else "\n".join(text(one.get("text")) for one in parts)
    return f"A tool gave:\n\n{said or '(nothing)'}"
