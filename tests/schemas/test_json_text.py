"""An answer's text as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.schemas.json_text import JSONError, parse, partial

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    value=values, around=st.sampled_from(["{}", " \n{}\n", "```json\n{}\n```", "```\n{}\n```\n", "\ufeff{}"])
)
def test_what_is_json_is_read(value: Any, around: str) -> None:
    assert parse(around.replace("{}", json.dumps(value))) == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("```json\n```", "empty"),
        ("Sure!", "does not begin"),
        ('{"a": 1', "ends in the middle"),
        ('{"a": 1} and more', "something behind it"),
        ('{"a": 1}{"a": 2}', "something behind it"),
        ('```json\n{"a": 1}\n```\nThere you are.', "something behind it"),
        ('{"a": 1, "a": 2}', "'a' twice"),
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "Infinity"),
        ('{"a": 1e999}', "beyond all counting"),
        ('{"a": 1,}', "line 1"),
        ("{'a': 1}", "line 1"),
        ('{"a": "x\ny"}', "line 1"),
        ('{"a": 01}', "line 1"),
        ("[" * 100_000, "deeply"),
        ("1" * 5000, "cannot be read"),
        ("[" + "1," * 2_100_000 + "1]", "more than"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_json_is_told(text: str, told: str) -> None:
    with pytest.raises(JSONError, match=told):
        parse(text)


@given(text=st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for form in (text, "{" + text, "```json\n" + text):
        partial(form)
        try:
            parse(form)
        except JSONError as error:
            assert str(error)


@given(value=st.dictionaries(st.text(), values, min_size=1) | st.lists(values, min_size=1))
def test_what_has_come_grows_into_the_value(value: Any) -> None:
    text = json.dumps(value)
    for end in range(len(text) + 1):
        found = partial(f"```json\n{text[:end]}")
        assert found is None or type(found) is type(value)
    assert partial(text) == value


def test_what_has_come_so_far() -> None:
    assert partial('[{"name": "An') == [{"name": "An"}]
    assert partial('[{"name": "Ann"}, {"na') == [{"name": "Ann"}, {}]
    assert partial("Sure, here") is None
    assert partial("``") is None
    assert partial("") is None
    assert partial("12") is None
