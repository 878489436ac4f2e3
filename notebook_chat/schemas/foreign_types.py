"""Types of the standard library and of numpy and pandas that msgspec does not know, as JSON."""

from __future__ import annotations

import os
import pathlib
import sys
from collections.abc import Callable
from typing import Any

Made = tuple[dict[str, Any], Callable[[Any, Any], Any]]
"""The JSON schema of a type, and what makes a value of it: of the type, and of what was decoded."""


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON schema of a type, as msgspec's ``schema_hook`` is asked for it.

    Args:
        kind: The type.

    Raises:
        NotImplementedError: It is none of these either.
    """
    return _made(kind)[0]


def value_of(kind: Any, raw: Any) -> Any:
    """The value of a type, as msgspec's ``dec_hook`` is asked for it.

    Args:
        kind: The type.
        raw: What stands in the JSON.

    Raises:
        NotImplementedError: It is none of these either.
        ValueError: It is no such value.
    """
    make = _made(kind)[1]
    try:
        return make(kind, raw)
    except Exception as error:  # such as re.error, or a KeyError for a time zone
        raise ValueError(f"no {kind.__name__}: {error}") from None


def _made(kind: Any) -> Made:
    if kind is os.PathLike:
        return {"type": "string", "format": "path"}, lambda _, raw: pathlib.Path(raw)
    if not isinstance(kind, type):
        raise NotImplementedError
    for module, name, made in _TABLE:
        # Of a module that nobody has imported there is no such type.
        known = getattr(sys.modules.get(module), name, None)
        if isinstance(known, type) and issubclass(kind, known):
            return made
    raise NotImplementedError


def _of(**schema: Any) -> Made:
    return schema, lambda kind, raw: kind(raw)


def _array(kind: Any, raw: Any) -> Any:
    if not isinstance(raw, list):
        raise ValueError("it must be a list")
    return sys.modules["numpy"].array(raw)


_TEXT = _of(type="string")
_TABLE: tuple[tuple[str, str, Made], ...] = (
    ("pathlib", "PurePath", _of(type="string", format="path")),
    ("builtins", "complex", _TEXT),
    ("fractions", "Fraction", _TEXT),
    ("zoneinfo", "ZoneInfo", _TEXT),
    ("ipaddress", "_BaseAddress", _TEXT),
    ("ipaddress", "_BaseNetwork", _TEXT),
    ("re", "Pattern", ({"type": "string", "format": "regex"}, lambda _, raw: sys.modules["re"].compile(raw))),
    ("pandas", "Timestamp", _of(type="string", format="date-time")),
    ("pandas", "Timedelta", _TEXT),
    ("numpy", "bool_", _of(type="boolean")),
    ("numpy", "integer", _of(type="integer")),
    ("numpy", "floating", _of(type="number")),
    ("numpy", "str_", _TEXT),
    ("numpy", "ndarray", ({"type": "array", "items": {}}, _array)),
)
