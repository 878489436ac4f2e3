"""Tools in Ollama's API: what a request says of them, what goes back of their use, and what an answer has of calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ..decoders import Frame
from ..events import Event, Remark, ToolCall
from ..messages import SYSTEM_ROLES, ImagePart, Message, content_parts, results_apart
from ..parts import ReplayPart, ToolCallPart, ToolResultPart
from ..schemas import Subset
from .call import Call
from .http import HTTPProvider
from .tool_declarations import Manner, back, choice_of, declared, is_forced, tools_of
from .tool_exchanges import error_words, exchanges, object_of

MANNER = Manner(Subset("Ollama's arguments of tools", object_root=True, plain=True))
"""What of a tool's schema comes to the model: of bounds and formats nothing, so that they are told in words."""


def declarations(call: Call) -> list[dict[str, Any]]:
    """The tools of a request; none where the model is to call none, for which there is no field."""
    if choice_of(call) == "none":
        return []
    return [
        {
            "type": "function",
            "function": {
                "name": spec.name,
                "description": spec.description,
                "parameters": declared(spec, MANNER).schema,
            },
        }
        for spec in tools_of(call)
    ]


def messages(call: Call) -> list[dict[str, Any]]:
    """The messages of a request: images in results go behind them, since results are texts."""
    given = results_apart(exchanges(call.messages, _no_calls))
    return [one for message in given for one in _encoded(message)]


class ToolParser:
    """Reads one answer of a model that has tools.

    Args:
        dialect: What reads the answer's lines.
        call: What was asked.
    """

    def __init__(self, dialect: type[HTTPProvider], call: Call) -> None:
        self._dialect = dialect
        self._call = call
        self._remarks: tuple[Remark, ...] = ()
        if is_forced(choice_of(call)):
            told = f"tool_choice is not sent: {dialect.name} leaves it to the model whether to call a tool"
            self._remarks = (Remark(told, "tool_choice"),)

    def parse(self, frame: Frame) -> Iterable[Event]:
        """The events of one line."""
        return self._told(self._dialect.parse(frame))

    def parse_whole(self, body: bytes) -> Iterable[Event]:
        """The events of an answer in one piece."""
        return self._told(self._dialect.parse_whole(body))

    def _told(self, events: Iterable[Any]) -> Iterator[Event]:
        for event in events:
            if type(event) is ToolCall:
                given = back(self._call, MANNER, event.name, event.arguments)
                event = msgspec.structs.replace(event, arguments=given)
            yield event
            yield from self._remarks
            self._remarks = ()


def _no_calls(replay: ReplayPart) -> None:
    """What there is of calls in an answer as it came: none goes out so."""


def _encoded(message: Message) -> Iterator[dict[str, Any]]:
    """A message as it goes out; results of tools as messages of their own."""
    results = [part for part in message.parts if isinstance(part, ToolResultPart)]
    for result in results:
        yield {"role": "tool", "tool_name": result.name, "content": error_words(result)}
    if results:
        return
    calls = [part for part in message.parts if isinstance(part, ToolCallPart)]
    others = tuple(part for part in message.parts if not isinstance(part, ToolCallPart))
    plain = content_parts(msgspec.structs.replace(message, content=others))
    images = [part.base64 for part in plain if isinstance(part, ImagePart)]
    yield {
        "role": "system" if message.role in SYSTEM_ROLES else message.role,
        "content": message.text,
        **({"images": images} if images else {}),
        **({"tool_calls": [_called(call) for call in calls]} if calls else {}),
    }


def _called(call: ToolCallPart) -> dict[str, Any]:
    return {"function": {"name": call.name, "arguments": object_of(call.arguments)}}
