"""Digests of messages: what decides an answer counts, in one form, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec

from .lean_exchanges import lean_exchange
from .messages import FilePart, MediaPart, Message
from .parts import ONLY_SHOWN, Part, TextPart, ToolCallPart, ToolResultPart
from .secrets import Secret
from .text import sendable

BLOCK = 64
"""How many messages that are far back have one digest together."""

_SAID = ("assistant", "tool")  # the roles of what followed a prompt


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
        digests += (digest_of(told, 8) for told in counted if told is not None)
    return tuple(digests)


def folded(digests: Sequence[str], blocks: Sequence[str] = ()) -> tuple[str, ...]:
    """Digests of many messages as fewer: of those that are far back, each block has one, which begins with how many
    they are. What a block is does not change when others follow.

    Args:
        digests: The digests, in order.
        blocks: The blocks that are known already, from the first one on.
    """
    count = max(len(digests) // BLOCK - 1, 0)
    known = tuple(blocks[:count])
    new = (block_of(digests, number) for number in range(len(known), count))
    return (*known, *new, *digests[count * BLOCK :])


def block_of(digests: Sequence[str], number: int) -> str:
    """The digest of a block.

    Args:
        digests: The digests of all messages, in order.
        number: Which block, counted from 0.
    """
    return f"{BLOCK}:{digest_of(digests[number * BLOCK : (number + 1) * BLOCK], 8)}"


def messages_in(digests: Iterable[str]) -> int:
    """How many messages some digests are of, as ``folded`` gives them.

    Args:
        digests: The digests.
    """
    return sum(
        int(count) if mark and count.isdecimal() and len(count) < 10 else 1  # a file may say anything
        for count, mark, _ in (one.partition(":") for one in digests)
    )


def _told(message: Message) -> list[Any] | None:
    """What counts of a message; ``None`` where there is nothing."""
    own = message.role in _SAID
    parts = [part for part in message.parts if not isinstance(part, ONLY_SHOWN)]
    if own:
        parts = [part for part in parts if not isinstance(part, MediaPart)]
        if not parts:
            return None
    texts = list(_joined(parts))
    if own:  # what stood around a code that a service ran, or an image, is told differently without it
        texts = [one.strip("\n") if isinstance(one, str) else one for one in texts]
    told: list[Any] = [message.role, texts]
    return [*told, plain(message.extra)] if message.extra else told


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
    return plain(part)


def _named(part: MediaPart) -> str:
    return f"({part.media_type[:100]}, {len(part.data):,} bytes)\n"


def plain(value: Any) -> Any:
    """A value as JSON has it. A secret in it does not count.

    Args:
        value: Any value.
    """
    return msgspec.to_builtins(value, str_keys=True, enc_hook=_foreign)


def _foreign(value: Any) -> Any:
    return "…" if isinstance(value, Secret) else f"{type(value).__name__}: {value!r}"


def digest_of(value: Any, size: int) -> str:
    """A digest of a value.

    Args:
        value: A value as JSON has it.
        size: How many bytes it has, each of which is two hexadecimal digits.
    """
    try:
        told = msgspec.json.encode(value, order="sorted")
    except UnicodeEncodeError:  # half of a pair of surrogates, which a model may write and no file can hold
        told = msgspec.json.encode(sendable(value), order="sorted")
    return hashlib.blake2b(told, digest_size=size).hexdigest()
