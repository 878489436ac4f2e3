"""Values out of what speaks chat completions: what is of another type than it should be counts as absent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..decoders import decode_any
from ..parts import UnknownPart

_LONGEST_KIND = 100  # characters


def text(value: Any) -> str:
    """A text; ``""`` where it is none."""
    return value if isinstance(value, str) else ""


def fields(value: Any) -> dict[str, Any]:
    """An object; an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a list, or the one object that stands in its place."""
    items = value if isinstance(value, list) else [value]
    return (item for item in items if isinstance(item, dict))


def whole(value: Any) -> int | None:
    """A whole number, also one written as a text or with a point; ``None`` where it is none."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value % 1 or abs(value) >= 1 << 63:
        return None
    return int(value)


def json_text(value: Any) -> str:
    """JSON text, or the value that a gateway has made of it, as JSON text."""
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


def parsed(value: Any) -> dict[str, Any]:
    """The object that a JSON text, or the value made of it, is."""
    if not isinstance(value, str):
        return fields(value)
    try:
        return fields(decode_any(value))
    except ValueError:
        return {}


def cut(value: str, most: int) -> str:
    """A text within a number of characters."""
    return value if len(value) <= most else f"{value[: most - 1]}…"


def size(value: Any) -> int:
    """How many bytes of JSON a value is."""
    return len(msgspec.json.encode(value))


def unknown(kind: Any, value: Any) -> UnknownPart:
    """What tells of something that nobody here can show.

    Args:
        kind: What the service calls it.
        value: What it sent.
    """
    return UnknownPart(cut(text(kind) or "something", _LONGEST_KIND), size(value))
