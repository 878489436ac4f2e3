"""The data that ``%%chat`` asks for, and what becomes of them in the notebook."""

from __future__ import annotations

import difflib
import functools
import operator
import re
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidOptionError
from ..expectation import Expectation
from ..schemas import Shape, shape_of
from ..schemas.adapting import moved
from ..schemas.rows import frames, rows_of, table_of
from ..session import NotebookSession, namespace

_WORD = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_MANY = re.compile(r"(?:[lL]ist)?\[([^\[\]]*)\]")
_PLAIN: dict[str, Any] = {"str": str, "int": int, "float": float, "bool": bool, "dict": dict, "list": list}
_MISSING = object()


def asked_shape(options: Namespace, variables: Mapping[str, Any]) -> Shape | None:
    """What the answer is to be; ``None`` where it may be any text.

    Args:
        options: As ``parse_cell_line`` gives them.
        variables: The notebook's variables, whose classes and schemas may be named.

    Raises:
        InvalidOptionError: There is no such schema; it says what is wrong.
    """
    if options.schema is not None:
        return named_shape(options.schema, variables)
    return shape_of({}) if options.format == "json" else None


def named_shape(text: str, variables: Mapping[str, Any]) -> Shape:
    """The shape that a word of the line means: a class or a schema of the notebook, ``list[Class]``, ``A | B``, a file,
    a JSON schema, or fields in short.

    Args:
        text: What is written.
        variables: The notebook's variables.

    Raises:
        InvalidOptionError: There is none.
    """
    text = text.strip()
    if text.lower().endswith(".json"):
        return shape_of(text)
    if _WORD.fullmatch(text):
        return shape_of(_found(text, variables))
    if (many := _MANY.fullmatch(text)) and _WORD.fullmatch(inner := many[1].strip()):
        found = _value(inner, variables)
        if found is not _MISSING or text[0] in "lL":
            return _list_of(found if found is not _MISSING else _found(inner, variables))
    names = [name.strip() for name in text.split("|")]
    if len(names) > 1 and all(map(_WORD.fullmatch, names)):
        kinds = [None if name == "None" else _found(name, variables) for name in names]
        try:
            return shape_of(functools.reduce(operator.or_, kinds))
        except TypeError:
            raise InvalidOptionError(f"{text} are no classes: only classes can be joined by |") from None
    return shape_of(text)


def _list_of(kind: Any) -> Shape:
    if isinstance(kind, (Mapping, str, Shape)):
        one = shape_of(kind)
        if one.decoder is None:
            return shape_of({"type": "array", "items": moved(one.json_schema, "#/items")})
    return shape_of(list[kind])


def _found(name: str, variables: Mapping[str, Any]) -> Any:
    value = _value(name, variables)
    if value is _MISSING:
        like = difflib.get_close_matches(name, _names(variables), n=1, cutoff=0.7)
        raise InvalidOptionError(
            f"nothing in the notebook is called {name}",
            hint=f"Did you mean {like[0]}?"
            if like
            else f"Run the cell that defines it; for a field of that name write '{name} str'.",
        )
    return value


def _value(name: str, variables: Mapping[str, Any]) -> Any:
    first, *rest = name.split(".")
    value = variables.get(first, _PLAIN.get(first, _MISSING))
    for step in rest:
        value = getattr(value, step, _MISSING)
    return value


def _names(variables: Mapping[str, Any]) -> list[str]:
    return [name for name, value in [*variables.items()] if not name.startswith("_") and _is_schema(value)]


def schema_names(session: NotebookSession) -> list[str]:
    """The classes and JSON schemas of the notebook, as ``--schema`` takes them."""
    names = _names(namespace() or {})
    return [*names, *(f"list[{name}]" for name in names)]


def _is_schema(value: Any) -> bool:
    if type(value) is dict:
        return value.get("type") in ("object", "array") and ("properties" in value or "items" in value)
    if not isinstance(value, type):
        return False
    marks = (
        "__dataclass_fields__",
        "__struct_fields__",
        "__attrs_attrs__",
        "__total__",
        "__pydantic_validator__",
    )
    own = {name for kind in value.__mro__ for name in kind.__dict__}
    return not own.isdisjoint((*marks, "_member_map_"))


def kept_data(expected: Expectation) -> Any:
    """What ``-o`` puts into a variable: a list of objects as a DataFrame, where pandas or polars is there; all other
    data as they are.

    Args:
        expected: The data, which are there.
    """
    data = expected.data
    if isinstance(data, (list, tuple)) and rows_of(data) is not None and frames() is not None:
        return table_of(data, expected.columns)
    return data
