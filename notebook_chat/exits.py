"""Exceptions that end threads and event loops, where somebody raises them who must not: a provider, a plug-in."""

from __future__ import annotations

import asyncio
import threading

from .errors import ChatError
from .event_loop import current_task
from .faults import words


def is_foreign(error: BaseException) -> bool:
    """Whether an exception that is no ``Exception`` comes from whoever was called, and is not how the caller
    itself was ended: an interrupt reaches the main thread alone, a cancellation is counted by the task that
    it is for, and what closes a coroutine is raised in no frame below it.

    Args:
        error: What was caught, in the function that catches it.
    """
    if isinstance(error, Exception):
        return False
    if isinstance(error, KeyboardInterrupt):
        return threading.current_thread() is not threading.main_thread()
    if isinstance(error, asyncio.CancelledError):
        task = current_task()
        return task is not None and not task.cancelling()
    if isinstance(error, GeneratorExit):
        return error.__traceback__ is not None and error.__traceback__.tb_next is not None
    return True


def contained(error: BaseException, *, provider: str | None = None, partial: str = "") -> ChatError:
    """The failure of one answer that is told instead of an exception that would have ended more than that.

    Args:
        error: What was raised.
        provider: The name of the provider, where it is known.
        partial: The text that had come.
    """
    if isinstance(error, asyncio.CancelledError):
        return ChatError(
            "the answer was cancelled, and not by whoever asked", provider=provider, partial=partial
        )
    said = words(error)
    return ChatError(
        f"{type(error).__name__}{f'({said})' if said != type(error).__name__ else ''} was raised instead of an answer",
        hint="It ended this answer only; its provider should raise an Exception.",
        provider=provider,
        partial=partial,
    )
