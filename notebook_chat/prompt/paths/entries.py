"""What literal indices lead to, without running code of the user's and without copying a column."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from .statics import MISSING, found, inherited, is_mapping, members, of_library
from .unresolved import UnresolvedError

MOST_LABELS: Final = 100_000
"""How many labels of a Series are looked through for one."""

_SEQUENCES: Final = (list, tuple, str, bytes, bytearray, range, deque, array)


def value_of(namespace: Mapping[str, Any], name: str) -> Any:
    """A variable.

    Raises:
        UnresolvedError: There is none of that name.
    """
    value = found(namespace, name) if is_mapping(namespace) else namespace.get(name, MISSING)
    if value is MISSING:
        raise UnresolvedError(name)
    return value


def item(value: Any, key: str | int) -> Any:
    """What an index leads to.

    Args:
        value: What the index is applied to: a sequence or a dictionary of Python's own, or something of a well-known
            library. In dictionaries that make entries when asked, none is made.
        key: The index.

    Raises:
        UnresolvedError: It leads nowhere, or only code of the user's can tell.
    """
    kind = type(value)
    getter = inherited(kind, "__getitem__")
    if getter is MISSING:
        raise UnresolvedError(key)
    try:
        if getter is members(dict)["__getitem__"] or _is_bunch(kind):
            read = found(value, key)
        elif any(getter is members(one)["__getitem__"] for one in _SEQUENCES):
            read = getter(value, key) if type(key) is int else MISSING
        else:
            read = _of_library(value, key)
    except UnresolvedError:
        raise
    except Exception as error:  # out of range, or a library's own failure
        raise UnresolvedError(key) from error
    if read is MISSING:
        raise UnresolvedError(key)
    return read


def _is_bunch(kind: type) -> bool:
    return of_library(kind, "sklearn.utils", "Bunch")


def is_frame(kind: type) -> bool:
    """Whether a class is that of pandas' tables."""
    return of_library(kind, "pandas", "DataFrame") or of_library(kind, "geopandas", "GeoDataFrame")


def _of_library(value: Any, key: str | int) -> Any:
    kind = type(value)
    if is_frame(kind):
        return _frame_column(value, key)
    if of_library(kind, "pandas", "Series") or of_library(kind, "geopandas", "GeoSeries"):
        return _labelled(value, key)
    if of_library(kind, "numpy", "ndarray", "memmap"):
        return value[key] if type(key) is int or value.dtype.names is not None else MISSING
    if of_library(kind, "polars", "DataFrame"):
        return value.get_column(key) if type(key) is str else value[key]
    if of_library(kind, "pyarrow", "Table", "RecordBatch"):
        return value.column(key)
    if of_library(kind, "xarray", "Dataset"):
        return value[key] if type(key) is str else MISSING
    sequences = (
        ("polars", "Series"),
        ("pyarrow", "ChunkedArray"),
        ("xarray", "DataArray"),
        ("torch", "Tensor"),
    )
    if any(of_library(kind, *one) for one in sequences) and type(key) is int:
        return value[key]
    return MISSING


def _frame_column(frame: Any, key: str | int) -> Any:
    """A column by its label, as a view. Its labels are looked at one by one: pandas would hash them all."""
    if frame.columns.nlevels > 1:
        return MISSING
    places = [place for place, label in enumerate(frame.columns) if _is(label, key)]
    return frame.iloc[:, places[0]] if len(places) == 1 else MISSING


def _labelled(series: Any, key: str | int) -> Any:
    index = series.index
    if of_library(type(index), "pandas", "RangeIndex"):
        labels = range(index.start, index.stop, index.step)
        return series.iloc[labels.index(key)] if type(key) is int and key in labels else MISSING
    if len(index) > MOST_LABELS or index.nlevels > 1:
        return MISSING
    places = [place for place, label in enumerate(index) if _is(label, key)]
    return series.iloc[places[0]] if len(places) == 1 else MISSING


def _is(label: object, key: str | int) -> bool:
    """Whether a label is a key; only labels of Python's own types are."""
    return type(label) is type(key) and label == key


def columns(value: Any) -> list[Any]:
    """The labels of a table's columns, or the keys of a dictionary; for anything else none."""
    kind = type(value)
    if is_frame(kind):
        return list(value.columns) if value.columns.nlevels == 1 else []
    if of_library(kind, "polars", "DataFrame"):
        return list(value.columns)
    return list(dict.__iter__(value)) if _is_bunch(kind) else []


def column(value: Any, name: str) -> Any:
    """The column of a table that is an attribute of it, too.

    Raises:
        UnresolvedError: There is none.
    """
    kind = type(value)
    if is_frame(kind) or _is_bunch(kind):
        return item(value, name)
    raise UnresolvedError(name)


def keys(value: Any, most: int = 1000) -> list[str]:
    """The texts that a value can be indexed with."""
    if is_mapping(value):
        names = list(islice(dict.__iter__(value), most))
    elif of_library(type(value), "pyarrow", "Table", "RecordBatch"):
        names = value.column_names
    elif of_library(type(value), "xarray", "Dataset"):
        names = list(value.variables)
    else:
        names = columns(value)
    return [name for name in names[:most] if type(name) is str]
