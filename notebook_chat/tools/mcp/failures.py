"""What went wrong at a server, in a line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ...secrets import Secret, excerpt
from ...text import single_line

_LONGEST = 300  # characters


def leaf(error: BaseException) -> BaseException:
    """The exception that an exception group is about: the first in it that is no cancellation.

    Args:
        error: Any exception.
    """
    while isinstance(error, BaseExceptionGroup):
        inner = error.exceptions
        error = next((one for one in inner if not isinstance(one, asyncio.CancelledError)), inner[0])
    return error


def words(error: BaseException, secrets: Sequence[Secret] = ()) -> str:
    """What an exception of the SDK says, in one line and without secrets.

    Args:
        error: The exception.
        secrets: What must not be shown.
    """
    error = leaf(error)
    if callable(errors := getattr(error, "errors", None)) and hasattr(error, "error_count"):
        return f"it does not keep to the protocol: {_problem(errors, secrets)}"
    said = getattr(error, "message", None) or str(error) or type(error).__name__
    return single_line(excerpt(str(said), _LONGEST, *secrets))


def _problem(errors: Any, secrets: Sequence[Secret]) -> str:
    """The first thing that pydantic complains about."""
    found = errors(include_url=False, include_input=False, include_context=False)
    if not found:
        return "what it says is not understood"
    where = ".".join(map(str, found[0].get("loc", ())))
    return single_line(excerpt(f"{where}: {found[0].get('msg', '')}", _LONGEST, *secrets))


def is_lost(error: BaseException) -> bool:
    """Whether an exception says that the connection is gone, or the session at its other end.

    Args:
        error: What a request ended with.
    """
    message = getattr(leaf(error), "message", "")
    return message in ("Connection closed", "Session terminated") or isinstance(leaf(error), ConnectionError)


def is_undone(error: BaseException, ended: BaseException | None) -> bool:
    """Whether a request that failed has reached nobody who could have done something about it: the server was not
    there, or does not know the session any more.

    Args:
        error: What the request ended with.
        ended: What the connection ended with, where that is known.
    """
    if getattr(leaf(error), "message", "") == "Session terminated":
        return True
    return any(
        type(one).__name__ in ("ConnectError", "ConnectTimeout")
        for one in (leaf(error), leaf(ended or error))
    )
