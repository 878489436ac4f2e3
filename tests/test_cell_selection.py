"""Which cells go along with a prompt, as users write it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.cell_selection import CellSelection
from notebook_chat.errors import InvalidOptionError

NOW = 12
IN = list(range(NOW + 1))
"""What stands in ``In`` while the twelfth cell asks, if each cell were its own number."""


@pytest.mark.parametrize("value", [None, 0, "0", "none", "None", " none ", ""])
def test_none(value: Any) -> None:
    assert CellSelection.of(value) is None


@pytest.mark.parametrize(
    ("value", "last"), [(3, 3), ("3", 3), (" 3 ", 3), ("all", None), ("ALL", None), (200, 200)]
)
def test_those_above(value: Any, last: int | None) -> None:
    selection = CellSelection.of(value)
    assert selection is not None
    assert (selection.last, selection.numbers) == (last, ())


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        ("In[2]", [2]),
        ("In[2:5]", [2, 3, 4]),
        ("In[2:5:2]", None),
        ("In[:3]", [1, 2]),
        ("In[10:]", [10, 11, 12]),
        ("In[2,4]", [2, 4]),
        ("In[ 2 , 4 ]", [2, 4]),
        ("In[4,2:4,2]", [2, 3, 4]),
        ("In[-2]", [11]),
        ("In[-3:]", [10, 11, 12]),
        ("In[-3:-1]", [10, 11]),
        ("In[2-5]", [2, 3, 4, 5]),
        ("2-5", [2, 3, 4, 5]),
        ("2,4-6", [2, 4, 5, 6]),
        ("In[99]", [99]),
        ("In[5:2]", []),
        (range(2, 5), [2, 3, 4]),
        (slice(2, 5), [2, 3, 4]),
        ([4, 2], [2, 4]),
        ((3,), [3]),
    ],
)
def test_by_number(value: Any, numbers: list[int] | None) -> None:
    if numbers is None:
        with pytest.raises(InvalidOptionError):
            CellSelection.of(value)
        return
    selection = CellSelection.of(value)
    assert selection is not None
    assert selection.chosen(NOW) == numbers


TEXTS = [
    *("five", "In", "In[", "In[]", "In[a]", "In[2", "In.2", "Out[2]", "In[2..4]"),
    *("-1", "2-", "5-2", "3.5", "-3,2", "2:5", "[2]"),
]
OTHERS = [-1, True, 3.5, b"3", {}, {2: 3}, object(), [], [True], ["2"], [2.0], slice(None, None, 0)]


@pytest.mark.parametrize("value", [*TEXTS, *OTHERS, "9" * 300, "In[" + "1," * 200 + "1]"])
def test_what_means_nothing_is_refused_in_a_line_that_says_what_to_write(value: Any) -> None:
    with pytest.raises(InvalidOptionError, match=r"does not say which cells.*In\[2:5\]") as caught:
        CellSelection.of(value)
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


@given(st.integers(-30, 30), st.integers(-30, 30))
def test_a_slice_is_pythons(start: int, stop: int) -> None:
    selection = CellSelection.of(f"In[{start}:{stop}]")
    assert selection is not None
    assert selection.chosen(NOW) == [number for number in IN[start:stop] if number]


@given(st.text(max_size=40))
def test_any_text_means_something_or_is_refused(text: str) -> None:
    try:
        selection = CellSelection.of(text)
    except InvalidOptionError:
        return
    assert selection is None or all(number > 0 for number in selection.chosen(NOW))
