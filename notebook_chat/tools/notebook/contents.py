"""What a value holds, by identity: a container of something private is as private as that is."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

from ...prompt.paths.statics import inherits, instance_dict, is_class, lineage, members

_MOST = 20_000  # values that are looked at
_DEEPEST = 6
_SMALLEST = 6  # characters of a text that stands for itself alone
_SHARED = 256  # up to which numbers are the same object everywhere
_CONTAINERS = (list, tuple, set, frozenset, deque)


def held_by(values: Iterable[Any]) -> set[int]:
    """The identities of values, and of what they hold: entries, fields, defaults and closures of functions. What Python
    has once for all, such as ``None`` and small numbers, is left out. No code of their classes runs.

    Args:
        values: The values.
    """
    found: dict[int, Any] = {}
    level: list[Any] = list(values)
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for value in level:
            if len(found) >= _MOST:
                return set(found)
            if id(value) in found or is_shared(value):
                continue
            found[id(value)] = value
            below += _held(value)
        level = below
    return set(found)


def is_shared(value: Any) -> bool:
    """Whether a value is one that much else may hold too, so that its identity tells nothing."""
    kind = type(value)
    if value is None or kind is bool or is_class(value) or kind is ModuleType:
        return True
    if kind is int:
        return bool(-_SHARED <= value <= _SHARED)
    if kind in (str, bytes):
        return len(value) < _SMALLEST
    return kind in (tuple, frozenset) and not value


def _held(value: Any) -> list[Any]:
    kind = type(value)
    try:
        return list(_inside(value, kind))
    except RuntimeError:  # it is changed meanwhile
        return []


def _inside(value: Any, kind: type) -> Iterator[Any]:
    if inherits(kind, dict):
        yield from dict.values(value)
        yield from dict.keys(value)
    for one in _CONTAINERS:
        if inherits(kind, one):
            yield from one.__iter__(value)
    if kind is MethodType:
        yield from (value.__self__, value.__func__)
    elif kind is FunctionType:
        yield from value.__defaults__ or ()
        yield from (value.__kwdefaults__ or {}).values()
        for cell in value.__closure__ or ():
            with suppress(ValueError):  # nothing is in it yet
                yield cell.cell_contents
    elif kind is functools.partial:
        yield from (value.func, *value.args, *value.keywords.values())
    elif not inherits(kind, type, ModuleType):
        yield from instance_dict(value).values()
        yield from _slots(value, kind)


def _slots(value: Any, kind: type) -> Iterator[Any]:
    for one in lineage(kind):
        for slot in members(one).values():
            if type(slot) is MemberDescriptorType:
                with suppress(AttributeError):  # nothing is in it yet
                    yield slot.__get__(value)
