"""Models of scikit-learn, grids of xarray and maps of geopandas in words."""

from __future__ import annotations

import pickle
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from sklearn.base import BaseEstimator
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from notebook_chat.prompt import describe
from notebook_chat.prompt.values.bounds import fits

NUMBERS = np.arange(40)
FRAME = pd.DataFrame({"age": NUMBERS, "income": NUMBERS * 2.0, "town": np.array(["a", "b"])[NUMBERS % 2]})
PLAIN = FRAME[["age", "income"]]
TARGET = np.array(["no", "yes"])[NUMBERS // 20]


class Own(BaseEstimator):
    """A model of a user's own."""

    def __init__(self, alpha: float = 1.0, shape: Any = None) -> None:
        self.alpha = alpha
        self.shape = shape

    def fit(self, x: Any, y: Any = None) -> Own:
        self.weights_ = np.ones(3)
        return self

    def __repr__(self) -> str:
        raise SystemExit


def columns() -> ColumnTransformer:
    return ColumnTransformer(
        [("scaled", StandardScaler(), ["age", "income"]), ("coded", OneHotEncoder(), ["town"])]
    )


MODELS: dict[str, tuple[Any, list[str]]] = {
    "not fitted": (
        LogisticRegression(C=0.25, class_weight={"no": 1}),
        ["sklearn.LogisticRegression, a classifier, not fitted", "C=0.25, class_weight={'no': 1}"],
    ),
    "defaults": (LinearRegression(), ["a regressor, not fitted", "All parameters are the default"]),
    "fitted": (
        LogisticRegression().fit(PLAIN, TARGET),
        [
            "a classifier, fitted",
            "n_features_in_: 2",
            "feature_names_in_: 2 values ['age', 'income']",
            "classes_: 2 values ['no', 'yes']",
            "coef_: 1 × 2 float64",
        ],
    ),
    "pipeline": (
        make_pipeline(columns(), LogisticRegression(C=2)).fit(FRAME, TARGET),
        [
            "sklearn.Pipeline",
            "feature_names_in_: 3 values ['age', 'income', 'town']",
            "- scaled: sklearn.StandardScaler() on 'age', 'income'",
            "- coded: sklearn.OneHotEncoder() on 'town'",
            "categories_: [2 values ['a', 'b']]",
            "- logisticregression: sklearn.LogisticRegression(C=2)",
            "mean_: 2 values float64 [19.5, 39.0]",
        ],
    ),
    "pipeline that is not fitted": (
        Pipeline([("a", "passthrough"), ("b", PCA(2))]),
        ["not fitted", "- a: passthrough", "- b: sklearn.PCA(n_components=2)"],
    ),
    "search": (
        GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2).fit(PLAIN, TARGET),
        [
            "fitted",
            "param_grid={'C': [1, 2]}",
            "best_params_: {'C': 1}",
            "best_score_: ",
            "- estimator: sklearn.LogisticRegression()",
        ],
    ),
    "forest": (
        RandomForestClassifier(5, max_depth=3).fit(PLAIN, TARGET),
        ["n_estimators=5, max_depth=3", "estimators_: 5 of DecisionTreeClassifier"],
    ),
    "voting": (
        VotingClassifier([("one", LogisticRegression()), ("two", DecisionTreeClassifier())]).fit(
            PLAIN, TARGET
        ),
        ["- one: sklearn.LogisticRegression()", "- two: sklearn.DecisionTreeClassifier()"],
    ),
    "stacking": (
        StackingClassifier([("one", LogisticRegression())], cv=2).fit(PLAIN, TARGET),
        ["- one: sklearn.LogisticRegression()", "classes_"],
    ),
    "one against the rest": (OneVsRestClassifier(LogisticRegression()).fit(PLAIN, TARGET), ["- estimator: "]),
    "union": (
        FeatureUnion([("pca", PCA(1)), ("own", FunctionTransformer(np.log1p))]),
        ["- own: sklearn.FunctionTransformer(func=log1p)"],
    ),
    "clusters": (
        KMeans(3, n_init=1).fit(PLAIN),
        ["a clusterer, fitted", "n_clusters=3", "cluster_centers_: 3 × 2 float64"],
    ),
    "words": (TfidfVectorizer().fit(["a word", "another word"]), ["vocabulary_: {'word': "]),
    "a user's own": (
        Own(alpha=2.0).fit(None),
        ["tests.Own, an estimator, fitted", "alpha=2.0", "weights_: 3 values float64 [1.0, 1.0, 1.0]"],
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_told_and_stays_as_it_is(name: str) -> None:
    model, facts = MODELS[name]
    before = pickle.dumps(model)
    text = describe(model, tokens=600).text
    for fact in facts:
        assert fact in text, text
    assert pickle.dumps(model) == before
    for tokens in (20, 60, 300):
        assert fits(describe(model, tokens=tokens).text, tokens)


def test_labels_of_models() -> None:
    assert describe(LogisticRegression()).label == "LogisticRegression, not fitted"
    assert describe(LogisticRegression().fit(PLAIN, TARGET)).label == "LogisticRegression, fitted"


def climate() -> xr.Dataset:
    return xr.Dataset(
        {
            "temperature": (
                ("time", "station"),
                np.arange(12.0).reshape(4, 3),
                {"units": "K", "long_name": "air"},
            ),
            "count": ("station", [1, 2, 3]),
        },
        coords={"time": pd.date_range("2024-01-01", periods=4), "station": ["x", "y", "z"]},
        attrs={"title": "a trial"},
    )


def test_grids() -> None:
    value = climate()
    before = value.copy(deep=True)
    description = describe(value)
    for fact in (
        "dimensions time: 4, station: 3",
        "time (time) datetime64",
        "2024-01-01…2024-01-04",
        "station (station) <U1: 3 distinct: 'x', 'y', 'z'",
        "temperature (time, station) float64: 0.0…11.0, long_name: 'air', units: 'K'",
        "count (station) int64: 1…3",
        "Attributes: title: 'a trial'",
    ):
        assert fact in description.text, description.text
    xr.testing.assert_identical(value, before)
    array = describe(value["temperature"])
    assert "named temperature with dimensions time: 4, station: 3, float64" in array.text
    assert array.label == "4 × 3 float64"
    assert (
        "/a: time: 4, station: 3; temperature, count" in describe(xr.DataTree.from_dict({"/a": value})).text
    )
    assert describe(xr.Dataset()).text == "An xarray.Dataset with dimensions none.\nData variables (0):"
    assert "dimensions none" in describe(xr.DataArray(3.5)).text


class Unread(xr.backends.BackendArray):
    """Values in a file that must not be read."""

    shape = (10, 10)
    dtype = np.dtype("f8")

    def __getitem__(self, key: Any) -> Any:
        raise AssertionError("the file was read")


def test_what_is_not_in_memory_is_not_read() -> None:
    from xarray.core import indexing

    variable = xr.Variable(("x", "y"), indexing.LazilyIndexedArray(Unread()))
    for value in (xr.Dataset({"a": variable}), xr.DataArray(variable)):
        text = describe(value).text
        assert "x: 10, y: 10" in text
        assert "not read" in text


def towns() -> gpd.GeoDataFrame:
    points = [shapely.Point(2.35, 48.85), shapely.Point(12.5, 41.9), None]
    return gpd.GeoDataFrame({"name": ["Paris", "Rome", "?"]}, geometry=points, crs="EPSG:4326")


def test_maps() -> None:
    frame = towns()
    before = pickle.dumps(frame)
    description = describe(frame)
    for fact in (
        "A geopandas.GeoDataFrame of 3 rows × 2 columns",
        "Active geometry: geometry, CRS EPSG:4326 (WGS 84); Point ×2, missing ×1; bounds (2.35, 41.9, 12.5, 48.85)",
        "name ",
        "3 distinct: 'Paris'",
        "geometry geometry: 1 null",
        "POINT (2.35 48.85)",
    ):
        assert fact in description.text, description.text
    assert description.label == "3 × 2"
    assert pickle.dumps(frame) == before
    series = describe(frame.geometry)
    assert "of 3 shapes named geometry" in series.text
    assert "EPSG:4326" in series.text
    assert "No geometry column is active" in describe(gpd.GeoDataFrame({"a": [1]})).text
    assert "CRS unknown" in describe(gpd.GeoSeries([shapely.Point(0, 0).buffer(1)])).text
    assert "<Polygon of 65 points>" in describe(gpd.GeoSeries([shapely.Point(0, 0).buffer(1)])).text
    assert describe(gpd.GeoSeries([])).text


def test_many_shapes_are_looked_at_in_a_sample() -> None:
    numbers = np.arange(50_000)
    series = gpd.GeoSeries(gpd.points_from_xy(numbers, numbers))
    text = describe(series).text
    assert "~Point ×10000; bounds ~(0.0, 0.0, 49999.0, 49999.0) (~ is from a sample of 10,000)" in text
