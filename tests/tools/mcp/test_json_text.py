"""JSON with comments."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.tools.mcp.json_text import decoded, plain

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.sampled_from('ab"\\/*,]}{[ \n')),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)
COMMENTS = st.sampled_from(["", " ", "\n", '// a " comment, ]\n', '/* another " } */', "/***/"])


@given(VALUES, st.data())
def test_comments_and_last_commas_change_nothing(value: Any, data: st.DataObject) -> None:
    pieces: list[str] = []
    in_string = escaped = False
    for character in json.dumps(value):
        if not in_string and character in "[]{},:":
            pieces.append(data.draw(COMMENTS))
            if character in "]}" and pieces and "".join(pieces).rstrip()[-1:] not in ("[", "{"):
                last = data.draw(st.booleans()) and _ends_a_value("".join(pieces))
                pieces.append("," if last else "")
        if character == '"' and not escaped:
            in_string = not in_string
        escaped = character == "\\" and not escaped
        pieces.append(character)
        if not in_string and character in "[]{},:":
            pieces.append(data.draw(COMMENTS))
    assert decoded("".join(pieces)) == value


def _ends_a_value(text: str) -> bool:
    return plain(text).rstrip()[-1:] not in ("", "[", "{", ",", ":")


@given(st.text(st.sampled_from('{}[],:"\\/*a1 \n'), max_size=60) | st.text())
def test_whatever_stands_there_is_a_value_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        decoded(text)


@pytest.mark.parametrize(
    "text", ['{"a": "http://b/*c*/"}', '{"a": "x\\\\", /* " */ "b": 1}', '{"a": [1, 2, ], }']
)
def test_what_stands_in_strings_stays(text: str) -> None:
    assert decoded(text)


def test_nesting_without_an_end_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"."):
        decoded("[" * 100_000)
