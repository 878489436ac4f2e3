"""What somebody would ask about a value is in what a model is told of it: fifty questions about thirty kinds."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import matplotlib
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
import shapely
import xarray as xr
from PIL import Image
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from notebook_chat.prompt import describe
from notebook_chat.prompt.values.bounds import tokens_of

matplotlib.use("agg")

TOKENS = 300


def sales() -> pd.DataFrame:
    """A table of a shop, with gaps."""
    rows = 1_000
    numbers = np.arange(rows)
    return pd.DataFrame(
        {
            "order_id": numbers + 10_001,
            "price": np.where(numbers < 3, np.nan, 0.5 + numbers % 100),
            "city": np.array(["Paris", "Rome", "Oslo"], dtype=object)[np.minimum(numbers % 5, 2)],
            "when": pd.date_range("2024-01-01", periods=rows, tz="Europe/Paris"),
            "paid": numbers % 4 != 0,
            "size": pd.Categorical(
                np.array(["S", "M", "L"])[numbers % 3], categories=["S", "M", "L"], ordered=True
            ),
            "stars": pd.array([None if number % 2 else number % 10 for number in numbers], dtype="Int64"),
        }
    )


def wide() -> pd.DataFrame:
    return pd.DataFrame(np.zeros((4, 60)), columns=[f"feature_{place}" for place in range(60)])


def indexed() -> pd.DataFrame:
    return sales().set_index(["city", "order_id"])


def events() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "user": ["ann", "bob", "ann", None],
            "amount": [1.5, 20.25, 3.0, 7.0],
            "at": pl.Series(["2024-03-01", "2024-03-02", "2024-03-09", "2024-03-03"]).str.to_date(),
            "tags": [["a"], ["b", "c"], [], ["d"]],
        }
    )


def structured() -> np.ndarray:
    return np.array([(1, 0.5), (7, 2.5)], dtype=[("code", "i4"), ("weight", "f8")])


def climate() -> xr.Dataset:
    return xr.Dataset(
        {"temperature": (("time", "station"), np.arange(12.0).reshape(4, 3), {"units": "K"})},
        coords={"time": pd.date_range("2024-01-01", periods=4), "station": ["x", "y", "z"]},
    )


def towns() -> gpd.GeoDataFrame:
    points = [shapely.Point(2.35, 48.85), shapely.Point(12.5, 41.9)]
    return gpd.GeoDataFrame({"name": ["Paris", "Rome"]}, geometry=points, crs="EPSG:4326")


def _training() -> tuple[pd.DataFrame, np.ndarray]:
    numbers = np.arange(40)
    frame = pd.DataFrame({"age": numbers, "income": numbers * 2.0, "town": np.array(["a", "b"])[numbers % 2]})
    return frame, np.array(["no", "yes"])[numbers // 20]


def fitted() -> LogisticRegression:
    frame, target = _training()
    return LogisticRegression(C=0.25).fit(frame[["age", "income"]], target)


def pipeline() -> Any:
    frame, target = _training()
    columns = ColumnTransformer(
        [("scaled", StandardScaler(), ["age", "income"]), ("coded", OneHotEncoder(), ["town"])]
    )
    return make_pipeline(columns, LogisticRegression()).fit(frame, target)


def figure() -> Any:
    from matplotlib.figure import Figure

    drawn = Figure()
    axes = drawn.subplots()
    axes.plot([0, 1, 2, 3], [1, 4, 9, 16], label="squares")
    axes.set(title="Growth", xlabel="year", ylabel="users", xlim=(0, 3))
    axes.legend()
    return drawn


def chart() -> go.Figure:
    drawn = go.Figure(go.Scatter(x=[1, 2, 3], y=[5.0, 6.0, 7.5], name="north"))
    return drawn.update_layout(title="Sales by quarter", xaxis_title="quarter")


def connection() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.execute("create table customers (id integer primary key, email text)")
    database.execute("insert into customers values (1, 'a@example.org'), (2, 'b@example.org')")
    return database


@dataclasses.dataclass
class Order:
    """An order of a customer."""

    number: int
    total: float = 0.0
    lines: list[str] = dataclasses.field(default_factory=list)


class Color(enum.Enum):
    RED = 1
    BLUE = 2


def interest(capital: float, rate: float = 0.03, *, years: int = 10) -> float:
    """What a capital has grown to."""
    return capital * (1 + rate) ** years


class Account:
    """Money of somebody."""

    def deposit(self, amount: float) -> None:
        """Puts money in."""


def failure() -> Exception:
    def divide(numerator: int) -> float:
        return numerator / 0

    try:
        divide(41)
    except ZeroDivisionError as error:
        return error
    raise AssertionError


OF_DATA: dict[str, tuple[Callable[[], Any], list[tuple[str, str]]]] = {
    "DataFrame of pandas": (
        sales,
        [
            ("How many rows and columns are there?", r"1,000 rows × 7 columns"),
            ("What is the range of price, and how many are missing?", r"price float64: 0\.5…99\.5, 3 null"),
            (
                "Which cities are there, and how many orders has the most frequent one?",
                r"city \w+: .*'Oslo' ×600",
            ),
            (
                "In which time zone are the dates, and from when to when?",
                r"Europe/Paris\]: 2024-01-01.*…2026-09-26",
            ),
            ("How many are not paid?", r"False ×250"),
            (
                "Which sizes are there, and have they an order?",
                r"ordered 3 categories: 'S' ×334, 'M' ×333, 'L' ×333",
            ),
            ("How many stars are missing, and of which type are they?", r"stars Int64: 0…8, 500 null"),
        ],
    ),
    "wide DataFrame": (
        wide,
        [
            ("Is there a column feature_59?", r"\bfeature_59\b"),
            ("Of which type are the columns?", r"float64 \(60\)"),
        ],
    ),
    "DataFrame with a MultiIndex": (
        indexed,
        [
            (
                "Which levels has the index, and how many cities?",
                r"Levels: city \(\w+, 3 distinct\), order_id \(int64",
            )
        ],
    ),
    "Series of pandas": (
        lambda: sales()["price"],
        [
            (
                "What is it called, and how many values are missing?",
                r"float64, named price(?s:.*)0\.5…99\.5, 3 null",
            )
        ],
    ),
    "DatetimeIndex": (
        lambda: pd.date_range("2024-01-01", periods=10, freq="D", name="day"),
        [("What is its frequency, and when does it end?", r"…2024-01-10(?s:.*)Frequency: D")],
    ),
    "GroupBy": (
        lambda: sales().groupby("city"),
        [
            (
                "By what is it grouped, and how many groups are there?",
                r"grouped by city\.(?s:.*)3 different keys",
            )
        ],
    ),
    "Categorical": (
        lambda: pd.Categorical(["low", "high", "low"], categories=["low", "high"], ordered=True),
        [("Which categories are there, in which order?", r"Categories in order: 'low', 'high'")],
    ),
    "DataFrame of polars": (
        events,
        [
            ("Of which type is the column tags?", r"tags List\(String\)"),
            ("How many users are missing?", r"user String: 1 null"),
            ("When was the last event?", r"at Date: 2024-03-01…2024-03-09"),
        ],
    ),
    "Series of polars": (
        lambda: events()["amount"],
        [("What is its type, and the range of its values?", r"Float64, named amount(?s:.*)1\.5…20\.25")],
    ),
    "LazyFrame": (
        lambda: events().lazy().filter(pl.col("amount") > 2),
        [("Which columns has it, and of which types?", r"user String\namount Float64\nat Date")],
    ),
    "Table of pyarrow": (
        lambda: events().to_arrow(),
        [("What is the largest amount?", r"amount double: 1\.5…20\.25")],
    ),
    "array of pyarrow": (
        lambda: pa.chunked_array([["a", None], ["b"]]),
        [("Of which type is it, and is something missing?", r"3 values in 2 chunks, string(?s:.*)1 null")],
    ),
    "Schema of pyarrow": (
        lambda: pa.schema(
            [pa.field("id", pa.int64(), nullable=False), pa.field("tags", pa.list_(pa.string()))]
        ),
        [("Can id be null?", r"id int64 not null")],
    ),
    "array": (
        lambda: np.arange(3_000, dtype="f4").reshape(1_000, 3),
        [
            ("What are its shape and its type?", r"shape \(1000, 3\), float32"),
            ("What is the range of its values?", r"0\.0…2999\.0"),
        ],
    ),
    "structured array": (
        structured,
        [("Which fields has it?", r"code int32: 1…7(?s:.*)weight float64: 0\.5…2\.5")],
    ),
    "masked array": (
        lambda: np.ma.masked_array([1, 2, 300], [False, False, True]),
        [
            ("How many values are masked?", r"Masked: 1 of 3"),
            ("What is the range of those that are not?", r"Values: 1…2"),
        ],
    ),
    "sparse matrix": (
        lambda: scipy.sparse.csr_array(np.eye(50)),
        [("How many values does it store, in which format?", r"CSR format with 50 stored values")],
    ),
    "Dataset of xarray": (
        climate,
        [
            ("Which dimensions has it?", r"time: 4, station: 3"),
            (
                "In which unit is the temperature, and how high is it?",
                r"temperature \(time, station\) .*…11\.0.*'K'",
            ),
        ],
    ),
    "GeoDataFrame": (towns, [("In which coordinate system is it, of what shapes?", r"EPSG:4326.*Point ×2")]),
    "fitted model": (
        fitted,
        [
            ("On which features was it fitted?", r"feature_names_in_: .*'age', 'income'"),
            ("Which classes does it know?", r"classes_: .*'no', 'yes'"),
            ("With which C?", r"C=0\.25"),
        ],
    ),
    "pipeline": (
        pipeline,
        [("What is done with the column town?", r"OneHotEncoder\(\) on 'town'")],
    ),
    "figure of matplotlib": (
        figure,
        [
            ("What is on the axes?", r"x 'year' from 0 to 3; y 'users'"),
            ("How many points has the line in the legend?", r"line 'squares' of 4 points"),
        ],
    ),
    "figure of plotly": (
        chart,
        [("What is its title, and how many points are there?", r"'Sales by quarter'(?s:.*)3 points")],
    ),
    "image": (lambda: Image.new("RGB", (640, 480)), [("How large is it?", r"640 × 480 pixels")]),
}

OF_PYTHON: dict[str, tuple[Callable[[], Any], list[tuple[str, str]]]] = {
    "function": (
        lambda: interest,
        [
            (
                "Which arguments does it take, with which defaults?",
                r"rate: float = 0\.03, \*, years: int = 10",
            ),
            ("What does it do?", r"What a capital has grown to"),
        ],
    ),
    "class": (lambda: Account, [("Which methods has it?", r"deposit\(self, amount: float\)")]),
    "module": (lambda: dataclasses, [("What is it for?", r"dataclass")]),
    "dataclass": (lambda: Order(7, 12.5, ["a"]), [("What is its total?", r"total\b.{0,10}12\.5")]),
    "enumeration": (lambda: Color.BLUE, [("What is its value?", r"BLUE.*2")]),
    "database": (
        connection,
        [("Which tables are there, with which columns?", r"customers(?s:.*)id(?s:.*)email")],
    ),
    "exception": (
        failure,
        [
            ("What happened?", r"ZeroDivisionError: .*zero"),
            ("Where?", r"\bdivide\b"),
            ("What did the frame hold?", r"numerator: 41"),
        ],
    ),
    "long text": (
        lambda: "begin " + "x" * 10_000 + " end",
        [("Where does it end?", r"begin(?s:.*)characters left out(?s:.*) end")],
    ),
    "path": (lambda: Path("data") / "orders.csv", [("What is its name?", r"orders\.csv")]),
    "date": (lambda: datetime.date(2024, 2, 29), [("Which day is it?", r"2024-02-29")]),
    "dictionary": (lambda: {"alpha": 0.1, "layers": [64, 32]}, [("What is alpha?", r"alpha\b.{0,5}0\.1")]),
}

QUESTIONS = [
    pytest.param(make, question, fact, id=f"{kind}: {question}")
    for kind, (make, asked) in OF_DATA.items()
    for question, fact in asked
]
QUESTIONS_OF_PYTHON = [
    pytest.param(make, question, fact, id=f"{kind}: {question}")
    for kind, (make, asked) in OF_PYTHON.items()
    for question, fact in asked
]


@pytest.mark.parametrize(("make", "question", "fact"), QUESTIONS)
def test_what_is_asked_about_data_is_told(make: Callable[[], Any], question: str, fact: str) -> None:
    _check(make(), fact)


@pytest.mark.parametrize(("make", "question", "fact"), QUESTIONS_OF_PYTHON)
def test_what_is_asked_about_other_values_is_told(make: Callable[[], Any], question: str, fact: str) -> None:
    value = make()
    _check(value, fact)
    if isinstance(value, sqlite3.Connection):
        value.close()


def _check(value: Any, fact: str) -> None:
    text = describe(value).text
    assert re.search(fact, text), text
    assert tokens_of(text) <= TOKENS


def test_there_are_fifty_questions_about_thirty_kinds() -> None:
    assert len(OF_DATA) + len(OF_PYTHON) >= 30
    assert len(QUESTIONS) + len(QUESTIONS_OF_PYTHON) >= 50
