"""The input of OpenAI's responses: a conversation as items, answers in their own form, calls and their results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from ..messages import (
    ONLY_SHOWN,
    SYSTEM_ROLES,
    AudioPart,
    ContentPart,
    Message,
    Part,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from . import responses_replays
from .call_ids import CallIds, at_most, sendable_name
from .chat_calls import sendable_arguments
from .chat_results import NO_RESULT
from .chat_values import fields, json_text, objects, text
from .replays import replay_of
from .result_text import NOTHING, failed, joined, text_of

EncodePart = Callable[[ContentPart, str], dict[str, Any]]
EncodeParts = Callable[[Message], list[dict[str, Any]]]
Item = dict[str, Any]

_LONGEST_ID = 64  # characters


def system_of(messages: Iterable[Message]) -> str:
    """The system prompts, joined."""
    return "\n\n".join(message.text for message in messages if message.role in SYSTEM_ROLES)


def items(messages: Iterable[Message], part: EncodePart, parts: EncodeParts) -> list[Item]:
    """The conversation as items: replays as they came, messages, calls, and their results.

    Args:
        messages: The messages; those have a replay whose items go out in their place, no others.
        part: What makes a part of an item.
        parts: What makes all parts of a message, and refuses those that have no place.

    Raises:
        InvalidMessagesError: A message has a part that has no place.
    """
    found: list[Item] = []
    tools = False
    for message in messages:
        if message.role in SYSTEM_ROLES:
            continue
        replay = replay_of(message)
        if replay is not None:
            raw = _with_ids(responses_replays.items_of(replay), message)
            tools = tools or any(one.get("type") == "function_call" for one in raw)
            found += raw
        elif message.role == "tool":
            tools = True
            found += _results(message, part)
        elif message.extra.get("tool_calls") or any(isinstance(one, ToolCallPart) for one in message.parts):
            tools = True
            found += _with_calls(message, parts)
        else:
            found += _message(message, parts)
    return _paired(found) if tools else found


def _message(message: Message, parts: EncodeParts) -> list[Item]:
    content = message.content if isinstance(message.content, str) else parts(message)
    if message.role != "assistant":
        return [{"role": message.role, "content": content}]
    # Without its kind, llama.cpp's server does not know an answer.
    return [{"type": "message", "role": "assistant", "content": content}] if content else []


def _with_calls(message: Message, parts: EncodeParts) -> list[Item]:
    """The items of a message of the model that has calls, in the order of its parts."""
    found: list[Item] = []
    said: list[Part] = []

    def close() -> None:
        texts = [one.text for one in said if isinstance(one, TextPart)]
        whole = "".join(texts) if len(texts) == len(said) else tuple(said)
        found.extend(_message(Message("assistant", whole), parts))
        said.clear()

    for one in message.parts:
        if isinstance(one, ToolCallPart):
            close()
            found.append(_call(one.id, one.name, one.arguments))
        elif not isinstance(one, ONLY_SHOWN):
            said.append(one)
    close()
    for call in objects(message.extra.get("tool_calls") or []):  # as chat completions have them
        own = fields(call.get("function"))
        custom = fields(call.get("custom"))
        arguments = json_text(own.get("arguments")) if own else _text_input(custom.get("input"))
        found.append(_call(text(call.get("id")), text((own or custom).get("name")), arguments))
    return found


def _call(id: str, name: str, arguments: str) -> Item:
    return {"type": "function_call", "call_id": id, "name": name, "arguments": sendable_arguments(arguments)}


def _text_input(value: Any) -> str:
    return msgspec.json.encode({"input": text(value)}).decode()


def _results(message: Message, part: EncodePart) -> list[Item]:
    """The results in a message of tools."""
    results = [one for one in message.parts if isinstance(one, ToolResultPart)]
    if not results:
        said = message.content if isinstance(message.content, str) else joined(message.content)
        return [_output(text(message.extra.get("tool_call_id")), said or NOTHING)]
    return [_output(one.id, _given(one, part)) for one in results]


def _output(id: str, output: Any) -> Item:
    return {"type": "function_call_output", "call_id": id, "output": output}


def _given(result: ToolResultPart, part: EncodePart) -> str | list[Item]:
    """What a tool gave: a text, or a list where there are images or files in it."""
    shown = [one for one in result.parts if not isinstance(one, TextPart | AudioPart)]
    if not shown:
        return text_of(result)
    found: list[Item] = []
    texts: list[Part] = []
    for one in (*result.parts, None):
        if isinstance(one, TextPart | AudioPart):
            texts.append(one)
            continue
        if said := joined(texts):
            found.append({"type": "input_text", "text": said if found else failed(said, result)})
        texts.clear()
        if one is not None:
            found.append(part(one, "user"))
    return found


def _with_ids(raw: list[Item], message: Message) -> list[Item]:
    """The items of a replay, with the ids that its calls have got here: a service may have given the same one twice."""
    ids = iter([part.id for part in message.parts if isinstance(part, ToolCallPart)])
    return [
        one
        if one.get("type") != "function_call" or one.get("call_id") == (own := next(ids))
        else {**one, "call_id": own}
        for one in raw
    ]


# --- calls and results ----------------------------------------------------------------------------------


def _paired(found: Sequence[Item]) -> list[Item]:
    """The items with a result for each call before the next answer or the user's next message, by ids that the service
    takes, each once. A result of no call becomes words of the user."""
    ids, sent = CallIds(at_most(_LONGEST_ID)), list[Item]()
    waiting: list[
        tuple[str, str]
    ] = []  # the calls without a result: their ids, and those that they go out with
    words: list[Item] = []  # of results of no call, which may not stand between a call and its result

    def settle() -> None:
        sent.extend(_output(id, NO_RESULT) for _, id in waiting)
        sent.extend(words)
        waiting.clear()
        words.clear()

    for one in found:
        own = text(one.get("call_id"))
        if one.get("type") == "function_call_output":
            at = next((place for place, (id, _) in enumerate(waiting) if id == own or not own), None)
            if at is None:
                words.append({"role": "user", "content": f"A tool gave:\n\n{_words(one.get('output'))}"})
            else:
                sent.append({**one, "call_id": waiting.pop(at)[1]})
            continue
        if one.get("role", "assistant") != "assistant" or words or (sent and _is_output(sent[-1])):
            settle()
        if one.get("type") == "function_call":
            waiting.append((own, ids.of(own)))
            one = {**one, "call_id": waiting[-1][1], "name": sendable_name(text(one.get("name")))}
        sent.append(one)
    settle()
    return sent


def _is_output(item: Item) -> bool:
    """Whether it is a result, behind which the next answer stands."""
    return item.get("type") == "function_call_output"


def _words(output: Any) -> str:
    if isinstance(output, str):
        return output
    return "\n".join(text(one.get("text")) for one in objects(output or [])) or NOTHING
