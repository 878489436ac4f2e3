"""Two versions of a cell as a difference."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.magics.difference import (
    as_colors,
    as_html,
    as_text,
    difference,
    show_difference,
    word_difference,
    words_as_html,
)
from notebook_chat.markup.characters import revealed

LINES = st.lists(st.text(st.sampled_from("ab =\t<&>'\"`\u200b\u202e\x1b\r"), max_size=12), max_size=30)


def test_a_line_that_changes() -> None:
    lines = difference("import x\nprint(df['prize'])\ny = 1", "import x\nprint(df['price'])\ny = 1")
    assert as_text(lines) == "  import x\n- print(df['prize'])\n+ print(df['price'])\n  y = 1"
    assert '<span class="d">- print(df[&#x27;<u>prize</u>&#x27;])</span>' in as_html(lines)
    assert '<span class="a">+ print(df[&#x27;<u>price</u>&#x27;])</span>' in as_html(lines)
    assert "\x1b[32m+ print(df['price'])\x1b[0m" in as_colors(lines)


def test_what_is_far_from_a_change_is_left_out() -> None:
    old = [f"line {number}" for number in range(50)]
    new = [*old[:25], "new", *old[26:]]
    lines = difference("\n".join(old), "\n".join(new))
    assert [line.mark for line in lines] == ["…", " ", " ", " ", "-", "+", " ", " ", " ", "…"]


def test_nothing_changes() -> None:
    assert difference("x = 1\n", "x = 1") == []


def test_a_cell_that_is_not_known() -> None:
    assert as_text(difference("", "x = 1")) == "-\n+ x = 1"


@given(LINES, LINES)
def test_both_versions_can_be_read_off_it(old: list[str], new: list[str]) -> None:
    before, after = "\n".join(old), "\n".join(new)
    lines = difference(before, after)
    shown_old = [line.text for line in lines if line.mark in "- "]
    shown_new = [line.text for line in lines if line.mark in "+ "]
    whole_old = revealed(before)[0].rstrip().split("\n")
    whole_new = revealed(after)[0].rstrip().split("\n")
    if not any(line.mark == "…" for line in lines) and lines:
        assert shown_old == whole_old
        assert shown_new == whole_new
    elif not lines:
        assert whole_old == whole_new


@given(LINES, LINES)
def test_its_html_has_three_elements_and_its_text(old: list[str], new: list[str]) -> None:
    lines = difference("\n".join(old), "\n".join(new))
    html = as_html(lines)
    tags = re.findall(r"<[^>]*>", html)
    assert set(tags) <= {
        "<pre>", "<code>", "</pre>", "</code>", "<u>", "</u>", "</span>", '<span class="d">', '<span class="a">',
    }  # fmt: skip
    text = unescape(re.sub(r"<[^>]*>", "", html))
    assert text == "\n".join(f"{line.mark} {line.text}" for line in lines)


@given(LINES)
def test_no_control_character_reaches_a_terminal(new: list[str]) -> None:
    shown = as_colors(difference("", "\n".join(new)))
    assert "\x1b" not in re.sub(r"\x1b\[(?:31|32|0)m", "", shown)


def test_many_lines_are_not_compared_one_by_one() -> None:
    old = "\n".join(f"a{number}" for number in range(5000))
    assert len(difference(old, old.replace("a", "b"))) == 10_000


def test_a_terminal_shows_text(capsys: Any) -> None:
    class Shell:
        colors = "nocolor"

    show_difference(Shell(), difference("x", "y"), "In[1], corrected:", "`%chat insert` inserts it.")
    assert capsys.readouterr().out == "In[1], corrected:\n\n- x\n+ y\n\n%chat insert inserts it.\n"


def test_a_notebook_that_keeps_markdown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.publish_display_data", shown.append)

    class Shell:
        kernel = object()

    show_difference(Shell(), difference("x = '```'", "y = '````'"), "In[1]:", "`%chat insert`", markdown=True)
    [data] = shown
    assert "`````diff\n- x = '```'\n+ y = '````'\n`````" in data["text/markdown"]
    assert "%chat insert" in data["text/plain"]


def joined(pieces: list[tuple[Any, str]], *marks: str) -> str:
    """The pieces of some marks as one text."""
    return "".join(text for mark, text in pieces if mark in marks)


def test_words_that_differ_are_told() -> None:
    pieces = word_difference(
        "The sky is blue.\n\nBecause of light.", "The sky was blue.\n\nBecause of light."
    )
    assert [piece for piece in pieces if piece[0] != " "] == [("-", "is "), ("+", "was ")]
    assert words_as_html([("-", "<b>"), ("+", "&"), (" ", "x")]) == "<del>&lt;b&gt;</del><ins>&amp;</ins>x"


@given(st.text(alphabet="ab <\n\u202e", max_size=60), st.text(alphabet="ab <\n\u202e", max_size=60))
def test_both_texts_can_be_read_from_what_differs(before: str, after: str) -> None:
    pieces = word_difference(before, after)
    assert joined(pieces, " ", "-") == revealed(before)[0].strip()
    assert joined(pieces, " ", "+") == revealed(after)[0].strip()


def test_telling_many_words_apart_takes_no_time_to_speak_of() -> None:
    few, many = "a " * 300, "a " * 3000
    assert len(word_difference(few, "a b " * 150)) > 2
    assert len(word_difference(many, "a b " * 1500)) == 2
