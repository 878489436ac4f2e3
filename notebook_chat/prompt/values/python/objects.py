"""Values of which nothing is known but their class."""

from __future__ import annotations

import inspect
from typing import Any

from ....text import single_line
from ..bounds import BYTES_PER_TOKEN, counted, cut_middle, lines_within
from ..classes import Types, class_member, instance_values, module_of, mro, own_members, type_name
from ..description import Description
from ..patience import FailedError, GaveUpError, within
from ..private_names import hides
from ..short_repr import cut, own_repr, short_repr
from ..structs import fields_of

_SECONDS = 0.5
_SHOWN = Types(bool, int, float, complex, str, type(None))
"""Types whose values are shown where an object's own repr says nothing of it."""


def describe_object(value: Any, tokens: int) -> Description:
    """An object: its fields where it has some, else its repr, else the attributes that it holds."""
    fields = fields_of(value)
    if fields is not None:
        return describe_fields(value, fields, tokens)
    return _with_repr(value, tokens)


def describe_fields(value: Any, fields: list[tuple[str, Any]], tokens: int) -> Description:
    """A value that is made of fields: each in a line with what it holds.

    Args:
        value: The value.
        fields: Its fields.
        tokens: How long the text may be.
    """
    cls = type_name(type(value))
    first = f"A {cls} with {counted(len(fields), 'field')}:"
    width = max(24, min(200, int(tokens * BYTES_PER_TOKEN / max(1, len(fields) + 1))))
    lines = (f"{name}: {short_repr(one, width)}" for name, one in fields)
    doc = doc_line(type(value))
    text = lines_within([first, *([doc] if doc else []), *lines], tokens)
    return Description(text, f"{cls}, {counted(len(fields), 'field')}")


def _with_repr(value: Any, tokens: int) -> Description:
    cls = type(value)
    name = type_name(cls)
    if class_member(cls, "__repr__") is object.__repr__:
        return _with_attributes(value, tokens)
    try:
        text = within(_SECONDS, lambda: own_repr(value, 8 * tokens))
    except GaveUpError:
        return _with_attributes(value, tokens, "Its repr does not end.")
    except FailedError as error:
        return _with_attributes(value, tokens, f"Its repr fails: {cut(str(error), 100)}.")
    text = text.strip()
    first = f"{a(name)}:" if "\n" in text or len(text) > 60 else f"{a(name)}: "
    room = tokens - len(first) // 3 - 2
    return Description(f"{first}{'' if first.endswith(' ') else chr(10)}{cut_middle(text, room)}", name)


def _with_attributes(value: Any, tokens: int, said: str = "") -> Description:
    cls = type(value)
    held = {name: one for name, one in instance_values(value).items() if not name.startswith("_")}
    lines = [a(type_name(cls)) + (f" with {counted(len(held), 'attribute')}:" if held else ".")]
    lines += [line for line in (doc_line(cls), said) if line]
    lines += [f"{name}: {_held(name, one)}" for name, one in held.items()]
    methods = public_methods(cls)
    if methods:
        lines.append(f"methods: {', '.join(methods)}")
    return Description(lines_within(lines, tokens), type_name(cls))


def _held(name: str, value: Any) -> str:
    if type(value) not in _SHOWN:
        return type_name(type(value))
    return f"{type_name(type(value))} (not shown)" if hides(name, value) else short_repr(value)


def public_methods(cls: type, most: int = 30) -> list[str]:
    """The names of the methods of a class that are meant for others, without those of ``object``."""
    found: dict[str, None] = {}
    for one in mro(cls):
        if one is object:
            continue
        for name, member in own_members(one).items():
            if not name.startswith("_") and inspect.isroutine(member):
                found[name] = None
    return [*list(found)[:most], *(["…"] if len(found) > most else [])]


def doc_line(cls: type) -> str:
    """The first line of what the author of a class says of it; empty for nothing, or for words that nobody wrote."""
    doc = own_members(cls).get("__doc__")
    if module_of(cls) == "builtins":
        return ""
    if type(doc) is not str or not doc.strip() or doc.startswith(f"{cls.__name__}("):
        return ""
    return cut(single_line(doc.strip().splitlines()[0]), 200)


def a(name: str) -> str:
    """A name with the article before it."""
    return f"{'An' if name[:1] in 'AEIOaeio' else 'A'} {name}"
