"""The ids by which a service knows which result belongs to which call, and the names of what is called.

A conversation may have been with several services, each with ids of its own form, some with none: what goes out has
ids that the service takes, each once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

_NO_NAME = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME = 64
_NINE = re.compile(r"[A-Za-z0-9]{9}")
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"

Form = Callable[[str], str]
"""What makes an id of a form of another one: the same for the same, and itself where it is of that form."""


def as_it_is(id: str) -> str:
    """For services that take any id."""
    return id


def at_most(length: int) -> Form:
    """For services that take ids up to a length.

    Args:
        length: In characters.
    """

    def short(id: str) -> str:
        return id if len(id) <= length else f"call_{hashlib.sha256(id.encode()).hexdigest()[:24]}"

    return short


def nine(id: str) -> str:
    """For Mistral's models, which take nine letters and digits and nothing else."""
    if _NINE.fullmatch(id):
        return id
    number = int.from_bytes(hashlib.sha256(id.encode()).digest()[:8])
    return "".join(_LETTERS[number // 36**place % 36] for place in range(9))


def sendable_name(name: str) -> str:
    """The name of a call as services take it: models call tools that there are none of, by names that nobody would take
    back.

    Args:
        name: The name that the model has called.
    """
    return _NO_NAME.sub("_", name[:_LONGEST_NAME]) or "unknown"


class CallIds:
    """The ids of the calls of one request, in the order in which they go out.

    Args:
        form: What makes an id that the service takes.
    """

    def __init__(self, form: Form = as_it_is) -> None:
        self._form = form
        self._given: set[str] = set()

    def of(self, id: str) -> str:
        """The id under which the next call goes out, and its result with it.

        Args:
            id: The id that it has; ``""`` for none.
        """
        found, number = self._form(id or "call"), 1
        while found in self._given:
            number += 1
            found = self._form(f"{id or 'call'}_{number}")
        self._given.add(found)
        return found
