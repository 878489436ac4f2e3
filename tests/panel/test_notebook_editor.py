"""What is told to a front end of a change: the lines that differ, as browsers count characters."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notebook_chat.panel.notebook_editor import _pieces

LINES = st.lists(st.sampled_from(["", "a", "b", "c = 1", "😀 x", "\u2028"]), max_size=12).map("\n".join)


def applied(before: str, pieces: list[tuple[int, int, str]]) -> str:
    """A text with its pieces, as a script in a browser puts them there."""
    units = before.encode("utf-16-le")
    for start, end, into in pieces:
        assert 0 <= start <= end <= len(units) // 2
        units = units[: 2 * start] + into.encode("utf-16-le") + units[2 * end :]
    return units.decode("utf-16-le")


@given(LINES, LINES)
@example("a", "a\nb")
@example("a\nb", "a")
@example("a", "")
@example("", "a\n")
@example("a\n", "a")
def test_the_pieces_make_the_one_text_of_the_other(before: str, after: str) -> None:
    assert applied(before, _pieces(before, after)) == after


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_the_texts_are(before: str, after: str) -> None:
    assert applied(before, _pieces(before, after)) == after


def test_lines_that_stay_are_not_touched() -> None:
    assert _pieces("a\nb\nc\nd", "a\nB\nc\nd\ne") == [(7, 7, "\ne"), (2, 4, "B\n")]


@pytest.mark.parametrize("count", [2001, 10_000])
def test_of_very_many_lines_all_is_one_piece(count: int) -> None:
    assert len(_pieces("x\n" * count, "y")) == 1
