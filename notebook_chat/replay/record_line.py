"""A record as one line of a file: always the same for the same, so that files can be compared and merged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from ..conversation import Turn, admit, finite
from ..errors import InvalidMessagesError
from ..events import Usage
from ..lean_exchanges import lean_exchange
from ..ledger import Record, RequestKey
from ..messages import Message
from ..parts import ReplayPart
from ..text import sendable

VERSION = 1

MOST_MEDIA = 12_000_000
"""How many bytes of images, sound and files a record may have. Of more, it only says that they were there."""

LONGEST = 32_000_000
"""How long a line may be, in bytes."""

_DIGITS = frozenset("0123456789abcdef")


class Line(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What stands in a line.

    Attributes:
        request, model, answered_by, finish_reason, usage, seconds, first_text, at, key: As in ``Record``.
        exchange: As in ``Record``, as plain values.
        version: The version of the form.
    """

    request: str
    exchange: list[Any]
    model: str = ""
    answered_by: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    seconds: float = 0.0
    first_text: float | None = None
    at: float = 0.0
    key: RequestKey | None = None
    version: int


class Head(msgspec.Struct, frozen=True):
    """What is read of a line to find it again."""

    request: str
    at: float = 0.0
    version: int = 0
    model: str = ""


class Telling(msgspec.Struct, frozen=True):
    """What is read of a line to compare its request."""

    key: RequestKey | None = None


HEAD = msgspec.json.Decoder(Head)
TELLING = msgspec.json.Decoder(Telling)
_LINE = msgspec.json.Decoder(Line)


def written_line(record: Record) -> bytes:
    """A record as a line, with its end.

    Args:
        record: The record.
    """
    line = Line(
        request=record.request,
        exchange=msgspec.to_builtins(recorded(record.exchange)),
        model=record.model,
        answered_by=record.answered_by,
        finish_reason=record.finish_reason,
        usage=record.usage,
        seconds=finite(record.seconds),
        first_text=None if record.first_text is None else finite(record.first_text),
        at=record.at if math.isfinite(record.at) else 0.0,
        key=record.key,
        version=VERSION,
    )
    values = msgspec.to_builtins(line)
    try:
        return msgspec.json.encode(values, order="sorted") + b"\n"
    except UnicodeEncodeError:  # half of a pair of surrogates, which a model may write
        return msgspec.json.encode(sendable(values), order="sorted") + b"\n"


def recorded(exchange: tuple[Message, ...]) -> tuple[Message, ...]:
    """As much of an exchange as a record has: what its vendor alone can read is left out, and what is too large.

    Args:
        exchange: What followed a prompt.
    """
    kept: list[Message] = []
    for message in lean_exchange(exchange, MOST_MEDIA):
        if isinstance(message.content, str):
            kept.append(replace(message, extra={}) if message.extra else message)
            continue
        parts = tuple(part for part in message.content if not isinstance(part, ReplayPart))
        if parts:
            kept.append(Message(message.role, parts))
    return tuple(kept)


def read_line(line: bytes) -> Record:
    """The record of a line. Nothing in it is trusted: it is read as a notebook's file is.

    Args:
        line: The line.

    Raises:
        ValueError: It is none; it says why.
    """
    try:
        read = _LINE.decode(line)
        if read.version != VERSION:
            raise ValueError(f"it is of version {read.version}")
        if not is_digest(read.request):
            raise ValueError("it has no request")
        if read.key is not None and read.key.digest != read.request:
            raise ValueError("what it tells of its request is of another one")
        exchange = msgspec.convert(read.exchange, tuple[Message, ...])
        exchange = admitted(exchange)
    except (msgspec.MsgspecError, InvalidMessagesError, RecursionError, OverflowError) as error:
        raise ValueError(f"it is no record: {error}") from None
    if not exchange:
        raise ValueError("it has no answer")
    return Record(
        read.request,
        exchange,
        "complete",
        read.model,
        read.answered_by,
        read.finish_reason,
        read.usage.plausible() if read.usage is not None else None,
        finite(read.seconds),
        None if read.first_text is None else finite(read.first_text),
        read.at if math.isfinite(read.at) else 0.0,
        read.key,
    )


def is_digest(text: str) -> bool:
    """Whether a text can be the digest of a request.

    Args:
        text: Any text.
    """
    return len(text) == 40 and _DIGITS.issuperset(text)


def admitted(exchange: tuple[Message, ...]) -> tuple[Message, ...]:
    """An exchange out of a file as it can be played: roles and images are what they say, and nothing is in it that only
    a service may have written.

    Args:
        exchange: The exchange, as the file has it.

    Raises:
        InvalidMessagesError: A role or an image is one that nobody knows.
    """
    turn = Turn(Message("user", "?"), exchange).checked()
    return admit((turn,), None, own=None, whole=True).turns[0].exchange


def same_answer(one: Record, other: Record) -> bool:
    """Whether two records say the same, whenever that was and however long it took.

    Args:
        one: A record.
        other: Another.
    """
    if (one.request, one.model, one.finish_reason, one.usage) != (
        other.request,
        other.model,
        other.finish_reason,
        other.usage,
    ):
        return False
    return one.exchange == other.exchange or recorded(one.exchange) == recorded(other.exchange)


def texts_of(record: Record) -> Iterator[str]:
    """All texts that a record's line holds, but for the bytes of media.

    Args:
        record: The record.
    """
    yield from _texts(msgspec.to_builtins(recorded(record.exchange)))
    if record.key is not None:
        yield from _texts(msgspec.to_builtins(record.key))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            if not (name == "data" and isinstance(value.get("media_type"), str)):
                yield str(name)
                yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)
