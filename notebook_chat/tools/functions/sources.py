"""Functions where they come from: as they are when they are asked for."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

from ...session import namespace
from ..tool import Tell, Tool
from .function_tool import FunctionTool, function_tool


class CurrentFunction:
    """A function that somebody has given. One of the notebook is, at each ask, what its cell has made of it since.

    Args:
        function: The function.

    Raises:
        InvalidOptionError: It cannot be a tool; it says why.
    """

    def __init__(self, function: Any) -> None:
        self._tool = function_tool(function)
        self._follows = isinstance(function, types.FunctionType) and _held(function.__name__) is function

    @property
    def function(self) -> Any:
        """The function, as it is now."""
        given = self._tool.function
        now = _held(given.__name__) if self._follows else given
        # Something else of that name is not what was given.
        same = isinstance(now, types.FunctionType) and (now.__module__, now.__qualname__) == (
            given.__module__,
            given.__qualname__,
        )
        return now if same else given

    @property
    def known(self) -> Sequence[FunctionTool]:
        """The function, as a tool."""
        now = self.function
        if now is not self._tool.function:
            self._tool = function_tool(now)
        return (self._tool,)

    async def open(self, tell: Tell) -> Sequence[FunctionTool]:
        """The function, as a tool."""
        return self.known


class NamedTools:
    """What a name of the notebook means, at each ask anew.

    Args:
        find: Finds it.
    """

    def __init__(self, find: Callable[[], Sequence[Tool]]) -> None:
        self._find = find
        find()  # that there is something is told at once

    @property
    def known(self) -> Sequence[Tool]:
        """The tools that it means now."""
        return self._find()

    async def open(self, tell: Tell) -> Sequence[Tool]:
        """The tools that it means now."""
        return self._find()


def _held(name: str) -> Any:
    return (namespace() or {}).get(name)
