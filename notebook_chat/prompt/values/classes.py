"""What a value is, found without running any code of its class: neither ``__class__``, ``__getattr__`` nor a metaclass
is asked."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from typing import Any

_MRO = type.__dict__["__mro__"].__get__
_QUALNAME = type.__dict__["__qualname__"].__get__
_NAMES = type.__dict__["__dict__"].__get__
_MISSING = object()


def mro(cls: type) -> tuple[type, ...]:
    """A class and those that it derives from, the nearest first."""
    found: tuple[type, ...] = _MRO(cls)
    return found


def module_of(cls: type) -> str:
    """The name of the module that a class says it is from; empty where it says nothing."""
    try:
        found = type.__dict__["__module__"].__get__(cls)
    except AttributeError:
        return ""
    return found if type(found) is str else ""


def qualified_name(cls: type) -> str:
    """The dotted name of a class, with its module."""
    return f"{module_of(cls)}.{_QUALNAME(cls)}"


def type_name(cls: type) -> str:
    """The name of a class as a reader knows it: ``list``, ``Path``, ``pandas.DataFrame``."""
    name: str = _QUALNAME(cls).rpartition("<locals>.")[2]
    root = module_of(cls).partition(".")[0]
    plain = (
        not root or root == "__main__" or root in sys.stdlib_module_names or root in sys.builtin_module_names
    )
    return (name if plain else f"{root}.{name}")[:100]


def class_member(cls: type, name: str) -> Any:
    """What a class or one that it derives from has under a name, as it stands there; ``None`` for nothing."""
    for one in mro(cls):
        found = _NAMES(one).get(name, _MISSING)
        if found is not _MISSING:
            return found
    return None


def own_members(cls: type) -> dict[str, Any]:
    """What stands in the body of a class."""
    return dict(_NAMES(cls))


def is_a(value: object, cls: type) -> bool:
    """Whether a value is an instance of a class, whatever it says of itself."""
    return any(one is cls for one in mro(type(value)))


class Types:
    """Some classes, in which one is looked up by its identity: a metaclass may say anything of what it is equal to.

    Args:
        classes: The classes.
    """

    def __init__(self, *classes: type) -> None:
        self._classes = classes
        self._ids = frozenset(map(id, classes))

    def __contains__(self, cls: type) -> bool:
        return id(cls) in self._ids

    def have_all(self, items: Iterable[Any]) -> bool:
        """Whether the values are all of these classes, and not of one that derives from them."""
        return set(map(id, map(type, items))) <= self._ids


def types_among(items: Iterable[Any]) -> list[tuple[type, int]]:
    """The types of values, each with how many there are of it, the most frequent first."""
    found = list(items)
    types = dict(zip(map(id, map(type, found)), map(type, found), strict=True))
    if len(types) == 1:
        return [(one, len(found)) for one in types.values()]
    return [(types[number], count) for number, count in Counter(map(id, map(type, found))).most_common()]


def instance_values(value: object) -> dict[str, Any]:
    """The attributes that an object holds itself: those of its dictionary and its slots, not its properties."""
    found: dict[str, Any] = {}
    for cls in reversed(mro(type(value))):
        for name, member in _NAMES(cls).items():
            if type(member) is _SLOT and not name.startswith("__"):
                try:
                    found[name] = member.__get__(value)
                except AttributeError:  # it has no value yet
                    continue
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        held = {}
    if type(held) is dict:
        found |= {name: one for name, one in held.items() if type(name) is str}
    return found


class _WithSlot:
    __slots__ = ("slot",)


_SLOT = type(_WithSlot.__dict__["slot"])
