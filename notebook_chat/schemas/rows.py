"""Data as rows: lists of objects, whatever the objects are."""

from __future__ import annotations

import dataclasses
import enum
import importlib
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import DataError, MissingDependencyError
from .references import SchemaReferenceError, resolved

_LIBRARIES = ("pandas", "polars")


def rows_of(data: Any) -> list[dict[str, Any]] | None:
    """The rows of a list of objects, or of an object whose only value is one; ``None`` where it is neither.

    Args:
        data: The data of an answer: dicts, or objects of classes that have fields.
    """
    if not isinstance(data, (list, tuple)):
        inner = (
            list((plain(data) if not isinstance(data, Mapping) else data).values())
            if _is_object(data)
            else []
        )
        if len(inner) != 1 or not isinstance(inner[0], (list, tuple)) or not inner[0]:
            return None
        data = inner[0]
    if not all(map(_is_object, data)):
        return None
    return [plain(one) for one in data]


def plain(value: Any) -> Any:
    """Data as dicts, lists and values; dates and numbers stay what they are.

    Args:
        value: The data.
    """
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    names = field_names(value)
    return value if names is None else {name: plain(getattr(value, name)) for name in names}


def columns_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns of a table of data that fit a schema; none where they are no list of objects.

    Args:
        schema: The schema.
    """
    try:
        items = resolved(schema, resolved(schema, schema).get("items", {}))
    except (SchemaReferenceError, AttributeError):
        return ()
    return tuple(items.get("properties", ())) if isinstance(items, Mapping) else ()


def table_of(data: Any, columns: Sequence[str] = ()) -> Any:
    """A list of objects as a DataFrame: of pandas or polars, whichever is loaded already, else whichever is installed.

    Args:
        data: The data of an answer.
        columns: The columns, where there are no rows.

    Raises:
        DataError: It is no list of objects.
        MissingDependencyError: Neither is installed.
    """
    rows = rows_of(data)
    if rows is None:
        raise DataError(
            f"the data are no list of objects, but {type(data).__name__}",
            hint="Take them as they are: answer.data.",
        )
    library = frames()
    if library is None:
        raise MissingDependencyError(
            "there is neither pandas nor polars for a table", hint="Install one, or take answer.data."
        )
    if not rows:
        return library.DataFrame({name: [] for name in columns})
    if library.__name__ == "polars":
        return library.DataFrame(rows, infer_schema_length=None)
    return library.DataFrame(rows)


def frames() -> Any:
    """The library whose DataFrames a user has: the one that is loaded, else the one that is installed; ``None`` where
    there is neither."""
    for name in _LIBRARIES:
        if name in sys.modules:
            return sys.modules[name]
    for name in _LIBRARIES:
        if importlib.util.find_spec(name) is not None:
            return importlib.import_module(name)
    return None


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping) or field_names(value) is not None


def field_names(value: Any) -> list[str] | None:
    """The names of an object's fields; ``None`` where it is none of a class whose fields are known.

    Args:
        value: Any value.
    """
    kind = type(value)
    if isinstance(fields := getattr(kind, "model_fields", None), Mapping):
        return list(fields)
    if isinstance(fields := getattr(kind, "__struct_fields__", None), tuple):
        return list(fields)
    if dataclasses.is_dataclass(value):
        return [one.name for one in dataclasses.fields(value)]
    if isinstance(fields := getattr(kind, "__attrs_attrs__", None), tuple):
        return [one.name for one in fields]
    return list(value._fields) if isinstance(value, tuple) and hasattr(value, "_fields") else None
