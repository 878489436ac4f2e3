"""The attributes of values that can be read without running code."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, EnumMeta
from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodDescriptorType,
    WrapperDescriptorType,
)
from typing import Any, Final, NamedTuple

from .entries import column, columns
from .statics import (
    MISSING,
    found,
    inherited,
    inherits,
    instance_dict,
    is_class,
    is_one_of,
    lineage,
    members,
    of_library,
)
from .unresolved import UnresolvedError


class _Pair(NamedTuple):
    first: int


_FIELD: Final = type(_Pair.__dict__["first"])  # how named tuples read their fields
_AS_THEY_ARE: Final = (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    FunctionType,
    MethodDescriptorType,
    WrapperDescriptorType,
)
_OWN_MODULES: Final = frozenset({"builtins", "datetime", "re", "functools", "collections", "array"})
"""Whose attributes, computed in C, run no code of others."""

_DUNDERS: Final = frozenset({"__name__", "__qualname__", "__cause__", "__context__", "__traceback__"})
"""Of the attributes that Python keeps for itself, those that are computed and run no code of others."""

_PATHS: Final = ("anchor", "name", "parent", "parts", "stem", "suffix", "suffixes")
_SPARSE: Final = ("dtype", "format", "ndim", "nnz", "shape")
_FRAME: Final = ("attrs", "axes", "columns", "dtypes", "empty", "index", "ndim", "shape", "size")
_SERIES: Final = ("attrs", "dtype", "empty", "index", "name", "ndim", "shape", "size")
_INDEX: Final = ("dtype", "empty", "name", "names", "ndim", "nlevels", "shape", "size")
_TIME: Final = (
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "microsecond",
    "nanosecond",
    "value",
    "tz",
)
_TENSOR: Final = ("device", "dtype", "is_cuda", "ndim", "requires_grad", "shape")

LISTED: Final[Mapping[tuple[str, tuple[str, ...]], tuple[str, ...]]] = MappingProxyType(
    {
        ("pandas", ("DataFrame",)): _FRAME,
        ("geopandas", ("GeoDataFrame",)): (*_FRAME, "crs"),
        ("pandas", ("Series",)): _SERIES,
        ("geopandas", ("GeoSeries",)): (*_SERIES, "crs"),
        ("pandas", ("Index", "RangeIndex", "MultiIndex", "CategoricalIndex", "IntervalIndex")): _INDEX,
        ("pandas", ("DatetimeIndex", "PeriodIndex", "TimedeltaIndex")): (*_INDEX, "freq"),
        ("pandas", ("Timestamp",)): _TIME,
        ("pandas", ("Timedelta",)): ("days", "seconds", "microseconds", "nanoseconds", "value"),
        ("polars", ("DataFrame",)): ("columns", "dtypes", "height", "schema", "shape", "width"),
        ("polars", ("Series",)): ("dtype", "name", "shape"),
        ("pyarrow", ("Table", "RecordBatch")): (
            "column_names",
            "nbytes",
            "num_columns",
            "num_rows",
            "schema",
            "shape",
        ),
        ("pyarrow", ("ChunkedArray",)): ("length", "nbytes", "null_count", "num_chunks", "type"),
        ("pyarrow", ("Schema",)): ("metadata", "names", "types"),
        ("numpy", ("ndarray", "memmap")): (
            "T",
            "dtype",
            "itemsize",
            "nbytes",
            "ndim",
            "shape",
            "size",
            "strides",
        ),
        ("numpy", ("dtype",)): ("itemsize", "kind", "name", "names"),
        ("xarray", ("DataArray",)): (
            *("attrs", "coords", "dims", "dtype", "name", "nbytes", "ndim", "shape", "size", "sizes"),
        ),
        ("xarray", ("Dataset",)): ("attrs", "coords", "data_vars", "dims", "nbytes", "sizes"),
        (
            "scipy.sparse",
            tuple(
                f"{form}_{kind}"
                for form in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")
                for kind in ("array", "matrix")
            ),
        ): _SPARSE,
        ("torch", ("Tensor",)): _TENSOR,
        ("torch.nn", ("Parameter",)): _TENSOR,
        ("PIL.Image", ("Image",)): ("format", "height", "info", "mode", "size", "width"),
        ("pathlib", ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")): _PATHS,
    }
)
"""The computed attributes of well-known classes that cost little and run no code of others."""


def listed(kind: type) -> tuple[str, ...]:
    """The attributes of a well-known class that may be read."""
    return next(
        (names for (library, classes), names in LISTED.items() if of_library(kind, library, *classes)), ()
    )


def attribute(value: Any, name: str) -> Any:
    """An attribute of a value, read without running code of the user's.

    Args:
        value: The value.
        name: The attribute's name.

    Raises:
        UnresolvedError: There is none, or only code can tell.
    """
    kind = type(value)
    if name in listed(kind):
        try:
            return getattr(value, name)
        except Exception as error:  # a library's own failure
            raise UnresolvedError(name) from error
    if (read := _of_class(value, name) if is_class(value) else _of_instance(value, name)) is not MISSING:
        return read
    return column(value, name)


def _of_instance(value: Any, name: str) -> Any:
    kind = type(value)
    if name in ("name", "value") and inherits(kind, Enum):
        return found(instance_dict(value), f"_{name}_")
    on_class = inherited(kind, name)
    if on_class is not MISSING and _goes_first(on_class):
        return _through(on_class, value)
    own = found(instance_dict(value), name)
    if own is not MISSING or on_class is MISSING:
        return own
    return _through(on_class, value)


def _of_class(value: type, name: str) -> Any:
    kind = type(value)
    if inherits(kind, EnumMeta):
        named = inherited(value, "_member_map_")
        if type(named) is dict and (member := found(named, name)) is not MISSING:
            return member
    elif any(
        found(members(one), name) is not MISSING for one in lineage(kind) if not is_one_of(one, type, object)
    ):
        raise UnresolvedError(name)  # its metaclass has a say
    if (read := inherited(value, name)) is not MISSING:
        if is_one_of(type(read), MemberDescriptorType, GetSetDescriptorType, _FIELD):
            raise UnresolvedError(name)
        return _through(read, value)
    return _through(members(type)[name], value) if name in ("__name__", "__qualname__") else MISSING


def _goes_first(on_class: Any) -> bool:
    """Whether what a class defines goes before what an instance has."""
    kind = type(on_class)
    return any(inherited(kind, name) is not MISSING for name in ("__set__", "__delete__"))


def _through(on_class: Any, value: Any) -> Any:
    """What a class's attribute is for an instance.

    Raises:
        UnresolvedError: Code of its own would say.
    """
    kind = type(on_class)
    if (
        kind is MemberDescriptorType
        or kind is _FIELD
        or (kind is GetSetDescriptorType and _is_harmless(on_class))
    ):
        try:
            return on_class.__get__(value, type(value))
        except Exception as error:  # a slot that is empty
            raise UnresolvedError from error
    if is_one_of(kind, staticmethod, classmethod):
        return on_class.__func__
    if is_one_of(kind, *_AS_THEY_ARE) or inherited(kind, "__get__") is MISSING:
        return on_class
    raise UnresolvedError


def _is_harmless(descriptor: GetSetDescriptorType) -> bool:
    owner: type = descriptor.__objclass__
    name = descriptor.__name__
    module = members(type)["__module__"].__get__(owner)
    return type(module) is str and module in _OWN_MODULES and (name in _DUNDERS or not name.startswith("__"))


def attribute_names(value: Any) -> list[str]:
    """The attributes of a value that a path may name, in order: its own first, nothing hidden."""
    kind = type(value)
    names: dict[str, None] = dict.fromkeys(
        one for one in columns(value) if type(one) is str and one.isidentifier()
    )
    names |= dict.fromkeys(listed(kind))
    sources: list[Any] = [instance_dict(value)]
    sources += [members(one) for one in lineage(value if is_class(value) else kind)]
    for source in sources:
        names |= dict.fromkeys(sorted(one for one in source if type(one) is str))
    return [name for name in names if not name.startswith("_") and _is_readable(value, name)]


def _is_readable(value: Any, name: str) -> bool:
    try:
        attribute(value, name)
    except UnresolvedError:
        return False
    return True
