"""How large a schema is, against how large it may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .merging import InexpressibleError
from .subsets import Subset


def check_limits(schema: Mapping[str, Any], subset: Subset) -> None:
    """Refuses an adapted schema that is larger than the service takes.

    Args:
        schema: The schema, with its definitions.
        subset: What the service takes.

    Raises:
        InexpressibleError: It is larger.
    """
    if (
        subset.most_levels is not None
        and _levels(schema, schema.get("$defs", {}), frozenset()) > subset.most_levels
    ):
        raise InexpressibleError("its objects are nested too deeply")
    properties = values = characters = 0
    for one in _schemas(schema):
        properties += len(one.get("properties", {}))
        values += len(one.get("enum", ()))
        characters += sum(map(len, (*one.get("properties", {}), *one.get("$defs", {}))))
        characters += sum(len(str(value)) for value in one.get("enum", ()))
    for most, size, what in (
        (subset.most_properties, properties, "properties"),
        (subset.most_values, values, "values of enumerations"),
        (subset.most_characters, characters, "characters of names"),
    ):
        if most is not None and size > most:
            raise InexpressibleError(f"it has {size:,} {what}")


def _schemas(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for inner in _inner(schema):
        yield from _schemas(inner)
    for inner in schema.get("$defs", {}).values():
        yield from _schemas(inner)


def _inner(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from schema.get("properties", {}).values()
    yield from schema.get("anyOf", ())
    if isinstance(items := schema.get("items"), Mapping):
        yield items


def _levels(schema: Mapping[str, Any], definitions: Mapping[str, Any], seen: frozenset[str]) -> int:
    """How many objects are within one another, from here on; what contains itself counts once."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name:
        return 0 if name in seen else _levels(definitions[name], definitions, seen | {name})
    inside = max((_levels(inner, definitions, seen) for inner in _inner(schema)), default=0)
    return inside + (schema.get("type") == "object")
