"""The corrected cell in an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.prompt.failures.correction import correction_in, likeness

CELL = "df = load()\nprint(df['prize'].mean())"
FIXED = "df = load()\nprint(df['price'].mean())"


def fence(code: str, language: str = "python") -> str:
    """Code as models write it."""
    return f"```{language}\n{code}\n```"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (f"Because.\n\n{fence(FIXED)}\n", FIXED),
        (f"Because.\n\n{fence(FIXED, 'py')}", FIXED),
        (f"Because.\n\n{fence(FIXED, '')}", FIXED),
        (f"1. Because:\n\n   {fence(FIXED)}".replace("\n", "\n   "), FIXED),
        (f"You wrote\n\n{fence(CELL)}\n\nand mean\n\n{fence(FIXED)}", FIXED),
        (f"{fence(FIXED)}\n\nFirst install it:\n\n{fence('pip install x', 'bash')}", FIXED),
        (
            f"The line\n\n{fence(chr(39) + 'price' + chr(39))}\n\nso\n\n{fence(FIXED)}\n\nor\n\n{fence('df')}",
            FIXED,
        ),
        (f"~~~python\n{FIXED}\n~~~", FIXED),
        (fence("x = '''\n```\n'''").replace("```", "````", 1)[:-3] + "````", "x = '''\n```\n'''"),
    ],
)
def test_it_is_found(answer: str, code: str) -> None:
    found = correction_in(answer, [CELL])
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "No block at all: `x = 1`.",
        f"It is right as it is:\n\n{fence(CELL)}",
        f"```python\n{FIXED}",  # stopped
        f"```python\n{FIXED}\n``",
        fence("pip install pandas", "bash"),
        fence("KeyError: 'prize'\n\nDuring handling of the above", ""),
        fence("", "python"),
    ],
)
def test_there_is_none(answer: str) -> None:
    assert correction_in(answer, [CELL]) is None


def test_it_may_be_the_other_cell() -> None:
    cells = ["half(None)", "def half(x):\n    return x / 2"]
    found = correction_in(fence("def half(x):\n    return (x or 0) / 2"), cells)
    assert found is not None
    assert found.of == 1


def test_a_cell_of_another_language_is_one_too() -> None:
    found = correction_in(fence("%%bash\nls -l", "bash"), ["%%bash\nsl -l"])
    assert found is not None
    assert found.code == "%%bash\nls -l"


def test_nothing_in_it_is_invisible() -> None:
    found = correction_in(fence("x = 1\u202e  # \u200b"), ["x = 2"])
    assert found is not None
    assert "\u202e" not in found.code
    assert "\u200b" not in found.code


@given(st.text(max_size=400), st.lists(st.text(max_size=100), min_size=1, max_size=3))
def test_any_answer_is_read(answer: str, cells: list[str]) -> None:
    found = correction_in(answer, cells)
    assert found is None or (found.code.strip() and 0 <= found.of < len(cells))


CODE = st.lists(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12), min_size=1
)


@given(CODE, CODE)
def test_the_one_block_of_an_answer_is_it(old: list[str], new: list[str]) -> None:
    before, after = "\n".join(old), "\n".join(new)
    found = correction_in(f"Words.\n\n{fence(after)}\n\nMore words.", [before])
    if after == before:
        assert found is None
    else:
        assert found is not None
        assert found.code == after


@given(st.text(max_size=200), st.text(max_size=200))
def test_likeness_is_a_share(one: str, other: str) -> None:
    assert 0.0 <= likeness(one, other) <= 1.0
    assert likeness(one, one) == 1.0
