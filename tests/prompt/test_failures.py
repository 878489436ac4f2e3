"""What a model is told of an exception: its words, its causes, and what its frames held."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notebook_chat.prompt import describe

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
    assert lines[0].startswith("ZeroDivisionError: ")
    assert lines[2].startswith("It failed in tests/prompt/test_failures.py, line ")
    assert lines[2].endswith(", in mean:")
    assert any(line.startswith("→") and line.endswith("return scale * total / len(values)") for line in lines)
    assert "values: []" in lines
    assert "scale: 2.0" in lines
    assert description.text.index("in mean") < description.text.index("in report")
    assert "label: 'no rows'" in lines


def test_keys_in_variables_are_not_told() -> None:
    def work() -> None:
        password, user = "hunter2", "ada"
        raise RuntimeError(len(password) + len(user))

    text = describe(caught(work)).text
    assert "user: 'ada'" in text
    assert "password: str, not sent: its name says that it is secret" in text


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
    assert "It was raised from this one, its cause:\n\nKeyError: 'key'" in text

    def other() -> None:
        try:
            raise KeyError("key")
        except KeyError:
            raise ExceptionGroup("several", [ValueError("one"), TypeError("two")])  # noqa: B904

    text = describe(caught(other), tokens=600).text
    assert "It was raised while this one was handled:\n\nKeyError: 'key'" in text
    assert "Exception 1 of 2 in this group:\n\nValueError: one" in text
    assert "Exception 2 of 2 in this group:\n\nTypeError: two" in text


def test_a_library_is_named_and_its_frames_are_left_out() -> None:
    def work() -> None:
        text = "{broken"
        json.loads(text)

    text = describe(caught(work)).text
    assert "It called libraries, the last of which raised the exception: json, line" in text
    assert "text: '{broken'" in text
    assert "raw_decode(self" not in text


def test_the_values_of_a_frame_may_be_hostile() -> None:
    def work() -> None:
        endless = Loops()
        large = list(range(1_000_000))
        raise RuntimeError(str(bool(endless) and len(large)))

    text = describe(caught(work), tokens=500, seconds=5).text
    assert "endless: " in text
    assert "large: A list of 1,000,000" in text


@pytest.mark.parametrize(
    "error", [MutedError(), KeyboardInterrupt(), SystemExit(3), ValueError("x" * 100_000)]
)
def test_any_exception_is_described(error: BaseException) -> None:
    text = describe(error).text
    assert type(error).__name__ in text
    assert len(text) < 1000


def test_causes_in_a_circle_end() -> None:
    first, second = ValueError("first"), TypeError("second")
    first.__cause__, second.__cause__ = second, first
    assert describe(first).text.count("its cause:") == 1


def test_a_deep_recursion_is_bounded() -> None:
    def deep(number: int) -> int:
        return deep(number + 1)

    error = caught(lambda: deep(0))
    text = describe(error).text
    assert "more times at this line" in text
    assert len(text) < 1000


def test_a_traceback_is_described() -> None:
    error = caught(lambda: mean([]))
    description = describe(error.__traceback__)
    assert description.label == "3 frames"
    assert description.text.startswith(
        "A traceback of 3 frames:\n\nIt failed in tests/prompt/test_failures.py"
    )
    assert "in mean" in description.text


def test_a_traceback_of_a_library_alone_is_described() -> None:
    traceback = caught(lambda: json.loads("{")).__traceback__
    while traceback is not None and not traceback.tb_frame.f_code.co_filename.endswith("decoder.py"):
        traceback = traceback.tb_next
    assert "It was raised in libraries: json.decoder, line" in describe(traceback).text


def test_an_exception_that_a_frame_holds_is_told_in_its_words() -> None:
    def work() -> None:
        earlier = caught(lambda: mean([]))
        raise RuntimeError(str(earlier) * 0)

    text = describe(caught(work)).text
    assert "earlier: ZeroDivisionError: " in text
    assert text.count("It failed in") == 1
