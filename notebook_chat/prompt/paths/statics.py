"""Looking at objects without running a line of theirs.

``isinstance``, ``getattr``, ``==`` and even ``dict.get`` may run code of the user's: a property ``__class__``, a
``__getattribute__``, the ``__eq__`` of a key. What is here reads types and dictionaries as the interpreter has them.
"""

from __future__ import annotations

import sys
from types import GetSetDescriptorType, MappingProxyType, MemberDescriptorType
from typing import Any, Final, cast

MISSING: Final = object()
"""What stands for a value that is not there; any other object may be one."""

_MRO: Final = type.__dict__["__mro__"]
_DICT: Final = type.__dict__["__dict__"]
_SAFE_KEYS: Final = frozenset(map(id, (str, int, float, bool, complex, bytes, type(None))))
"""The identities of types of keys whose hash and equality are the interpreter's own."""


def lineage(kind: type) -> tuple[type, ...]:
    """A class and those it inherits from."""
    return cast("tuple[type, ...]", _MRO.__get__(kind))


def members(kind: type) -> MappingProxyType[str, Any]:
    """What a class defines itself."""
    return cast("MappingProxyType[str, Any]", _DICT.__get__(kind))


def is_one_of(kind: type, *kinds: type) -> bool:
    """Whether a class is one of some, itself; a metaclass that says so is not asked."""
    return any(kind is one for one in kinds)


def inherits(kind: type, *kinds: type) -> bool:
    """Whether a class is one of some or inherits from it."""
    return any(is_one_of(one, *kinds) for one in lineage(kind))


def is_class(value: object) -> bool:
    """Whether a value is a class."""
    return inherits(type(value), type)


def found(entries: Any, key: str | int) -> Any:
    """What a dictionary has under a key; ``MISSING`` where it has nothing.

    Args:
        entries: A ``dict``, or one of a class that inherits from it, which may do otherwise: it is not asked. Or a
            read-only view of one.
        key: The key.
    """
    proxy = type(entries) is MappingProxyType
    kinds = set(map(id, map(type, entries if proxy else dict.__iter__(entries))))
    if kinds <= _SAFE_KEYS:
        return entries.get(key, MISSING) if proxy else dict.get(entries, key, MISSING)
    pairs = entries.items() if proxy else dict.items(entries)
    return next((value for one, value in pairs if type(one) is type(key) and one == key), MISSING)


def inherited(kind: type, name: str) -> Any:
    """What a class or one that it inherits from defines under a name; ``MISSING`` where none does."""
    for one in lineage(kind):
        if (value := found(members(one), name)) is not MISSING:
            return value
    return MISSING


def instance_dict(value: object) -> dict[str, Any]:
    """An object's own attributes; an empty dictionary where it has none, or a class of the user's says which."""
    kind = type(value)
    descriptor = inherited(kind, "__dict__")
    if not is_one_of(type(descriptor), GetSetDescriptorType, MemberDescriptorType):
        return {}
    try:
        own = descriptor.__get__(value, kind)
    except Exception:  # a descriptor that was put there from another class
        return {}
    return own if type(own) is dict else {}


def of_library(kind: type, library: str, *names: str) -> bool:
    """Whether a class is the one of a library that has been imported, and not one that is only called so."""
    module = sys.modules.get(library)
    if module is None:
        return False
    public = instance_dict(module)
    return any(public.get(name) is kind for name in names)


def is_mapping(value: object) -> bool:
    """Whether a value is a dictionary of the interpreter's own: iterated, it runs nothing."""
    return inherits(type(value), dict)
