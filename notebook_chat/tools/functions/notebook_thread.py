"""Calls in the thread that a notebook's cells run in."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import signal
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from ... import loop_thread
from ...runner import has_caller, in_caller
from ...session import kernel_loop
from ..tool import Tell
from .work import Work

IDLE_SECONDS = 10.0
"""How long a call waits for a cell to end that has the notebook's thread, where no cell waits for the answer."""


class ThreadBusyError(Exception):
    """The notebook's thread is not to be had; the words say why, and what to do."""


async def call_there(call: Callable[[], Any], seconds: float | None, tell: Tell) -> Any:
    """What a function gives in the notebook's thread: that of the cell that waits for the answer, or where none does,
    as in a panel, the kernel's when it is idle. For an asynchronous caller it is the caller's own.

    Args:
        call: The function.
        seconds: How long it may take where the caller's own loop stands still meanwhile.
        tell: Tells the reader what is waited for.

    Raises:
        ThreadBusyError: It is not to be had.
        TimeoutError: It took longer.
        Exception: What the function raises.
    """
    if has_caller():
        work = Work(call, foreign=True)
        return await _awaited(work, in_caller(work))
    if not _on_private_loop():
        return _here(call, seconds)
    work = Work(call)
    loop = _kernel_loop()
    loop.call_soon_threadsafe(_interruptible, work)
    return await _awaited(work, _beginning(work.started, tell))


async def _awaited(work: Work, ahead: Coroutine[Any, Any, Any]) -> Any:
    """What the work gives, after what must be waited for ahead of it; it is given up where that fails."""
    try:
        await ahead
        return await work.result
    finally:
        work.give_up()


def _here(call: Callable[[], Any], seconds: float | None) -> Any:
    """What a function gives in this thread, whose loop stands still meanwhile and cannot look at the clock."""
    work = Work(call, foreign=True)
    timer = threading.Timer(seconds, work.give_up) if seconds is not None else None
    if timer is not None:
        timer.daemon = True
        timer.start()
    try:
        return work.here()
    finally:
        if timer is not None:
            timer.cancel()


async def _beginning(started: asyncio.Event, tell: Tell) -> None:
    """Waits until the kernel's loop has begun with something."""
    try:
        async with asyncio.timeout(0.2):
            await started.wait()
            return
    except TimeoutError:
        tell("waiting for the cell that runs", None)
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            await started.wait()
    except TimeoutError:
        raise ThreadBusyError(
            f"not run: it needs the notebook's thread, in which a cell has been running for {IDLE_SECONDS:g} s;"
            " ask again when that cell has ended"
        ) from None


def _interruptible(work: Work) -> None:
    """Has some work done while no cell runs: the user can interrupt it as if one did. It is called in the kernel's
    main thread, in which nothing may be raised."""
    before = signal.getsignal(signal.SIGINT)
    own = before is signal.SIG_IGN and threading.current_thread() is threading.main_thread()
    with contextlib.suppress(BaseException):
        if own:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            work()
        finally:
            if own:
                signal.signal(signal.SIGINT, before)


def _on_private_loop() -> bool:
    """Whether this runs on the private loop, which no thread of the user's drives."""
    loop = asyncio.get_running_loop()
    return loop is loop_thread.current().loop or loop_thread.is_replaced(loop)


def _kernel_loop() -> asyncio.AbstractEventLoop:
    loop = kernel_loop()
    if loop is None or not loop.is_running():
        raise ThreadBusyError("not run: it needs the thread of a notebook's cells, and there is none here")
    return loop


async def await_there(start: Callable[[], Coroutine[Any, Any, Any]], tell: Tell) -> Any:
    """What a coroutine gives that runs on the notebook's own event loop, such as with a client that was made there.

    Args:
        start: Makes the coroutine.
        tell: Tells the reader what is waited for.

    Raises:
        ThreadBusyError: That loop waits for the cell that asks.
        Exception: What the coroutine raises.
    """
    if not _on_private_loop():
        return await start()
    if has_caller():
        return await _driven_by_caller(start)
    home, context = asyncio.get_running_loop(), contextvars.copy_context()
    loop, started = _kernel_loop(), asyncio.Event()

    dropped = False

    async def there() -> Any:
        if dropped:  # the task is cancelled a moment after it has begun
            return None
        home.call_soon_threadsafe(started.set)
        return await start()

    future = context.run(asyncio.run_coroutine_threadsafe, there(), loop)
    try:
        await _beginning(started, tell)
        return await asyncio.wrap_future(future)
    finally:
        dropped = True
        future.cancel()


async def _driven_by_caller(start: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """What a coroutine gives that the waiting thread drives, where no loop of its own runs there already."""
    tasks: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []

    async def there() -> Any:
        task = asyncio.current_task()
        assert task is not None
        tasks.append((asyncio.get_running_loop(), task))
        return await start()

    def drive() -> Any:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(there())
        raise ThreadBusyError(
            "not run: it needs the notebook's event loop, which waits for this cell. Ask with"
            " await chat.ask_async(…), in the panel, or after %config ChatMagics.nested = True"
        )

    work = Work(drive, foreign=True)
    try:
        await in_caller(work)
        return await work.result
    finally:
        for loop, task in tasks:
            with contextlib.suppress(RuntimeError):  # it is closed
                loop.call_soon_threadsafe(task.cancel)
