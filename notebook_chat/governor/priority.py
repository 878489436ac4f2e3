"""Who goes first where requests wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum


class Priority(IntEnum):
    """Who asks. The lower goes first, though not always: where others wait too, one of nine that go is of theirs."""

    CELL = 0
    """A cell, or the panel: somebody sits before it and waits."""

    CALL = 1
    """A program."""

    BATCH = 2
    """Many asks of which none is urgent."""


# Whoever asks says so around it, and all that the ask starts inherits it.
_asking: ContextVar[Priority] = ContextVar("notebook_chat_priority", default=Priority.CALL)


@contextmanager
def asking_as(priority: Priority) -> Iterator[None]:
    """Has all that is asked within, in this task and those that it starts, wait with a priority.

    Args:
        priority: The priority.
    """
    token = _asking.set(priority)
    try:
        yield
    finally:
        _asking.reset(token)


def current_priority() -> Priority:
    """The priority of what is asked here."""
    return _asking.get()
