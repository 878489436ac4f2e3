"""Tools of the caller's own in Anthropic's messages: what a request says of them, and what goes back of their use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from ..messages import Message
from ..parts import ReplayPart, ToolCallPart, ToolResultPart
from ..schemas import Subset
from . import anthropic_models
from .anthropic_refusals import STAND_INS
from .call import Call
from .tool_declarations import Declared, Manner, choice_of, declared, is_forced, tools_of
from .tool_exchanges import Called

_BOUNDS = frozenset(
    {
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern", "format"),
        *("minLength", "maxLength", "minItems", "maxItems", "uniqueItems"),
    }
)
_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri"}
)

MANNER = Manner(
    Subset(
        "Anthropic's arguments of tools",
        object_root=True,
        plain=True,
        keywords=_BOUNDS,
        formats=_FORMATS,
    ),
    property_name=r"[a-zA-Z0-9_.-]{1,64}",
)
"""What the service takes of a tool's schema while it is not held to it strictly: an object that is no choice of several
ones. Strict tools share one grammar, which a dozen of them make too large, so none is."""

CHANGED = "tool_choice"
"""The field of a request that may be otherwise, since the service has refused it."""

Block = dict[str, Any]


def with_tools(call: Call, without: Collection[str] = ()) -> Call:
    """The call with its tools among the fields of its own, ahead of the caller's.

    Args:
        call: The call.
        without: What is left out, in the words of ``anthropic_refusals``.
    """
    own = [_declaration(declared(spec, MANNER), spec.name, spec.description) for spec in tools_of(call)]
    if STAND_INS in without:
        own += _stand_ins(call.messages, {tool["name"] for tool in own})
    if not own:
        return call
    extra = dict(call.ask.options.get("extra_body") or {})
    given = extra.get("tools")
    given = given if isinstance(given, list) else []
    taken = {tool.get("name") for tool in given if isinstance(tool, dict)}
    extra["tools"] = [*(tool for tool in own if tool["name"] not in taken), *given]
    return replace(call, ask=replace(call.ask, options={**call.ask.options, "extra_body": extra}))


def choice(call: Call, thinking: Mapping[str, Any] | None, without: Collection[str] = ()) -> Block | None:
    """What a request says of whether to call tools; ``None`` for nothing.

    Args:
        call: The call.
        thinking: What it says of thinking.
        without: What is left out, in the words of ``anthropic_refusals``.
    """
    chosen = choice_of(call)
    if not chosen:
        return {"type": "none"} if STAND_INS in without and not tools_of(call) else None
    if is_forced(chosen) and (CHANGED in call.changed or cannot_force(call, thinking)):
        return {"type": "auto"}
    if chosen in ("auto", "none"):
        return {"type": chosen}
    return {"type": "any"} if chosen == "required" else {"type": "tool", "name": chosen}


def cannot_force(call: Call, thinking: Mapping[str, Any] | None) -> bool:
    """Whether a call wants a tool called, and the model cannot be made to: the newest ones never, others not while they
    think.

    Args:
        call: The call.
        thinking: What its request says of thinking.
    """
    if not is_forced(choice_of(call)):
        return False
    thinks = bool(thinking) and (thinking or {}).get("type") not in ("disabled", "between_tools")
    return thinks or not anthropic_models.manner(call.model).forced


def told(call: Call) -> str:
    """What the reader is told where a model cannot be made to call a tool."""
    return f"tool_choice is not sent: {call.model} decides by itself whether to call a tool"


def ways_back(call: Call) -> dict[str, Callable[[str], str]]:
    """What brings arguments back into the form of their tools, by the names of those that the service is told of in
    another form.

    Args:
        call: The call.
    """
    told = {spec.name: declared(spec, MANNER) for spec in tools_of(call)}
    return {name: one.back for name, one in told.items() if not one.same}


def results(message: Message, encode: Callable[[Message], list[Block]]) -> list[Block]:
    """The results of one answer's calls, as blocks of the user's message.

    Args:
        message: The message that has them.
        encode: What makes blocks of the parts of a message.
    """
    return [_result(part, encode) for part in message.parts if isinstance(part, ToolResultPart)]


def call_block(call: ToolCallPart, given: Mapping[str, Any]) -> Block:
    """A call as a block of the assistant's message.

    Args:
        call: The call.
        given: Its arguments.
    """
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": given}


def calls_of(replay: ReplayPart) -> Sequence[Called] | None:
    """The calls in an answer as it came."""
    try:
        blocks = msgspec.json.decode(replay.raw, type=list[dict[str, Any]])
    except (ValueError, RecursionError):
        return None
    found = [Called(_text(one, "id"), _text(one, "name")) for one in blocks if one.get("type") == "tool_use"]
    ids = [one.id for one in found]
    return found if all(ids) and len(set(ids)) == len(ids) else None


def is_unsigned(messages: Sequence[Message]) -> bool:
    """Whether the last answer calls tools and has lost its thoughts: a model that was told how much to think wants to
    see them, and is not asked to think then.

    Args:
        messages: The messages, as they go out.
    """
    last = next((message for message in reversed(messages) if message.role == "assistant"), None)
    parts = last.parts if last is not None else ()
    called = any(isinstance(part, ToolCallPart) for part in parts)
    return called and not any(isinstance(part, ReplayPart) for part in parts)


def size_of(call: Call) -> int:
    """How many characters a request has of tools: those of their descriptions and schemas."""
    return sum(len(tool.description) + len(msgspec.json.encode(tool.parameters)) for tool in tools_of(call))


def _declaration(arguments: Declared, name: str, description: str) -> Block:
    told = {"description": description} if description.strip() else {}
    return {"name": name, **told, "input_schema": arguments.schema}


def _stand_ins(messages: Sequence[Message], known: Collection[str]) -> Iterator[Block]:
    """Tools that were used earlier and are not given any more, for servers that want to know each that was used."""
    used = (part.name for message in messages for part in message.parts if isinstance(part, ToolCallPart))
    for name in dict.fromkeys(used):
        if name not in known:
            yield {"name": name, "input_schema": {"type": "object", "properties": {}}}


def _result(part: ToolResultPart, encode: Callable[[Message], list[Block]]) -> Block:
    content = [
        block
        for block in encode(Message("tool", part.parts))
        if block["type"] != "text" or block["text"].strip()
    ]
    block: Block = {"type": "tool_result", "tool_use_id": part.id}
    if part.is_error and any(one["type"] != "text" for one in content):
        content.insert(
            0, {"type": "text", "text": "Error:"}
        )  # of what is marked as one, texts alone are taken
    elif part.is_error:
        content = content or [{"type": "text", "text": "the tool failed"}]  # without words it is refused
        block["is_error"] = True
    return {**block, **({"content": content} if content else {})}


def _text(block: Block, name: str) -> str:
    value = block.get(name)
    return value if isinstance(value, str) else ""
