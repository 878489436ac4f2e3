"""Schemas as anybody may write them, each with a value that fits it and the forms that the value has elsewhere."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

ABSENT: Any = object()


@dataclass
class Case:
    """A schema and a value.

    Attributes:
        schema: The schema.
        value: A value that fits it.
        strict: The value where all properties must be there, and objects with any keys are lists of pairs.
        paired: The value where the latter holds alone.
        kind: What tells it from others within a union: its type, or a name of its own.
        null: Whether ``null`` fits the schema, too.
        exact: Whether subsets with types can say it.
    """

    schema: Any
    value: Any
    strict: Any
    paired: Any
    kind: str
    null: bool = False
    exact: bool = True
    definitions: dict[str, Any] = field(default_factory=dict)


NAMES = [
    "a",
    "b_2",
    "größe",
    "value",
    "key",
    "items",
    "type",
    "enum",
    "default",
    "$ref",
    "properties",
    "with space",
]
WORDS = st.text(max_size=12)
NUMBERS = st.integers(-1000, 1000)


def plain(schema: dict[str, Any], value: Any, kind: str) -> Case:
    """A case whose value is the same everywhere."""
    return Case(schema, value, value, value, kind)


@st.composite
def texts(draw: st.DrawFn) -> Case:
    form = draw(
        st.sampled_from(["any", "length", "pattern", "around", "date", "uri", "enum", "const", "untyped"])
    )
    match form:
        case "length":
            value = draw(WORDS)
            return plain({"type": "string", "minLength": 0, "maxLength": len(value) + 3}, value, "string")
        case "pattern":
            value = draw(st.text("abc", min_size=1, max_size=5))
            return plain({"type": "string", "pattern": "^[a-c]+$"}, value, "string")
        case "around":
            return plain(
                {"type": "string", "pattern": "^(?!x)[a-c]*"}, draw(st.text("abc", max_size=4)), "string"
            )
        case "date":
            return plain({"type": "string", "format": "date"}, draw(st.dates()).isoformat(), "string")
        case "uri":
            return plain({"type": "string", "format": "uri-template"}, "http://x/{y}", "string")
        case "enum" | "untyped":
            values = draw(st.lists(WORDS, min_size=1, max_size=4, unique=True))
            schema: dict[str, Any] = {"enum": values}
            if form == "enum":
                schema["type"] = "string"
            return plain(schema, draw(st.sampled_from(values)), "string")
        case "const":
            value = draw(WORDS)
            return plain({"const": value}, value, "string")
    return plain({"type": "string"}, draw(WORDS), "string")


@st.composite
def numbers(draw: st.DrawFn) -> Case:
    value = draw(NUMBERS)
    form = draw(st.sampled_from(["integer", "bounds", "exclusive", "multiple", "number", "enum"]))
    match form:
        case "bounds":
            return plain({"type": "integer", "minimum": value - 1, "maximum": value + 5}, value, "number")
        case "exclusive":
            schema = {"type": "integer", "exclusiveMinimum": value - 1, "exclusiveMaximum": value + 1}
            return plain(schema, value, "number")
        case "multiple":
            return plain({"type": "integer", "multipleOf": 3}, value * 3, "number")
        case "number":
            return plain({"type": "number"}, draw(st.floats(-1e6, 1e6)), "number")
        case "enum":
            return plain({"enum": [value, value + 1]}, value, "number")
    return plain({"type": "integer"}, value, "number")


@st.composite
def others(draw: st.DrawFn) -> Case:
    match draw(st.sampled_from(["boolean", "true", "null", "any"])):
        case "boolean":
            return plain({"type": "boolean"}, draw(st.booleans()), "boolean")
        case "true":
            return plain({"const": True}, True, "boolean")
        case "null":
            case = plain({"type": "null"}, None, "null")
            case.null = True
            return case
    case = plain({}, draw(st.sampled_from(["x", 3, {"y": [1]}])), "any")
    case.null, case.exact = True, False
    return case


@st.composite
def lists(draw: st.DrawFn, inner: st.SearchStrategy[Case]) -> Case:
    if draw(st.booleans()):
        case = draw(inner)
        count = draw(st.integers(0, 3))
        schema: dict[str, Any] = {"type": "array", "items": case.schema}
        if draw(st.booleans()):
            schema |= {"minItems": min(count, draw(st.integers(0, 3))), "maxItems": count + 1}
        found = ([form] * count for form in (case.value, case.strict, case.paired))
        return Case(schema, *found, "array", exact=case.exact, definitions=case.definitions)
    # In a tuple, what stands for what must be told from its neighbors.
    cases = [draw(texts()), draw(numbers())]
    schema = {"type": "array", "prefixItems": [one.schema for one in cases], "minItems": 2, "maxItems": 2}
    if draw(st.booleans()):
        schema["items"] = False
    values = [one.value for one in cases]
    return Case(schema, values, values, values, "array")


@st.composite
def maps(draw: st.DrawFn, inner: st.SearchStrategy[Case]) -> Case:
    case = draw(inner)
    keys = draw(st.lists(WORDS, max_size=3, unique=True))
    schema = {"type": "object", "additionalProperties": case.schema}
    return Case(
        schema,
        dict.fromkeys(keys, case.value),
        [{"key": key, "value": case.strict} for key in keys],
        [{"key": key, "value": case.paired} for key in keys],
        "map",
        exact=case.exact,
        definitions=case.definitions,
    )


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Case]) -> Case:
    names = draw(st.lists(st.sampled_from(NAMES), max_size=4, unique=True))
    cases = {name: draw(inner) for name in names}
    required = [name for name in names if draw(st.booleans())]
    absent = {name for name in names if name not in required and draw(st.booleans())}
    # What may be missing and may be null comes back as null, which is as good.
    absent -= {name for name in absent if cases[name].null}
    definitions = {key: one for case in cases.values() for key, one in case.definitions.items()}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: one.schema for name, one in cases.items()},
    }
    if required or draw(st.booleans()):
        schema["required"] = required
    if draw(st.booleans()):
        schema["additionalProperties"] = False
    if not names:
        schema["additionalProperties"] = False
    there = {name: one for name, one in cases.items() if name not in absent}
    return Case(
        schema,
        {name: one.value for name, one in there.items()},
        {name: None if name in absent else one.strict for name, one in cases.items()},
        {name: one.paired for name, one in there.items()},
        "object",
        exact=all(one.exact for one in cases.values()),
        definitions=definitions,
    )


@st.composite
def unions(draw: st.DrawFn, inner: st.SearchStrategy[Case]) -> Case:
    case = draw(inner)
    match draw(st.sampled_from(["nullable", "types", "tagged", "other"])):
        case "nullable":
            given = draw(st.booleans())
            schema: Any = {draw(st.sampled_from(["anyOf", "oneOf"])): [case.schema, {"type": "null"}]}
            if case.null:
                return case
            if given:
                return Case(schema, None, None, None, "null", True, case.exact, case.definitions)
            return Case(
                schema, case.value, case.strict, case.paired, case.kind, True, case.exact, case.definitions
            )
        case "types":
            value = draw(st.one_of(WORDS, NUMBERS, st.none()))
            found = plain({"type": ["string", "integer", "null"]}, value, "several")
            found.null = True
            return found
        case "tagged":
            tag = {"kind": {"const": "cat"}, "lives": {"type": "integer"}, "name": {"type": "string"}}
            cat = {"type": "object", "properties": tag, "required": ["kind", "lives"]}
            dog = {
                "type": "object",
                "properties": {"kind": {"const": "dog"}, "of": case.schema},
                "required": ["kind", "of"],
            }
            schema = {"oneOf": [cat, dog], "discriminator": {"propertyName": "kind"}}
            if draw(st.booleans()):
                value = {"kind": "cat", "lives": 9}
                return Case(
                    schema,
                    value,
                    {**value, "name": None},
                    value,
                    "object",
                    False,
                    case.exact,
                    case.definitions,
                )
            forms = ({"kind": "dog", "of": one} for one in (case.value, case.strict, case.paired))
            return Case(schema, *forms, "object", False, case.exact, case.definitions)
    if case.kind in ("boolean", "any", "several") or case.null:
        return case
    schema = {"anyOf": [{"type": "boolean"}, case.schema]}
    return Case(schema, case.value, case.strict, case.paired, case.kind, False, case.exact, case.definitions)


@st.composite
def referred(draw: st.DrawFn, inner: st.SearchStrategy[Case]) -> Case:
    case = draw(inner)
    # The same name is the same schema, wherever in the whole it stands.
    digest = hashlib.sha1(json.dumps(case.schema, sort_keys=True).encode()).hexdigest()[:6]
    name = f"Part{digest}{draw(st.sampled_from(['', ' of', '[int]']))}"
    pointer = name.replace(" ", "%20")
    schema: dict[str, Any] = {"$ref": f"#/$defs/{pointer}"}
    match draw(st.sampled_from(["alone", "told", "all"])):
        case "told":
            schema |= {"description": "what it is", "title": "It"}
        case "all":
            schema = {"allOf": [schema], "default": None}
    definitions = {**case.definitions, name: case.schema}
    return Case(schema, case.value, case.strict, case.paired, case.kind, case.null, case.exact, definitions)


@st.composite
def annotated(draw: st.DrawFn, inner: st.SearchStrategy[Case]) -> Case:
    case = draw(inner)
    if "$ref" in case.schema:
        return case
    more = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "title": st.just("A title"),
                "description": st.just("what it is"),
                "default": st.just(None),
                "examples": st.just([1]),
                "deprecated": st.just(True),
                "$comment": st.just("x"),
            },
        )
    )
    return Case(
        {**more, **case.schema},
        case.value,
        case.strict,
        case.paired,
        case.kind,
        case.null,
        case.exact,
        case.definitions,
    )


LEAVES = st.one_of(texts(), numbers(), texts(), numbers(), texts(), others())
PARTS = st.recursive(
    annotated(LEAVES),
    lambda inner: st.one_of(
        objects(inner), objects(inner), lists(inner), maps(inner), unions(inner), annotated(referred(inner))
    ),
    max_leaves=12,
)


@st.composite
def schemas(draw: st.DrawFn) -> Case:
    """A whole schema, with its definitions; sometimes one that contains itself."""
    case = draw(st.one_of(objects(PARTS), PARTS))
    schema = dict(case.schema)
    if case.definitions:
        schema["$defs"] = case.definitions
    if draw(st.booleans()):
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return Case(schema, case.value, case.strict, case.paired, case.kind, case.null, case.exact)
