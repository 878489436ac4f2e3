"""Classes: how they are made, what they say of themselves, and their methods; their source where there is room."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from ..bounds import counted, fits, lines_within
from ..classes import Types, class_member, mro, own_members, qualified_name, type_name
from ..description import Description
from ..short_repr import cut, short_repr
from .objects import doc_line
from .signatures import doc_of, signature_of
from .sources import source_of_class

_SHOWN = Types(int, float, str, bool, tuple)


def describe_class(value: type, tokens: int) -> Description:
    """A class."""
    name = type_name(value)
    bases = [type_name(one) for one in type.__dict__["__bases__"].__get__(value) if one is not object]
    first = f"The class {name}" + (f", which derives from {', '.join(bases)}" if bases else "")
    source = source_of_class(value)
    whole = f"{first}:\n{source}"
    label = f"class, {counted(source.count(chr(10)) + 1, 'line')}" if source else "class"
    if source and fits(whole, tokens):
        return Description(whole, label)
    doc = doc_of(value, tokens // 4) if doc_line(value) else ""
    lines = [f"{first}; it is called as {signature_of(value) or '(…)'}", *doc.splitlines(), *_members(value)]
    return Description(lines_within(lines, tokens), label)


def _members(cls: type) -> Iterator[str]:
    """The parts of a class in lines: members of an enumeration, fields, methods, those of its own body first."""
    names = class_member(cls, "_member_names_")
    if type(names) is list and names:
        yield f"Its members: {', '.join(map(str, names[:50]))}{', …' if len(names) > 50 else ''}"
    annotations = own_members(cls).get("__annotations__")
    if type(annotations) is dict and annotations:
        yield "Its fields:"
        for name, annotation in annotations.items():
            yield f"  {name}: {_annotated(annotation)}"
    inherited: dict[str, None] = {}
    for one in mro(cls):
        if one is object or (qualified_name(one).startswith("builtins.") and one is not cls):
            continue
        for name, member in own_members(one).items():
            if name.startswith("_"):
                continue
            if one is not cls:
                inherited[name] = None
            elif (line := _member(name, member)) is not None:
                yield line
    if others := [name for name in inherited if name not in own_members(cls)]:
        yield f"Inherited: {', '.join(others)}"


def _member(name: str, member: Any) -> str | None:
    kind = {classmethod: "classmethod ", staticmethod: "staticmethod ", property: "property "}.get(
        type(member), ""
    )
    function = member.fget if type(member) is property else getattr(member, "__func__", member)
    if type(member) is property or inspect.isroutine(function):
        called = "" if type(member) is property else signature_of(function) or "(…)"
        doc = doc_of(function, 40).partition("\n")[0]
        return f"  {kind}{name}{called}{'  # ' + doc if doc else ''}"
    if type(member) in _SHOWN:
        return f"  {name} = {short_repr(member, 60)}"
    return None


def _annotated(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else cut(inspect.formatannotation(annotation), 100)
