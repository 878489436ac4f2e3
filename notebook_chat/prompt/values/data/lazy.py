"""Describers of what is not computed yet: dask's collections, duckdb's relations. Nothing of them is computed."""

from __future__ import annotations

from typing import Any

from ..description import Description
from .columns import Column, shape_of
from .pandas_columns import dtype_of
from .scalars import label, type_name
from .tables import Table, told


def describe_dask_frame(frame: Any, tokens: int) -> Description:
    """A dask DataFrame: the names and types of its columns."""
    meta = frame._meta
    names, dtypes = list(meta.columns), list(meta.dtypes)
    size = f"{len(names):,} columns{_partitions(frame)}"
    title = f"A dask DataFrame of {size}; it is not computed, and its rows are not known."
    table = Table(
        title,
        len(names),
        name=lambda place: label(names[place]),
        dtype=lambda place: dtype_of(dtypes[place]),
        column=lambda place: Column(label(names[place]), dtype_of(dtypes[place])),
        notes=[f"Index: {dtype_of(meta.index.dtype)}."],
        known=False,
    )
    return Description(told(table, tokens), f"dask, {len(names):,} columns, not computed")


def describe_dask_series(series: Any, tokens: int) -> Description:
    """A dask Series: its name and its type."""
    name = f" named {label(series.name)}" if series.name is not None else ""
    dtype = dtype_of(series._meta.dtype)
    return Description(
        f"A dask Series{name}, {dtype}{_partitions(series)}; it is not computed.", f"dask, {dtype}"
    )


def describe_dask_array(array: Any, tokens: int) -> Description:
    """A dask Array: its shape, its type, its chunks."""
    chunks = " × ".join(f"{len(sizes):,} of {max(sizes)}" for sizes in array.chunks)
    shape = ", ".join("unknown" if one != one else str(one) for one in array.shape)
    text = f"A dask Array of shape ({shape}), {array.dtype}, in chunks ({chunks}); it is not computed."
    return Description(text, f"{shape_of(array.shape)} {array.dtype}, not computed")


def describe_dask_other(value: Any, tokens: int) -> Description:
    """A dask Bag or a delayed value: what it is."""
    key = getattr(value, "key", None)
    named = f", {label(key)}" if type(key) is str else ""
    partitions = _partitions(value) if type(value).__name__ == "Bag" else ""
    return Description(f"A {type_name(value)}{named}{partitions}; it is not computed.", "not computed")


def describe_relation(relation: Any, tokens: int) -> Description:
    """A duckdb relation: the names and types of its columns."""
    names, types = list(relation.columns), [str(kind) for kind in relation.types]
    table = Table(
        f"A duckdb relation of {len(names):,} columns; it is not run, and its rows are not known.",
        len(names),
        name=lambda place: label(names[place]),
        dtype=lambda place: types[place],
        column=lambda place: Column(label(names[place]), types[place]),
        known=False,
    )
    return Description(told(table, tokens), f"{len(names):,} columns, not run")


def _partitions(value: Any) -> str:
    """How many parts it has, where that is known without computing anything."""
    divisions = vars(value).get("_divisions", None)
    count = len(divisions) - 1 if divisions else vars(value).get("npartitions")
    return f" in {count:,} parts" if type(count) is int else ""
