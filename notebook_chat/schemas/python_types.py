"""Classes and types of Python as schemas: what msgspec or pydantic can make of them. Both are loaded when needed."""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Callable
from typing import Any

from ..errors import InvalidOptionError
from . import foreign_types

_THEIRS = ("pydantic", "pydantic_core", "annotated_types")
_MARKS = ("__get_pydantic_core_schema__", "__pydantic_core_schema__", "__pydantic_validator__")
_MOST_ERRORS = 3
_DEEPEST = 20


def is_model(kind: Any) -> bool:
    """Whether it is a class of pydantic's, or one that does as they do.

    Args:
        kind: Anything.
    """
    return isinstance(kind, type) and all(
        callable(getattr(kind, name, None)) for name in ("model_json_schema", "model_validate_json")
    )


def of_type(kind: Any) -> tuple[dict[str, Any], Callable[[bytes], Any]]:
    """The JSON schema of a type, and what makes a value of it from JSON.

    Args:
        kind: A class, or a type such as ``list[Person]``.

    Returns:
        The schema, and the decoder, which raises ``ValueError`` with what is wrong.

    Raises:
        InvalidOptionError: Neither msgspec nor pydantic knows such a type.
    """
    if is_model(kind):
        return _schema(kind.model_json_schema, kind), _validating(kind.model_validate_json)
    if _is_theirs(kind, _DEEPEST, set()):
        return _with_pydantic(kind, "")
    import msgspec

    try:
        schema = msgspec.json.schema(kind, schema_hook=foreign_types.schema_of)
        decoder = msgspec.json.Decoder(kind, dec_hook=foreign_types.value_of)
    except Exception as error:  # TypeErrors, and what annotations raise that lead nowhere
        return _with_pydantic(kind, " ".join(str(error).split())[:200])
    return schema, decoder.decode


def _with_pydantic(kind: Any, problem: str) -> tuple[dict[str, Any], Callable[[bytes], Any]]:
    try:
        from pydantic import TypeAdapter
    except ImportError:
        raise _refusal(kind, problem) from None
    try:
        adapter = TypeAdapter(kind)
        return adapter.json_schema(), _validating(adapter.validate_json)
    except Exception as error:
        raise _refusal(kind, problem or " ".join(str(error).split())[:200]) from None


def _schema(make: Callable[[], dict[str, Any]], kind: Any) -> dict[str, Any]:
    try:
        return make()
    except Exception as error:
        raise _refusal(kind, " ".join(str(error).split())[:200]) from None


def _refusal(kind: Any, problem: str) -> InvalidOptionError:
    name = getattr(kind, "__qualname__", None) or repr(kind)[:80]
    return InvalidOptionError(
        f"{name} cannot be a schema{f': {problem}' if problem else ''}",
        hint="Give a pydantic model, a dataclass, a TypedDict, a msgspec Struct, an attrs class, a list of one of these"
        " or a JSON schema.",
    )


def _validating(validate: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """A decoder whose errors say where in the value something is wrong."""

    def decode(text: bytes) -> Any:
        try:
            return validate(text)
        except ValueError as error:
            told = getattr(error, "errors", None)
            if not callable(told):
                raise
            raise ValueError(_told(told())) from None

    return decode


def _told(errors: list[Any]) -> str:
    from .json_schema import place

    lines = [f"{one.get('msg', 'it does not fit')} - at {place(one.get('loc', ()))}" for one in errors]
    more = len(lines) - _MOST_ERRORS
    return "; ".join(lines[:_MOST_ERRORS]) + (f"; and {more} more" if more > 0 else "")


def _is_theirs(kind: Any, depth: int, seen: set[int]) -> bool:
    """Whether pydantic has something to say of a type: a model within it, or one of its marks on a field. msgspec
    would refuse the first and pass over the second."""
    if depth < 0 or id(kind) in seen or not any(name in sys.modules for name in _THEIRS):
        return False
    seen.add(id(kind))
    if isinstance(kind, type) and any(mark in kind.__dict__ for mark in _MARKS):
        return True
    if is_model(kind):
        return True
    if any(type(mark).__module__.partition(".")[0] in _THEIRS for mark in getattr(kind, "__metadata__", ())):
        return True
    inner = [*typing.get_args(kind), *_fields(kind)]
    return any(_is_theirs(one, depth - 1, seen) for one in inner)


def _fields(kind: Any) -> list[Any]:
    """The types of the fields of a class that has some."""
    has = isinstance(kind, type) and (
        dataclasses.is_dataclass(kind)
        or any(hasattr(kind, mark) for mark in ("__struct_fields__", "__attrs_attrs__", "__total__"))
    )
    if not has:
        return []
    try:
        return list(typing.get_type_hints(kind, include_extras=True).values())
    except Exception:  # annotations that lead nowhere are told of by whoever uses them
        return []
