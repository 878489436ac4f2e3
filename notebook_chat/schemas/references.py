"""References within a JSON schema: to its own parts alone. Nothing is ever fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

_MOST_STEPS = 50  # from one reference to the next
_DATA = frozenset({"const", "enum", "default", "examples"})
"""The keywords whose values are data, and no schemas."""

MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""The keywords whose values are schemas by name."""

_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})


class SchemaReferenceError(ValueError):
    """A reference leads nowhere, elsewhere, or round in a circle."""


def looked_up(document: Any, reference: str) -> Any:
    """The part of a schema that a reference names.

    Args:
        document: The whole schema.
        reference: The reference, such as ``#/$defs/Person``.

    Raises:
        SchemaReferenceError: It leads elsewhere, or nowhere.
    """
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise SchemaReferenceError(
            f"it refers to {str(reference)[:80]!r}: a schema can only refer to its own parts"
        )
    place = document
    pointer = unquote(reference[1:])
    if pointer and not pointer.startswith("/"):
        raise SchemaReferenceError(
            f"it refers to {reference[:80]!r}, and only paths such as '#/$defs/Name' are followed"
        )
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(place, Mapping) and name in place:
            place = place[name]
        elif (
            isinstance(place, Sequence)
            and not isinstance(place, str)
            and name.isdecimal()
            and int(name) < len(place)
        ):
            place = place[int(name)]
        else:
            raise SchemaReferenceError(f"it refers to {reference[:80]!r}, which is not in it")
    if not isinstance(place, (Mapping, bool)):
        raise SchemaReferenceError(f"it refers to {reference[:80]!r}, which is no schema")
    return place


def resolved(document: Any, schema: Any) -> Any:
    """A schema, or the one that it is a mere reference to. What stands beside the reference is passed over.

    Args:
        document: The whole schema.
        schema: A part of it.

    Raises:
        SchemaReferenceError: A reference leads elsewhere, nowhere, or round in a circle.
    """
    for _ in range(_MOST_STEPS):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            return schema
        schema = looked_up(document, schema["$ref"])
    raise SchemaReferenceError("its references lead round in a circle")


def references(schema: Any) -> Iterator[str]:
    """All references in a schema.

    Args:
        schema: The schema.
    """
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            for name, value in one.items():
                if name in _REFERENCES and isinstance(value, str):
                    yield value
                elif name in MAPS and isinstance(value, Mapping):
                    waiting += value.values()
                elif name not in _DATA:
                    waiting.append(value)
        elif isinstance(one, (list, tuple)):
            waiting += one
