"""What a model is told of an exception: its words, its causes, and what its frames held."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notebook_chat.prompt import describe
from notebook_chat.prompt.values.python.exceptions import frames_of

from .hostile_values import Loops, MutedError


def caught(work: Any) -> BaseException:
    """What a function raises."""
    try:
        work()
    except BaseException as error:
        return error
    raise AssertionError


def mean(values: list[float], *, scale: float = 1.0) -> float:
    total = sum(values)
    return scale * total / len(values)


def test_words_frames_source_and_values() -> None:
    def report() -> float:
        rows: list[float] = []
        label = "no rows"
        return mean(rows, scale=2.0) if label else 0.0

    description = describe(caught(report))
    assert description.label == "ZeroDivisionError"
    lines = description.text.splitlines()
    assert lines[0].startswith("The exception ZeroDivisionError: ")
    assert lines[1].startswith("In test_failures.py, line ")
    assert lines[1].endswith(", in mean:")
    assert ">     return scale * total / len(values)" in lines
    assert "  values = []" in lines
    assert "  scale = 2.0" in lines
    assert description.text.index("in mean") < description.text.index("in report")
    assert "  label = 'no rows'" in lines


def test_keys_in_variables_are_not_told() -> None:
    def work() -> None:
        password, user = "hunter2", "ada"
        raise RuntimeError(len(password) + len(user))

    text = describe(caught(work)).text
    assert "user = 'ada'" in text
    assert "password = (not shown)" in text


def test_notes_causes_and_groups() -> None:
    def work() -> None:
        try:
            {}["key"]  # type: ignore[index]
        except KeyError as error:
            failure = ValueError("no such entry")
            failure.add_note("while reading the table")
            raise failure from error

    text = describe(caught(work)).text
    assert "while reading the table" in text
    assert "It was caused by KeyError: 'key'" in text

    def other() -> None:
        try:
            raise KeyError("key")
        except KeyError:
            raise ExceptionGroup("several", [ValueError("one"), TypeError("two")])  # noqa: B904

    text = describe(caught(other)).text
    assert "It came while handling KeyError: 'key'" in text
    assert "of it: ValueError: one" in text
    assert "of it: TypeError: two" in text


def test_a_library_is_named_and_its_frames_are_left_out() -> None:
    def work() -> None:
        text = "{broken"
        json.loads(text)

    text = describe(caught(work)).text
    assert "It was raised in decoder.py" in text
    assert "text = '{broken'" in text
    assert "raw_decode(self" not in text


def test_the_values_of_a_frame_may_be_hostile() -> None:
    def work() -> None:
        endless = Loops()
        large = list(range(1_000_000))
        raise RuntimeError(str(bool(endless) and len(large)))

    text = describe(caught(work), tokens=500, seconds=5).text
    assert "endless = <tests.Loops object whose repr does not end>" in text
    assert "large = [0, 1, 2" in text


@pytest.mark.parametrize(
    "error", [MutedError(), KeyboardInterrupt(), SystemExit(3), ValueError("x" * 100_000)]
)
def test_any_exception_is_described(error: BaseException) -> None:
    text = describe(error).text
    assert type(error).__name__ in text
    assert len(text) < 1000


def test_causes_in_a_circle_end() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert describe(first).text.count("It was caused by") == 1


def test_a_deep_recursion_is_bounded() -> None:
    def deep(number: int) -> int:
        return deep(number + 1)

    error = caught(lambda: deep(0))
    assert len(describe(error).text) < 1000
    assert len(frames_of(error)) == 50


def test_a_traceback_is_described() -> None:
    error = caught(lambda: mean([]))
    assert "in mean" in describe(error.__traceback__).text
