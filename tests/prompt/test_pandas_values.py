"""Tables of pandas in words: every strange one, within the tokens, and nothing of them changed."""

from __future__ import annotations

import datetime
import decimal
import pickle
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_chat.prompt import describe
from notebook_chat.prompt.values.bounds import fits
from notebook_chat.prompt.values.data.pandas_values import describe_frame, describe_series


class Hostile:
    """Whatever is asked of it ends the process, if that is let through."""

    def __repr__(self) -> str:
        raise SystemExit("a cell was run")

    __str__ = __repr__
    __eq__ = __hash__ = __lt__ = __len__ = __iter__ = __bool__ = __format__ = __repr__  # type: ignore[assignment]


class Endless:
    def __repr__(self) -> str:
        while True:
            time.sleep(0.01)


class Sales(pd.DataFrame):
    """A frame whose own ways are not to be followed."""

    @property
    def columns(self) -> Any:
        raise RuntimeError

    @property
    def index(self) -> Any:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError


def extensions() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "period": pd.period_range("2024", periods=4, freq="M"),
            "interval": pd.interval_range(0, 4),
            "sparse": pd.arrays.SparseArray([0, 0, 1, 2]),
            "span": pd.to_timedelta([1, 2, None, 3], unit="h"),
            "Int": pd.array([1, None, 3, 4], dtype="Int64"),
            "Float": pd.array([1.5, None, 3, 4], dtype="Float64"),
            "Bool": pd.array([True, None, False, True], dtype="boolean"),
            "arrow": pd.array([1, None, 3, 4], dtype="int64[pyarrow]"),
            "moment": pd.Series(pd.date_range("2024", periods=4)).astype("timestamp[ns][pyarrow]"),
            "text": pd.array(["a", None, "b", "c"], dtype="string"),
            "python": pd.array(["a", None, "b", "c"], dtype="string[python]"),
            "lists": pd.Series([[1], [2], None, [3]]).astype(pd.ArrowDtype(pa.list_(pa.int64()))),
        }
    )


def objects() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "date": [datetime.date(2024, 1, 1), datetime.date(2024, 2, 1)],
            "decimal": [decimal.Decimal("1.5"), None],
            "mixed": [datetime.date(2024, 1, 1), datetime.datetime(2024, 1, 1)],
            "large": [10**5000, 1],
            "frames": [pd.DataFrame(), {"k": [1, 2, 3, 4]}],
            "arrays": [np.arange(3), np.zeros((2, 2))],
            "truth": [True, None],
            "bytes": [b"\x00" * 100, b"a"],
        },
        dtype=object,
    )


FRAMES: dict[str, tuple[Callable[[], pd.DataFrame], list[str]]] = {
    "names twice": (
        lambda: pd.DataFrame([[1, 2, 3]], columns=["a", "a", "b"]),
        ["a int64: always 1", "a int64: always 2"],
    ),
    "names that are no texts": (
        lambda: pd.DataFrame([[1, 2, 3, 4]], columns=[1, 2.5, None, pd.Timestamp("2024")]),
        ["1 int64: always 1", "2.5 int64: always 2", "2024-01-01 int64: always 4"],
    ),
    "levels of names": (
        lambda: pd.DataFrame(
            [[1, 2]], columns=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["l", None])
        ),
        ["Column levels: l, unnamed.", "('x', 1) int64", "('y', 2) int64"],
    ),
    "names of all lengths": (
        lambda: pd.DataFrame([[1, 2, 3, 4]], columns=["x" * 5000, "two\nlines\x1b[31m", "", " a, b: "]),
        [r"'two\nlines\x1b[31m'", "'' int64", "' a, b: ' int64"],
    ),
    "extension types": (
        extensions,
        [
            "period period[M]: 2024-01…2024-04",
            "interval interval[int64, right]: 0…4",
            "Sparse[int64, 0]: 1…2, 2 of 4 values are not the fill value 0",
            "0 days 01:00:00…0 days 03:00:00, 1 null",
            "Int Int64: 1…4, 1 null",
            "Float Float64: 1.5…4.0, 1 null",
            "Bool boolean: True ×2, False ×1, 1 null",
            "arrow int64[pyarrow]: 1…4, 1 null",
            "moment timestamp[ns][pyarrow]: 2024-01-01…2024-01-04",
            "text string: 1 null, 3 distinct",
            "python string: 1 null, 3 distinct",
            "lists list<item: int64>[pyarrow]: 1 null",
        ],
    ),
    "objects": (
        objects,
        [
            "date object: 2024-01-01…2024-02-01",
            "decimal object: always 1.5, 1 null",
            "datetime.date ×1, datetime.datetime ×1",
            "large object: 1…<int of 16,610 bits>",
            "frames object: pandas.DataFrame ×1, dict ×1: <pandas.DataFrame>, {'k': [1, 2, 3, …]}",
            "<array 3 int64>",
        ],
    ),
    "hostile cells": (
        lambda: pd.DataFrame({"a": [Hostile(), Hostile()], "b": [{"k": Hostile()}, [Endless()]]}),
        ["a object: all tests.Hostile", "{'k': <tests.Hostile>}", "[<tests.Endless>]"],
    ),
    "hostile labels": (
        lambda: pd.DataFrame({"a": [1, 2]}, index=pd.Index([Hostile(), Hostile()], dtype=object)),
        ["first <tests.Hostile>", "a int64: 1…2"],
    ),
    "no rows": (
        lambda: pd.DataFrame({"a": pd.Series(dtype="datetime64[ns]"), "b": pd.Categorical([])}),
        ["0 rows × 2 columns", "a datetime64[ns]", "b category"],
    ),
    "no columns": (
        lambda: pd.DataFrame(index=pd.date_range("2024", periods=3, name="day")),
        ["3 rows × 0 columns", "DatetimeIndex named day", "last 2024-01-03", "frequency D"],
    ),
    "nothing": (pd.DataFrame, ["0 rows × 0 columns"]),
    "nulls only": (
        lambda: pd.DataFrame({"a": [None] * 3, "b": [np.nan] * 3, "c": pd.array([None] * 3, dtype="Int64")}),
        ["a object: all null", "b float64: all null", "c Int64: all null"],
    ),
    "infinite": (lambda: pd.DataFrame({"a": [np.inf, -np.inf, np.nan]}), ["a float64: -inf…inf, 1 null"]),
    "a subclass": (
        lambda: Sales({"a": [1, 2]}),
        ["A tests.Sales (a pandas.DataFrame) of 2 rows × 1 column", "a int64: 1…2"],
    ),
    "narrow numbers": (
        lambda: pd.DataFrame(
            {
                "a": np.array([0.1, 2], "f4"),
                "b": np.array([1, 2**64 - 1], "u8"),
                "c": np.array([1], "f2")[[0, 0]],
            }
        ),
        ["a float32: 0.1…2.0", "b uint64: 1…18446744073709551615", "c float16: always 1.0"],
    ),
    "large texts": (lambda: pd.DataFrame({"a": ["x" * 3_000_000, "y"]}), ["2 distinct: 'xxxx"]),
    "levels of labels": (
        lambda: pd.DataFrame(
            {"v": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["k", None])
        ),
        ["MultiIndex with 2 levels", "2 distinct), unnamed (int64, 2 distinct)", "('a', 1): 1"],
    ),
    "strings of digits and controls": (
        lambda: pd.DataFrame({"a": ["\x1b]0;title\x07", "\u202eabc", "line\nbreak"]}),
        [r"'\x1b]0;title\x07'", r"'\u202eabc'", r"'line\nbreak'"],
    ),
}


@pytest.mark.parametrize("name", FRAMES)
def test_every_table_is_told_within_the_tokens(name: str) -> None:
    make, facts = FRAMES[name]
    frame = make()
    description = describe_frame(frame, 600)
    for fact in facts:
        assert fact in description.text, description.text
    for tokens in (20, 60, 300, 3000):
        assert fits(describe(frame, tokens=tokens).text, tokens)
    assert all(line.isprintable() for line in description.text.splitlines())


@pytest.mark.parametrize("name", [name for name in FRAMES if name != "a subclass"])
def test_every_column_and_index_is_told(name: str) -> None:
    frame = FRAMES[name][0]()
    for place in range(frame.shape[1]):
        assert fits(describe_series(frame.iloc[:, place], 300).text, 300)
        assert describe(frame.iloc[:, place].array).text
    for index in (frame.index, frame.columns):
        assert describe(index).text.startswith("A")


@pytest.mark.parametrize("name", [name for name in FRAMES if not name.startswith(("hostile", "a sub"))])
def test_nothing_is_changed(name: str) -> None:
    frame = FRAMES[name][0]()
    before, caches = pickle.dumps(frame), _caches(frame)
    describe_frame(frame, 300)
    for place in range(frame.shape[1]):
        describe_series(frame.iloc[:, place], 300)
    assert pickle.dumps(frame) == before
    assert _caches(frame) == caches


def _caches(frame: pd.DataFrame) -> list[list[str]]:
    """What pandas keeps of what it has computed, such as the hash of each label."""
    return [
        sorted(key for key in index._cache if key in ("_engine", "_data"))
        for index in (frame.index, frame.columns)
    ]


def test_a_range_of_labels_is_not_made_into_an_array() -> None:
    frame = pd.DataFrame({"a": np.zeros(100_000)})
    describe(frame)
    describe(frame["a"])
    assert _caches(frame)[0] == []


def test_the_words_are_the_same_each_time() -> None:
    frame = pd.DataFrame({"a": np.random.default_rng(0).random(50_000), "b": ["x", "y"] * 25_000})
    assert describe(frame).text == describe(frame).text


def test_what_comes_from_a_sample_says_so_and_the_rest_is_exact() -> None:
    rows = 200_000
    values = np.zeros(rows)
    values[77_777] = 5.0
    values[77_778] = np.nan
    frame = pd.DataFrame({"n": values, "s": pd.Series(["x", "y"] * (rows // 2), dtype=object)})
    text = describe(frame).text
    assert "n float64: 0.0…5.0, 1 null" in text
    assert "s object: ~2 distinct: 'x'" in text
    assert "~ is from a sample of 10,000 rows" in text
    assert describe(frame.head(100)).text.count("~") == 0
    assert "no null in the sample (~ is from a sample of 10,000 values)" in describe(frame["s"]).text
    tilde = describe(pd.Series(["~", "null"])).text
    assert "'~', 'null', no null." in tilde
    mixed = pd.DataFrame({"o": pd.Series([1, "x"] * (rows // 2), dtype=object)})
    assert "o object: ~int 5" in describe(mixed).text
    kinds = pd.DataFrame({"c": pd.Categorical(["u", "v"] * 10_000_000)})
    assert "c category: ~2 categories: " in describe(kinds).text


def test_a_sample_is_not_misled_by_what_repeats() -> None:
    rows = 1_000_000
    frame = pd.DataFrame({"s": pd.Series([str(number % 100) for number in range(rows)], dtype=object)})
    assert "~100 distinct" in describe(frame).text


def test_as_many_categories_as_rows() -> None:
    texts = [str(number) for number in range(100_000)]
    text = describe(pd.DataFrame({"c": pd.Categorical(texts, categories=texts)})).text
    assert "c category: 100,000 categories: '0', '1', '2', …" in text


def test_columns_that_are_apart_in_memory_are_looked_at_in_a_sample() -> None:
    frame = pd.DataFrame(np.zeros((200_000, 20)), copy=False)
    text = describe(frame).text
    assert "0 float64: always 0.0" in text
    assert "19 float64: ~always 0.0" in text


def test_more_columns_than_tokens() -> None:
    names = [f"column_{place}" for place in range(2_000)]
    text = describe(pd.DataFrame(np.zeros((2, 2_000)), columns=names)).text
    assert "column_0, column_1," in text
    assert "column_1999" in text
    assert "columns left out" in text
    mixed = pd.DataFrame({name: [1.0] if place % 2 else ["x"] for place, name in enumerate(names[:60])})
    text = describe(mixed).text
    assert all(f"{name}" in text for name in names[:60])
    assert "float64 (30)" in text


def test_more_tokens_tell_more() -> None:
    frame = pd.DataFrame({f"c{place}": np.arange(20) * place for place in range(20)})
    sizes = [len(describe(frame, tokens=tokens).text) for tokens in (60, 300, 2_000)]
    assert sizes == sorted(set(sizes))


def test_labels() -> None:
    frame = pd.DataFrame(np.zeros((1_000, 3)))
    assert describe(frame).label == "1,000 × 3"
    assert describe(frame[0]).label == "1,000 float64"
    assert describe(frame.groupby(0)).label == "by 0, 1,000 × 3"
    assert describe(pd.RangeIndex(3)).label == "3 int64"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (pd.Timestamp("2024-05-01 12:00", tz="UTC"), "2024-05-01 12:00:00+00:00"),
        (pd.Timestamp("2024-05-01"), "2024-05-01"),
        (pd.Timedelta("3h"), "0 days 03:00:00"),
        (pd.Period("2024-05"), "2024-05"),
        (pd.Interval(1, 2), "(1, 2]"),
        (pd.NaT, "NaT"),
        (pd.NA, "NA"),
    ],
)
def test_a_single_value_stands_in_the_sentence(value: Any, text: str) -> None:
    description = describe(value)
    assert description.text == text
    assert description.inline


def test_what_stands_over_a_frame_is_not_computed() -> None:
    frame = pd.DataFrame({"k": ["a", "b", "a"], "v": [1, 2, 3]})
    groups = frame.groupby("k")
    before = set(vars(groups._grouper)) | set(getattr(groups._grouper, "_cache", {}))
    text = describe(groups).text
    assert "grouped by k" in text
    assert "'a' ×2" in text
    assert set(vars(groups._grouper)) | set(getattr(groups._grouper, "_cache", {})) == before
    assert "Of each group: 'v'" in describe(groups["v"]).text
    assert "grouped by k, v" in describe(frame.groupby(["k", "v"])).text
    assert "unnamed key" in describe(frame.groupby(lambda label: label % 2)).text
    assert "Rolling over" in describe(frame["v"].rolling(2)).text
    times = pd.Series(range(3), index=pd.date_range("2024", periods=3))
    assert "Resampler" in describe(times.resample("D")).text


def large() -> pd.DataFrame:
    """Ten million rows of twelve columns, which share their memory."""
    rows = 10_000_000
    numbers = np.arange(rows, dtype="f8")
    texts = np.full(rows, "text", dtype=object)
    columns: dict[str, Any] = {f"n{place}": numbers for place in range(8)}
    columns |= {"o": pd.Series(texts, copy=False), "t": numbers.astype("i8").view("M8[s]")}
    columns |= {"c": pd.Categorical.from_codes(np.zeros(rows, "i1"), ["x"]), "b": np.ones(rows, bool)}
    return pd.DataFrame(columns, copy=False)


def test_ten_million_rows_cost_a_few_sums_of_a_column_and_no_copy() -> None:
    frame = large()
    column = frame["n0"].to_numpy()
    describe(frame)
    told = min(_seconds(lambda: describe(frame)) for _ in range(5))
    summed = min(_seconds(column.sum) for _ in range(5))
    assert told < 40 * summed
    tracemalloc.start()
    text = describe(frame).text
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000
    assert "n0 float64: 0.0…9999999.0" in text
    assert "n7 float64: ~0.0…9999999.0" in text


def _seconds(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


_CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=40),
    st.binary(max_size=9),
    st.dates(),
    st.datetimes(),
    st.decimals(),
    st.complex_numbers(),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.floats(), max_size=3),
    st.builds(Hostile),
    st.just(pd.NaT),
    st.just(pd.NA),
    st.just(pd.Timestamp("2024", tz="UTC")),
)
_DTYPES = [
    "f8",
    "f4",
    "i8",
    "u1",
    "bool",
    "M8[ns]",
    "m8[s]",
    "c16",
    "Int32",
    "boolean",
    "string",
    "category",
    "Float64",
]
_DTYPES += ["int64[pyarrow]", "Sparse[float]", "period[D]", "datetime64[ns, UTC]", "object"]
_NAMES = st.one_of(
    st.text(max_size=30), st.integers(), st.floats(), st.none(), st.tuples(st.text(max_size=3), st.integers())
)


@st.composite
def frames(draw: Any) -> pd.DataFrame:
    """Frames of columns of any type."""
    rows = draw(st.integers(0, 8))
    columns = []
    for _ in range(draw(st.integers(0, 7))):
        dtype = draw(st.sampled_from([*_DTYPES, None, None]))
        if dtype is None:
            columns.append(pd.Series(draw(st.lists(_CELLS, min_size=rows, max_size=rows)), dtype=object))
            continue
        numbers = draw(st.lists(st.integers(0, 100), min_size=rows, max_size=rows))
        if dtype == "period[D]":
            columns.append(pd.Series(pd.PeriodIndex.from_ordinals(numbers, freq="D")))
        elif dtype == "datetime64[ns, UTC]":
            columns.append(pd.Series(numbers, dtype="M8[ns]").dt.tz_localize("UTC"))
        else:
            narrow = [number % 2 for number in numbers] if dtype == "boolean" else numbers
            columns.append(pd.Series(narrow, dtype="i8").astype(dtype))
    names = draw(st.lists(_NAMES, min_size=len(columns), max_size=len(columns)))
    frame = pd.concat(columns, axis=1) if columns else pd.DataFrame(index=range(rows))
    frame.columns = pd.Index(names, dtype=object, tupleize_cols=False)
    return frame


@settings(max_examples=150)
@given(frames(), st.integers(30, 2_000))
def test_any_table_is_told_within_the_tokens_and_stays_as_it_is(frame: pd.DataFrame, tokens: int) -> None:
    before = pickle.dumps(frame)
    text = describe_frame(frame, tokens).text
    assert f"{frame.shape[0]:,} row" in text
    assert fits(describe(frame, tokens=tokens).text, tokens)
    for place in range(frame.shape[1]):
        assert describe_series(frame.iloc[:, place], tokens).text.startswith("A pandas.Series")
    assert pickle.dumps(frame) == before
