"""What an answer is to be, in whatever way a user says it."""

from __future__ import annotations

import enum
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin

from .. import files
from ..errors import InvalidOptionError
from . import json_schema
from .json_text import JSONError, parse
from .python_types import of_type
from .rows import field_names
from .short_form import of_short_form

_LARGEST = 1_000_000  # bytes of a file
_LONGEST_NAME = 64
_LONGEST_NAMES = 200

_KEYWORDS = frozenset(
    {
        "type",
        "properties",
        "$ref",
        "anyOf",
        "oneOf",
        "allOf",
        "enum",
        "const",
        "items",
        "prefixItems",
        "required",
    }
    | {"additionalProperties", "patternProperties", "not", "if", "$defs", "definitions", "$schema", "format"}
    | {"minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems"}
)
"""The keywords of which a schema that says something has one."""


@dataclass(frozen=True, slots=True, repr=False)
class Shape:
    """What an answer is to be.

    Attributes:
        name: What it is called, in letters, digits, ``_`` and ``-``.
        json_schema: It as a JSON schema; empty for any JSON.
        decoder: What makes the value of JSON, and raises where it does not fit; ``None`` for the JSON as it is.
    """

    name: str
    json_schema: Mapping[str, Any]
    decoder: Callable[[bytes], Any] | None = field(default=None, compare=False)

    def decode(self, value: Any, text: str | None = None) -> Any:
        """The value of what ``parse`` has read, of the type that was asked for.

        Args:
            value: It as JSON.
            text: The text that it was read from, where that is the same; numbers in it have all their digits.

        Raises:
            ValueError: It does not fit; its words say where.
        """
        if self.decoder is not None:
            return self.decoder((json.dumps(value) if text is None else text).encode("utf-8", "replace"))
        if self.json_schema and (wrong := json_schema.problems(self.json_schema, value)):
            raise ValueError(wrong)
        return value

    def __repr__(self) -> str:
        return f"<Shape {self.name}>"


def shape_of(schema: Any, *, own: bool = True) -> Shape:
    """The shape that somebody means.

    Args:
        schema: A class of pydantic's, a dataclass, a TypedDict, a msgspec Struct, an attrs class, an enumeration or a
            type made of these (``list[Person]``, ``A | B``); a JSON schema as a dict or as text; the path of a file
            that holds one; or fields in short: ``"name, age int, tags list"``, in brackets for a list of such objects.
        own: Whether the user has given it, and no file that came from elsewhere.

    Raises:
        InvalidOptionError: It is none of these; it says what is wrong.
    """
    match schema:
        case Shape():
            return schema
        case str():
            return _of_text(schema)
        case os.PathLike():
            return _of_file(Path(schema))
        case Mapping():
            return _of_json(schema, own)
        case bytes() | bytearray() | bool() | int() | float() | None | list() | tuple() | set():
            raise InvalidOptionError(
                f"a schema cannot be {type(schema).__name__}",
                hint="Give a class, a JSON schema, or the fields: 'name, age int, tags list'.",
            )
    if not isinstance(schema, type) and (field_names(schema) is not None or isinstance(schema, enum.Enum)):
        name = type(schema).__name__
        raise InvalidOptionError(f"the schema is one {name}, and not the class", hint=f"Give {name} itself.")
    told, decoder = of_type(schema)
    return Shape(_name(schema), told, decoder)


def _of_text(text: str) -> Shape:
    stripped = text.strip()
    if stripped.startswith("{"):
        try:
            value = parse(stripped)
        except JSONError as error:
            raise InvalidOptionError(f"the schema is no JSON: {error}") from None
        return _of_json(value, True)
    if stripped.lower().endswith(".json") and not re.search(r"[,\n]", stripped):
        return _of_file(Path(stripped).expanduser())
    return Shape("answer", of_short_form(text))


def _of_file(path: Path) -> Shape:
    try:
        value = parse(files.read(path, _LARGEST).decode("utf-8-sig"))
    except OSError as error:
        words = error.strerror or str(error)
        raise InvalidOptionError(f"the schema {path.name} cannot be read: {words}") from None
    except ValueError as error:
        raise InvalidOptionError(f"the schema {path.name} is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise InvalidOptionError(f"the schema {path.name} is no JSON schema: it is {type(value).__name__}")
    shape = _of_json(value, True)
    return shape if value.get("title") else Shape(_usable(path.stem), shape.json_schema)


def _of_json(value: Mapping[Any, Any], own: bool) -> Shape:
    checked = json_schema.checked(value, own=own)
    if checked and _KEYWORDS.isdisjoint(checked):
        names = ", ".join(list(checked)[:5])
        raise InvalidOptionError(
            f"this is no JSON schema: it has none of its keywords, but {names[:_LONGEST_NAMES]}",
            hint='Write {"type": "object", "properties": …}, or the fields: \'name, age int, tags list\'.',
        )
    title = checked.get("title")
    return Shape(_usable(title if isinstance(title, str) else ""), checked)


def _name(kind: Any) -> str:
    """What a type is called."""
    if (arguments := get_args(kind)) and get_origin(kind) is not None:
        inner = "_".join(_name(one) for one in arguments[:3])
        origin = getattr(get_origin(kind), "__name__", "")
        return _usable(f"{inner}_{origin}" if origin in ("list", "dict", "set", "tuple") else inner)
    return _usable(getattr(kind, "__name__", "") or "")


def _usable(name: str) -> str:
    """A name in the letters that all services take."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:_LONGEST_NAME] or "answer"
