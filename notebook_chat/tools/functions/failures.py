"""How the failure of a function is told to a model."""

from __future__ import annotations

import traceback
from typing import Any

from ...secrets import redact
from ..tool import ToolOutput

_LONGEST = 2_000
_MOST_INNER = 5


def failure_output(error: BaseException, function: Any) -> ToolOutput:
    """The last line of an exception's traceback, and where in the user's code it was raised. Paths of files are not
    told, but for those in the exception's own words.

    Args:
        error: The exception.
        function: The function that was called, as ``definition`` gives it.
    """
    return ToolOutput.text(f"{_line(error)}{_place(error, function)}", is_error=True)


def _line(error: BaseException, depth: int = 0) -> str:
    try:
        said = str(error)
    except Exception:  # its own code fails
        said = ""
    name = type(error).__name__
    words = f"{name}: {said}" if said.strip() else name
    if isinstance(error, BaseExceptionGroup) and depth < 2:
        words += "".join(f"\n- {_line(one, depth + 1)}" for one in error.exceptions[:_MOST_INNER])
    notes = getattr(error, "__notes__", None)
    if isinstance(notes, list):
        words += "".join(f"\n{note}" for note in notes[:_MOST_INNER] if isinstance(note, str))
    words = redact(words[: 4 * _LONGEST])
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"


def _place(error: BaseException, function: Any) -> str:
    """The last line of the function's own module that the exception has come through."""
    module = getattr(function, "__module__", None)
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if module is not None and frame.f_globals.get("__name__") == module:
            found = f" (in {frame.f_code.co_name}, line {line})"
    return found
