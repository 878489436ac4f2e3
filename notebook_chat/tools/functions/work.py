"""A call of a user's function in a thread, which is given up when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import signal
import threading
from collections.abc import Callable
from typing import Any

from ... import interrupts

MOST_LEFT = 32
"""How many calls that were given up may go on all the same; beyond that no further one begins."""


class GivenUp(SystemExit):
    """What ends a call that nobody waits for any more. No ``except Exception`` catches it."""


class TooManyLeftError(Exception):
    """Too many calls that were given up have not ended."""


class InterruptedCallError(Exception):
    """The user has interrupted a call, and nothing else."""


class Work:
    """A call, to be made in one thread and waited for on a loop.

    Args:
        call: What is called.
        foreign: Whether an interrupt of the user's that comes meanwhile is for whoever has the thread, and goes on to
            there.
    """

    def __init__(self, call: Callable[[], Any], *, foreign: bool = False) -> None:
        self._call = call
        self._foreign = foreign
        self._context = contextvars.copy_context()
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._over = False
        self.given_up = False
        self.started = asyncio.Event()
        self.result: asyncio.Future[Any] = self._loop.create_future()

    def __call__(self) -> None:
        """Makes the call, unless it was given up; once."""
        value, failure = self._made()
        if self.given_up:
            return
        if isinstance(failure, KeyboardInterrupt) and self._foreign:
            raise failure
        self._post(self._settle, value, _told(failure) if failure is not None else None)

    def here(self) -> Any:
        """Makes the call, and gives what comes of it without the loop, which stands still in this thread.

        Raises:
            TimeoutError: It was given up.
            BaseException: What the call raises.
        """
        value, failure = self._made()
        if self.given_up:
            raise TimeoutError
        if failure is not None:
            raise failure if isinstance(failure, KeyboardInterrupt) else _told(failure)
        return value

    def _made(self) -> tuple[Any, BaseException | None]:
        try:
            if not self._begin():
                return None, None
            try:
                with self._kept():
                    return self._context.run(self._call), None
            finally:
                self._end()
        except BaseException as error:
            self._over = True  # also where an interrupt came at its very end
            return None, error

    def _kept(self) -> contextlib.AbstractContextManager[object]:
        """Has no interrupt get lost that comes where Python would swallow it."""
        if threading.current_thread() is not threading.main_thread():
            return contextlib.nullcontext()  # for which nobody waits, once it is given up
        return interrupts.kept((KeyboardInterrupt, GivenUp), lambda: not self._over, self._interrupt)

    def _begin(self) -> bool:
        with self._lock:
            self._thread = threading.get_ident()
            self._over = self.given_up
        if not self._over:
            self._post(self.started.set)
        return not self._over

    def _end(self) -> None:
        with self._lock:
            self._over = True

    def _post(self, call: Callable[..., object], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(call, *arguments)

    def _settle(self, value: Any, failure: Exception | None) -> None:
        if self.result.done():
            return
        if failure is None:
            self.result.set_result(value)
        else:
            self.result.set_exception(failure)
            self.result.exception()  # nobody need be there any more to take it

    def give_up(self) -> None:
        """Has it end, as far as that can be done: what waits outside Python goes on until it comes back. From any
        thread."""
        with self._lock:
            if self.given_up or self._over:
                self.given_up = True
                return
            self.given_up = True
            if self._thread is not None:
                _interrupt(self._thread)
                interrupts.insist(self._interrupt)

    def _interrupt(self) -> bool:
        """Interrupts it; whether it still runs."""
        with self._lock:
            if self._thread is None or self._over:
                return False
            _interrupt(self._thread)
            return True


def _told(failure: BaseException) -> Exception:
    """A failure that can be given on to a loop without ending it."""
    if isinstance(failure, KeyboardInterrupt):
        return InterruptedCallError("it was interrupted by the user")
    if isinstance(failure, Exception) and not isinstance(failure, StopIteration):
        return failure
    return RuntimeError(f"{type(failure).__name__}: {failure}" if str(failure) else type(failure).__name__)


def _interrupt(thread: int) -> None:
    """Raises something in a thread. The main thread can be woken up, too, where an interrupt of the user's would be."""
    wakes = signal.getsignal(signal.SIGINT) is signal.default_int_handler and hasattr(signal, "pthread_kill")
    if wakes and thread == threading.main_thread().ident:
        signal.pthread_kill(thread, signal.SIGINT)
        return
    with contextlib.suppress(ImportError, AttributeError):
        from ctypes import c_ulong, py_object, pythonapi

        pythonapi.PyThreadState_SetAsyncExc(c_ulong(thread), py_object(GivenUp))


_left: set[threading.Thread] = set()


async def in_worker(call: Callable[[], Any], name: str) -> Any:
    """What a call gives that is made in a thread of its own. Where the waiting is cancelled, the call is given up: its
    thread keeps neither Python nor later calls.

    Args:
        call: What is called; the thread has the context of this task.
        name: What the thread is called.

    Raises:
        TooManyLeftError: Too many calls that were given up have not ended.
        Exception: What the call raises.
    """
    _left.difference_update([thread for thread in _left if not thread.is_alive()])
    if len(_left) >= MOST_LEFT:
        raise TooManyLeftError(
            f"{len(_left)} calls of functions that were given up have not ended: restart the kernel"
        )
    work = Work(call)
    thread = threading.Thread(target=work, name=f"notebook_chat: {name}", daemon=True)
    thread.start()
    try:
        return await work.result
    finally:
        work.give_up()
        if not work.result.done() or work.result.cancelled():
            _left.add(thread)
