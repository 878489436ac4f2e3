"""Values of libraries that are described where they are installed: torch, statsmodels, dask, altair and others."""

from __future__ import annotations

import importlib
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from notebook_chat.prompt import describe
from notebook_chat.prompt.values.bounds import fits

FRAME = pd.DataFrame({"y": np.arange(30.0) % 7, "a": np.arange(30.0), "b": np.arange(30.0) % 4})

# Their own warnings, at their import and after it, are not what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore")


def library(name: str) -> Any:
    """A library, where it is installed."""
    pytest.importorskip(name.partition(".")[0])
    return importlib.import_module(name)


def test_tensors() -> None:
    torch = library("torch")
    tensors = {
        torch.arange(6.0).reshape(2, 3): [
            "shape (2, 3), float32, on cpu",
            "0.0…5.0, no NaN",
            "0.0, 1.0, 2.0",
        ],
        torch.tensor(3.5, requires_grad=True): ["shape (), float32, on cpu, requires_grad", "3.5"],
        torch.zeros(3, dtype=torch.bfloat16): ["bfloat16", "always 0.0"],
        torch.arange(6).reshape(2, 3).T: ["shape (3, 2), int64", "0…5"],
        torch.zeros(2, 2, device="meta"): ["on meta", "not read"],
        torch.eye(3).to_sparse(): ["shape (3, 3)", "not read"],
        torch.tensor([1 + 2j]).conj(): ["complex64"],
        torch.tensor([]): ["shape (0,)"],
        torch.nn.Parameter(torch.ones(2)): ["torch.Parameter of shape (2,)", "requires_grad"],
        torch.zeros(1).expand(2, 3, 4): ["shape (2, 3, 4)", "always 0.0"],
    }
    for tensor, facts in tensors.items():
        text = describe(tensor).text
        for fact in facts:
            assert fact in text, text
        assert fits(describe(tensor, tokens=60).text, 60)
    assert describe(torch.zeros(2, 3)).label == "2 × 3 float32"
    learning = torch.ones(2, requires_grad=True)
    describe(learning)
    assert learning.requires_grad
    assert learning.grad is None


def test_layers() -> None:
    torch = library("torch")
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU(), torch.nn.Linear(8, 10))
    model[0].weight.requires_grad = False
    model.eval()
    before = {name: one.clone() for name, one in model.state_dict().items()}
    description = describe(model)
    for fact in (
        "A torch module Sequential: 170 parameters, 98 trainable, float32 on cpu; evaluation mode",
        "0: Conv2d(in_channels=1, out_channels=8, kernel_size=(3, 3)",
        "80 parameters",
        "2: Linear(in_features=8, out_features=10), 90 parameters",
    ):
        assert fact in description.text, description.text
    assert description.label == "170 parameters"
    assert all(torch.equal(before[name], one) for name, one in model.state_dict().items())
    assert "weight: parameter of shape (4, 3)" in describe(torch.nn.Linear(3, 4)).text
    assert "lr=0.01" in describe(torch.optim.SGD(model.parameters(), lr=0.01)).text


def test_regressions() -> None:
    formulas = library("statsmodels.formula.api")
    results = formulas.ols("y ~ a + b", FRAME).fit()
    before = pickle.dumps(results)
    text = describe(results).text
    for fact in ("statsmodels OLS of y on Intercept, a, b", "nobs 30.0", "rsquared 0.", "a: ", "b: "):
        assert fact in text, text
    assert pickle.dumps(results) == before
    assert (
        "OLS of y on Intercept, a, b on 30 observations, not fitted"
        in describe(formulas.ols("y ~ a + b", FRAME)).text
    )
    models = library("statsmodels.api")
    assert "on x1, x2" in describe(models.OLS(FRAME["y"].values, FRAME[["a", "b"]].values).fit()).text


def test_nothing_of_dask_is_computed() -> None:
    frames = library("dask.dataframe")
    dask = library("dask")

    def fail(part: Any) -> Any:
        if len(part) > 2:  # dask tries a function with a part of its own
            raise AssertionError("it was computed")
        return part

    with dask.config.set(scheduler=lambda *_, **__: (_ for _ in ()).throw(AssertionError("it was computed"))):
        frame = frames.from_pandas(FRAME, npartitions=3).map_partitions(fail)
        assert "y float64\na float64\nb float64" in describe(frame).text
        assert "it is not computed" in describe(frame).text
        assert "A dask Series named a, float64" in describe(frame["a"]).text
        array = library("dask.array").zeros((100, 10), chunks=(50, 10))
        assert "shape (100, 10), float64, in chunks (2 of 50 × 1 of 10)" in describe(array).text
        assert "it is not computed" in describe(library("dask.bag").from_sequence([1, 2])).text
        assert "it is not computed" in describe(dask.delayed(fail)([1, 2, 3])).text
        grids = importlib.import_module("xarray")
        assert "not computed, in chunks of (50, 10)" in describe(grids.DataArray(array, dims=("x", "y"))).text


def test_a_relation_is_not_run() -> None:
    duckdb = library("duckdb")
    text = describe(duckdb.sql("select 1 as a, error('it was run') as b")).text
    assert "a INTEGER\nb" in text
    assert "it is not run" in text


def test_charts_of_altair() -> None:
    altair = library("altair")
    chart = altair.Chart(FRAME, title="Trial").mark_point(size=3).encode(x="a", y=altair.Y("b:Q", title="B"))
    text = describe(chart).text
    for fact in (
        '"type": "point", "size": 3',
        '"shorthand": "a"',
        '"title": "B"',
        "Trial",
        "30 rows, columns 'y', 'a', 'b'",
    ):
        assert fact in text, text
    layers = describe(chart + altair.Chart(FRAME).mark_line()).text
    assert "altair.LayerChart" in layers
    assert '"mark": "line"' in layers
    assert fits(describe(chart, tokens=60).text, 60)


def test_grids_of_seaborn() -> None:
    seaborn = library("seaborn")
    importlib.import_module("matplotlib").use("agg")
    for grid in (seaborn.relplot(FRAME, x="a", y="y"), seaborn.jointplot(FRAME, x="a", y="y")):
        description = describe(grid)
        assert description.text.startswith("A seaborn.")
        assert "x 'a' from" in description.text
        assert len(description.images) == 1
    importlib.import_module("matplotlib.pyplot").close("all")


def test_models_with_the_interface_of_scikit_learn() -> None:
    xgboost = library("xgboost")
    model = xgboost.XGBClassifier(n_estimators=5).fit(FRAME[["a", "b"]], FRAME["y"] > 3)
    text = describe(model).text
    for fact in ("n_estimators=5", "fitted", "n_features_in_: 2", "feature_names_in_: 2 values ['a', 'b']"):
        assert fact in text, text
