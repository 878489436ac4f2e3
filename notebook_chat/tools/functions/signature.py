"""How a function is called, as a model is told of it, and with what a model's arguments call it."""

from __future__ import annotations

import functools
import inspect
import sys
import typing
from collections.abc import Callable, Mapping
from typing import Any

from ...errors import InvalidOptionError
from ..tool import ArgumentsError, Tell
from .arguments_schema import merged
from .definitions import definition, resolved
from .docstrings import Documentation
from .names import safe_parameter
from .parameters import EMPTY, Kind, Parameter, is_field, is_progress, parameter

_GIVEN_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_MOST_PROBLEMS = 5
_LONGEST_PROBLEM = 300


class Signature:
    """The parameters of a function.

    Args:
        function: The function, or anything that can be called.
        name: What it is called.
        documented: What its docstring says.

    Attributes:
        schema: The JSON schema of its arguments.

    Raises:
        InvalidOptionError: It does not tell its parameters, or a model could not write one of them.
    """

    def __init__(self, function: Any, name: str, documented: Documentation) -> None:
        self._inner = _signature(function, name)
        self._told: dict[str, Parameter] = {}
        self._rest: Parameter | None = None
        self._hidden = _given(function)  # what no model can set
        self._progress: list[str] = []
        self._fields: dict[str, Any] = {}
        defined = definition(function)
        for one in self._inner.parameters.values():
            if one.name in self._hidden:
                continue
            if is_field(one.default):
                self._fields[one.name] = one.default
            if is_progress(one, defined):
                self._progress.append(one.name)
                self._hidden.add(one.name)
                continue
            for each in _spread(one, defined):
                self._add(each, parameter(each, defined, documented, name))
        self.schema = merged(self._told, self._rest)

    def _add(self, one: inspect.Parameter, found: Parameter | None) -> None:
        if found is None:
            self._hidden.add(one.name)
        elif one.kind is inspect.Parameter.VAR_KEYWORD:
            self._rest = found
        else:
            name = safe_parameter(one.name)
            while name in self._told:
                name = f"{name[:62]}_"
            self._told[name] = found

    def bound(
        self, arguments: Mapping[str, Any], tell: Callable[[], Tell]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What the function is called with, by place and by name.

        Args:
            arguments: What a model has written.
            tell: Gives what a parameter for the progress is filled in with.

        Raises:
            ArgumentsError: They are none that the function takes; it says what is wrong.
        """
        problems: list[str] = []
        values: dict[str, Any] = {name: tell() for name in self._progress}
        rest: dict[str, Any] = {}
        for name, raw in arguments.items():
            one = self._told.get(name)
            if one is None and (self._rest is None or name in self._hidden or name in self._inner.parameters):
                problems.append(f"there is no argument {name[:80]!r}")
            elif one is None:
                assert self._rest is not None
                rest[name] = _decoded(name, self._rest.kind, raw, problems)
            elif one.place is not inspect.Parameter.VAR_POSITIONAL:
                values[one.name] = _decoded(name, one.kind, raw, problems)
            elif isinstance(raw, list):
                values[one.name] = tuple(
                    _decoded(f"{name}.{place}", one.kind, each, problems) for place, each in enumerate(raw)
                )
            else:
                problems.append(f"{name}: it must be a list")
        problems += [
            f"{name!r} must be given"
            for name, one in self._told.items()
            if one.required and name not in arguments
        ]
        if problems:
            raise ArgumentsError("; ".join(problems[:_MOST_PROBLEMS]))
        return self._called_with(values, rest)

    def _called_with(
        self, values: dict[str, Any], rest: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        variadic = ""
        for name, one in self._inner.parameters.items():
            if name in self._fields and name not in values:
                values[name] = self._fields[name].get_default(call_default_factory=True)
            if one.kind is inspect.Parameter.VAR_POSITIONAL and values.get(name):
                variadic = name
            elif one.kind is inspect.Parameter.VAR_KEYWORD:
                own = {key: values.pop(key) for key in [*values] if key not in self._inner.parameters}
                values[name] = own | rest
        for name, one in self._inner.parameters.items():
            # What stands before what is given by its place must be given, too.
            by_place = one.kind is inspect.Parameter.POSITIONAL_ONLY or (
                variadic and one.kind in _GIVEN_BY_PLACE
            )
            if by_place and name not in values and one.default is not EMPTY:
                values[name] = one.default
        found = inspect.BoundArguments(self._inner, values)
        return found.args, found.kwargs


def _signature(function: Any, name: str) -> inspect.Signature:
    options: dict[str, Any] = {}
    if sys.version_info >= (3, 14):  # names that are not there yet are told of one by one
        from annotationlib import Format

        options["annotation_format"] = Format.FORWARDREF
    try:
        return inspect.signature(function, **options)
    except Exception:  # a ValueError or a TypeError, or whatever stands in its place
        raise InvalidOptionError(
            f"{name} does not tell its parameters",
            hint=f"Call it in a function of your own: def my_{name}(…).",
        ) from None


def _given(function: Any) -> set[str]:
    """The names of the arguments that ``functools.partial`` has given by their names."""
    found: set[str] = set()
    while isinstance(function, functools.partial):
        found |= function.keywords.keys()
        function = function.func
    return found


def _spread(one: inspect.Parameter, function: Any) -> list[inspect.Parameter]:
    """A parameter; or for ``**kwargs: Unpack[Options]`` those that it stands for."""
    if one.kind is not inspect.Parameter.VAR_KEYWORD or one.annotation is EMPTY:
        return [one]
    try:
        annotation = resolved(one.annotation, function)
    except Exception:  # it is told of where the parameter is read
        return [one]
    if typing.get_origin(annotation) is not typing.Unpack:
        return [one]
    [kind] = typing.get_args(annotation)
    found = []
    for name, inner in typing.get_type_hints(kind, include_extras=True).items():
        needed = name in kind.__required_keys__
        if (origin := typing.get_origin(inner)) in (typing.Required, typing.NotRequired):
            inner, needed = typing.get_args(inner)[0], origin is typing.Required
        default = EMPTY if needed else _LEFT_OUT
        found.append(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=inner, default=default)
        )
    return found


_LEFT_OUT = object()


def _decoded(name: str, kind: Kind, raw: Any, problems: list[str]) -> Any:
    """The value of an argument; what is wrong with it is added to the problems."""
    try:
        return kind.value(raw)
    except Exception as error:  # a validator of the user's may raise anything
        words = " ".join(str(error).split())[:_LONGEST_PROBLEM] or type(error).__name__
        problems.append(f"{name[:80]}: {words}")
        return None
