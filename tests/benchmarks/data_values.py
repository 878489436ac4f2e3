"""Values of the data libraries, for ``value_cost``: how each is made, and what a cost of its own library is."""

from __future__ import annotations

import io
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import polars as pl
import scipy.sparse
import xarray as xr
from PIL import Image
from sklearn.ensemble import RandomForestClassifier

from .value_case import Case

ROWS = 10_000_000

matplotlib.use("agg")


def _columns(rows: int) -> dict[str, Any]:
    numbers = np.random.default_rng(0)
    texts = np.array(["Paris", "Rome", "Oslo"], dtype=object)
    return {
        **{f"float_{place}": numbers.random(rows) for place in range(5)},
        **{f"int_{place}": np.arange(rows) for place in range(3)},
        "when": np.arange(rows).view("M8[us]"),
        "flag": numbers.random(rows) < 0.5,
        "city": texts[numbers.integers(0, 3, rows)],
        "code": numbers.integers(0, 100, rows).astype("i1"),
    }


def large_frame() -> pd.DataFrame:
    """Ten million rows of twelve columns."""
    frame = pd.DataFrame(_columns(ROWS), copy=False)
    frame["code"] = pd.Categorical.from_codes(frame["code"].to_numpy(), [f"c{code}" for code in range(100)])
    return frame


def table_of_polars() -> pl.DataFrame:
    columns = _columns(ROWS)
    columns["city"] = columns["city"].astype(str)
    return pl.DataFrame(columns)


def wide_frame() -> pd.DataFrame:
    return pd.DataFrame(np.zeros((100, 5_000)), columns=[f"column_{place}" for place in range(5_000)])


def forest() -> RandomForestClassifier:
    numbers = np.arange(400.0).reshape(200, 2)
    return RandomForestClassifier(50).fit(numbers, np.arange(200) % 2)


def figure() -> Any:
    from matplotlib.figure import Figure

    drawn = Figure()
    drawn.subplots().plot(np.random.default_rng(0).random(1_000))
    return drawn


def _sum(frame: Any) -> Any:
    return frame["float_0"].sum()


DATA_CASES: dict[str, Case] = {
    "DataFrame, 10,000,000 × 12": Case(large_frame, _sum),
    "Series of texts, 10,000,000": Case(lambda: large_frame()["city"], lambda series: series.head()),
    "DataFrame, 100 × 5,000": Case(wide_frame, lambda frame: frame.head()),
    "GroupBy of 10,000,000 rows": Case(
        lambda: large_frame().groupby("city"), lambda groups: _sum(groups.obj)
    ),
    "polars, 10,000,000 × 12": Case(table_of_polars, _sum),
    "pyarrow, 10,000,000 × 12": Case(lambda: table_of_polars().to_arrow(), lambda table: table.slice(0, 5)),
    "array, 10,000 × 1,000": Case(lambda: np.zeros((10_000, 1_000)), lambda array: array.sum()),
    "sparse, 10,000 × 10,000": Case(
        lambda: scipy.sparse.random_array((10_000, 10_000), density=0.001, format="csr"), repr
    ),
    "Dataset, 100 × 1,000 × 10": Case(
        lambda: xr.Dataset({"t": (("x", "y", "z"), np.zeros((100, 1_000, 10)))}), repr
    ),
    "forest of 50 trees": Case(forest, repr),
    "figure of matplotlib": Case(figure, lambda drawn: drawn.savefig(io.BytesIO())),
    "figure of plotly": Case(
        lambda: go.Figure(go.Scatter(y=np.zeros(10_000))), lambda drawn: drawn.to_json()
    ),
    "image, 4,000 × 3,000": Case(
        lambda: Image.new("RGB", (4_000, 3_000)), lambda picture: picture.resize((1_500, 1_125))
    ),
}
