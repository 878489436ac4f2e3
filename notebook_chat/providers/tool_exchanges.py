"""Calls of tools and their results, as services want them whose dialects bind one to the other: every call answered
right behind it, and nothing else answered."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from ..messages import ContentPart, Message
from ..parts import (
    AudioPart,
    FilePart,
    ImagePart,
    Part,
    ReplayPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from ..schemas import partial
from .replays import replay_of, without_replay

NO_RESULT = "there is no result: the call was not run"
"""The result of a call that nobody has answered."""

_CONTENT = (TextPart, ImagePart, FilePart, AudioPart)
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_DEEPEST = 64  # levels of a call's arguments
_LONGEST = 64  # characters of an id or a name


class Called(NamedTuple):
    """A call in an answer's own form.

    Attributes:
        id: Its id; empty where the service gave none.
        name: The tool's name.
    """

    id: str
    name: str


Own = Callable[[ReplayPart], Sequence[Called] | None]
"""The calls in the vendor's own form of an answer, in order; ``None`` where they cannot be told."""


def exchanges(messages: Sequence[Message], own: Own) -> tuple[Message, ...]:
    """Messages in which every message of the assistant that calls tools is followed by one message with the results of
    all its calls, in their order. Ids and names are such that every service takes them, and no two calls have the same
    id; those of an answer that goes out as it came are its own. A result of no call becomes words of the user.

    Args:
        messages: The messages, in the form of parts or of chat completions.
        own: What tells the calls of an answer that goes out as it came.
    """
    if not any(map(_is_about_tools, messages)):
        return tuple(messages)
    given = [one for message in messages for one in _in_parts(message)]
    names = _Names()
    found: list[Message] = []
    place = 0
    while place < len(given):
        message = given[place]
        place += 1
        if message.role == "tool":
            found.append(_in_words(message.parts))
            continue
        if message.role != "assistant" or not any(isinstance(part, ToolCallPart) for part in message.parts):
            found.append(message)
            continue
        # What stands before the next answer belongs to this one's calls, in whatever order it stands there.
        end = next((n for n in range(place, len(given)) if given[n].role == "assistant"), len(given))
        behind, place = given[place:end], end
        results = [part for one in behind if one.role == "tool" for part in one.parts]
        message, answers, left = names.matched(message, results, own)
        found += [message, Message("tool", answers)]
        found += [_in_words(left)] if left else []
        found += [one for one in behind if one.role != "tool"]
    return tuple(found)


def object_of(arguments: str) -> dict[str, Any]:
    """The arguments of a call as an object: of broken ones, as much as can be read.

    Args:
        arguments: JSON text, as a model has written it.
    """
    try:
        value = msgspec.json.decode(arguments) if arguments.strip() else {}
    except (ValueError, RecursionError):
        value = partial(arguments)
    return value if isinstance(value, dict) and not _is_deep(value) else {}


def _is_deep(value: Any) -> bool:
    """Whether a value is nested more deeply than services take."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            one
            for outer in level
            for one in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(one, (dict, list))
        ]
        if not level:
            return False
    return True


def words_of(result: ToolResultPart) -> str:
    """The texts of a result.

    Args:
        result: The result.
    """
    return "".join(part.text for part in result.parts if isinstance(part, TextPart))


def error_words(result: ToolResultPart) -> str:
    """The texts of a result, for services that have no other way to be told that a call has failed.

    Args:
        result: The result.
    """
    words = words_of(result)
    return f"Error: {words or 'the tool failed'}" if result.is_error else words


class _Names:
    """Gives the calls of a conversation ids and names that every service takes."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = {}  # the last one that was put behind an id, since others have it

    def matched(
        self, message: Message, results: Sequence[Part], own: Own
    ) -> tuple[Message, tuple[ToolResultPart, ...], list[Part]]:
        """A message with its calls renamed, their results in order, and the results that are of none of them."""
        calls = [part for part in message.parts if isinstance(part, ToolCallPart)]
        found, left = _paired(calls, results)
        replay = replay_of(message)
        as_called = own(replay) if replay is not None else None
        if as_called is None or len(as_called) != len(calls):
            message = without_replay(message) if replay is not None else message
            as_called = [Called(self._id(call.id), _safe(call.name) or "tool") for call in calls]
        self._taken.update(one.id for one in as_called if one.id)
        answers = tuple(
            msgspec.structs.replace(result, id=one.id, name=one.name)
            if result is not None
            else ToolResultPart(one.id, one.name, (TextPart(NO_RESULT),), is_error=True)
            for one, result in zip(as_called, found, strict=True)
        )
        named = iter(as_called)
        parts = tuple(
            msgspec.structs.replace(part, **next(named)._asdict()) if isinstance(part, ToolCallPart) else part
            for part in message.parts
        )
        return msgspec.structs.replace(message, content=parts), answers, left

    def _id(self, given: str) -> str:
        safe = base = _safe(given) or f"call_{len(self._taken) + 1}"
        while safe in self._taken:
            number = self._numbers[base] = self._numbers.get(base, 1) + 1
            safe = f"{base[: _LONGEST - 8]}_{number}"
        self._taken.add(safe)
        return safe


def _safe(given: str) -> str:
    """An id or a name in letters that every service takes; itself where it has no others."""
    if len(given) <= _LONGEST and not _UNSAFE.search(given):
        return given
    digest = hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{_UNSAFE.sub('_', given[:40])}_{digest}"


def _paired(
    calls: Sequence[ToolCallPart], results: Sequence[Part]
) -> tuple[list[ToolResultPart | None], list[Part]]:
    """The result of each call, and those of none of them. Results without ids are those of their tools, in order."""
    by_id: dict[str, deque[int]] = {}
    by_name: dict[str, deque[int]] = {}
    for place, part in enumerate(results):
        if isinstance(part, ToolResultPart):
            group, key = (by_id, part.id) if part.id else (by_name, part.name)
            group.setdefault(key, deque()).append(place)
    found: list[ToolResultPart | None] = []
    taken: set[int] = set()
    for call in calls:
        places = by_id.get(call.id) or by_name.get(call.name) or by_name.get("")
        at = places.popleft() if places else None
        result = results[at] if at is not None else None
        found.append(result if isinstance(result, ToolResultPart) else None)
        taken.update(() if at is None else (at,))
    return found, [part for place, part in enumerate(results) if place not in taken]


def _is_about_tools(message: Message) -> bool:
    if message.role == "tool" or "tool_calls" in message.extra:
        return True
    return not isinstance(message.content, str) and any(
        isinstance(part, (ToolCallPart, ToolResultPart)) for part in message.content
    )


def _in_parts(message: Message) -> Iterator[Message]:
    """A message in the form of parts, results by themselves."""
    if not _is_about_tools(message):
        yield message
        return
    extra = message.extra
    parts = message.parts
    if message.role == "assistant" and isinstance(calls := extra.get("tool_calls"), (list, tuple)):
        parts = (*(part for part in parts if part != TextPart("")), *map(_call_of, calls))
    elif message.role == "tool" and not any(isinstance(part, ToolResultPart) for part in parts):
        content = tuple(part for part in parts if isinstance(part, _CONTENT))
        name = _text(extra.get("name")) or _text(extra.get("tool_name"))
        parts = (ToolResultPart(_text(extra.get("tool_call_id")), name, content),)
    results = tuple(part for part in parts if isinstance(part, ToolResultPart))
    others = tuple(part for part in parts if not isinstance(part, ToolResultPart))
    if results:
        yield Message("tool", results)
    if others and (message.role != "tool" or any(isinstance(part, _CONTENT) for part in others)):
        yield Message("user" if message.role == "tool" else message.role, others)


def _call_of(value: Any) -> ToolCallPart:
    """A call in the form of chat completions."""
    call = value if isinstance(value, Mapping) else {}
    function = call.get("function")
    told = function if isinstance(function, Mapping) else {}
    arguments = told.get("arguments")
    if not isinstance(arguments, str):
        arguments = msgspec.json.encode(arguments if isinstance(arguments, Mapping) else {}).decode()
    return ToolCallPart(_text(call.get("id")), _text(told.get("name")), arguments)


def _in_words(results: Sequence[Part]) -> Message:
    """Results of no call, as the user's."""
    parts: list[ContentPart] = []
    for part in results:
        if isinstance(part, ToolResultPart):
            parts.append(TextPart(f"The tool {part.name or 'of an earlier call'} gave:\n"))
            parts += part.parts
    return Message("user", tuple(parts))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
