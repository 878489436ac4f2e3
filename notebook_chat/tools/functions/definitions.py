"""What a callable is: its name, its docstring, the function in which it is defined."""

from __future__ import annotations

import functools
import inspect
import sys
import types
import typing
from collections.abc import Mapping
from typing import Any

from ...errors import InvalidOptionError

_MOST_WRAPPERS = 100


def definition(function: Any) -> Any:
    """The function in which a callable is defined, beneath what wraps it, binds it or calls it.

    Args:
        function: The callable.
    """
    for _ in range(_MOST_WRAPPERS):
        if isinstance(function, functools.partial):
            function = function.func
        elif isinstance(function, (types.MethodType, staticmethod, classmethod)):
            function = function.__func__
        elif (inner := _wrapped(function)) is not None:
            function = inner
        elif isinstance(function, type):
            own = [vars(one) for one in function.__mro__[:-1]]
            made = next((names[name] for names in own for name in _MAKERS if name in names), None)
            return made if isinstance(made, types.FunctionType) else function
        elif isinstance(function, types.FunctionType | types.BuiltinFunctionType):
            return function
        else:
            call = getattr(type(function), "__call__", None)  # noqa: B004
            return definition(call) if isinstance(call, types.FunctionType) else function
    return function


_MAKERS = ("__init__", "__new__")


def _wrapped(function: Any) -> Any:
    held = getattr(function, "__dict__", None)
    return held.get("__wrapped__") if held is not None and not isinstance(function, type) else None


def own_name(function: Any) -> str:
    """What a callable is called; ``""`` where it has no name, as a lambda has none.

    Args:
        function: The callable.
    """
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__name__", None)
    if not isinstance(name, str):
        name = type(function).__name__
    return "" if name == "<lambda>" else name


def docstring(function: Any) -> str:
    """What the author of a callable says of it; ``""`` for nothing, and for words that nobody wrote.

    Args:
        function: The callable.
    """
    while isinstance(function, functools.partial):
        function = function.func
    if not isinstance(function, type) and not inspect.isroutine(function):
        call = getattr(type(function), "__call__", None)  # noqa: B004
        words = _doc(call) if isinstance(call, types.FunctionType) else ""
        return words or _doc(type(function))
    return _doc(function)


def _doc(value: Any) -> str:
    try:
        words = inspect.getdoc(value)
    except Exception:  # the value's own code
        return ""
    if not isinstance(words, str):
        return ""
    if isinstance(value, type) and words.startswith(f"{value.__name__}("):
        return ""  # a dataclass's, which nobody wrote
    return words


def check_bound(function: Any, name: str) -> None:
    """Refuses a method that is not one of an object.

    Args:
        function: The callable.
        name: Its name.

    Raises:
        InvalidOptionError: It is one.
    """
    if not isinstance(function, types.FunctionType):
        return
    of, _, _ = function.__qualname__.rpartition(".")
    first = function.__code__.co_varnames[:1]
    if of and not of.endswith("<locals>") and function.__code__.co_argcount and first[0] in ("self", "cls"):
        raise InvalidOptionError(
            f"{of}.{name} is a method of a class, without an object",
            hint=f"Give the method of an object: thing.{name}.",
        )


class _Annotated:
    """What ``typing.get_type_hints`` takes for a function."""

    def __init__(self, annotations: Mapping[str, Any]) -> None:
        self.__annotations__ = dict(annotations)


def resolved(annotation: Any, function: Any) -> Any:
    """An annotation as a type, where it is a text or holds texts, as under ``from __future__ import annotations``.

    Args:
        annotation: The annotation.
        function: The function that has it, as ``definition`` gives it.

    Raises:
        Exception: Something in it is not known where the function is defined.
    """
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    names = getattr(function, "__globals__", None) or vars(module or typing)
    return typing.get_type_hints(
        _Annotated({"one": annotation}), dict(names), _local_names(function), include_extras=True
    )["one"]


def _local_names(function: Any) -> dict[str, Any]:
    """What a function has from the functions around it, and its own type parameters."""
    found: dict[str, Any] = {one.__name__: one for one in getattr(function, "__type_params__", ())}
    code = getattr(function, "__code__", None)
    for name, cell in zip(
        getattr(code, "co_freevars", ()), getattr(function, "__closure__", None) or (), strict=False
    ):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # it has no value yet
            continue
    return found
