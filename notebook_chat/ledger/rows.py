"""An exchange as a row of the ledger, and back."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from ..conversation import Turn, answered
from ..errors import InvalidMessagesError
from ..events import Usage
from ..messages import Message
from ..text import sendable
from .record import Origin, Record
from .request_key import RequestKey

READ = (
    *("request", "at", "status", "model", "answered_by", "notebook", "conversation", "turn", "cell", "batch"),
    *("seconds", "first_text", "finish_reason", "usage", "key", "answer"),
)
"""The columns of ``exchanges`` that ``record_of`` reads, in order."""

TOKENS = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "cache_write_tokens")
"""The columns of tokens, which are fields of ``Usage``."""

_MOST = 1 << 53


def write(connection: sqlite3.Connection, id: str, values: Mapping[str, Any]) -> None:
    """Writes a row: into the one that is there, or as a new one.

    Args:
        connection: The connection.
        id: The exchange's id.
        values: Its values by their columns; all that must not be absent.
    """
    sound = {name: _sound(value) for name, value in values.items()}
    changes = ", ".join(f"{name} = ?" for name in sound)
    done = connection.execute(f"UPDATE exchanges SET {changes} WHERE id = ?", (*sound.values(), id))
    if done.rowcount == 0:
        insert(connection, id, values)


def insert(connection: sqlite3.Connection, id: str, values: Mapping[str, Any]) -> None:
    """Writes a new row, unless it is there.

    Args:
        connection, id, values: As for ``write``.
    """
    marks = ", ".join("?" * (len(values) + 1))
    connection.execute(
        f"INSERT OR IGNORE INTO exchanges (id, {', '.join(values)}) VALUES ({marks})",
        (id, *map(_sound, values.values())),
    )


def key_json(key: RequestKey) -> str:
    """A request's key as JSON."""
    return _json(key)


def answer_json(exchange: tuple[Message, ...]) -> str:
    """What followed a request as JSON; its texts, where there are values in it that nothing can hold."""
    with suppress(UnicodeEncodeError, OverflowError, TypeError, ValueError, RecursionError):
        return msgspec.json.encode(exchange).decode()
    with suppress(TypeError, ValueError, RecursionError):
        return _json(exchange)
    return _json(answered("".join(message.text for message in exchange)))


def usage_json(usage: Usage | None) -> str | None:
    """The tokens that a service has told of, as JSON; ``None`` where it has told of none."""
    return None if usage is None else msgspec.json.encode(usage.plausible()).decode()


def record_of(row: Iterable[Any]) -> Record | None:
    """What a row says; ``None`` where its answer cannot be read, whatever somebody has put there.

    Args:
        row: The values of the columns of ``READ``.
    """
    values = dict(zip(READ, row, strict=True))
    turn = _turn(values["answer"])
    if turn is None:
        return None
    notebook, conversation, turn_id, batch = (
        _text(values[name]) for name in ("notebook", "conversation", "turn", "batch")
    )
    cell = None if values["cell"] is None else _text(values["cell"])
    return Record(
        _text(values["request"]),
        turn.exchange,
        values["status"] if values["status"] in ("complete", "stopped") else "failed",
        _text(values["model"]),
        _text(values["answered_by"]),
        None if values["finish_reason"] is None else _text(values["finish_reason"]),
        _usage(values["usage"]),
        _number(values["seconds"]) or 0.0,
        _number(values["first_text"]),
        _number(values["at"]) or 0.0,
        key_of(values["key"]),
        Origin(notebook, conversation, turn_id, cell, batch),
    )


def key_of(text: Any) -> RequestKey | None:
    """The key of a request that a row has; ``None`` where there is none that can be read."""
    try:
        return msgspec.json.decode(text, type=RequestKey) if text else None
    except (ValueError, TypeError, RecursionError):
        return None


def _turn(answer: Any) -> Turn | None:
    """An answer in the place where whatever comes from outside is checked."""
    try:
        exchange = msgspec.json.decode(answer)
        prompt = {"role": "user", "content": ""}
        return Turn.from_dict({"prompt": prompt, "exchange": exchange, "status": "complete"})
    except (InvalidMessagesError, ValueError, TypeError, RecursionError, MemoryError):
        return None


def _usage(text: Any) -> Usage | None:
    try:
        return msgspec.json.decode(text, type=Usage).plausible() if text else None
    except (ValueError, TypeError, RecursionError):
        return None


def _json(value: Any) -> str:
    """A value as JSON, also with halves of surrogate pairs and numbers beyond 64 bits in it."""
    with suppress(UnicodeEncodeError, OverflowError):
        return msgspec.json.encode(value).decode()
    plain = sendable(msgspec.to_builtins(value, str_keys=True, enc_hook=repr))
    return json.dumps(plain, ensure_ascii=False)


def _sound(value: Any) -> Any:
    """A value as SQLite can hold it."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, int) and not -_MOST < value < _MOST:
        return None
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None
