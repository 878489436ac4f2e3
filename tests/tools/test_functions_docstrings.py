"""Docstrings in the styles that there are."""

from __future__ import annotations

import inspect
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_chat.tools.functions.docstrings import documentation, type_in_words

GOOGLE = """Finds what there is.

It looks everywhere.

Args:
    name (str, optional): What to look for: a name.
        It may be long.
    *rest: More names.
    low, high (int): The bounds.

    kind: One of

        several.

Keyword Args:
    deep: How deep.

Returns:
    dict: What was found.

Raises:
    ValueError: There is nothing.

Example:
    find("a")
"""
NUMPY = """Finds what there is.

It looks everywhere.

Parameters
----------
name : str, optional
    What to look for: a name.
    It may be long.
*rest
    More names.
low, high : int
    The bounds.
kind
    One of

    several.

Other Parameters
----------------
deep : bool
    How deep.

Returns
-------
dict
    What was found.

Raises
------
ValueError
    There is nothing.

Example
-------
find("a")
"""
SPHINX = """Finds what there is.

It looks everywhere.

:param str name: What to look for: a name.
    It may be long.
:param \\*rest: More names.
:parameter low: The bounds.
:param high: The bounds.
:param kind:
    One of
    several.
:keyword deep: How deep.
:type deep: bool
:returns: What was found.
:rtype: dict
:raises ValueError: There is nothing.
"""
EXPECTED = {
    "name": "What to look for: a name. It may be long.",
    "rest": "More names.",
    "low": "The bounds.",
    "high": "The bounds.",
    "kind": "One of several.",
    "deep": "How deep.",
}


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, SPHINX], ids=["google", "numpy", "sphinx"])
@pytest.mark.parametrize("indent", ["", "    ", "\t"])
def test_the_styles_say_the_same(text: str, indent: str) -> None:
    found = documentation(f"\n{indent}".join(text.split("\n")))
    assert found.parameters == EXPECTED
    assert found.text.startswith("Finds what there is.\n\nIt looks everywhere.")
    assert "What was found." in found.text
    assert "There is nothing" not in found.text
    assert "More names" not in found.text
    assert found.types["name"].startswith("str")


@pytest.mark.parametrize(
    ("text", "parameters", "rest"),
    [
        ("", {}, ""),
        ("One line.", {}, "One line."),
        ("Args:\n    x: It.", {"x": "It."}, ""),
        ("Args:\nx: not indented", {"x": "not indented"}, ""),
        ("Words.\nArgs:\nx: not indented", {}, "Words.\nArgs:\nx: not indented"),
        ("Words.\n\nNote: this is no section.", {}, "Words.\n\nNote: this is no section."),
        ("Uses args: all of them.", {}, "Uses args: all of them."),
        ("Args:\n  x: one\n  y: two\nMore words.", {"x": "one", "y": "two"}, "More words."),
        ("A.\r\n\r\nArgs:\r\n    x: It.\r\n", {"x": "It."}, "A."),
        ("Args:\n    x (dict[str, int]): It.", {"x": "It."}, ""),
        ("Args:\n    x (Callable[[int], str]): It (really).", {"x": "It (really)."}, ""),
        ("Args:\n    x: See http://a.b/c: there.", {"x": "See http://a.b/c: there."}, ""),
        ("Args:\n    x: It.\n    and on: with it", {"x": "It. and on: with it"}, ""),
        ("Parameters\n----------\nx : int\n    It.\ny", {"x": "It."}, ""),
        ("Parameters\n==========\nx : int\n    It.", {"x": "It."}, ""),
        (":param x: It.\n\nWords.", {"x": "It."}, "Words."),
        ("@param x: It.", {"x": "It."}, ""),
        (":class:`Shop` is meant.", {}, ":class:`Shop` is meant."),
        ("Arguments:\n    `x`: It.", {"x": "It."}, ""),
    ],
)
def test_odd_docstrings(text: str, parameters: dict[str, str], rest: str) -> None:
    found = documentation(text)
    assert found.parameters == parameters
    assert found.text == rest


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("int", int),
        ("int, optional", int),
        ("integer, default 3", int),
        ("str or None", str | None),
        ("None or str", None | str),
        ("list of str", list[str]),
        ("list of ints", list[int]),
        ("list[float]", list[float]),
        ("array-like of shape (n,)", None),
        ("array_like", None),
        ("{'a', 'b'}, optional", Literal["a", "b"]),
        ("{1, 2}", Literal[1, 2]),
        ("{", None),
        ("{a, b}", None),
        ("{}", None),
        ("None", None),
        ("DataFrame", None),
        ("", None),
        ("int or DataFrame", None),
    ],
)
def test_types_in_words(words: str, kind: Any) -> None:
    expected = inspect.Parameter.empty if kind is None else kind
    assert type_in_words(words) == expected


NAMES = st.from_regex(r"[a-z][a-z_]{0,10}", fullmatch=True)
WORDS = st.lists(st.from_regex(r"[A-Za-z]{1,8}", fullmatch=True), min_size=1, max_size=6).map(" ".join)


@given(st.dictionaries(NAMES, WORDS, min_size=1, max_size=5), WORDS, st.integers(1, 8))
@settings(max_examples=100, deadline=None)
def test_what_is_written_in_a_style_is_read_again(
    parameters: dict[str, str], words: str, indent: int
) -> None:
    pad = " " * indent
    google = "".join(f"\n{pad}{name}: {text}" for name, text in parameters.items())
    numpy = "".join(f"\n{name} : int\n{pad}{text}" for name, text in parameters.items())
    sphinx = "".join(f"\n:param {name}: {text}" for name, text in parameters.items())
    for docstring in (
        f"{words}.\n\nArgs:{google}\n",
        f"{words}.\n\nParameters\n----------{numpy}\n",
        f"{words}.\n{sphinx}\n",
    ):
        found = documentation(docstring)
        assert found.parameters == parameters
        assert found.text == f"{words}."


LINES = st.lists(
    st.sampled_from(
        [
            "Args:",
            "Parameters",
            "-----",
            "  x: y",
            "    x (int",
            ":param",
            ":param x",
            "@",
            "::",
            "x : {",
            "",
            "\t",
            "==",
        ]
    )
    | st.text(max_size=12),
    max_size=12,
)


@given(LINES)
@settings(max_examples=300, deadline=None)
def test_no_docstring_is_too_odd(lines: list[str]) -> None:
    found = documentation("\n".join(lines))
    assert all(name.isidentifier() or name for name in found.parameters)
    for words in found.types.values():
        type_in_words(words)


def test_a_docstring_without_end() -> None:
    text = "Args:\n" + "".join(f"    x{number}: y\n" for number in range(200_000))
    assert len(documentation(text).parameters) < 20_000
