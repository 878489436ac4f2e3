"""Tables of polars and pyarrow in words, and what is not computed."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_chat.prompt import describe
from notebook_chat.prompt.values.bounds import fits

COLUMNS: dict[str, tuple[list[Any], str, str]] = {
    "numbers": ([1.5, None, 2.25], "Float64: 1.5…2.25, 1 null", "double: 1.5…2.25, 1 null"),
    "NaNs": ([1.5, float("nan"), 2.0], "Float64: 1.5…2.0, 1 NaN", "double: 1.5…2.0, 1 NaN"),
    "whole numbers": ([1, 2, 2], "Int64: 1…2, 2 distinct: 2 ×2, 1 ×1", "int64: 1…2, 2 distinct: 2 ×2, 1 ×1"),
    "texts": (["x", "y", "x"], "String: 2 distinct: 'x' ×2", "string: 2 distinct: 'x' ×2"),
    "truth values": (
        [True, None, False],
        "Boolean: True ×1, False ×1, 1 null",
        "bool: True ×1, False ×1, 1 null",
    ),
    "dates": (
        [datetime.date(2024, 1, 1), None, datetime.date(2024, 3, 1)],
        "Date: 2024-01-01…2024-03-01, 1 null",
        "date32[day]: 2024-01-01…2024-03-01, 1 null",
    ),
    "moments": (
        [datetime.datetime(2024, 1, 1, 12), datetime.datetime(2024, 3, 1)],
        "2024-01-01 12:00:00…2024-03-01 00:00:00",
        "timestamp[us]: 2024-01-01 12:00:00…2024-03-01 00:00:00",
    ),
    "decimals": ([decimal.Decimal("1.5"), decimal.Decimal("2.5")], "1.5…2.5", "decimal128(2, 1): 1.5…2.5"),
    "lists": ([[1, 2], None, []], "List(Int64): 1 null", "list<item: int64>: 1 null"),
    "structs": ([{"a": 1}, {"a": 2}], "{'a': 1}", "{'a': 1}"),
    "bytes": ([b"a", b"bc"], "Binary: 2 distinct: b'a', b'bc'", "binary: 2 distinct: b'a', b'bc'"),
    "nulls": ([None, None], "all null", "all null"),
    "nothing": ([], "0 rows × 1 column", "0 rows × 1 column"),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_every_type_of_polars(name: str) -> None:
    values, fact, _ = COLUMNS[name]
    frame = pl.DataFrame({"a": values})
    before = frame.serialize() if hasattr(frame, "serialize") else None
    description = describe(frame)
    assert fact in description.text, description.text
    assert description.label == f"{len(values)} × 1"
    assert describe(frame["a"]).text.startswith(f"A polars.Series of {len(values)} values")
    assert before == (frame.serialize() if before is not None else None)


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("chunks", [1, 2])
def test_every_type_of_pyarrow(name: str, chunks: int) -> None:
    values, _, fact = COLUMNS[name]
    array = pa.array(values)
    table = pa.table(
        {"a": array if chunks == 1 else pa.chunked_array([array[:1], array[1:]], type=array.type)}
    )
    assert fact in describe(table).text, describe(table).text
    assert describe(table["a"]).text.startswith(f"A pyarrow.ChunkedArray of {len(values)} values in")
    assert describe(array).label == f"{len(values)} {array.type}"
    for batch in table.to_batches():
        assert "A pyarrow.RecordBatch of" in describe(batch).text


def test_other_types() -> None:
    frame = pl.DataFrame(
        {
            "c": pl.Series(["u", "v", "u"], dtype=pl.Categorical),
            "e": pl.Series(["u", "v", "u"], dtype=pl.Enum(["u", "v", "w"])),
            "t": pl.Series([datetime.time(1), None, datetime.time(2)]),
            "d": pl.Series([datetime.timedelta(1), None, datetime.timedelta(2)]),
            "o": pl.Series([object(), object(), None], dtype=pl.Object),
            "a": pl.Series([[1, 2], [3, 4], None], dtype=pl.Array(pl.Int64, 2)),
            "u": pl.Series([0, 2**64 - 1, None], dtype=pl.UInt64),
            "z": pl.Series([datetime.datetime(2024, 1, 1)] * 3).dt.replace_time_zone("Europe/Paris"),
            "n": pl.Series([None, None, None]),
        }
    )
    text = describe(frame, tokens=600).text
    for fact in (
        "2 categories in use: 'u' ×2",
        "1:00:00",
        "all object",
        "18446744073709551615",
        "Europe/Paris",
    ):
        assert fact.removeprefix("1:") in text, text
    arrow = pa.table(
        {
            "d": pa.array(["a", "b", "a"]).dictionary_encode(),
            "n": pa.array([1, 2, None], pa.timestamp("ns")),
            "h": pa.array(np.array([1.5, 2.0, 3.0], "f2")),
            "m": pa.array([[("k", 1)], None, []], pa.map_(pa.string(), pa.int64())),
            "u": pa.nulls(3),
            "v": pa.array(["x", "y", None], pa.string_view()),
        }
    )
    text = describe(arrow, tokens=600).text
    for fact in (
        "2 distinct: 'a' ×2, 'b' ×1",
        "map<string, int64>",
        "u null: all null",
        "v string_view: 1 null",
        "h halffloat: 1.5…3.0",
    ):
        assert fact in text, text


@pytest.mark.parametrize("make", [lambda columns: pl.DataFrame(columns), lambda columns: pa.table(columns)])
def test_what_is_large_is_looked_at_in_a_sample(make: Callable[[Any], Any]) -> None:
    rows = 3_000_000
    values = np.zeros(rows)
    values[1_234_567] = 5.0
    columns = {
        "n": values,
        **{f"m{place}": values for place in range(9)},
        "s": np.array(["x", "y"])[np.arange(rows) % 2],
    }
    text = describe(make(columns)).text
    assert "3,000,000 rows × 11 columns" in text
    assert " 0.0…5.0" in text
    assert ": ~always 0.0" in text or ": ~0.0…5.0" in text
    assert "~2 distinct: 'x' " in text or "~2 distinct: 'y' " in text


def test_texts_that_are_large_are_not_all_copied() -> None:
    values = ["x" * 2_000_000, "y" * 2_000_000, *["z" * 2_000_000] * 5]
    for value in (pl.DataFrame({"a": values}), pa.table({"a": values})):
        assert "'xxx" in describe(value).text


def test_nothing_lazy_is_collected() -> None:
    called: list[int] = []

    def spoil(frame: pl.DataFrame) -> pl.DataFrame:
        called.append(1)
        return frame

    lazy = pl.LazyFrame({"a": [1], "b": ["x"]}).map_batches(spoil, schema=None).filter(pl.col("a") > 0)
    description = describe(lazy)
    assert "a Int64\nb String" in description.text
    assert "it is not computed" in description.text
    assert description.label == "lazy, 2 columns"
    assert called == []
    assert describe(pl.col("a") + 1).text.startswith("A polars.Expr: ")
    assert "by k" in describe(pl.DataFrame({"k": [1]}).group_by("k")).text


def test_a_dataset_is_not_read(tmp_path: Path) -> None:
    for part in range(3):
        pyarrow.parquet.write_table(
            pa.table({"id": [part], "name": ["x"]}), tmp_path / f"part-{part}.parquet"
        )
    dataset = pyarrow.dataset.dataset(tmp_path, format="parquet")
    for file in tmp_path.iterdir():
        file.write_bytes(b"no table any more")
    text = describe(dataset).text
    assert "2 columns, 3 parquet files; it is not read" in text
    assert "id int64\nname string" in text
    assert "part-0.parquet" in text


def test_schemas_and_single_values() -> None:
    schema = pa.schema([pa.field("id", pa.int64(), nullable=False), pa.field("tags", pa.list_(pa.string()))])
    assert "id int64 not null\ntags list<item: string>" in describe(schema).text
    assert describe(pa.scalar(3)).text == "A pyarrow.Int64Scalar: 3"
    assert "int64" in describe(pa.int64()).text


_VALUES = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.none(), max_size=8),
    st.lists(st.floats() | st.none(), max_size=8),
    st.lists(st.text(max_size=30) | st.none(), max_size=8),
    st.lists(st.booleans() | st.none(), max_size=8),
    st.lists(st.dates() | st.none(), max_size=8),
    st.lists(st.binary(max_size=5) | st.none(), max_size=8),
    st.lists(st.lists(st.integers(0, 9), max_size=3) | st.none(), max_size=8),
)


@settings(max_examples=100)
@given(st.dictionaries(st.text(max_size=20), _VALUES, max_size=6), st.integers(30, 1_000))
def test_any_table_is_told_within_the_tokens(columns: dict[str, list[Any]], tokens: int) -> None:
    rows = min(map(len, columns.values()), default=0)
    cut = {name: values[:rows] for name, values in columns.items()}
    for value in (
        pl.DataFrame(cut, strict=False),
        pa.table({name: pa.array(values) for name, values in cut.items()}),
    ):
        text = describe(value, tokens=tokens).text
        assert f"of {rows if cut else 0} row" in text
        assert fits(text, tokens)
