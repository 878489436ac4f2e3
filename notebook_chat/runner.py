"""The bridge between synchronous callers and asynchronous streams: one private loop on one daemon thread.

A notebook's own loop runs already and must not be patched or blocked; this one is never the caller's. The
caller's thread waits, so an interrupt reaches it at once, output lands in its own cell, and cells queued
behind it run.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import importlib
import importlib.util
import inspect
import os
import queue
import socket
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from .errors import ConfigurationError, MissingDependencyError
from .faults import as_chat_errors

T = TypeVar("T")

STOP_SECONDS = 2.0
"""How long a caller waits for its cancelled stream to close, in seconds."""

# On Windows a lock that waits without a bound cannot be interrupted.
_LONGEST_WAIT = 0.05 if sys.platform == "win32" else 3600.0


class _Loop:
    """An event loop that runs on a daemon thread of its own."""

    def __init__(self) -> None:
        for one in (
            socket.socketpair()
        ):  # where no file is left this fails first: a loop that is half made complains
            one.close()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="notebook_chat", daemon=True)
        try:
            self.thread.start()
        except BaseException:
            self.loop.close()
            raise

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
            tasks = asyncio.all_tasks(self.loop)
            for task in tasks:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
        finally:
            self.loop.close()

    def stop(self) -> None:
        """Cancels what runs, closes what is open, and ends the thread."""
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join(STOP_SECONDS)


_lock = threading.Lock()
_running: _Loop | None = None
# The loops of the process that this one was forked from. They are kept, never closed: their selector and
# sockets are shared with the parent, and closing them here would break them there.
_of_parent: list[_Loop] = []


def _current() -> _Loop:
    global _running
    with _lock:
        if _running is None or not _running.thread.is_alive():
            with as_chat_errors():  # there may be no further file or thread
                _running = _Loop()
        return _running


def _loop() -> asyncio.AbstractEventLoop:
    running = _current()
    if threading.current_thread() is running.thread:
        raise RuntimeError("a synchronous call was made inside an asynchronous one: use the async form")
    return running.loop


def _after_fork() -> None:
    global _running, _lock
    _lock = threading.Lock()
    if _running is not None:
        _of_parent.append(_running)
    _running = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@atexit.register
def _stop() -> None:
    if _running is not None:
        _running.stop()


def submit(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Runs the coroutine on the private loop, in a copy of the caller's context; cancelling the future that
    it gives cancels the coroutine."""
    try:
        loop = _loop()
    except BaseException:
        coroutine.close()
        raise
    return asyncio.run_coroutine_threadsafe(coroutine, loop)


def post(call: Callable[[], object]) -> None:
    """Has something called on the private loop's thread, soon; from any thread, also that one."""
    with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
        _current().loop.call_soon_threadsafe(call)


def run(coroutine: Coroutine[Any, Any, T], *, nested: bool = False) -> T:
    """Waits for the coroutine's result, driven as ``NestedStream`` does it if it is to be ``nested``. An
    interrupt of the caller cancels it and waits for its end."""

    async def once() -> AsyncGenerator[T]:
        yield await coroutine

    try:
        [result] = iterate(once(), nested=nested)
    finally:
        if inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
            coroutine.close()  # it could not be begun
    return result


def iterate(source: AsyncIterator[T], *, nested: bool = False) -> Iterator[T]:
    """The items of an asynchronous iterator, for a synchronous caller. It starts with the first item that
    is asked for; closing this iterator early ends the source. ``nested`` is as in ``run``."""
    with open_stream(source, nested=nested) as stream:
        while (items := stream.get()) is not None:
            yield from items


class _End:
    """The last item of a stream: nothing, or the exception it ended with."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Stream(Generic[T]):
    """An asynchronous iterator, driven on the private loop and taken from a synchronous caller.

    The loop puts items into an unbounded queue, so a slow reader does not stall the connection. Leaving it as
    a context manager cancels the iterator and waits until it has closed, and with it its connection.

    Args:
        source: The asynchronous iterator. If it has ``aclose``, that is called at the end.

    Raises:
        RuntimeError: It was made on the private loop's own thread, which would wait for itself.
    """

    def __init__(self, source: AsyncIterator[T]) -> None:
        self._source = source
        self._queue: queue.SimpleQueue[T | _End] = queue.SimpleQueue()
        self._ended = False
        self._closed = threading.Event()
        self._loop = self._home()
        # The task inherits the context of this call.
        self._loop.call_soon_threadsafe(self._start)

    def _home(self) -> asyncio.AbstractEventLoop:
        return _loop()

    def _start(self) -> None:
        self._task = self._loop.create_task(self._pump())
        self._task.add_done_callback(self._done)

    async def _pump(self) -> None:
        try:
            async for item in self._source:
                self._put(item)
        finally:
            close = getattr(self._source, "aclose", None)
            if close is not None:
                await close()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._closed.set()
        self._put(_End(CancelledError() if task.cancelled() else task.exception()))

    def _put(self, item: T | _End) -> None:
        self._queue.put(item)

    def get(self, timeout: float | None = None) -> list[T] | None:
        """The items that have arrived, at least one; an empty list after ``timeout`` seconds without any;
        ``None`` at the end.

        Raises:
            BaseException: What the iterator raised, after all its items were given.
        """
        if self._ended:
            return None
        items: list[T] = []
        item = self._wait(timeout)
        while item is not None:
            if isinstance(item, _End):
                if items:
                    self._queue.put(item)  # nothing follows it, so it is still the last
                    return items
                self._finish(item)
                return None
            items.append(item)
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
        return items

    def _wait(self, timeout: float | None) -> T | _End | None:
        while True:
            bound = _LONGEST_WAIT if timeout is None else min(timeout, _LONGEST_WAIT)
            try:
                return self._queue.get(timeout=bound)
            except queue.Empty:
                if timeout is not None:
                    timeout -= bound
                    if timeout <= 0:
                        return None

    def _finish(self, end: _End) -> None:
        self._ended = True
        if end.error is not None:
            raise end.error

    def close(self) -> None:
        """Cancels the iterator, if it still runs, and waits until it has closed."""
        self._ended = True
        if not self._closed.is_set():
            self._loop.call_soon_threadsafe(lambda: self._task.cancel())
            self._await_close()

    def _await_close(self) -> None:
        self._closed.wait(STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class NestedStream(Stream[T]):
    """As ``Stream``, driven on the loop that runs in the calling thread already: for a source that is bound
    to the notebook's own loop, since it uses a client that was made there.

    That loop is patched for good by ``nest-asyncio2`` (``nest_asyncio`` where only that is there), which is
    why nobody gets this without asking for it: with the older of the two, cells that are queued behind the
    running one are lost.

    Raises:
        MissingDependencyError: Neither package is installed.
        ConfigurationError: No loop runs in this thread, so none needs to be nested.
    """

    def _home(self) -> asyncio.AbstractEventLoop:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigurationError(
                "no event loop runs here to be nested", hint="Leave nested away; it is for notebooks."
            ) from None
        _nesting().apply(loop)
        self._news = asyncio.Event()
        return loop

    def _put(self, item: T | _End) -> None:
        super()._put(item)
        self._news.set()

    def _wait(self, timeout: float | None) -> T | _End | None:
        while True:
            self._news.clear()
            try:
                return self._queue.get_nowait()
            except queue.Empty:
                pass
            try:
                self._loop.run_until_complete(asyncio.wait_for(self._news.wait(), timeout))
            except TimeoutError:
                return None

    def _await_close(self) -> None:
        self._loop.run_until_complete(asyncio.wait({self._task}, timeout=STOP_SECONDS))


def open_stream(source: AsyncIterator[T], *, nested: bool = False) -> Stream[T]:
    """A ``Stream``, or a ``NestedStream`` where that is asked for."""
    return NestedStream(source) if nested else Stream(source)


def _nesting() -> Any:
    for name in ("nest_asyncio2", "nest_asyncio"):
        if importlib.util.find_spec(name) is not None:
            return importlib.import_module(name)
    raise MissingDependencyError(
        "nested needs the package nest-asyncio2", hint='Install it: pip install "notebook_chat[nested]".'
    )
