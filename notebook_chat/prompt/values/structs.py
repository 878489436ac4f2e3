"""Values that are made of named fields: dataclasses, named tuples, and those of attrs, pydantic and msgspec."""

from __future__ import annotations

from typing import Any

from .classes import class_member, instance_values, is_a, mro, own_members, qualified_name

_MADE = ("<string>", "<attrs generated")  # the files of functions that a class decorator has written


def fields_of(value: object) -> list[tuple[str, Any]] | None:
    """The fields of a value that its own repr would show, by name, with what they hold; ``None`` where it has no
    fields, or a repr that its author wrote. No property is asked."""
    cls = type(value)
    if is_a(value, tuple):
        return _of_named_tuple(value)
    for known in (_of_dataclass, _of_attrs, _of_pydantic, _of_msgspec):
        names = known(cls)
        if names is not None:
            held = instance_values(value)
            return [(name, held[name]) for name in names if name in held]
    return None


def _of_named_tuple(value: Any) -> list[tuple[str, Any]] | None:
    names = class_member(type(value), "_fields")
    if type(names) is not tuple or not all(type(name) is str for name in names):
        return None
    if tuple.__len__(value) != len(names):
        return None
    return list(zip(names, tuple.__iter__(value), strict=True))


def _of_dataclass(cls: type) -> list[str] | None:
    fields = class_member(cls, "__dataclass_fields__")
    if type(fields) is not dict or not _is_made(cls):
        return None
    return [name for name, field in fields.items() if _flag(field, "repr") and _kind(field) == "_FIELD"]


def _kind(field: Any) -> str:
    return str(getattr(getattr(field, "_field_type", None), "name", ""))


def _of_attrs(cls: type) -> list[str] | None:
    fields = class_member(cls, "__attrs_attrs__")
    if not isinstance(fields, tuple) or not _is_made(cls):
        return None
    return [str(field.name) for field in fields if _flag(field, "repr")]


def _of_pydantic(cls: type) -> list[str] | None:
    base = next((one for one in mro(cls) if qualified_name(one) == "pydantic.main.BaseModel"), None)
    written = (class_member(cls, "__repr__"), class_member(cls, "__repr_args__"))
    if base is None or any(
        one is not class_member(base, name) for one, name in zip(written, _PYDANTIC, strict=True)
    ):
        return None
    fields = class_member(cls, "__pydantic_fields__")
    return [name for name, field in fields.items() if _flag(field, "repr")] if type(fields) is dict else None


_PYDANTIC = ("__repr__", "__repr_args__")


def _of_msgspec(cls: type) -> list[str] | None:
    base = next((one for one in mro(cls) if qualified_name(one) == "msgspec.Struct"), None)
    if base is None or class_member(cls, "__repr__") is not class_member(base, "__repr__"):
        return None
    fields = cls.__struct_fields__  # type: ignore[attr-defined]  # of the metaclass, which is msgspec's
    return list(fields) if type(fields) is tuple else None


def _flag(field: Any, name: str) -> bool:
    return bool(getattr(field, name, True))


def _is_made(cls: type) -> bool:
    """Whether the repr of a class was written by a decorator."""
    for one in mro(cls):
        if (function := own_members(one).get("__repr__")) is not None:
            function = getattr(function, "__wrapped__", function)
            code = getattr(function, "__code__", None)
            return str(getattr(code, "co_filename", "")).startswith(_MADE)
    return False
