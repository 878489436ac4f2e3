"""The functions of the notebook, by the names that a line of ``%%chat`` gives them as tools."""

from __future__ import annotations

import difflib
import inspect
import types
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import InvalidOptionError
from ..session import hidden_names
from ..tools import Tool

_MISSING = object()
_MOST_NAMES = 200


def named_tools(names: Sequence[str], values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What those of some names mean that are functions of the notebook.

    Args:
        names: The names, such as ``look`` or ``helpers.look``.
        values: The notebook's variables.

    Returns:
        The tools of each name that means some: a function, a method, a tool, or a list of these.

    Raises:
        InvalidOptionError: A function cannot be a tool.
    """
    from ..tools.functions import function_tool

    found = {name: value for name in names if (value := _value(name, values)) is not _MISSING}
    last = Counter(name.rpartition(".")[2] for name in found)
    tools: dict[str, list[Any]] = {}
    for name, value in found.items():
        if _is_ready(value):
            tools[name] = [value]
        elif callable(value):
            short = name.rpartition(".")[2]
            tools[name] = [function_tool(value, name=short if last[short] == 1 else name.replace(".", "_"))]
        elif (
            isinstance(value, (list, tuple))
            and value
            and all(callable(one) or _is_ready(one) for one in value)
        ):
            tools[name] = [one if _is_ready(one) else function_tool(one) for one in value]
    return tools


def _is_ready(value: Any) -> bool:
    """Whether it is a tool already, or where some come from."""
    has = getattr(type(value), "open", None), getattr(type(value), "known", None)
    return isinstance(value, Tool) or all(one is not None for one in has)


def _value(name: str, values: Mapping[str, Any]) -> Any:
    first, *rest = name.split(".")
    value = values.get(first, _MISSING)
    for step in rest:
        if value is _MISSING or not step.isidentifier():
            return _MISSING
        try:
            value = getattr(value, step, _MISSING)
        except Exception:  # a property fails
            return _MISSING
    return value


def function_names(values: Mapping[str, Any]) -> list[str]:
    """The functions that the user has defined, or said of that they are tools; none that were merely imported.

    Args:
        values: The notebook's variables.
    """
    hidden = hidden_names()
    found: list[str] = []
    for name, value in [*values.items()]:
        if name.startswith("_") or (name in hidden and hidden[name] is value):
            continue
        if _is_own(value):
            found.append(name)
        elif not isinstance(value, (type, types.ModuleType)):
            found += [f"{name}.{method}" for method in _marked_methods(type(value))]
        if len(found) >= _MOST_NAMES:
            break
    return found


def _is_own(value: Any) -> bool:
    from ..tools.functions import marks_of

    if isinstance(value, types.FunctionType) and value.__module__ == "__main__":
        return True
    held = getattr(value, "__dict__", None) if not isinstance(value, types.ModuleType) else None
    return held is not None and callable(value) and marks_of(value) is not None


def _marked_methods(cls: type) -> list[str]:
    from ..tools.functions import marks_of

    members = [*vars(cls).items()] if cls.__module__ != "builtins" else []
    return [name for name, one in members if inspect.isfunction(one) and marks_of(one) is not None]


def no_such_tool(name: str, own: Iterable[str], values: Mapping[str, Any]) -> InvalidOptionError:
    """What is told where a name means no tool.

    Args:
        name: The name.
        own: The names of tools that are no functions.
        values: The notebook's variables.
    """
    value = _value(name, values)
    if value is not _MISSING:
        kind = "a module" if isinstance(value, types.ModuleType) else f"of type {type(value).__name__}"
        hint = f"Name something that can be called, such as {name}.look, or {', '.join(own)}."
        return InvalidOptionError(f"{name} is {kind}, and no function", hint=hint)
    first, _, rest = name.rpartition(".")
    holder = _value(first, values) if first else _MISSING
    known = [*own, *function_names(values)]
    if holder is not _MISSING:
        known += [f"{first}.{one}" for one in dir(holder) if not one.startswith("_")]
    like = [one for one in known if one.lower() == name.lower()]
    like = like or difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"There are {', '.join(own)}, functions of the notebook, MCP servers (%chat mcp)."
    if "," in name:
        hint = f"Name them one by one: {' '.join(f'-T {one.strip()}' for one in name.split(',') if one.strip())}."
    elif like:
        hint = f"Did you mean {like[0]}?"
    elif not first and rest.isidentifier():
        hint += " Run the cell that defines it first."
    return InvalidOptionError(f"there is no tool {name!r}", hint=hint)
