"""What a function says of itself as a tool."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal, TypeVar, overload

import msgspec

from ...errors import InvalidOptionError
from ...providers.options import check_text
from ...tool_spec import is_name

F = TypeVar("F", bound=Callable[..., Any])

SECONDS = 120.0
"""How long a function may take where nothing else is said, in seconds."""

_MARK = "__notebook_chat_tool__"


class Marks(msgspec.Struct, frozen=True):
    """What is said of a function beyond what it is.

    Attributes:
        name: What a model calls it by; ``None`` for its own name.
        description: What a model is told of it; ``None`` for its docstring.
        ask: Whether the user is asked before it runs.
        seconds: How long it may take; ``None`` for no bound.
        thread: Where it runs.
    """

    name: str | None = None
    description: str | None = None
    ask: bool = False
    seconds: float | None = SECONDS
    thread: Literal["worker", "notebook"] = "worker"


@overload
def tool(function: F, /) -> F: ...


@overload
def tool(
    function: F,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    ask: bool = False,
    seconds: float | None = SECONDS,
    thread: Literal["worker", "notebook"] = "worker",
) -> F: ...


@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    ask: bool = False,
    seconds: float | None = SECONDS,
    thread: Literal["worker", "notebook"] = "worker",
) -> Callable[[F], F]: ...


def tool(
    function: Any = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    ask: bool = False,
    seconds: float | None = SECONDS,
    thread: Literal["worker", "notebook"] = "worker",
) -> Any:
    """Says of a function how it is to be a tool. It stays the function that it is, and any function can be a tool
    without this.

    Args:
        function: The function. Without it, what marks one is given back: ``@tool(ask=True)``.
        name: What a model calls it by; without it its own name.
        description: What a model is told of it; without it its docstring.
        ask: Whether the user is asked before it runs, also where the user has given it.
        seconds: How long a call may take; ``None`` for no bound.
        thread: ``"worker"``: in a thread of its own, or on the loop that answers come by where it is asynchronous;
            ``"notebook"``: where the notebook's cells run, such as for what draws with pyplot or holds a connection
            that belongs to a thread. An asynchronous one then runs on the notebook's own loop.

    Raises:
        InvalidOptionError: An argument cannot be used.
    """
    marks = _checked(name, description, ask, seconds, thread)
    if function is None:
        return lambda one: _marked(one, marks)
    return _marked(function, marks)


def _checked(name: Any, description: Any, ask: Any, seconds: Any, thread: Any) -> Marks:
    if name is not None and (not isinstance(name, str) or not is_name(name)):
        raise InvalidOptionError(
            f"{name!r:.80} is no name for a tool",
            hint="Use letters, digits, _ and -, at most 64, the first one a letter or _.",
        )
    if description is not None:
        check_text("description", description)
    if not isinstance(ask, bool):
        raise InvalidOptionError(f"ask must be True or False, not {type(ask).__name__}")
    number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if seconds is not None and not (number and seconds > 0):
        raise InvalidOptionError("seconds must be a number above 0, or None for no bound")
    if thread not in ("worker", "notebook"):
        raise InvalidOptionError('thread must be "worker" or "notebook"')
    return Marks(name, description, ask, None if seconds is None else float(seconds), thread)


def _marked(function: Any, marks: Marks) -> Any:
    inner = function.__func__ if isinstance(function, (staticmethod, classmethod)) else function
    if not callable(inner):
        raise InvalidOptionError(
            f"a {type(inner).__name__} is no function", hint="Write @tool above a def, or @tool(name=…)."
        )
    try:
        setattr(inner, _MARK, marks)
    except (AttributeError, TypeError):  # such as a bound method, or a function written in C
        function = functools.partial(inner)
        setattr(function, _MARK, marks)
    return function


def marks_of(function: Any) -> Marks | None:
    """What was said of a function by ``tool``; ``None`` for nothing. Nothing of its own is asked for it.

    Args:
        function: The function.
    """
    for holder in (function, getattr(function, "__func__", None)):
        held = getattr(holder, "__dict__", None)
        found = held.get(_MARK) if held is not None else None
        if isinstance(found, Marks):
            return found
    if isinstance(function, functools.partial):
        return marks_of(function.func)
    return None
