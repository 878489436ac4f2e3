"""What a value is and how large, in a line, found without running its code."""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from ...prompt.paths.statics import inherits, is_class
from ...prompt.values.classes import Types, module_of, type_name
from ...prompt.values.short_repr import short_repr

_TABLES = frozenset({"pandas.DataFrame", "polars.DataFrame", "pyarrow.Table", "geopandas.GeoDataFrame"})
_WITH_SHAPES = frozenset(
    {"numpy", "pandas", "polars", "pyarrow", "scipy", "torch", "xarray", "geopandas", "jax"}
)
_CONTAINERS = Types(list, tuple, set, frozenset, range)
_PLAIN = Types(int, float, bool, complex)
_BYTES = Types(bytes, bytearray)
_SHORT = 60  # characters of a text that is shown whole


def heading(name: str, value: Any) -> str:
    """A value's line, such as ``df: DataFrame, 1500 rows x 3 columns``. Numbers are written without commas, at which
    small models stop reading.

    Args:
        name: What it is called.
        value: The value.
    """
    return f"{name}: {_told(value)}"


def _told(value: Any) -> str:
    kind = type(value)
    if value is None:
        return "None"
    if kind in _PLAIN:
        return f"{type_name(kind)} {short_repr(value, _SHORT)}"
    if kind is str:
        return (
            f"str {short_repr(value, _SHORT)}"
            if len(value) <= _SHORT // 2
            else f"str, {len(value)} characters"
        )
    if kind in _BYTES:
        return f"{kind.__name__}, {len(value)} bytes"
    if kind in _CONTAINERS:
        return f"{kind.__name__}, {len(value)} {'item' if len(value) == 1 else 'items'}"
    if kind is dict:
        return f"dict, {len(value)} {'entry' if len(value) == 1 else 'entries'}"
    if kind is ModuleType:
        return "module"
    if is_class(value):
        return "class"
    if inherits(kind, FunctionType, BuiltinFunctionType, MethodType):
        return "function"
    return _of_library(value, kind) or type_name(kind)


def _of_library(value: Any, kind: type) -> str:
    """A table or an array of a data library, and of no class that the user derives from one."""
    if module_of(kind).partition(".")[0] not in _WITH_SHAPES:
        return ""
    name = type_name(kind)
    short = name.rpartition(".")[2]
    try:
        shape = tuple(int(length) for length in value.shape)
        typed = getattr(value, "dtype", None)
    except Exception:  # such as of a table that is not computed
        return name
    if name in _TABLES and len(shape) == 2:
        rows, columns = shape
        return f"{short}, {rows} {'row' if rows == 1 else 'rows'} x {columns} {'column' if columns == 1 else 'columns'}"
    size = f"{shape[0]} values" if len(shape) == 1 else f"shape {shape}"
    return f"{short}, {size}" + (f", {str(typed)[:60]}" if typed is not None else "")
