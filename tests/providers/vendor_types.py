"""The types of a vendor's client as a judge of requests: it must know each field, and its value must fit."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Annotated, Any, NotRequired, Required, Union

import pydantic
import typing_extensions

_REQUIRED = (Required, typing_extensions.Required)


def judged(kind: Any, body: Any) -> None:
    """Holds a request's body against a vendor's type.

    Args:
        kind: The type, a ``TypedDict``.
        body: The body.

    Raises:
        pydantic.ValidationError: It does not fit.
    """
    _adapter(kind).validate_python(body)


@cache
def _adapter(kind: Any) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(_strict(kind, ()))


def _strict(kind: Any, within: tuple[Any, ...]) -> Any:
    """A type that knows no other fields than those it names, with lists in place of all that can be iterated: what is
    merely iterated is validated late or not at all. A type within itself may be anything there."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if typing_extensions.is_typeddict(kind):
        return dict[str, Any] if kind in within else _strict_dict(kind, (*within, kind))
    if origin in (Annotated, NotRequired, *_REQUIRED):
        return _strict(inner[0], within)
    if origin in (Union, types.UnionType):
        # What the client itself makes of answers may be given as well; in a request's body it is an object.
        plain = [one for one in inner if not (isinstance(one, type) and issubclass(one, pydantic.BaseModel))]
        return Union[tuple(_strict(one, within) for one in plain or [None])]  # noqa: UP007
    if origin is Iterable or origin is Sequence or getattr(origin, "__name__", "") == "SequenceNotStr":
        return list[_strict(inner[0], within)]  # type: ignore[misc]
    if isinstance(origin, type) and issubclass(origin, list):
        return list[_strict(inner[0], within)]  # type: ignore[misc]
    return kind


def _strict_dict(kind: Any, within: tuple[Any, ...]) -> Any:
    hints = typing_extensions.get_type_hints(kind, include_extras=True)
    fields = {
        name: (Required if typing.get_origin(hint) in _REQUIRED else NotRequired)[_strict(hint, within)]
        for name, hint in hints.items()
    }
    made: Any = typing_extensions.TypedDict(kind.__name__, fields)  # type: ignore[operator]
    made.__pydantic_config__ = pydantic.ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    return made
