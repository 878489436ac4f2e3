"""JSON values made to fit a type: what is of another type counts as absent.

Services and the gateways before them send ``null`` where an object belongs, an object where a text belongs, half a
token. None of it is worth an answer.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

ABSENT: Any = object()
"""What ``fitting`` gives for a value of which nothing fits."""


def fitting(value: Any, kind: inspect.Type) -> Any:
    """As much of a value as fits a type.

    Args:
        value: What ``json`` or ``msgspec`` makes of a JSON text.
        kind: The type, as ``msgspec.inspect.type_info`` tells it: made of structs, lists, dicts, unions and scalars.

    Returns:
        The value without the fields and items of other types; ``ABSENT`` where it is of another type as a whole, or
        lacks a field that must be there.
    """
    match kind:
        case inspect.StructType():
            return _object(value, kind.cls) if isinstance(value, dict) else ABSENT
        case inspect.ListType():
            if not isinstance(value, list):
                return ABSENT
            return [item for one in value if (item := fitting(one, kind.item_type)) is not ABSENT]
        case inspect.DictType():
            if not isinstance(value, dict):
                return ABSENT
            fits = {name: fitting(one, kind.value_type) for name, one in value.items()}
            return {name: one for name, one in fits.items() if one is not ABSENT}
        case inspect.UnionType():
            found = (fitting(value, one) for one in kind.types)
            return next((one for one in found if one is not ABSENT), ABSENT)
        case inspect.AnyType() | inspect.RawType():
            return value
        case inspect.IntType():
            whole = _is_number(value) and value % 1 == 0 and abs(value) < 1 << 63
            return int(value) if whole else ABSENT
        case inspect.FloatType():
            return value if _is_number(value) else ABSENT
    if type(kind) not in _PLAIN:
        raise TypeError(f"no rule says what fits {kind}")
    return value if isinstance(value, _PLAIN[type(kind)]) else ABSENT


_PLAIN: dict[type[inspect.Type], type] = {
    inspect.NoneType: type(None),
    inspect.BoolType: bool,
    inspect.StrType: str,
}


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, (int, float))


def _object(value: dict[str, Any], struct: type) -> Any:
    found: dict[str, Any] = {}
    for name, kind, required in _fields(struct):
        fits = fitting(value[name], kind) if name in value else ABSENT
        if fits is not ABSENT:
            found[name] = fits
        elif required:
            return ABSENT
    return found


@cache
def _fields(struct: type) -> tuple[tuple[str, inspect.Type, bool], ...]:
    """The fields of a struct: the name in JSON, the type, and whether it must be there."""
    told = inspect.type_info(struct)
    assert isinstance(told, inspect.StructType)
    return tuple((field.encode_name, field.type, field.required) for field in told.fields)


def refitted(value: Any, kind: Any) -> bytes:
    """A value as the JSON text of a type.

    Args:
        value: What ``json`` or ``msgspec`` makes of a JSON text.
        kind: The type, as ``msgspec.json.Decoder`` takes it; one that an empty object fits.

    Returns:
        The text, without what does not fit; ``{}`` where nothing does.
    """
    fits = fitting(value, inspect.type_info(kind))
    return b"{}" if fits is ABSENT else msgspec.json.encode(fits)
