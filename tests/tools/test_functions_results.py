"""What becomes of what functions give, print and raise."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import datetime
import enum
import functools
import io
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import polars as pl
import pydantic
import pytest

from notebook_chat import Answer, tool
from notebook_chat.messages import FilePart, ImagePart, TextPart
from notebook_chat.secrets import Secret
from notebook_chat.tools import ArgumentsError, ToolOutput
from notebook_chat.tools.functions import Progress, function_tool
from notebook_chat.tools.functions.printed import kept
from notebook_chat.tools.functions.results import NOTHING


def run(function: Any, /, **arguments: Any) -> ToolOutput:
    return asyncio.run(function_tool(function).run(arguments, lambda words, fraction: None))


def given(value: Any) -> ToolOutput:
    def f() -> Any:
        return value

    return run(f)


def text_of(output: ToolOutput) -> str:
    return "".join(part.text for part in output.parts if isinstance(part, TextPart))


class Color(enum.Enum):
    RED = "red"


class Person(pydantic.BaseModel):
    name: str
    born: datetime.date


@dataclasses.dataclass
class Point:
    x: float
    y: Any = None


Pair = collections.namedtuple("Pair", "left right")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is\n", "as it is\n"),
        ("", "(an empty text)"),
        (None, NOTHING),
        (3, "3"),
        (2.5, "2.5"),
        (float("nan"), '"nan"'),
        (True, "true"),
        ([1, "a", None], '[1, "a", null]'),
        ({"a": 1, 2: "b"}, '{"a": 1, "2": "b"}'),
        ({"größe": 1}, '{"größe": 1}'),
        ((1, 2), "[1, 2]"),
        ({3}, "[3]"),
        (Color.RED, '"red"'),
        (datetime.date(2026, 1, 2), '"2026-01-02"'),
        (Path("a/b"), '"a/b"'),
        (Point(1.0, [2]), '{"x": 1.0, "y": [2]}'),
        ([Point(1.0)], '[{"x": 1.0, "y": null}]'),
        (Pair(1, 2), '{"left": 1, "right": 2}'),
        (Person(name="Ada", born=datetime.date(1815, 12, 10)), '{"name": "Ada", "born": "1815-12-10"}'),
        (np.float64(2.5), "2.5"),
        ({"mean": np.float64(2.5), "n": np.int64(3)}, '{"mean": 2.5, "n": 3}'),
        (Answer("words"), "words"),
    ],
)
def test_plain_values(value: Any, text: str) -> None:
    output = given(value)
    assert text_of(output) == text
    assert not output.is_error


def test_tables_are_told_as_in_prompts() -> None:
    for value in (pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), pl.DataFrame({"a": [1, 2], "b": ["x", "y"]})):
        text = text_of(given(value))
        assert "DataFrame" in text
        assert "x" in text
    assert "Series" in text_of(given(pd.Series([1, 2, 3])))
    assert "array" in text_of(given(np.arange(12).reshape(3, 4)))


def test_figures_and_images() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([1, 2])
    for value in (figure, figure.axes[0], PIL.Image.new("RGB", (4, 4))):
        output = given(value)
        assert any(isinstance(part, ImagePart) for part in output.parts)
        assert text_of(output)
    file = io.BytesIO()
    PIL.Image.new("RGB", (4, 4)).save(file, "PNG")
    assert given(file.getvalue()).parts == (ImagePart(file.getvalue(), "image/png"),)
    assert given(b"%PDF-1.7 x").parts == (FilePart(b"%PDF-1.7 x", "application/pdf"),)
    assert text_of(given(b"\0\1")) == "b'\\x00\\x01'"


def test_lists_and_dicts_of_different_things() -> None:
    output = given(["Words.", PIL.Image.new("RGB", (4, 4)), pd.DataFrame({"a": [1]}), [1, 2]])
    assert [type(part) for part in output.parts].count(ImagePart) == 1
    assert text_of(output).startswith("Words.\n\n")
    assert text_of(output).endswith("[1, 2]")
    output = given({"table": pd.DataFrame({"price": [1]}), "count": 3})
    assert "table:\n" in text_of(output)
    assert "price" in text_of(output)
    assert "count:\n3" in text_of(output)


def test_parts_and_outputs_are_what_they_are() -> None:
    output = ToolOutput((TextPart("a"), ImagePart(b"\x89PNG", "image/png")), is_error=True)
    assert given(output) == output
    assert given(TextPart("a")).parts == (TextPart("a"),)
    assert given([TextPart("a"), output.parts[1]]).parts == (TextPart("a\n\n"), output.parts[1])


def test_what_is_large_or_odd_is_described_within_bounds() -> None:
    circle: list[Any] = []
    circle.append(circle)
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    for value in (
        list(range(1_000_000)),
        {"a": ["x" * 100] * 5000},
        circle,
        deep,
        object(),
        "x".join,
        10**6000,
    ):
        output = given(value)
        assert 0 < len(text_of(output)) < 30_000
        assert not output.is_error


def test_an_object_hides_what_prompts_hide() -> None:
    class Login:
        def __init__(self) -> None:
            self.password = "hunter2"

    for value in (Login(), [Login()], {"login": Login()}):
        assert "hunter2" not in text_of(given(value))


def test_generators() -> None:
    def numbers(n: int) -> Iterator[int]:
        yield from range(n)

    def lines() -> Iterator[str]:
        yield "a"
        yield "b"

    async def later() -> Any:
        yield 1
        await asyncio.sleep(0)
        yield 2

    def endless() -> Iterator[int]:
        return itertools.count()  # type: ignore[return-value]

    def endless_too() -> Iterator[int]:
        yield from itertools.count()

    assert text_of(run(numbers, n=3)) == "[0, 1, 2]"
    assert text_of(run(lines)) == "a\nb"
    assert text_of(run(later)) == "[1, 2]"
    assert text_of(given(map(str, [1, 2]))) == "1\n2"
    assert "the first 1,000" in text_of(run(endless_too))
    assert text_of(run(endless))


def test_functions_that_are_to_be_awaited() -> None:
    async def slow(x: int) -> int:
        await asyncio.sleep(0)
        return x + 1

    class Service:
        async def __call__(self, x: int) -> int:
            return x + 2

    def hidden(x: int) -> Any:
        return slow(x)

    assert text_of(run(slow, x=1)) == "2"
    assert text_of(run(Service(), x=1)) == "3"
    assert text_of(run(hidden, x=1)) == "2"
    assert text_of(run(functools.partial(slow, 5))) == "6"


def test_what_is_printed_is_part_of_the_result_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    def show(x: int) -> None:
        print("x is", x)
        print("a warning", file=sys.stderr)

    def both(x: int) -> int:
        print("counting")
        return x

    async def later(x: int) -> int:
        print("counting")
        await asyncio.sleep(0)
        return x

    assert text_of(run(show, x=3)) == "x is 3"
    assert text_of(run(both, x=3)) == "Printed:\ncounting\n\nGiven back:\n3"
    assert text_of(run(later, x=3)) == "Printed:\ncounting\n\nGiven back:\n3"
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "a warning\n"
    print("as ever")
    assert capsys.readouterr().out == "as ever\n"
    assert "write" not in vars(sys.stdout)


async def test_a_stream_whose_write_others_replace_meanwhile(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout.write
    for _ in range(2000):  # as IPython does for a cell that begins and ends during a call and after it
        with kept(lambda words, fraction: None):
            theirs = sys.stdout.write
            sys.stdout.write = functools.partial(theirs)  # type: ignore[method-assign]
        sys.stdout.write = theirs  # type: ignore[method-assign]
    print("as ever")
    with kept(lambda words, fraction: None):
        print("hidden")
    assert "write" not in vars(sys.stdout)
    assert sys.stdout.write == before
    assert capsys.readouterr().out == "as ever\n"


async def test_prints_side_by_side_do_not_mix(capsys: pytest.CaptureFixture[str]) -> None:
    async def later(x: int) -> None:
        for number in range(5):
            print(x, number)
            await asyncio.sleep(0.001)

    def sooner(x: int) -> None:
        for number in range(5):
            print(x, number)

    tools = [function_tool(later), function_tool(sooner)]
    outputs = await asyncio.gather(
        *(one.run({"x": x}, lambda words, fraction: None) for x in range(6) for one in tools)
    )
    print("outside")
    for place, output in enumerate(outputs):
        assert text_of(output) == "\n".join(f"{place // 2} {number}" for number in range(5))
    assert capsys.readouterr().out == "outside\n"


def test_a_flood_of_prints_is_bounded_and_its_ends_are_kept() -> None:
    def flood() -> None:
        for number in range(100_000):
            print(f"line {number}")

    text = text_of(run(flood))
    assert len(text) < 60_000
    assert text.startswith("line 0\n")
    assert text.endswith("line 99999")
    assert "left out" in text


def test_progress() -> None:
    told: list[tuple[str, float | None]] = []

    def train(epochs: int, tell: Progress) -> str:
        tell("epoch 1")
        tell("epoch 2", 0.5)
        tell("odd", 7)
        print("loss 0.1")
        return "done"

    asyncio.run(
        function_tool(train).run({"epochs": 2}, lambda words, fraction: told.append((words, fraction)))
    )
    assert told == [("epoch 1", None), ("epoch 2", 0.5), ("odd", None), ("loss 0.1", None)]


def test_failures_have_their_last_line_and_no_paths() -> None:
    def look(key: str) -> Any:
        print("looking")
        return pd.DataFrame({"a": [1]})[key]

    output = run(look, key="b")
    assert output.is_error
    assert text_of(output).startswith("looking")
    assert "KeyError: 'b' (in look, line " in text_of(output)
    assert "/" not in text_of(output)

    def noted() -> None:
        error = ValueError("no")
        error.add_note("Try x.")
        raise ExceptionGroup("several", [error, KeyError("k")])

    assert "ExceptionGroup: several (2 sub-exceptions)\n- ValueError: no\nTry x.\n- KeyError: 'k'" in text_of(
        run(noted)
    )


@pytest.mark.parametrize(
    "error", [SystemExit(3), StopIteration(), KeyboardInterrupt(), GeneratorExit(), BaseException("x")]
)
def test_what_would_end_more_than_the_call_is_a_failure_of_it(error: BaseException) -> None:
    def f() -> None:
        raise error

    output = run(f)
    assert output.is_error
    words = "interrupted" if isinstance(error, KeyboardInterrupt) else type(error).__name__
    assert words in text_of(output)


def test_a_key_in_an_exception_is_not_told() -> None:
    key = Secret("sk-very-secret-1234567890")

    def f() -> None:
        raise ValueError("bad key sk-very-secret-1234567890")

    assert "very-secret" not in text_of(run(f))
    assert key


def test_an_exception_whose_words_fail_or_never_end() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def odd() -> None:
        raise Odd

    def long() -> None:
        raise ValueError("x" * 100_000)

    assert text_of(run(odd)).startswith("Odd (in odd, line")
    assert len(text_of(run(long))) < 3_000


def test_the_function_can_say_that_arguments_are_wrong() -> None:
    def f(x: int) -> None:
        raise ArgumentsError("x must be small")

    with pytest.raises(ArgumentsError, match="x must be small"):
        run(f, x=1)


def test_classes_give_objects() -> None:
    output = run(Point, x=1.0)
    assert json.loads(text_of(output)) == {"x": 1.0, "y": None}


def test_a_marked_function_runs_as_any_other() -> None:
    @tool(name="plus")
    def add(a: int, b: int = 1) -> int:
        return a + b

    assert text_of(run(add, a=2)) == "3"
