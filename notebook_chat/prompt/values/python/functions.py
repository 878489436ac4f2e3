"""Functions and methods: how they are called, what they say of themselves, and their source where there is room."""

from __future__ import annotations

import functools
import types
from typing import Any

from ....text import single_line
from ..bounds import counted, cut_end, fits, lines_within
from ..classes import Types, type_name
from ..description import Description
from ..short_repr import short_repr
from .signatures import doc_of, signature_of
from .sources import code_of, source_of_code


def describe_function(value: Any, tokens: int) -> Description:
    """A function, a method, or something that is called as one."""
    if type(value) is functools.partial:
        return _partial(value, tokens)
    what, function = _unwrapped(value)
    name = _name(function)
    code = code_of(function)
    source = source_of_code(code) if code is not None else ""
    label = f"{what}, {counted(source.count(chr(10)) + 1, 'line')}" if source else what
    separator = ": " if " of " in what else " "
    first = f"The {what}{separator}{name}"
    module = getattr(function, "__module__", None)
    if type(module) is str and module not in ("__main__", "builtins"):
        first += f", of {module}"
    whole = f"{first}:\n{source}"
    if source and fits(whole, tokens):
        return Description(whole, label)
    doc = doc_of(function, tokens // 2)
    said = [f"{first}; it is called as {signature_of(value) or '(…)'}", *doc.splitlines()]
    if source:
        said += ["Its source begins:", *source.splitlines()]
    return Description(lines_within(said, tokens), label)


def _unwrapped(value: Any) -> tuple[str, Any]:
    """What it is called, and the function that it is made of."""
    what = _KINDS.get(type(value), "function")
    if type(value) is types.MethodType:
        return f"method of a {type_name(type(value.__self__))}", value.__func__
    for _ in range(10):
        inner = value.fget if type(value) is property else _inner(value)
        if inner is None:
            break
        value = inner
    if type(value) is types.FunctionType and value.__name__ == "<lambda>":
        what = "lambda"
    if (
        code_of(value) is not None and value.__code__.co_flags & 0x280
    ):  # a coroutine or an asynchronous generator
        what = "asynchronous function"
    return what, value


def _inner(value: Any) -> Any:
    """The function that another one stands for, as decorators note it."""
    if type(value) in _METHODS:
        return value.__func__
    if type(value) in _WRAPPERS:
        return vars(value).get("__wrapped__")
    return None


def _name(function: Any) -> str:
    for name in ("__qualname__", "__name__"):
        found = getattr(function, name, None)
        if isinstance(found, str):
            return single_line(found.rpartition("<locals>.")[2])[:100]
    return type_name(type(function))


def _partial(value: Any, tokens: int) -> Description:
    arguments = [short_repr(one) for one in value.args]
    arguments += [f"{name}={short_repr(one)}" for name, one in value.keywords.items()]
    given = ", ".join(arguments) or "nothing"
    first = f"A partial of {_name(value.func)} that is given {given}; it is called as {signature_of(value) or '(…)'}."
    inner = (
        ""
        if type(value.func) is type
        else describe_function(value.func, max(20, tokens - len(first) // 3 - 2)).text
    )
    return Description(cut_end("\n".join(filter(None, (first, inner))), tokens), "partial")


_METHODS = Types(classmethod, staticmethod)
_WRAPPERS = Types(types.FunctionType, functools._lru_cache_wrapper)
_KINDS: dict[type, str] = {
    types.BuiltinFunctionType: "built-in function",
    property: "property",
    classmethod: "class method",
    staticmethod: "static method",
    types.MethodDescriptorType: "built-in method",
    types.WrapperDescriptorType: "built-in method",
    types.MethodWrapperType: "built-in method",
}
