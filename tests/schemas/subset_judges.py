"""The documented subsets, each as a judge of its own: written from the vendors' words, and not from the adapter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

STRING_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
NUMBER_BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}


def places(schema: Any, path: str = "#") -> Iterator[tuple[str, Any]]:
    """All schemas in one that is adapted, with their places."""
    yield path, schema
    for name in ("properties", "$defs"):
        for key, one in schema.get(name, {}).items():
            yield from places(one, f"{path}/{name}/{key}")
    for number, one in enumerate(schema.get("anyOf", ())):
        yield from places(one, f"{path}/anyOf/{number}")
    for number, one in enumerate(schema.get("prefixItems", ())):
        yield from places(one, f"{path}/prefixItems/{number}")
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from places(schema[name], f"{path}/{name}")


def only(schema: Mapping[str, Any], path: str, allowed: set[str]) -> Iterator[str]:
    """The keywords that have no place there."""
    own = {"$defs"} if path == "#" else set()
    for name in schema.keys() - allowed - own:
        yield f"{path}: {name}"


def references(root: Any) -> Iterator[str]:
    """References that lead nowhere, or have something beside them."""
    for path, schema in places(root):
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            if name not in root.get("$defs", {}) or not re.fullmatch(r"[\w-]+", name, re.ASCII):
                yield f"{path}: {schema['$ref']} leads nowhere"
            if len(schema) > 1:
                yield f"{path}: something beside a reference"
    used = {schema["$ref"] for _, schema in places(root) if "$ref" in schema}
    for name in root.get("$defs", {}):
        if f"#/$defs/{name}" not in used:
            yield f"{name} is not used"


def recursive(root: Any) -> bool:
    """Whether a definition leads back to itself."""
    after = {
        name: {one["$ref"].rpartition("/")[2] for _, one in places(schema) if "$ref" in one}
        for name, schema in root.get("$defs", {}).items()
    }

    def leads(name: str, seen: frozenset[str]) -> bool:
        return name in seen or any(leads(one, seen | {name}) for one in after[name])

    return any(leads(name, frozenset()) for name in after)


def closed_objects(root: Any, *, all_required: bool) -> Iterator[str]:
    for path, schema in places(root):
        if schema.get("type") == "object":
            if schema.get("additionalProperties") is not False:
                yield f"{path}: open"
            required, own = schema.get("required", []), schema["properties"]
            if not set(required) <= set(own) or len(set(required)) < len(required):
                yield f"{path}: required has others"
            if all_required and set(required) != set(own):
                yield f"{path}: not all required"


def typed(root: Any) -> Iterator[str]:
    for path, schema in places(root):
        if "$ref" in schema:
            continue
        if ("type" in schema) == ("anyOf" in schema) or ("type" in schema and schema["type"] not in TYPES):
            yield f"{path}: neither a type nor anyOf"
        if "anyOf" in schema and len(schema["anyOf"]) < 2 and "description" not in schema:
            yield f"{path}: one choice"


def openai(root: Any) -> Iterator[str]:
    """What of a schema OpenAI's strict mode refuses."""
    if root.get("type") != "object":
        yield "#: no object"
    yield from references(root)
    yield from typed(root)
    yield from closed_objects(root, all_required=True)
    bounds = {"pattern", "format", "minItems", "maxItems", *NUMBER_BOUNDS}
    allowed = {
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "anyOf",
        "$ref",
        "enum",
        "description",
    }
    for path, schema in places(root):
        yield from only(schema, path, allowed | bounds)
        if schema.get("format", "date") not in STRING_FORMATS:
            yield f"{path}: format"
        if re.search(r"\(\?<?[=!]", schema.get("pattern", "")):
            yield f"{path}: looks around"
        if schema.get("type") == "array" and "items" not in schema:
            yield f"{path}: items of any type"
    if sum(len(schema.get("properties", ())) for _, schema in places(root)) > 5000:
        yield "too many properties"
    if sum(len(schema.get("enum", ())) for _, schema in places(root)) > 1000:
        yield "too many values"


def groq(root: Any) -> Iterator[str]:
    """What of a schema Groq's strict mode refuses: as OpenAI's, and no recursion."""
    yield from openai(root)
    if recursive(root):
        yield "recursive"


def anthropic(root: Any) -> Iterator[str]:
    """What of a schema Anthropic refuses."""
    yield from references(root)
    yield from typed(root)
    yield from closed_objects(root, all_required=False)
    if recursive(root):
        yield "recursive"
    allowed = {
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "anyOf",
        "$ref",
        "enum",
        "description",
    }
    for path, schema in places(root):
        yield from only(schema, path, allowed | {"minItems", "format"})
        if schema.get("minItems", 0) not in (0, 1):
            yield f"{path}: minItems"
        if schema.get("format", "uri") not in STRING_FORMATS | {"uri"}:
            yield f"{path}: format"


def gemini(root: Any) -> Iterator[str]:
    """What of a schema Gemini does not know."""
    yield from references(root)
    yield from typed(root)
    allowed = {
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "anyOf",
        "$ref",
        "enum",
        "description",
    }
    for path, schema in places(root):
        yield from only(schema, path, allowed | {"minimum", "maximum", "minItems", "maxItems", "format"})
        if schema.get("format", "date") not in {"date-time", "date", "time"}:
            yield f"{path}: format"
        if not all(
            isinstance(one, (str, int, float)) and not isinstance(one, bool) for one in schema.get("enum", ())
        ):
            yield f"{path}: enum"
        if (
            schema.get("type") == "object"
            and not schema.get("properties")
            and "additionalProperties" not in schema
        ):
            yield f"{path}: an object that comes back empty"


def llama(root: Any) -> Iterator[str]:
    """What of a schema llama.cpp refuses, or passes over without a word."""
    for path, schema in places(root):
        if "$ref" in schema and schema["$ref"].removeprefix("#/$defs/") not in root.get("$defs", {}):
            yield f"{path}: leads nowhere"
        if schema.get("type", "object") not in TYPES:
            yield f"{path}: type"
        pattern = schema.get("pattern", "^$")
        if not (pattern.startswith("^") and pattern.endswith("$")) or re.search(r"\(\?<?[=!]", pattern):
            yield f"{path}: pattern"
        for name in ("not", "if", "oneOf", "multipleOf", "uniqueItems", "patternProperties", "allOf"):
            if name in schema:
                yield f"{path}: {name}"
        if schema.get("items") is False:
            yield f"{path}: items"


JUDGES: dict[str, Callable[[Any], Iterator[str]]] = {
    "openai": openai,
    "groq": groq,
    "anthropic": anthropic,
    "gemini": gemini,
    "llama": llama,
}
