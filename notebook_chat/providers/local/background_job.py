"""Blocking work beside an event loop: in a thread of its own, telling how far it is, and stoppable."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Generic, TypeVar

from ...events import Notice

T = TypeVar("T")

_BETWEEN = 0.1  # seconds


class StoppedError(Exception):
    """The work was asked to stop, and did."""


class ProgressReporter:
    """What a piece of work is given: how to say how far it is, and how to learn that it should stop.

    Args:
        tell: Called with each new status, in the work's thread.
    """

    def __init__(self, tell: Callable[[Notice], None] = lambda status: None) -> None:
        self._tell = tell
        self._last: Notice | None = None
        self._told = 0.0
        self._stop = threading.Event()

    def say(self, text: str, fraction: float | None = None) -> None:
        """Tells what goes on, and how much of it is done, from 0 to 1; of the same thing no more than ten
        times a second, so call it as often as you like.

        Raises:
            StoppedError: The work should stop.
        """
        self.check()
        status = Notice(text, None if fraction is None else min(max(fraction, 0.0), 1.0))
        now = time.monotonic()
        news = self._last is None or text != self._last.text
        if news or (status != self._last and now - self._told >= _BETWEEN):
            self._last, self._told = status, now
            self._tell(status)

    def stop(self) -> None:
        """Asks the work to stop, from any thread."""
        self._stop.set()

    def check(self) -> None:
        """Raises ``StoppedError`` where the work should stop."""
        if self._stop.is_set():
            raise StoppedError

    def pause(self, seconds: float) -> None:
        """Waits; raises ``StoppedError`` as soon as the work should stop."""
        self._stop.wait(seconds)
        self.check()

    def acquire(self, lock: threading.Lock) -> None:
        """Waits for a lock; raises ``StoppedError`` when the work should stop before it is free."""
        while not lock.acquire(timeout=0.05):
            self.check()


class BackgroundJob(Generic[T]):
    """A blocking function, run in a daemon thread. Iterate ``statuses()`` to its end, then take ``result``.

    Args:
        function: What to do; it calls the methods of its ``ProgressReporter`` often.

    Attributes:
        result: What the function returned.
    """

    result: T

    def __init__(self, function: Callable[[ProgressReporter], T]) -> None:
        self._function = function

    async def statuses(self) -> AsyncGenerator[Notice]:
        """What the function tells, as it comes. Leaving early stops it, and waits until it has stopped.

        Raises:
            Exception: What the function raised.
        """
        loop = asyncio.get_running_loop()
        news: asyncio.Queue[Notice | None] = asyncio.Queue()
        failures: list[BaseException] = []
        ended = asyncio.Event()

        def post(callback: Callable[[], None]) -> None:
            with suppress(RuntimeError):  # the loop was closed without closing this generator
                loop.call_soon_threadsafe(callback)

        progress = ProgressReporter(lambda status: post(lambda: news.put_nowait(status)))

        def work() -> None:
            try:
                self.result = self._function(progress)
            except BaseException as error:
                failures.append(error)
            post(ended.set)
            post(lambda: news.put_nowait(None))

        # Not the loop's own executor: the interpreter waits for its threads at exit.
        threading.Thread(target=work, name="notebook_chat work", daemon=True).start()
        try:
            while (status := await news.get()) is not None:
                yield status
        finally:
            progress.stop()
            await ended.wait()
        if failures:
            raise failures[0]
