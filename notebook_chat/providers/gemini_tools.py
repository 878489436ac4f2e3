"""Tools of the caller's own in Gemini's API: what a request says of them, and what goes back of their use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ..errors import BadRequestError, ChatError
from ..messages import Message
from ..parts import MediaPart, ReplayPart, TextPart, ToolCallPart, ToolResultPart
from ..schemas import Subset
from .call import Call
from .gemini_replay import CALL, inline
from .tool_declarations import Manner, back, choice_of, declared, is_forced, tools_of
from .tool_exchanges import Called, object_of, words_of

MANNER = Manner(
    Subset(
        "Gemini's arguments of tools",
        object_root=True,
        plain=True,
        pairs=True,
        keywords=frozenset({"minimum", "maximum", "minItems", "maxItems", "format"}),
        formats=frozenset({"date-time", "date", "time"}),
        boolean_values=False,
    ),
    property_name=r"[A-Za-z_][A-Za-z0-9_]{0,63}",
)
"""What the service takes of a tool's schema. Its older models answer objects with any keys with empty ones, so these
are asked for as lists of keys and values."""

TOGETHER = 3.0
"""The first generation of models that can search and call tools in one answer, and give data besides."""

UNSIGNED = "skip_thought_signature_validator"
"""In the place of a signature: by it Gemini takes a call that its model has not signed. It goes out as it stands here,
and not in base64."""

SEARCH = "googleSearch"
"""The field of a request that may be otherwise, since the service has refused it."""

_IN_RESULTS = frozenset({"image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain"})
_APART = re.compile(
    r"tool use with function calling|built-?in tools?\b.{0,80}\bfunction|server_?side_?tool_?invocations"
    r"|function calling\b.{0,60}\b(?:unsupported|not supported|combine)",
    re.IGNORECASE | re.DOTALL,
)
_ALONE = "without a web search: {model} cannot search and call tools in one answer"
_PREFIX = "default_api"  # before a name, where a model writes its call as code


def declarations(call: Call) -> list[dict[str, Any]]:
    """The tools of a call as the entry of a request's ``tools``; none where there are none."""
    found = []
    for spec in tools_of(call):
        told: dict[str, Any] = {"name": spec.name, "description": spec.description.strip() or spec.name}
        arguments = declared(spec, MANNER)
        if arguments.schema.get("properties"):
            told["parametersJsonSchema"] = arguments.schema
        found.append(told)
    return [{"functionDeclarations": found}] if found else []


def config(call: Call, searches: bool) -> dict[str, Any] | None:
    """The ``toolConfig`` of a request; ``None`` where there is nothing to say.

    Args:
        call: The call.
        searches: Whether the service's own tools are among those of the request.
    """
    found: dict[str, Any] = {}
    if chosen := choice_of(call):
        mode = "ANY" if is_forced(chosen) else chosen.upper()
        names = {} if chosen in ("auto", "none", "required") else {"allowedFunctionNames": [chosen]}
        found["functionCallingConfig"] = {"mode": mode, **names}
    if searches and tools_of(call):
        found["includeServerSideToolInvocations"] = True
    return found or None


def searches_beside(call: Call, generation: float | None) -> bool:
    """Whether a call's web search goes out: beside tools it does for models that can do both.

    Args:
        call: The call.
        generation: The generation of the model.
    """
    if not call.ask.options.get("web"):
        return False
    return not tools_of(call) or ((generation or 0) >= TOGETHER and SEARCH not in call.changed)


def told(call: Call, generation: float | None) -> str:
    """What the reader is told of what is not sent, since the model cannot do it beside calling tools; empty where all
    is."""
    dropped = call.ask.options.get("web") and not searches_beside(call, generation)
    return _ALONE.format(model=call.model) if dropped else ""


def refuses_search(call: Call, error: ChatError) -> bool:
    """Whether a service has refused to search beside the tools of a call.

    Args:
        call: The call.
        error: How it has refused it.
    """
    beside = bool(call.ask.options.get("web") and tools_of(call)) and SEARCH not in call.changed
    return beside and isinstance(error, BadRequestError) and _APART.search(error.message) is not None


def own_name(call: Call | None, name: str) -> str:
    """The name of the tool that a model means, which may have written its call as code."""
    known = {tool.name for tool in tools_of(call)} if call is not None else set()
    bare = name.removeprefix(_PREFIX).lstrip(".:")
    return bare if name not in known and bare in known else name


def own_arguments(call: Call | None, name: str, arguments: str) -> str:
    """The arguments of a model's call in the tool's own form."""
    return back(call, MANNER, name, arguments)


def calls_of(replay: ReplayPart) -> Sequence[Called] | None:
    """The calls in an answer as it came; those of some models have no ids."""
    try:
        parts = msgspec.json.decode(replay.raw, type=list[dict[str, Any]])
    except (ValueError, RecursionError):
        return None
    calls = [part[CALL] for part in parts if isinstance(part.get(CALL), dict)]
    return [Called(_text(call.get("id")), _text(call.get("name"))) for call in calls]


def call_part(call: ToolCallPart, signature: str) -> dict[str, Any]:
    """A call as a part of the model's content.

    Args:
        call: The call.
        signature: What stands in the place of its signature; empty for nothing.
    """
    made = {CALL: {"id": call.id, "name": call.name, "args": object_of(call.arguments)}}
    return {**made, **({"thoughtSignature": signature} if signature else {})}


def responses(message: Message, *, inside: bool) -> Iterator[dict[str, Any]]:
    """The results of one answer's calls, as contents of the user.

    Args:
        message: The message that has them.
        inside: Whether images and documents have a place in them; else they go behind them.
    """
    parts, behind = [], []
    for result in message.parts:
        if not isinstance(result, ToolResultPart):
            continue
        media = [part for part in result.parts if isinstance(part, MediaPart)]
        own = [part for part in media if inside and _kind(part) in _IN_RESULTS]
        apart = [part for part in media if part not in own]
        parts.append({"functionResponse": _response(result, own)})
        if apart:
            behind += [{"text": f"From the tool {result.name}:"}, *map(inline, apart)]
    yield {"role": "user", "parts": parts}
    if behind:
        yield {"role": "user", "parts": behind}


def _response(result: ToolResultPart, media: Sequence[MediaPart]) -> dict[str, Any]:
    words = words_of(result)
    if not words and any(not isinstance(part, TextPart) for part in result.parts):
        words = "(see the files that come with this)"
    told = {"error": words or "the tool failed"} if result.is_error else {"output": words}
    found: dict[str, Any] = {
        **({"id": result.id} if result.id else {}),
        "name": result.name,
        "response": told,
    }
    if media:
        found["parts"] = [{"inlineData": {"mimeType": _kind(part), "data": part.base64}} for part in media]
    return found


def _kind(part: MediaPart) -> str:
    return part.media_type.partition(";")[0].strip().lower()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
