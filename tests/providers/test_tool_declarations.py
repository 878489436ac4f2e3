"""What services are told of the arguments of tools, whatever schema a tool has; and the way of arguments back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.providers import anthropic_tools, gemini_tools, ollama_tools
from notebook_chat.providers.tool_declarations import Manner, declared
from notebook_chat.tool_spec import ToolSpec

from ..servers import anthropic_tool_rules, gemini_tool_rules, ollama

MANNERS = {
    "anthropic": anthropic_tools.MANNER,
    "gemini": gemini_tools.MANNER,
    "ollama": ollama_tools.MANNER,
}
EVERY = pytest.mark.parametrize("name", MANNERS)


def complaint(name: str, schema: Any) -> str | None:
    """What a service says of a tool with a schema; ``None`` where it takes it."""
    messages = [{"role": "user", "content": "hi"}]
    if name == "anthropic":
        tools: list[Any] = [{"name": "look", "input_schema": schema}]
        return next(filter(None, anthropic_tool_rules.wrong({"tools": tools, "messages": messages})), None)
    if name == "gemini":
        tools = [
            {"functionDeclarations": [{"name": "look", "description": "d", "parametersJsonSchema": schema}]}
        ]
        return gemini_tool_rules.refusal({"tools": tools, "contents": []}, 3)
    tools = [{"type": "function", "function": {"name": "look", "parameters": schema}}]
    return ollama._tools({"model": "llama", "tools": tools, "messages": messages})


def sent(name: str, schema: Any) -> Any:
    return declared(ToolSpec("look", "", schema), MANNERS[name]).schema


names = st.sampled_from(["a", "b c", "größe", "$ref", "properties", "x" * 80, "", "max-n", "type"])
kinds = st.sampled_from(["string", "integer", "object", "array", "null", "boolean", "number"])
keywords = st.fixed_dictionaries(
    {},
    optional={
        "type": kinds | st.lists(kinds, max_size=3),
        "description": st.text(max_size=5),
        "default": st.integers() | st.none(),
        "enum": st.lists(
            st.integers() | st.text(max_size=3) | st.none() | st.booleans(), min_size=1, max_size=3
        ),
        "minimum": st.integers(-3, 3),
        "pattern": st.sampled_from(["^a+$", "(?=a)", "["]),
        "format": st.sampled_from(["date", "uuid", "binary"]),
        "title": st.text(max_size=3),
    },
)
schemas = st.recursive(
    keywords | st.just({}) | st.booleans(),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": kinds,
            "properties": st.dictionaries(names, inner, max_size=3),
            "required": st.lists(names, max_size=2),
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "additionalProperties": inner,
            "not": inner,
            "$ref": st.sampled_from(["#", "#/properties/a", "#/$defs/A", "https://elsewhere.example/"]),
            "$defs": st.dictionaries(st.just("A"), inner, max_size=1),
        },
    ),
    max_leaves=8,
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(names | st.sampled_from(["items", "required"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@EVERY
@given(schema=schemas.filter(lambda one: isinstance(one, dict)))
def test_any_schema_becomes_one_that_is_taken(name: str, schema: Any) -> None:
    assert complaint(name, sent(name, schema)) is None


@EVERY
@given(schema=st.dictionaries(names | st.sampled_from(["items", "required", "anyOf"]), junk, max_size=4))
def test_what_is_no_schema_spoils_no_request(name: str, schema: Any) -> None:
    assert complaint(name, sent(name, schema)) is None


@EVERY
def test_arguments_go_back_and_what_is_no_object_stays(name: str) -> None:
    inner = {"type": "object", "properties": {"q q": {}}}
    properties = {
        "max-n": {"type": "integer"},
        "d": {"type": "object"},
        "r c": {"type": "array", "items": inner},
    }
    schema = {"type": "object", "properties": properties}
    told = declared(ToolSpec("look", "", schema), MANNERS[name])
    reverse = {own: safe for safe, own in told.names.items()}
    there = {reverse.get("max-n", "max-n"): 1, reverse.get("r c", "r c"): [{reverse.get("q q", "q q"): 2}]}
    assert json.loads(told.back(json.dumps(there))) == {"max-n": 1, "r c": [{"q q": 2}]}
    for text in ("", "[1]", "{", "null", "1" * 5000):
        assert told.back(text) == text


def test_a_choice_of_objects_goes_out_as_a_value_and_comes_back() -> None:
    choices = [{"type": "object", "properties": {name: {"type": "integer"}}} for name in "ab"]
    schema = {"anyOf": choices}
    told = declared(ToolSpec("look", "", schema), anthropic_tools.MANNER)
    assert list(told.schema["properties"]) == ["value"]
    assert told.back('{"value": {"a": 1}}') == '{"a":1}'
    assert told.back('{"a": 1}') == '{"a": 1}'  # of a model that knows better


def test_a_tool_is_looked_at_once() -> None:
    manner: Manner = gemini_tools.MANNER
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert declared(ToolSpec("a", "", schema), manner) is declared(ToolSpec("b", "", dict(schema)), manner)
