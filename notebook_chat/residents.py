"""What runs on the private loop beside the streams: for as long as it is wanted, or once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from . import exits, loop_thread
from .loop_thread import LoopThread

_AGAIN_SECONDS = 0.1  # before what somebody else has ended begins anew


class Resident:
    """Something that runs on the private loop until it is closed: anew on another loop where one takes the place
    of the first, and anew where somebody else has ended it.

    Args:
        work: What runs; called on the loop's thread.

    Raises:
        ChatError: Python is ending.
    """

    def __init__(self, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        self._work = work
        self._closed = False
        self._task: asyncio.Task[None] | None = None
        self._move_in()

    def _move_in(self) -> None:
        home = self._home = loop_thread.enter(self)
        home.loop.call_soon_threadsafe(self._start, home)

    def _start(self, home: LoopThread) -> None:
        if home is self._home and not self._closed:
            self._task = home.loop.create_task(_contained(self._work()))
            self._task.add_done_callback(lambda _: self._again(home))

    def _again(self, home: LoopThread) -> None:
        if not loop_thread.is_over():
            home.loop.call_later(_AGAIN_SECONDS, self._start, home)

    def evicted(self) -> None:
        """Moves to the loop that work goes to now."""
        if not (self._closed or loop_thread.is_over()):
            self._move_out()
            self._move_in()

    def close(self) -> None:
        """Ends it, from any thread."""
        self._closed = True
        self._move_out()

    def done(self) -> bool:
        """Whether it was closed, and has ended."""
        return self._closed and (self._task is None or self._task.done())

    def _move_out(self) -> None:
        task = self._task
        self._home.tenants.discard(self)
        if task is not None:
            with contextlib.suppress(RuntimeError):  # that loop is closed
                self._home.loop.call_soon_threadsafe(task.cancel)


class Errand:
    """Something that runs on the private loop once; to be made on that loop's thread. The loop stays for it.

    Args:
        work: What runs.
    """

    def __init__(self, work: Coroutine[Any, Any, object]) -> None:
        home = loop_thread.enter(self)
        task = asyncio.get_running_loop().create_task(_contained(work))
        task.add_done_callback(lambda _: home.tenants.discard(self))
        self._task = task  # a loop refers to its tasks weakly

    def evicted(self) -> None:
        """Goes on where it is, as long as it can."""


async def _contained(work: Coroutine[Any, Any, object]) -> None:
    """Does something, and lets nothing out that would end the loop."""
    try:
        await work
    except BaseException as error:
        if not exits.is_foreign(error):
            raise
