"""The bridge between synchronous callers and asynchronous streams: one private loop on one daemon thread.

A notebook's own loop runs already and must not be patched or blocked; this one is never the caller's. The
caller's thread waits, so an interrupt reaches it at once, output lands in its own cell, and cells queued
behind it run.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import inspect
import queue
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from . import exits, loop_thread
from .errors import ChatError, ConfigurationError, MissingDependencyError
from .loop_thread import STOP_SECONDS, LoopThread

T = TypeVar("T")

# On Windows a lock that waits cannot be interrupted. Elsewhere an interrupt that comes in the moment before the wait
# is noticed after it.
_LONGEST_WAIT = 0.05 if sys.platform == "win32" else 1.0

LEFT = "it did not end when it was stopped, and was left to itself"
"""What is told of an answer whose provider blocks, or goes on all the same."""


def run(
    coroutine: Coroutine[Any, Any, T], *, nested: bool = False, leave: Callable[[], object] | None = None
) -> T:
    """Waits for the coroutine's result, driven as ``NestedStream`` does it if it is to be ``nested``. An
    interrupt of the caller cancels it and waits for its end; ``leave`` is as in ``Stream``."""

    async def once() -> AsyncGenerator[tuple[T]]:
        yield (await coroutine,)  # an item that is None would be none

    try:
        [(result,)] = iterate(once(), nested=nested, leave=leave)
    finally:
        if inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
            coroutine.close()
    return result


def iterate(
    source: AsyncIterator[T], *, nested: bool = False, leave: Callable[[], object] | None = None
) -> Iterator[T]:
    """The items of an asynchronous iterator, for a synchronous caller. It starts with the first item that
    is asked for; closing this iterator early ends the source. ``nested`` is as in ``run``, ``leave`` as in
    ``Stream``."""
    with open_stream(source, nested=nested, leave=leave) as stream:
        while (items := stream.get()) is not None:
            yield from items


class _End:
    """The last item of a stream: nothing, or the exception it ended with."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class _Errand:
    """Something that the thread which waits for a stream does in between.

    Args:
        call: What it does.
        loop: Where its result is awaited.
    """

    def __init__(self, call: Callable[[], Any], loop: asyncio.AbstractEventLoop) -> None:
        self._call = call
        self._loop = loop
        self.result: asyncio.Future[Any] = loop.create_future()
        self.dropped = False

    def run(self) -> None:
        """Does it, unless nobody waits for it any more. An interrupt goes on to whoever waits for the stream."""
        if self.dropped:
            return
        try:
            settle, value = self.result.set_result, self._call()
        except Exception as error:
            settle, value = self.result.set_exception, error
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._settle, settle, value)

    def _settle(self, settle: Callable[[Any], object], value: Any) -> None:
        if not self.result.done():
            settle(value)


_driver: ContextVar[Stream[Any] | None] = ContextVar("notebook_chat_driver", default=None)


def has_caller() -> bool:
    """Whether a thread waits for what runs here: that of a synchronous caller, such as a cell's."""
    return _driver.get() is not None


async def in_caller(call: Callable[[], T]) -> T:
    """Has the thread that waits for what runs here call something, such as what asks the user, or what only a
    notebook's own thread may do. Where nobody waits, since the caller is asynchronous, it is called here: in the
    caller's own thread.

    Args:
        call: What is called. An interrupt meanwhile ends what the caller waits for.

    Raises:
        Exception: What the call raises, but for ``StopIteration``, which is a ``RuntimeError``.
    """
    stream = _driver.get()
    if stream is None:
        return call()
    errand = _Errand(_without_stop_iteration(call), asyncio.get_running_loop())
    await asyncio.sleep(0)  # what was told just before comes first
    stream._put(errand)
    try:
        result: T = await errand.result
    finally:
        errand.dropped = True
    return result


def _without_stop_iteration(call: Callable[[], T]) -> Callable[[], T]:
    """A call whose errors a future takes."""

    def called() -> T:
        try:
            return call()
        except StopIteration as error:
            raise RuntimeError("StopIteration") from error

    return called


class Stream(Generic[T]):
    """An asynchronous iterator, driven on the private loop and taken from a synchronous caller.

    The loop puts items into an unbounded queue, so a slow reader does not stall the connection. Leaving it as
    a context manager cancels the iterator and waits until it has closed, and with it its connection.

    Args:
        source: The asynchronous iterator. If it has ``aclose``, that is called at the end.
        leave: Is called, in the thread that closes the stream, when the iterator goes on all the same: it blocks
            the loop, or takes no notice of its cancellation.

    Attributes:
        before_call: Is called, in the thread that takes the items, before it calls something for ``in_caller``, which
            may take as long as somebody thinks about a question.
    """

    def __init__(self, source: AsyncIterator[T], *, leave: Callable[[], object] | None = None) -> None:
        self.before_call: Callable[[], object] = lambda: None
        self._source = source
        self._leave = leave
        self._queue: queue.SimpleQueue[T | _End | _Errand] = queue.SimpleQueue()
        self._errand: _Errand | None = None  # that is done when what came before it has been taken
        self._ended = False
        self._left = False
        self._failure: BaseException | None = None
        self._cancelling = threading.Event()
        self._closed = threading.Event()
        self._thread: LoopThread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Starts the iterator, if ``get`` has not done so; its task inherits the context of this call. To be called
        where ``close`` is sure to follow: an interrupt may come at any moment.

        Raises:
            ChatError: Python is ending.
            RuntimeError: This is the private loop's own thread, which would wait for itself.
        """
        if self._loop is None:
            self._loop = self._home()
            self._call(self._start)

    def _home(self) -> asyncio.AbstractEventLoop:
        if threading.current_thread() is loop_thread.current().thread:
            raise RuntimeError("a synchronous call was made inside an asynchronous one: use the async form")
        self._thread = loop_thread.enter(self)
        return self._thread.loop

    def _call(self, call: Callable[[], object]) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:
            self.evicted()

    def _start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._pump())
        self._task.add_done_callback(self._done)

    async def _pump(self) -> None:
        _driver.set(self)
        try:
            try:
                async for item in self._source:
                    self._put(item)
                    if self._ended:  # its cancellation was swallowed
                        break
            finally:
                close = getattr(self._source, "aclose", None)
                if close is not None and not (self._thread is not None and self._thread.ended):
                    await close()
        except BaseException as error:
            if not exits.is_foreign(error):
                raise
            self._failure = exits.contained(error)  # which would end the loop

    def _done(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            self._settle(_cancellation())
        else:
            self._settle(task.exception() or self._failure)

    def _settle(self, error: BaseException | None) -> None:
        self._closed.set()
        self._put(_End(error))
        if self._thread is not None:
            self._thread.tenants.discard(self)

    def evicted(self) -> None:
        """Ends it where its loop has ended. Where another one only takes its place, it goes on."""
        if (self._thread is None or self._thread.ended) and not self._closed.is_set():
            self._settle(_cancellation())

    def _put(self, item: T | _End | _Errand) -> None:
        self._queue.put(item)

    def get(self, timeout: float | None = None) -> list[T] | None:
        """The items that have arrived, at least one; an empty list after ``timeout`` seconds without any;
        ``None`` at the end.

        Raises:
            ChatError, RuntimeError: As ``start``.
            BaseException: What the iterator raised, after all its items were given. What would have ended the loop
                is a ``ChatError``.
        """
        if self._ended:
            return None
        self.start()
        items: list[T] = []
        item = self._next(timeout)
        while item is not None:
            if isinstance(item, _Errand):
                self._errand = item
                break
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

    def _next(self, timeout: float | None) -> T | _End | _Errand | None:
        """The next item, or the end; errands are done on the way. ``None`` after a while without any."""
        item: T | _End | _Errand | None
        item, self._errand = self._errand, None
        while True:
            if item is None:
                item = self._wait(timeout)
            if not isinstance(item, _Errand):
                return item
            if not item.dropped:
                self.before_call()
            item.run()
            item = None

    def _wait(self, timeout: float | None) -> T | _End | _Errand | None:
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
            loop_thread.linger()
            if isinstance(end.error, ChatError):
                end.error.__traceback__ = None  # it tells by itself: the frames of the loop's thread are ours
            raise end.error

    def close(self) -> bool:
        """Cancels the iterator, if it still runs, and waits until it has closed; whether it has. One that takes
        longer is left to itself, and where it blocks the loop, another loop takes that one's place."""
        self._ended = True
        if not (self._loop is None or self._closed.is_set() or self._left):
            try:
                self._call(self._cancel)
                self._await_close()
            finally:
                if not self._closed.is_set():
                    self._leave_it()
        return not self._left

    def _cancel(self) -> None:
        self._cancelling.set()
        if self._task is not None:
            self._task.cancel()
        else:
            self._settle(_cancellation())  # an interrupt came before it was started

    def _await_close(self) -> None:
        self._closed.wait(STOP_SECONDS)

    def _leave_it(self) -> None:
        self._left = True
        if self._thread is not None and not self._cancelling.is_set():
            loop_thread.replace(self._thread)
        if self._leave is not None:
            self._leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self.close() and error is not None:
            error.add_note(f"notebook_chat: {LEFT}.")


def _cancellation() -> BaseException:
    return loop_thread.process_ends() if loop_thread.is_over() else exits.contained(asyncio.CancelledError())


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

    def _put(self, item: T | _End | _Errand) -> None:
        super()._put(item)
        self._news.set()

    def _wait(self, timeout: float | None) -> T | _End | _Errand | None:
        while True:
            self._news.clear()
            try:
                return self._queue.get_nowait()
            except queue.Empty:
                pass
            assert self._loop is not None
            try:
                self._loop.run_until_complete(asyncio.wait_for(self._news.wait(), timeout))
            except TimeoutError:
                return None

    def _await_close(self) -> None:
        if self._loop is not None and self._task is not None:
            self._loop.run_until_complete(asyncio.wait({self._task}, timeout=STOP_SECONDS))


def open_stream(
    source: AsyncIterator[T], *, nested: bool = False, leave: Callable[[], object] | None = None
) -> Stream[T]:
    """A ``Stream``, or a ``NestedStream`` where that is asked for."""
    return NestedStream(source, leave=leave) if nested else Stream(source, leave=leave)


def _nesting() -> Any:
    for name in ("nest_asyncio2", "nest_asyncio"):
        if importlib.util.find_spec(name) is not None:
            return importlib.import_module(name)
    raise MissingDependencyError(
        "nested needs the package nest-asyncio2", hint='Install it: pip install "notebook_chat[nested]".'
    )
