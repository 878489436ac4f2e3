"""The schema of a tool's arguments, as a server gives it, and as it may be passed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ...text import replace_surrogates

LARGEST = 40_000
"""How large a schema may be, as JSON text in bytes."""

_DEEPEST = 32
_MOST = 20_000  # places of a schema, with those that its references stand for
_WORDS = ("description", "title", "examples", "default", "$comment")
LIE = "x-notebook-chat-given"
"""Where a schema has what a server gave, which was none of an object."""


def object_schema(given: Any) -> tuple[dict[str, Any], bool]:
    """The schema of an object, whatever a server says.

    Args:
        given: What it says.

    Returns:
        The schema, and whether it says what was given: one that is too large, too deep, or no schema of an object
        becomes one of any object; the server checks the arguments itself.
    """
    if isinstance(given, Mapping) and LIE in given:
        given = given[LIE]
    if not isinstance(given, Mapping) or not _is_object(given):
        return _anything(), False
    if not _is_bounded(given):
        return _anything(), False
    schema = _plain(given)
    schema["type"] = "object"
    if not isinstance(schema.get("properties"), dict):
        schema["properties"] = {}
    if _size(schema) > LARGEST:
        schema = _without_words(schema)
        if _size(schema) > LARGEST:
            return _anything(), False
        return schema, False
    return schema, True


def _anything() -> dict[str, Any]:
    return {"type": "object", "properties": {}}


def _is_object(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type", "object")
    return kind == "object" or (isinstance(kind, list) and "object" in kind)


def _is_bounded(schema: Mapping[str, Any]) -> bool:
    """Whether a schema is finite in depth and in size, with what its references stand for: one that refers to itself
    many times over takes whoever checks by it for ever."""
    definitions = {
        f"#/{place}/{name}": one
        for place in ("$defs", "definitions")
        if isinstance(inner := schema.get(place), Mapping)
        for name, one in inner.items()
    }
    sizes: dict[str, int] = {}

    def size(value: Any, depth: int) -> int:
        if depth > _DEEPEST:
            return _MOST + 1
        count = 1
        items = (
            value.items()
            if isinstance(value, Mapping)
            else enumerate(value)
            if isinstance(value, list)
            else ()
        )
        for key, one in items:
            if key == "$ref" and isinstance(one, str):
                count += referred(one, depth)
            elif depth or key not in ("$defs", "definitions"):
                count += size(one, depth + 1)
            if count > _MOST:
                break
        return count

    def referred(name: str, depth: int) -> int:
        if name not in sizes:
            sizes[name] = 1  # while it is counted: one that refers to itself counts once
            sizes[name] = size(definitions.get(name), depth + 1)
        return sizes[name]

    return size(schema, 0) <= _MOST and _size(schema) < 50 * LARGEST


def _size(schema: Any) -> int:
    return len(msgspec.json.encode(schema))


def _plain(value: Any) -> Any:
    """A copy with texts that can be sent."""
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, Mapping):
        return {replace_surrogates(str(key)): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _without_words(value: Any, named: bool = False) -> Any:
    """A schema without its descriptions; a property may be called ``title``."""
    if isinstance(value, dict):
        return {
            key: _without_words(one, not named and key in ("properties", "$defs", "definitions"))
            for key, one in value.items()
            if named or key not in _WORDS
        }
    return [_without_words(one) for one in value] if isinstance(value, list) else value
