"""Schemas in short."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.errors import InvalidOptionError
from notebook_chat.schemas.short_form import of_short_form


def fields(text: str) -> dict[str, Any]:
    found: dict[str, Any] = of_short_form(text)["properties"]
    return found


def test_fields_with_their_types() -> None:
    found = of_short_form("name, age int, tags list, score float, ok bool, more dict, sizes list[int]")
    assert found["type"] == "object"
    assert found["required"] == ["name", "age", "tags", "score", "ok", "more", "sizes"]
    assert found["additionalProperties"] is False
    assert {name: one["type"] for name, one in found["properties"].items()} == {
        "name": "string",
        "age": "integer",
        "tags": "array",
        "score": "number",
        "ok": "boolean",
        "more": "object",
        "sizes": "array",
    }
    assert found["properties"]["tags"]["items"] == {"type": "string"}
    assert found["properties"]["sizes"]["items"] == {"type": "integer"}


def test_types_may_be_called_as_in_json_schema() -> None:
    assert fields("a string, b integer?, c number, d boolean, e list[integer]") == fields(
        "a str, b int?, c float, d bool, e list[int]"
    )


def test_fields_in_lines_with_descriptions() -> None:
    found = fields(
        "\n  name: the full name, as written: all of it\n  age int: in years,\n\n  note str?\n  seen?"
    )
    assert found["name"] == {"type": "string", "description": "the full name, as written: all of it"}
    assert found["age"] == {"type": "integer", "description": "in years"}
    assert found["note"] == found["seen"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert of_short_form("a, b int?")["required"] == ["a"]


def test_many_of_them() -> None:
    assert of_short_form(" [name, age int] ") == {"type": "array", "items": of_short_form("name, age int")}
    assert of_short_form("größe_in_cm float, 年齢 int")["required"] == ["größe_in_cm", "年齢"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no fields"),
        (" , ,", "no fields"),
        ("[]", "no fields"),
        ("a, a int", "'a' twice"),
        ("a foo", "type 'foo'"),
        ("a int b", "type 'int b'"),
        ("a list[foo]", "type 'list"),
        ("[a, b", "no closing ]"),
        (": what", "without a name"),
        ("a, b{c}", "without a name"),
        ("int", ""),
    ],
)
def test_what_is_wrong_is_said(text: str, told: str) -> None:
    if not told:
        assert fields(text) == {"int": {"type": "string"}}
        return
    with pytest.raises(InvalidOptionError, match=told.replace("[", r"\[")) as caught:
        of_short_form(text)
    assert "\n" not in str(caught.value)


@given(text=st.text())
def test_any_text_is_a_schema_or_is_refused(text: str) -> None:
    try:
        found = of_short_form(text)
    except InvalidOptionError:
        return
    assert found["type"] in ("object", "array")
