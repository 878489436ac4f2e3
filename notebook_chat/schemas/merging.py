"""Schemas that must hold together, as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class InexpressibleError(ValueError):
    """What a schema says cannot be said in another way, or not in a subset."""


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The schema that a value fits which fits both.

    Args:
        one, other: Schemas without references at their top.

    Raises:
        InexpressibleError: There is no simple one.
    """
    both = dict(one)
    for name, value in other.items():
        if name not in both or both[name] == value:
            both[name] = value
        elif name in _TOGETHER:
            both[name] = _TOGETHER[name](both[name], value)
        else:
            raise InexpressibleError(f"two values of {name} hold together")
    _check_closed(one, other)
    return both


def _check_closed(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    for closed, beside in ((one, other), (other, one)):
        if "additionalProperties" in closed and not (
            beside.get("properties", {}).keys() <= closed.get("properties", {}).keys()
        ):
            raise InexpressibleError("an object is closed to properties that it must have")


def _properties(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(one)
    for name, schema in other.items():
        both[name] = {"allOf": [both[name], schema]} if name in both and both[name] != schema else schema
    return both


def _types(one: Any, other: Any) -> Any:
    mine, theirs = ([kind] if isinstance(kind, str) else list(kind) for kind in (one, other))
    both = [kind for kind in mine if kind in theirs or (kind == "integer" and "number" in theirs)]
    both += [kind for kind in theirs if kind == "integer" and "number" in mine and kind not in both]
    if not both:
        raise InexpressibleError("nothing is of two types at once")
    return both[0] if len(both) == 1 else both


def _values(one: list[Any], other: list[Any]) -> list[Any]:
    both = [value for value in one if value in other]
    if not both:
        raise InexpressibleError("nothing is among two lists of values at once")
    return both


def _required(one: list[str], other: list[str]) -> list[str]:
    return list(dict.fromkeys([*one, *other]))


def _texts(one: str, other: str) -> str:
    return f"{one} {other}"


def _first(one: Any, other: Any) -> Any:
    return one


def _definitions(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {**other, **one}


_TOGETHER: dict[str, Callable[[Any, Any], Any]] = {
    "properties": _properties,
    "required": _required,
    "type": _types,
    "enum": _values,
    "description": _texts,
    "title": _first,
    "default": _first,
    "$defs": _definitions,
    "definitions": _definitions,
    "allOf": lambda one, other: [*one, *other],
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
}
