"""The keywords of JSON schema: what each is about, and what they say of a value's type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

ANNOTATIONS = frozenset(
    {"title", "examples", "deprecated", "readOnly", "writeOnly", "discriminator", "xml", "externalDocs"}
    | {"$schema", "$id", "$comment", "$anchor", "$defs", "definitions", "$dynamicAnchor", "$vocabulary"}
)
"""What says nothing about values."""

TOLD = (
    *(
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
    ),
    *("format", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "contentEncoding"),
    *(
        "propertyNames",
        "patternProperties",
        "contains",
        "minContains",
        "maxContains",
        "not",
        "if",
        "then",
        "else",
    ),
    *(
        "dependentRequired",
        "dependentSchemas",
        "unevaluatedProperties",
        "unevaluatedItems",
        "contentMediaType",
    ),
)
"""The keywords that go into the description where the service does not have them."""

_OF_TYPE = {
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "string": ("minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"),
    "array": (
        *("items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems"),
        *("contains", "minContains", "maxContains", "unevaluatedItems"),
    ),
    "object": (
        *("properties", "required", "additionalProperties", "patternProperties", "propertyNames"),
        *("minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties"),
    ),
}
"""The keywords that say something about values of one type."""


def types_of(given: Mapping[str, Any]) -> list[str]:
    """The types that a value may be of; none where it may be of any.

    Args:
        given: The schema.
    """
    kinds = given.get("type")
    if isinstance(kinds, str):
        return [kinds]
    if isinstance(kinds, list):
        return kinds
    if "properties" in given or "required" in given or isinstance(given.get("additionalProperties"), Mapping):
        return ["object"]
    return ["array"] if "items" in given or "prefixItems" in given else []


def only_of_type(given: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """What of a schema for several types says something about one of them.

    Args:
        given: The schema.
        kind: The type.
    """
    kind_of = "number" if kind == "integer" else kind
    others = {name for one, names in _OF_TYPE.items() if one != kind_of for name in names}
    return {name: value for name, value in given.items() if name not in others} | {"type": kind}


def type_of(value: Any) -> str:
    """The type of a value.

    Args:
        value: The value, as a reader of JSON gives it.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
    return "array" if isinstance(value, list) else "object"


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that ``null`` fits, too.

    Args:
        schema: The schema, adapted.
    """
    null = {"type": "null"}
    description = {"description": schema["description"]} if "description" in schema else {}
    inner = {name: value for name, value in schema.items() if name != "description"}
    if inner == null:
        return schema
    branches = inner["anyOf"] if set(inner) == {"anyOf"} else [inner]
    return {"anyOf": branches if null in branches else [*branches, null], **description}


def written(value: Any) -> str:
    """A value in a description.

    Args:
        value: Any value of JSON.
    """
    return json.dumps(value, ensure_ascii=False)
