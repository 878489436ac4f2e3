"""Which values a prompt may name next, while somebody writes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final

from .braces.places import find_places
from .paths.attributes import attribute_names
from .paths.entries import keys
from .paths.path import Path, resolve
from .paths.statics import inherits, is_class

_INDEX: Final = re.compile(r"\[(?P<quote>[\"'])(?P<written>[^\"'\n]{0,200})$")
_NAME: Final = re.compile(r"\w{0,200}$")
_LONGEST: Final = 400
"""How many characters a path may have that is completed."""

_MOST: Final = 500
"""How many names are offered."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What may come next.

    Attributes:
        before: What is written behind the brace, up to the name that is being written.
        written: What is written of that name.
        names: What may stand in its place, with the kind of each.
    """

    before: str = ""
    written: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def paths(self, most: int) -> list[str]:
        """What may stand behind the brace, as a whole.

        Args:
            most: How many.
        """
        return [self.before + name for name in islice(self.names, most)]


def offer(prompt: str, namespace: Mapping[str, Any], hidden: Mapping[str, Any]) -> Offer:
    """The values that a prompt may name where it ends: none, unless it ends in a brace that may be one of a value. No
    code of theirs runs.

    Args:
        prompt: What is written, up to the cursor.
        namespace: The notebook's variables.
        hidden: Those that nobody has made, each with its value: they are offered where their beginning is written.
    """
    opening = max(prompt.rfind("{", -_LONGEST), prompt.rfind("$`", -_LONGEST))
    if opening < 0:
        return Offer()
    before, mark = prompt[:opening], prompt[opening]
    places = find_places(before + ("{x}" if mark == "{" else "$`x`"))
    if not places or places[-1].start != len(before):
        return Offer()  # a brace of code
    return _in_path(prompt[opening + (1 if mark == "{" else 2) :], namespace, hidden)


def _in_path(path: str, namespace: Mapping[str, Any], hidden: Mapping[str, Any]) -> Offer:
    if index := _INDEX.search(path):
        quote, written = index["quote"], index["written"]
        found = keys(_value(path[: index.start()], namespace))
        usable = [name for name in found if not set(name) & set("\\\n{}`") and quote not in name]
        names = {f"{name}{quote}]": "key" for name in usable[:_MOST] if name.startswith(written)}
        return Offer(path[: len(path) - len(written)], written, names)
    name = _NAME.search(path)
    written = name[0] if name else ""
    before = path[: len(path) - len(written)]
    if before.endswith("."):
        found = attribute_names(_value(before[:-1], namespace))
        return Offer(
            before, written, {name: "attribute" for name in found[:_MOST] if name.startswith(written)}
        )
    return Offer(before, written, {} if before else _variables(written, namespace, hidden))


def _value(path: str, namespace: Mapping[str, Any]) -> Any:
    parsed = Path.parse(path)
    return resolve(parsed, namespace) if parsed is not None else None


def _variables(written: str, namespace: Mapping[str, Any], hidden: Mapping[str, Any]) -> dict[str, str]:
    """The notebook's variables: what has data first, then functions and classes, then modules; IPython's own ones only
    where their beginning is written."""
    ranked: list[tuple[int, str, str]] = []
    for name, value in list(namespace.items()):
        if type(name) is not str or not name.startswith(written) or (name.startswith("_") and not written):
            continue
        is_hidden = name in hidden and hidden[name] is value
        if is_hidden and not written:
            continue
        rank, kind = _kind(value)
        ranked.append((3 if is_hidden else rank, name, kind))
    return {name: kind for _, name, kind in sorted(ranked)[:_MOST]}


def _kind(value: Any) -> tuple[int, str]:
    kind = type(value)
    if inherits(kind, ModuleType):
        return 2, "module"
    if is_class(value):
        return 1, "class"
    return (1, "function") if inherits(kind, FunctionType, BuiltinFunctionType) else (0, "instance")
