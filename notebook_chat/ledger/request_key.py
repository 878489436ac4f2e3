"""What a request is known by: all that decides the answer, in one form, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from ..lean_exchanges import lean_exchange
from ..messages import FilePart, MediaPart, Message
from ..parts import ONLY_SHOWN, Part, TextPart, ToolCallPart, ToolResultPart
from ..secrets import Secret

_SAID = ("assistant", "tool")  # the roles of what followed a prompt


class RequestKey(msgspec.Struct, frozen=True):
    """A request as it is known again: two that have the same digest are answered by the same.

    Keys, headers, proxies, time and place are in none. Images and files count by their bytes.

    Attributes:
        provider: The provider's name.
        base_url: Where the service lives, without credentials; empty where there is no such place.
        model: The model's own name there.
        options: The options that shape the answer, the schema and the tools among them, as JSON values.
        messages: A digest of each message that goes out, in order.
        prompt: The last message's text, for whoever looks for a difference.
    """

    provider: str
    base_url: str
    model: str
    options: dict[str, Any]
    messages: tuple[str, ...]
    prompt: str = ""

    @property
    def digest(self) -> str:
        """What the request is known by: 40 hexadecimal digits."""
        told = [self.provider, self.base_url, self.model, self.options, self.messages]
        return _digest(told, 20)

    @classmethod
    def of(
        cls, provider: str, base_url: str, model: str, options: Mapping[str, Any], messages: Sequence[Message]
    ) -> RequestKey:
        """The key of a request.

        Args:
            provider, base_url, model: As the attributes.
            options: The options that shape the answer, by name; what is ``None`` is none.
            messages: The messages that go out, the system prompt as the first.
        """
        given = {name: value for name, value in options.items() if value is not None}
        text = messages[-1].text if messages else ""
        return cls(provider, base_url, model, _plain(given), message_digests(messages), text)


def message_digests(messages: Sequence[Message]) -> tuple[str, ...]:
    """A digest of each message. What a model and its tools have said counts as far as a notebook's file holds it, so
    that a conversation that is read from there is the same.

    Args:
        messages: The messages, in order.
    """
    digests: list[str] = []
    for said, group in groupby(messages, lambda message: message.role in _SAID):
        exchange = tuple(group)
        counted = map(_told, lean_exchange(exchange) if said else exchange)
        digests += (_digest(told, 8) for told in counted if told is not None)
    return tuple(digests)


def _told(message: Message) -> list[Any] | None:
    """What counts of a message; ``None`` where there is nothing."""
    own = message.role in _SAID
    parts = [part for part in message.parts if not isinstance(part, ONLY_SHOWN)]
    if own:
        parts = [part for part in parts if not isinstance(part, MediaPart)]
        if not parts:
            return None
    told: list[Any] = [message.role, list(_joined(parts))]
    return [*told, _plain(message.extra)] if message.extra else told


def _joined(parts: Iterable[Part]) -> Iterator[Any]:
    """Parts as JSON values, neighboring texts as one."""
    for is_text, group in groupby(parts, lambda part: isinstance(part, TextPart)):
        if is_text:
            yield "".join(part.text for part in group if isinstance(part, TextPart))
        else:
            yield from map(_part, group)


def _part(part: Part) -> Any:
    match part:
        case ToolCallPart():
            return ["call", part.id, part.name, part.arguments]
        case ToolResultPart():
            given = "".join(one.text if isinstance(one, TextPart) else _named(one) for one in part.parts)
            return ["result", part.id, part.name, given, part.is_error]
    if isinstance(part, MediaPart):
        name = part.name if isinstance(part, FilePart) else ""
        return ["media", part.media_type, hashlib.blake2b(part.data, digest_size=16).hexdigest(), name]
    return _plain(part)


def _named(part: MediaPart) -> str:
    return f"({part.media_type[:100]}, {len(part.data):,} bytes)\n"


def _plain(value: Any) -> Any:
    """A value as JSON has it. A secret in it does not count."""
    return msgspec.to_builtins(value, str_keys=True, enc_hook=_foreign)


def _foreign(value: Any) -> Any:
    return "…" if isinstance(value, Secret) else f"{type(value).__name__}: {value!r}"


def _digest(value: Any, size: int) -> str:
    told = msgspec.json.encode(value, order="sorted")
    return hashlib.blake2b(told, digest_size=size).hexdigest()
