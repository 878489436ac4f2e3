"""Answers in chat completions that their vendor wants back as they came: reasoning with its signatures, and calls."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ..decoders import Frame
from ..events import Event, ReasoningDelta, TextDelta
from ..messages import Message, ReplayPart, ToolCallPart, ToolResultPart
from .call import Call
from .chat_parser import ChatParser
from .chat_values import fields, objects, parsed, text, whole
from .replays import replay_of, settle, without_replay

_GROWING = ("text", "summary", "data")


class ReplayParser(ChatParser):
    """Reads one answer of a vendor that wants some answers back as they came, and gives it in that form at its end.

    Args:
        provider, call: As for ``ChatParser``.
    """

    def __init__(self, provider: str, call: Call) -> None:
        super().__init__(provider, call)
        self._asked = call
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._details: list[dict[str, Any]] = []
        self._parts: list[dict[str, Any]] = []  # of Mistral's content, where it is made of parts

    def parse(self, frame: Frame) -> Iterable[Event]:
        """The events of one chunk."""
        events = super().parse(frame)
        if type(events) is not tuple:
            return self._noted(events)
        [event] = events
        if type(event) is TextDelta:
            self._texts.append(event.text)
            if self._parts:
                self._parts.append({"type": "text", "text": event.text})
        elif type(event) is ReasoningDelta:
            self._thoughts.append(event.text)
        return events

    def _noted(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            if type(event) is TextDelta:
                self._texts.append(event.text)
            elif type(event) is ReasoningDelta:
                self._thoughts.append(event.text)
            yield event

    def _said(self, delta: dict[str, Any]) -> Iterator[Event]:
        self._details += objects(delta.get("reasoning_details") or [])
        content = delta.get("content")
        if isinstance(content, list):
            self._parts += objects(content)
        elif self._parts and text(content):
            self._parts.append({"type": "text", "text": content})
        yield from super()._said(delta)

    def _closing(self, *, last: bool) -> Iterator[Event]:
        yield from super()._closing(last=last)
        if last and (raw := self._raw()):
            settled = settle(self._provider, self._asked)
            yield settled.replay(self._provider, self._asked.model, msgspec.json.encode(raw).decode())

    def _raw(self) -> dict[str, Any]:
        """The answer as it must go back; empty where any form will do."""
        calls = self._calls.wire()
        thinking = any(part.get("type") == "thinking" for part in self._parts)
        thoughts = "".join(self._thoughts) if calls and not thinking and not self._details else ""
        if not (self._details or thinking or thoughts or self._calls.signed):
            return {}
        said = "".join(self._texts)
        raw: dict[str, Any] = {
            "role": "assistant",
            "content": _content(self._parts) if thinking else said or None,
        }
        if self._details:
            raw["reasoning_details"] = _details(self._details)
        if thoughts:
            raw["reasoning_content"] = thoughts  # which DeepSeek wants with calls
        if calls:
            raw["tool_calls"] = calls
        return raw


def _details(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The reasoning, each piece joined to the one that it goes on with: the one before it of its number and kind."""
    joined: list[dict[str, Any]] = []
    for piece in pieces:
        last = joined[-1] if joined else {}
        same = all(last.get(name) == piece.get(name) for name in ("type", "index"))
        if not last or not same or (whole(piece.get("index")) is None and last.get("signature")):
            joined.append(last := {"type": piece.get("type")})
        last.update((name, one) for name, one in piece.items() if one is not None and name not in _GROWING)
        for name in _GROWING:
            if text(piece.get(name)):
                last.setdefault(name, []).append(piece[name])
    return [
        {name: "".join(one) if name in _GROWING else one for name, one in detail.items()} for detail in joined
    ]


def _content(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A content that is made of parts, with neighbors of one kind as one."""
    content: list[dict[str, Any]] = []
    for kind, parts in itertools.groupby(pieces, key=lambda piece: text(piece.get("type"))):
        if kind == "text":
            content.append({"type": kind, "text": "".join(text(part.get("text")) for part in parts)})
        elif kind == "thinking":
            inner = [one for part in parts for one in objects(part.get("thinking"))]
            content.append({"type": kind, "thinking": _content(inner)})
        else:
            content += parts
    return content


def settled_messages(provider: str, call: Call) -> tuple[Message, ...]:
    """The messages of a call; those have a replay that goes out as it is, no others. One that calls tools goes out so
    only where each call is answered, since services refuse calls without a result.

    Args:
        provider: The provider's name.
        call: The call.
    """
    messages = settle(provider, call).messages
    answered = {_result(message) for message in messages if message.role == "tool"}
    return tuple(
        without_replay(message)
        if (replay := replay_of(message)) is not None and not _may_go_back(replay, message, answered)
        else message
        for message in messages
    )


def _may_go_back(replay: ReplayPart, message: Message, answered: set[str]) -> bool:
    """Whether a replay is an answer with just the calls that the message has, all of them answered."""
    raw = parsed(replay.raw)
    names = [text(fields(call.get("function")).get("name")) for call in objects(raw.get("tool_calls") or [])]
    calls = [part for part in message.parts if isinstance(part, ToolCallPart)]
    same = raw.get("role") == "assistant" and names == [part.name for part in calls]
    return same and {part.id for part in calls} <= answered


def _result(message: Message) -> str:
    """The id of the call that a tool's message answers."""
    ids = (part.id for part in message.parts if isinstance(part, ToolResultPart))
    return text(message.extra.get("tool_call_id")) or next(ids, "")
