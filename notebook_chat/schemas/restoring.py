"""The way of an answer back into the form that its first schema has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .references import SchemaReferenceError, resolved

_DEEPEST = 200


def restored(value: Any, schema: Mapping[str, Any]) -> Any:
    """A value as its schema has it: objects with any keys where they came as lists of keys and values, and no ``null``
    in the place of what may be missing and cannot be ``null``.

    Args:
        value: The value.
        schema: The whole schema.
    """
    try:
        return _Restorer(schema).node(value, schema, 0)
    except SchemaReferenceError:
        return value


class _Restorer:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._valid: Any = None

    def node(self, value: Any, schema: Any, depth: int) -> Any:
        """A value at one place of the schema."""
        schema = resolved(self._document, schema)
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return value
        for part in schema.get("allOf", ()):
            value = self.node(value, part, depth + 1)
        for branches in (schema.get("anyOf"), schema.get("oneOf")):
            if branches:
                value = self._chosen(value, branches, depth)
        if _is_mapping(schema):
            value = _as_object(value)
        if isinstance(value, Mapping):
            return self._object(value, schema, depth)
        if isinstance(value, list):
            return self._items(value, schema, depth)
        return value

    def _object(self, value: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        own = schema.get("properties", {})
        extra = schema.get("additionalProperties", True)
        required = schema.get("required", ())
        found = {}
        for name, one in value.items():
            if one is None and name in own and name not in required and not self._may_be(None, own[name]):
                continue
            found[name] = self.node(one, own.get(name, extra), depth + 1)
        return found

    def _items(self, value: list[Any], schema: Mapping[str, Any], depth: int) -> list[Any]:
        items = schema.get("items", True)
        first = items if isinstance(items, list) else schema.get("prefixItems", [])
        rest = schema.get("additionalItems", True) if isinstance(items, list) else items
        return [
            self.node(one, first[place] if place < len(first) else rest, depth + 1)
            for place, one in enumerate(value)
        ]

    def _chosen(self, value: Any, branches: list[Any], depth: int) -> Any:
        """A value by the branch that it is of."""
        fitting = [one for one in branches if self._may_be(value, one)]
        if len(fitting) <= 1:
            return self.node(value, fitting[0], depth + 1) if fitting else value
        if not isinstance(value, (Mapping, list)) or any(self._fits(value, one) for one in fitting):
            return value
        tried = ((self.node(value, one, depth + 1), one) for one in fitting)
        return next((candidate for candidate, one in tried if self._fits(candidate, one)), value)

    def _may_be(self, value: Any, schema: Any, depth: int = 0) -> bool:
        """Whether a value is of a schema's type, or of a form that stands for it."""
        schema = resolved(self._document, schema)
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return schema is not False
        if "const" in schema and value != schema["const"]:
            return False
        if "enum" in schema and value not in schema["enum"]:
            return False
        if not all(self._may_be(value, one, depth + 1) for one in schema.get("allOf", ())):
            return False
        for branches in (schema.get("anyOf"), schema.get("oneOf")):
            if branches and not any(self._may_be(value, one, depth + 1) for one in branches):
                return False
        kinds = schema.get("type")
        if kinds is None:
            return True
        kinds = [kinds] if isinstance(kinds, str) else kinds
        return any(is_of(value, kind) for kind in kinds) or (
            _is_mapping(schema) and _as_object(value) is not value
        )

    def _fits(self, value: Any, schema: Any) -> bool:
        from .json_schema import validator

        if self._valid is None:
            self._valid = validator(self._document)
        return bool(self._valid.evolve(schema=schema).is_valid(value))


def _is_mapping(schema: Mapping[str, Any]) -> bool:
    """Whether it is a schema of objects with any keys."""
    kinds = schema.get("type")
    return (
        (kinds == "object" or (isinstance(kinds, list) and "object" in kinds and "array" not in kinds))
        and not schema.get("properties")
        and not schema.get("required")
    )


def _as_object(value: Any) -> Any:
    """A list of keys and values as an object; any other value as it is."""
    if not isinstance(value, list):
        return value
    if not all(isinstance(pair, Mapping) and pair.keys() == {"key", "value"} for pair in value):
        return value
    if not all(isinstance(pair["key"], str) for pair in value):
        return value
    found = {pair["key"]: pair["value"] for pair in value}
    return found if len(found) == len(value) else value


def is_of(value: Any, kind: str) -> bool:
    """Whether a value is of one of JSON schema's types.

    Args:
        value: The value, as a reader of JSON gives it.
        kind: The type's name.
    """
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, (int, float)) and not isinstance(value, bool) and value % 1 == 0
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list)
    return isinstance(value, Mapping)
