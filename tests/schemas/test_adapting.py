"""Schemas as the services take them, and answers on the way back."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest
from anthropic.lib._parse._transform import transform_schema
from hypothesis import HealthCheck, given, settings
from openai.lib._pydantic import _ensure_strict_json_schema
from referencing import Registry

from notebook_chat.schemas import ANTHROPIC, GEMINI, GROQ, JSON_MODE, LLAMA, LOOSE, OPENAI, SUBSETS, adapt
from notebook_chat.schemas.json_schema import checked

from .generated import Case, schemas
from .subset_judges import JUDGES


def fits(schema: Any, value: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(schema, registry=Registry()).is_valid(value))


def wrapped(case: Case, name: str, is_wrapped: bool) -> Any:
    """A case's value in the form in which a service is asked for it."""
    value = {"openai": case.strict, "groq": case.strict, "anthropic": case.paired, "gemini": case.paired}.get(
        name, case.value
    )
    return {"value": value} if is_wrapped else value


@settings(max_examples=1000, derandomize=True, suppress_health_check=list(HealthCheck))
@given(case=schemas())
def test_a_thousand_schemas_go_out_as_documented_and_values_come_back(case: Case) -> None:
    schema = checked(case.schema)
    before = copy.deepcopy(schema)
    assert fits(schema, case.value)
    for name, judge in JUDGES.items():
        adapted = adapt(schema, SUBSETS[name])
        assert schema == before
        if not schema:  # any JSON
            assert adapted.schema == {}
            assert adapted.back(case.value) == case.value
        elif adapted.strict and adapted.schema is not None:
            assert list(judge(adapted.schema)) == []
            jsonschema.Draft202012Validator.check_schema(adapted.schema)
            value = wrapped(case, name, adapted.wrapped)
            assert fits(adapted.schema, value)
            assert adapted.back(json.loads(json.dumps(value))) == case.value
        elif name == "llama":
            raise AssertionError("there is nothing that llama.cpp cannot be told")
        else:
            assert not case.exact
            answer = {"value": case.value} if adapted.wrapped else case.value
            assert adapted.schema is None or fits(adapted.schema, answer)
            assert adapted.back(answer) == case.value


@settings(max_examples=150, derandomize=True, suppress_health_check=list(HealthCheck))
@given(case=schemas())
def test_the_vendors_own_libraries_leave_adapted_schemas_as_they_are(case: Case) -> None:
    schema = checked(case.schema)
    strict = adapt(schema, OPENAI)
    if strict.strict and schema:
        again: Any = copy.deepcopy(strict.schema)
        assert _ensure_strict_json_schema(again, path=(), root=again) == strict.schema
    own = adapt(schema, ANTHROPIC)
    if own.schema:
        assert transform_schema(copy.deepcopy(dict(own.schema))) == without_types_of_enums(own.schema)


def without_types_of_enums(schema: Any) -> Any:
    """As Anthropic's library writes it: what has values of its own needs no type."""
    if isinstance(schema, list):
        return [without_types_of_enums(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    own = {name: without_types_of_enums(one) for name, one in schema.items()}
    if isinstance(own.get("enum"), list):
        own.pop("type", None)
    return own


@settings(max_examples=100, derandomize=True, suppress_health_check=list(HealthCheck))
@given(case=schemas())
def test_what_is_adapted_once_more_stays_the_same(case: Case) -> None:
    for subset in (OPENAI, ANTHROPIC, GEMINI):
        once = adapt(checked(case.schema), subset)
        if once.schema and once.strict:
            assert adapt(once.schema, subset).schema == once.schema


# --- one rule after the other ------------------------------------------------------------------------------

NODE: dict[str, Any] = {
    "$ref": "#/$defs/Node",
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "kids": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            },
            "required": ["name"],
        }
    },
}


def test_what_contains_itself() -> None:
    strict = adapt(NODE, OPENAI)
    assert strict.strict
    assert strict.schema is not None
    assert strict.schema["type"] == "object"
    assert not strict.wrapped
    tree = {"name": "a", "kids": [{"name": "b", "kids": None}]}
    assert strict.back(tree) == {"name": "a", "kids": [{"name": "b"}]}
    assert adapt(NODE, ANTHROPIC).schema is None
    loose = adapt(NODE, GROQ)
    assert not loose.strict
    assert loose.wrapped
    assert fits(loose.schema, {"value": {"name": "a", "kids": [{"name": "b"}]}})
    assert not fits(loose.schema, {"value": {"name": "a", "kids": [{"nam": "b"}]}})
    assert adapt(NODE, LLAMA).schema is not None
    root: dict[str, Any] = {"type": "object", "properties": {"next": {"$ref": "#"}}}
    assert adapt(root, OPENAI).back({"next": {"next": None}}) == {"next": {}}


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/X", "$defs": {"X": {"$ref": "#/$defs/X"}}},
        {"allOf": [{"$ref": "#"}], "type": "object"},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "object", "properties": {"a": False}, "required": ["a"]},
        {"type": "array"},
        {"type": "object"},
        {"minimum": 3},
        {"enum": [[1], {"a": 2}]},
        {"anyOf": [{"type": "object", "properties": {"a": {}}}, {"type": "string"}]},
    ],
    ids=str,
)
def test_what_strict_modes_cannot_say(schema: dict[str, Any]) -> None:
    strict = adapt(schema, OPENAI)
    assert not strict.strict
    assert strict.schema is not None
    assert strict.schema["type"] == "object"
    assert adapt(schema, ANTHROPIC).schema is None
    assert adapt(schema, ANTHROPIC).asked == schema
    assert adapt(schema, LOOSE).schema == schema


def test_too_large_for_a_strict_mode() -> None:
    many = {"type": "object", "properties": {f"p{number}": {"type": "string"} for number in range(5001)}}
    assert not adapt(many, OPENAI).strict
    values = {"type": "object", "properties": {"a": {"enum": [str(number) for number in range(1001)]}}}
    assert not adapt(values, OPENAI).strict
    deep: dict[str, Any] = {"type": "string"}
    for level in range(11):
        assert adapt(deep, OPENAI).strict is (level < 11)
        deep = {"type": "object", "properties": {"a": deep}}
    assert not adapt(deep, OPENAI).strict


def test_what_is_refused_stands_in_the_description() -> None:
    schema = {
        "type": "object",
        "properties": {
            "zip": {"type": "string", "description": "The code.", "minLength": 5, "pattern": "^[0-9]+$"},
            "size": {"type": "integer", "default": 3, "exclusiveMinimum": 0},
        },
        "required": ["zip"],
    }
    own: Any = adapt(schema, ANTHROPIC).schema
    assert own["properties"]["zip"] == {
        "type": "string",
        "description": 'The code. (minLength: 5, pattern: "^[0-9]+$")',
    }
    assert own["properties"]["size"]["description"] == "Default: 3. (exclusiveMinimum: 0)"
    assert own["required"] == ["zip"]
    strict: Any = adapt(schema, OPENAI).schema
    assert strict["properties"]["zip"]["pattern"] == "^[0-9]+$"
    assert strict["required"] == ["zip", "size"]


def test_parts_that_hold_together_are_one() -> None:
    schema = {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "number", "minimum": 1}}, "required": ["a"]},
            {
                "type": "object",
                "properties": {"a": {"type": "integer", "maximum": 5}, "b": {"type": "string"}},
            },
        ]
    }
    strict: Any = adapt(schema, OPENAI)
    assert strict.strict
    assert strict.schema["properties"]["a"] == {"type": "integer", "minimum": 1, "maximum": 5}
    assert strict.back({"a": 2, "b": None}) == {"a": 2}


def test_references_by_other_paths() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string"},
            "b": {"$ref": "#/properties/a"},
            "c": {"$ref": "#/definitions/X~1y"},
        },
        "definitions": {"X/y": {"type": "integer"}},
        "required": ["a", "b", "c"],
    }
    for subset in (OPENAI, ANTHROPIC, GEMINI, LLAMA):
        adapted: Any = adapt(schema, subset)
        assert fits(adapted.schema, {"a": "x", "b": "y", "c": 3})
        assert not fits(adapted.schema, {"a": "x", "b": "y", "c": "z"})


def test_a_promise_of_json_alone_is_one_of_an_object() -> None:
    schema = {"type": "array", "items": {"$ref": "#/$defs/X"}, "$defs": {"X": {"type": "integer"}}}
    adapted: Any = adapt(schema, JSON_MODE)
    assert adapted.wrapped
    assert fits(adapted.schema, {"value": [1]})
    assert not fits(adapted.schema, {"value": ["x"]})
    assert adapted.back({"value": [1]}) == [1]
    assert adapted.back([1]) == [1]
    assert adapted.unwrapped({"val": 1}) == {"val": 1}


def test_values_in_strange_forms_are_left_alone() -> None:
    schema = {
        "type": "object",
        "properties": {"m": {"type": "object", "additionalProperties": {"type": "integer"}}},
    }
    back = adapt(schema, OPENAI).back
    assert back({"m": [{"key": "a", "value": 1}, {"key": "a", "value": 2}]}) == {
        "m": [{"key": "a", "value": 1}, {"key": "a", "value": 2}]
    }
    assert back({"m": [{"key": 1, "value": 1}]}) == {"m": [{"key": 1, "value": 1}]}
    assert back({"m": {"a": 1}}) == {"m": {"a": 1}}
    assert back({"m": []}) == {"m": {}}
    assert back("x") == "x"
    assert back([[[[1]]]]) == [[[[1]]]]
