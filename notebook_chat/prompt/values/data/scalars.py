"""Single values of tables and arrays in a few characters, without running anybody's code."""

from __future__ import annotations

import datetime
import decimal
import math
import sys
import uuid
import zoneinfo
from itertools import islice
from typing import Any

LONGEST_NAME = 60
"""How many characters of a name are shown."""

_NOTHING = ("NAType", "NaTType")  # what pandas calls the types of its missing values
_OF_PANDAS = ("Timestamp", "Timedelta", "Period", "Interval")
_OF_DATES = (datetime.date, datetime.timedelta)
_SOUND_ZONES = (type(None), datetime.timezone, zoneinfo.ZoneInfo)
_DEPTH = 2  # how deep lists in lists are shown
_POINTS = 6  # points of a shape on a map
_DIGITS = 40
_ITEMS = 3  # how many items of a list


def scalar(value: Any, limit: int = 24, *, depth: int = _DEPTH) -> str:
    """A value in one short line. Only values of the types that come with Python, numpy and pandas are written out, of
    others the type is named: the ``__repr__`` of a stranger may do anything.

    Args:
        value: The value.
        limit: How many characters a text among them may take.
        depth: How deep lists in lists are shown.
    """
    kind = type(value)
    if kind is str:
        return quoted(value, limit)
    if kind is float:
        return number(value)
    if kind is int:
        return integer(value)
    if value is None or kind is bool or kind in (complex, uuid.UUID):
        return str(value)
    if kind is bytes:
        return repr(value if len(value) <= limit else value[:limit]) + ("…" if len(value) > limit else "")
    if kind in (list, tuple, set, frozenset, dict):
        return _several(value, limit, depth)
    return (
        _dated(value)
        or _of_numpy(value, limit)
        or _of_pandas(value)
        or _of_shapely(value)
        or f"<{type_name(value)}>"
    )


def number(value: float) -> str:
    """A float: as Python writes it where that is short, else with as many digits as tell it apart."""
    written = repr(float(value))
    if len(written) <= 12 or not math.isfinite(value):
        return written
    return f"{value:.2f}" if 1e4 <= abs(value) < 1e12 else f"{value:.6g}"


def integer(value: int) -> str:
    """A whole number; of one with very many digits only how large it is, since writing it would take long."""
    return str(value) if value.bit_length() <= 256 else f"<int of {value.bit_length():,} bits>"


def quoted(text: str, limit: int = 24) -> str:
    """A text in quotes, its control characters escaped, its end cut off where it is long."""
    return repr(text) if len(text) <= limit else repr(text[: limit - 1])[:-1] + "…'"


def label(value: Any) -> str:
    """A column's or a field's name, as it is where that cannot be misread, else as ``scalar`` writes it."""
    if type(value) is str and value.isprintable() and value and len(value) <= LONGEST_NAME:
        return repr(value) if set(value) & set(" ,:'\"()[]") else value
    return scalar(value, LONGEST_NAME)


def file_label(name: str) -> str:
    """A file's name; of a long one the end."""
    return label(name) if len(name) <= LONGEST_NAME else quoted(f"…{name[1 - LONGEST_NAME :]}", LONGEST_NAME)


def type_name(value: Any) -> str:
    """The name of a value's type, with its package; nothing of the value is run."""
    kind = type(value)
    name = type.__getattribute__(kind, "__name__")
    module = type.__getattribute__(kind, "__module__")
    package = module.partition(".")[0] if type(module) is str else ""
    return name if package in ("", "builtins", "__main__") else f"{package}.{name}"


def is_null(value: Any) -> bool:
    """Whether a cell is empty: ``None``, a NaN, or what pandas has for it."""
    if value is None:
        return True
    kind = type(value)
    if kind is float:
        return bool(value != value)
    if kind.__module__ == "numpy":
        numpy = sys.modules["numpy"]
        return issubclass(kind, numpy.floating | numpy.datetime64 | numpy.timedelta64) and bool(
            value != value
        )
    return kind.__name__ in _NOTHING and _is_of_pandas(value)


def is_of_dates(value: Any) -> bool:
    """Whether a value is a date, a time span or the like of Python's own, and safe to compare and to write."""
    if type(value) is datetime.datetime or type(value) is datetime.time:
        return type(value.tzinfo) in _SOUND_ZONES
    return type(value) in _OF_DATES


def _dated(value: Any) -> str:
    if type(value) is decimal.Decimal:
        text = str(value)
        return text if len(text) <= _DIGITS else f"{text[:_DIGITS]}…"
    return str(value) if is_of_dates(value) else ""


def _of_numpy(value: Any, limit: int) -> str:
    numpy = sys.modules.get("numpy")
    if numpy is None or type(value).__module__ != "numpy":
        return ""
    if isinstance(value, numpy.ndarray):
        shape = " × ".join(map(str, value.shape)) or "0-d"
        return f"<array {shape} {value.dtype}>"
    if isinstance(value, numpy.generic) and type(value) is value.dtype.type:
        if isinstance(value, numpy.floating) and value.dtype.itemsize < 8:
            return str(value)
        return str(value) if value.dtype.kind in "mMV" else scalar(value.item(), limit)
    return ""


def _of_pandas(value: Any) -> str:
    if not _is_of_pandas(value):
        return ""
    name = type(value).__name__
    if name in _NOTHING:
        return "NaT" if name == "NaTType" else "NA"
    pandas = sys.modules.get("pandas")
    if name not in _OF_PANDAS or type(value) is not getattr(pandas, name, None):
        return ""
    return str(value).removesuffix(" 00:00:00")


def _of_shapely(value: Any) -> str:
    shapely = sys.modules.get("shapely")
    if shapely is None or type(value).__module__.partition(".")[0] != "shapely":
        return ""
    if not isinstance(value, shapely.Geometry):
        return ""
    points = int(shapely.get_num_coordinates(value))
    if points > _POINTS:
        return f"<{value.geom_type} of {points:,} points>"
    return str(shapely.to_wkt(value, rounding_precision=4))


def _is_of_pandas(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "pandas"


def _several(values: Any, limit: int, depth: int) -> str:
    if depth <= 0:
        return f"<{type(values).__name__} of {len(values)}>"
    shown = []
    for one in islice(values.items() if type(values) is dict else values, _ITEMS):
        texts = [scalar(part, limit, depth=depth - 1) for part in (one if type(values) is dict else (one,))]
        shown.append(": ".join(texts))
    if len(values) > _ITEMS:
        shown.append("…")
    if type(values) is tuple:
        return f"({', '.join(shown)}{',' if len(values) == 1 else ''})"
    return f"[{', '.join(shown)}]" if type(values) is list else f"{{{', '.join(shown)}}}"
