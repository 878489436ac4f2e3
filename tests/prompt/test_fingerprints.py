"""A fingerprint stays while a value does, and tells nobody what the value is."""

from __future__ import annotations

import copy
import datetime
import enum
import os
import random
import subprocess
import sys
import time
import types
from collections import OrderedDict, deque
from pathlib import Path
from typing import Any

import numpy
import pandas
import polars
import pyarrow
import pytest
import xarray
from hypothesis import given
from sklearn.linear_model import LinearRegression

from notebook_chat.prompt import describe
from notebook_chat.prompt.values.digests.fingerprints import fingerprint, is_of_this_kernel

from .hostile_values import HOSTILE, recursive
from .test_hostile_values import nested
from .test_known_kinds import Account, Attrs, Color, Model, Pair, Point, Struct, area


def table() -> dict[str, Any]:
    return {
        "number": numpy.arange(500.0),
        "whole": numpy.arange(500),
        "text": [f"t{n}" for n in range(500)],
        "flag": [bool(n % 3) for n in range(500)],
        "when": pandas.date_range("2026-01-01", periods=500, tz="UTC"),
        "kind": pandas.Categorical(["a", "b"] * 250),
        "gap": pandas.array([None, 1] * 250, dtype="Int64"),
    }


MAKERS = {
    "int": lambda: 5,
    "text": lambda: "hello",
    "long text": lambda: "hello" * 1_000_000,
    "bytes": lambda: b"hello",
    "list": lambda: [1, "a", None, 2.5],
    "long list": lambda: list(range(100_000)),
    "nested": lambda: {"a": [1, {"b": (2, 3)}], "c": {1, 2}},
    "set": lambda: set(map(str, range(1000))),
    "ordered": lambda: OrderedDict(a=1),
    "deque": lambda: deque([1, 2]),
    "dataclass": lambda: Point(1),
    "named tuple": lambda: Pair(1, "b"),
    "attrs": lambda: Attrs(1),
    "pydantic": lambda: Model(),
    "msgspec": lambda: Struct(),
    "object": lambda: Account(),
    "namespace": lambda: types.SimpleNamespace(a=1),
    "moment": lambda: datetime.datetime(2026, 1, 1),
    "enum": lambda: Color.RED,
    "function": lambda: area,
    "class": lambda: Account,
    "module": lambda: os,
    "path": lambda: Path(__file__),
    "array": lambda: numpy.arange(1000.0),
    "array of two": lambda: numpy.arange(1000.0).reshape(10, 100).T,
    "array of objects": lambda: numpy.array([1, "a", None], dtype=object),
    "numpy's number": lambda: numpy.float64(0.5),
    "pandas": lambda: pandas.DataFrame(table()),
    "pandas, a series": lambda: pandas.Series([1.0, None]),
    "pandas, indexes": lambda: pandas.DataFrame(table()).set_index(["text", "whole"]),
    "pandas, empty": lambda: pandas.DataFrame(),
    "polars": lambda: polars.DataFrame({"a": [1, 2], "b": ["x", None], "c": [[1], [2]]}),
    "polars, a series": lambda: polars.Series("a", [1, 2]),
    "arrow": lambda: pyarrow.table({"a": [1, 2], "b": ["x", None]}),
    "arrow, an array": lambda: pyarrow.array([1, None]),
    "xarray": lambda: xarray.Dataset({"a": ("x", numpy.arange(3.0))}, {"x": [1, 2, 3]}),
    "xarray, an array": lambda: xarray.DataArray(numpy.arange(3.0), dims="x"),
    "a fitted model": lambda: LinearRegression().fit([[1], [2]], [1, 2]),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_equal_values_have_the_same_and_keep_it(kind: str) -> None:
    value = MAKERS[kind]()
    first = fingerprint(value)
    assert is_of_this_kernel(first)
    describe(value)
    assert fingerprint(value) == first
    assert fingerprint(MAKERS[kind]()) == first
    assert describe(value).digest == first


def test_all_of_them_differ() -> None:
    assert len({fingerprint(make()) for make in MAKERS.values()}) == len(MAKERS)


CHANGES: dict[str, tuple[str, Any]] = {
    "an element": ("list", lambda v: v.__setitem__(1, "b")),
    "an element deep inside": ("nested", lambda v: v["a"][1].__setitem__("b", (2, 4))),
    "a type": ("list", lambda v: v.__setitem__(0, 1.0)),
    "a key": ("nested", lambda v: v.__setitem__("d", 1)),
    "a set": ("set", lambda v: v.add("new")),
    "an end": ("long list", lambda v: v.append(1)),
    "a field": ("dataclass", lambda v: setattr(v, "y", 3.0)),
    "an attribute": ("object", lambda v: v.owners.append("c")),
    "a struct": ("msgspec", lambda v: setattr(v, "b", "three")),
    "a cell": ("array", lambda v: v.__setitem__(777, -1.0)),
    "a cell of a matrix": ("array of two", lambda v: v.__setitem__((77, 7), -1.0)),
    "an order": ("array", lambda v: v.__setitem__(slice(None), v[::-1].copy())),
    "a number": ("pandas", lambda v: v.__setitem__("number", v["number"].where(v.index != 333, -1.0))),
    "a cell in place": ("pandas", lambda v: v.iloc.__setitem__((333, 0), -1.0)),
    "a text": ("pandas", lambda v: v.iloc.__setitem__((499, 2), "new")),
    "a flag": ("pandas", lambda v: v.iloc.__setitem__((499, 3), False)),
    "a moment": ("pandas", lambda v: v.iloc.__setitem__((0, 4), pandas.Timestamp("2020-01-01", tz="UTC"))),
    "a category": ("pandas", lambda v: v.iloc.__setitem__((0, 5), "b")),
    "a gap": ("pandas", lambda v: v.iloc.__setitem__((0, 6), 7)),
    "a column": ("pandas", lambda v: v.__setitem__("new", 1)),
    "the name of a column": ("pandas", lambda v: setattr(v, "columns", ["n", *v.columns[1:]])),
    "the type of a column": ("pandas", lambda v: v.__setitem__("whole", v["whole"].astype("int32"))),
    "a column less": ("pandas", lambda v: v.pop("whole")),
    "the order of rows": ("pandas", lambda v: v.__setitem__("whole", v["whole"].to_numpy()[::-1])),
    "the index": ("pandas", lambda v: setattr(v, "index", range(1, 501))),
    "a cell of polars": ("polars", lambda v: v.__setitem__((1, "a"), 5)),
    "a value of xarray": ("xarray", lambda v: v["a"].values.__setitem__(1, 9.0)),
    "a refit": ("a fitted model", lambda v: v.fit([[1], [2]], [1, 3])),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(change: str) -> None:
    kind, apply = CHANGES[change]
    value = MAKERS[kind]()
    before = fingerprint(value)
    apply(value)
    assert fingerprint(value) != before


def test_a_function_that_is_written_anew_differs() -> None:
    def made(source: str) -> Any:
        names: dict[str, Any] = {}
        exec(source, names)
        return names["f"]

    first = made("def f(a, b=1):\n    return a + b")
    assert fingerprint(first) == fingerprint(made("def f(a, b=1):\n    return a + b"))
    for other in (
        "def f(a, b=2):\n    return a + b",
        "def f(a, b=1):\n    return a - b",
        "def f(a, b=1):\n    return a + 7",
    ):
        assert fingerprint(first) != fingerprint(made(other))


def test_a_file_that_is_written_anew_differs(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    before = fingerprint(path)
    path.write_text("one")
    assert fingerprint(path) != before


def test_most_changes_of_one_cell_are_seen_where_a_table_is_not_large() -> None:
    values = numpy.zeros((50_000, 8))
    frame = pandas.DataFrame(values)
    picks = random.Random(1)
    seen = 0
    for _ in range(20):
        before = fingerprint(frame)
        frame.iloc[picks.randrange(50_000), picks.randrange(8)] += 1
        seen += fingerprint(frame) != before
    assert seen == 20


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_no_code_of_a_value_runs_for_it(number: int) -> None:
    first = fingerprint(HOSTILE[number])
    assert first == "" or is_of_this_kernel(first)


@pytest.mark.parametrize("value", recursive())
def test_what_holds_itself_has_one_too(value: Any) -> None:
    assert fingerprint(value) == fingerprint(value)


@given(nested)
def test_any_value_and_its_copy_have_the_same(value: Any) -> None:
    assert fingerprint(value) == fingerprint(copy.deepcopy(value))


def test_of_what_nobody_can_look_into_nothing_is_said() -> None:
    assert fingerprint(object()) == ""
    assert fingerprint(iter([1])) == ""
    assert is_of_this_kernel(fingerprint(HOSTILE))


def test_it_tells_another_process_nothing() -> None:
    code = (
        "from notebook_chat.prompt.values.digests.fingerprints import fingerprint\n"
        "print(fingerprint(5), fingerprint('no'))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    number, text = run.stdout.split()
    assert not is_of_this_kernel(number)
    assert number.partition(":")[2] != fingerprint(5).partition(":")[2]
    assert text.partition(":")[2] != fingerprint("no").partition(":")[2]


def test_a_large_table_costs_what_a_small_one_does() -> None:
    def cost(rows: int) -> float:
        frame = pandas.DataFrame({f"c{n}": numpy.zeros(rows) for n in range(6)})
        fingerprint(frame)
        times = []
        for _ in range(7):
            begin = time.process_time()
            fingerprint(frame)
            times.append(time.process_time() - begin)
        return min(times)

    small, large = cost(100_000), cost(3_000_000)
    assert large < max(10 * small, 0.05)


class Odd(enum.IntEnum):
    ONE = 1


def test_an_enumeration_of_numbers_is_no_number() -> None:
    assert fingerprint(Odd.ONE) != fingerprint(1)
