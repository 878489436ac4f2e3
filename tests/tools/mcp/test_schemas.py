"""Schemas of servers: whatever they say, a model is told of an object, and nobody is kept busy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.tools.arguments import check
from notebook_chat.tools.mcp.schemas import LARGEST, object_schema

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(("type", "properties", "$ref", "$defs", "anyOf", "items", "description", "x")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_whatever_it_says_it_is_a_bounded_object(given: Any) -> None:
    schema, _ = object_schema(given)
    assert schema["type"] == "object"
    assert isinstance(schema["properties"], dict)
    assert len(json.dumps(schema, ensure_ascii=False).encode("utf-8", "surrogatepass")) <= 2 * LARGEST
    schema["properties"]["mine"] = {}
    assert "mine" not in object_schema(given)[0]["properties"]  # nothing of it is shared


def test_an_ordinary_one_stays_as_it_is() -> None:
    schema = {
        "type": "object",
        "properties": {"title": {"type": "string", "title": "T"}},
        "required": ["title"],
    }
    assert object_schema(schema) == (schema, True)
    assert object_schema({}) == ({"type": "object", "properties": {}}, True)
    assert object_schema({"type": ["object", "null"]})[0]["type"] == "object"


@pytest.mark.parametrize(
    "given",
    [
        "text",
        None,
        [],
        True,
        {"type": "string"},
        {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(5000)}},
        {"type": "object", "properties": {"a": {"enum": ["x" * 100_000]}}},
    ],
)
def test_what_is_none_becomes_any_object_and_that_is_told(given: Any) -> None:
    assert object_schema(given) == ({"type": "object", "properties": {}}, False)


def test_long_words_go_and_the_rest_stays() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string", "description": "x" * LARGEST}}}
    assert object_schema(schema) == (
        {"type": "object", "properties": {"title": {"type": "string"}}},
        False,
    )


def test_one_that_stands_for_more_than_can_be_looked_at_is_not_passed_on() -> None:
    definitions: dict[str, Any] = {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(25)}
    bomb = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/d0"}},
        "$defs": {**definitions, "d25": {}},
    }
    schema, faithful = object_schema(bomb)
    assert not faithful
    check({"a": 1}, schema)


def test_one_that_refers_to_itself_is_passed_on() -> None:
    tree = {
        "type": "object",
        "properties": {"root": {"$ref": "#/$defs/node"}},
        "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
    }
    assert object_schema(tree) == (tree, True)
