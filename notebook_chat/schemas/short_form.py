"""Schemas as they are written quickly: ``name, age int, tags list``."""

from __future__ import annotations

import re
from typing import Any

from ..errors import InvalidOptionError

_SCALARS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_SCALARS |= {word: word for word in _SCALARS.values()}  # as JSON schema calls them
_NAME = re.compile(r"[^\s,:\[\]{}()\"'`]+")
_LIST_OF = re.compile(r"list\[\s*(\w+)\s*\]")
_ADVICE = "Write such as 'name, age int, tags list': a name each, with str, int, float, bool, list or dict behind it."


def of_short_form(text: str) -> dict[str, Any]:
    """The JSON schema of fields that are written one behind the other.

    Fields stand between commas, or each in a line of its own. A field is a name and, if it is no text, its type:
    ``str``, ``int``, ``float``, ``bool`` (JSON schema's names for them will do), ``list`` (of texts; ``list[int]`` and
    so on of others) or ``dict``. A ``?`` behind the type says that it may be unknown: ``null``, or not there. Behind a
    colon stands what it is. In square brackets, the whole is a list of such objects.

    Args:
        text: The fields.

    Raises:
        InvalidOptionError: It is not written so; it says where.
    """
    inner = text.strip()
    many = inner.startswith("[")
    if many:
        if not inner.endswith("]"):
            raise InvalidOptionError(f"the schema {text.strip()[:80]!r} has no closing ]", hint=_ADVICE)
        inner = inner[1:-1].strip()
    lines = inner.split("\n") if "\n" in inner else inner.split(",")
    fields = [field.strip().rstrip(",").rstrip() for field in lines]
    properties: dict[str, Any] = {}
    required = []
    for field in filter(None, fields):
        name, schema, optional = _field(field)
        if name in properties:
            raise InvalidOptionError(f"the schema has the field {name!r} twice", hint=_ADVICE)
        properties[name] = schema
        if not optional:
            required.append(name)
    if not properties:
        raise InvalidOptionError("the schema has no fields", hint=_ADVICE)
    found = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {"type": "array", "items": found} if many else found


def _field(text: str) -> tuple[str, dict[str, Any], bool]:
    """One field: its name, its schema, and whether it may be unknown."""
    head, colon, description = text.partition(":")
    words = head.split(maxsplit=1)
    if not words or not _NAME.fullmatch(words[0]):
        raise InvalidOptionError(f"the schema has a field without a name, at {text[:80]!r}", hint=_ADVICE)
    name = words[0]
    kind = words[1].strip() if len(words) > 1 else ""
    optional = kind.endswith("?") or (not kind and name.endswith("?"))
    if optional and not kind:
        name = name[:-1]
    schema = _of_type(kind.removesuffix("?").strip() or "str", name)
    if optional:
        schema = {"anyOf": [schema, {"type": "null"}]}
    if colon and description.strip():
        schema["description"] = description.strip()
    return name, schema, optional


def _of_type(kind: str, name: str) -> dict[str, Any]:
    if kind in _SCALARS:
        return {"type": _SCALARS[kind]}
    if kind == "dict":
        scalars = [{"type": one} for one in ("string", "number", "boolean", "null")]
        return {"type": "object", "additionalProperties": {"anyOf": scalars}}
    if kind == "list":
        return {"type": "array", "items": {"type": "string"}}
    if (of := _LIST_OF.fullmatch(kind)) and of[1] in (*_SCALARS, "dict"):
        return {"type": "array", "items": _of_type(of[1], name)}
    advice = "There are str, int, float, bool, list, list[int] and dict; a description goes behind a colon."
    if " " in kind:
        advice += " Between fields stand commas."
    raise InvalidOptionError(
        f"the field {name!r} of the schema has the type {kind[:40]!r}, which there is not", hint=advice
    )
