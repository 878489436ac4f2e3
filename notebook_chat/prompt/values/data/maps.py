"""Describers of geopandas: frames and series of shapes on the earth."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..description import Description
from .columns import listed, shape_of
from .pandas_values import table_of
from .samples import positions, sample_size
from .scalars import label, scalar
from .tables import titled, told


def describe_frame(frame: Any, tokens: int) -> Description:
    """A GeoDataFrame: as a DataFrame, with its coordinate system, the kinds of its shapes and their bounds."""
    rows, columns = frame.shape
    title = titled("geopandas.GeoDataFrame", rows, columns)
    active = vars(frame).get("_geometry_column_name")
    if active is None or active not in frame.columns:
        return Description(
            told(table_of(frame, title, ["No geometry column is active."]), tokens), shape_of((rows, columns))
        )
    array = frame[active].array
    notes = [f"Active geometry: {label(active)}, {_about(array)}"]
    return Description(told(table_of(frame, title, notes), tokens), shape_of((rows, columns)))


def describe_series(series: Any, tokens: int) -> Description:
    """A GeoSeries: its coordinate system, the kinds of its shapes, their bounds, the first of them."""
    array = series.array
    name = f" named {label(series.name)}" if series.name is not None else ""
    lines = [f"A geopandas.GeoSeries of {len(series):,} shapes{name}.", f"They are {_about(array)}"]
    first = [scalar(array[place]) for place in range(min(len(array), 5))]
    lines.append(f"First: {listed(first, max(0, tokens * 3 - 300))}")
    return Description("\n".join(lines), f"{len(series):,} shapes")


def _about(array: Any) -> str:
    """The coordinate system, the kinds and the bounds of shapes; of many of them those in a sample."""
    rows = positions(len(array), sample_size(len(array)))
    part = array.take(rows) if len(rows) < len(array) else array
    mark = "~" if len(rows) < len(array) else ""
    kinds = Counter("missing" if kind is None else str(kind) for kind in part.geom_type)
    told_kinds = ", ".join(f"{kind} ×{count}" for kind, count in kinds.most_common(5)) or "none"
    bounds = ", ".join(scalar(one) for one in part.total_bounds)
    sample = f" (~ is from a sample of {len(rows):,})" if mark else ""
    return f"CRS {_crs(array)}; {mark}{told_kinds}; bounds {mark}({bounds}){sample}."


def _crs(array: Any) -> str:
    crs = array.crs
    if crs is None:
        return "unknown"
    authority = crs.to_authority()
    return f"{':'.join(authority)} ({crs.name})" if authority else label(str(crs.name))
