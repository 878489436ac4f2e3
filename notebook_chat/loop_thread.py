"""The private event loop: on a daemon thread of its own, and alive whatever is done to it.

One is enough for all streams. Where it ends all the same, or answers nobody any more since something on it blocks,
another one takes its place.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import socket
import sys
import threading
import time
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from .errors import ChatError
from .faults import as_chat_errors

STOP_SECONDS = 2.0
"""How long a caller waits for what it has cancelled, in seconds; and how long the loop may not answer meanwhile."""

STUCK_SECONDS = 10.0
"""After how long without an answer, in seconds, another loop takes its place where nobody has said to stop."""

_IDLE_SECONDS = 0.5  # between two looks whether a loop that was replaced has anything left to do


class Tenant(Protocol):
    """Whatever lives on a loop thread."""

    def evicted(self) -> None:
        """The loop has ended, or another one takes its place; called in any thread."""


class LoopThread:
    """An event loop on a thread. It goes on after what would end it: an exception that leaves a task or a
    callback, and ``loop.stop``.

    Attributes:
        loop: The event loop.
        thread: Its thread.
        tenants: What lives on it now.
        ended: Whether nothing on it will go on any more.

    Raises:
        ChatError: Python is ending, and starts no thread any more.
        OSError, RuntimeError: There is no further file, or no further thread.
    """

    def __init__(self) -> None:
        for probe in socket.socketpair():  # where no file is left this fails, and no loop is half made
            probe.close()
        self.loop = _new_loop()
        # The loop's own way of ending its executor starts a thread, which an interpreter that ends does not do.
        self._workers = ThreadPoolExecutor(thread_name_prefix="notebook_chat worker")
        self.loop.set_default_executor(self._workers)
        self.tenants: set[Tenant] = set()
        self.ended = False
        self._stopping = False
        self._settled = threading.Event()
        self._left: list[asyncio.Task[Any]] = []
        self._unanswered: float | None = None  # since when
        self.thread = threading.Thread(target=self._run, name="notebook_chat", daemon=True)
        try:
            self.thread.start()
        except RuntimeError as error:
            self.loop.close()
            if _over or "shutdown" in str(error):
                raise process_ends() from None
            raise

    def _run(self) -> None:
        try:
            while not (self._stopping or self.loop.is_closed()):
                try:
                    self.loop.run_forever()
                except Exception:
                    break  # the loop itself is broken
                except BaseException:
                    continue  # SystemExit or KeyboardInterrupt of a task, which has them as its result
            self._settle()
        finally:
            self.ended = True
            with contextlib.suppress(Exception):
                self.loop.close()
            for tenant in tuple(self.tenants):
                tenant.evicted()
            self._settled.set()
        while self._left and _over:
            time.sleep(
                3600
            )  # what has not ended must not be deleted by an interpreter that ends: it could go on there

    def _settle(self) -> None:
        """Cancels what runs and closes what is open, for a bounded time each."""
        self._workers.shutdown(wait=False, cancel_futures=True)
        if self.loop.is_closed():
            return
        self.loop.set_exception_handler(lambda *_: None)  # nobody is there any more to be told
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self._drive(asyncio.wait(tasks, timeout=STOP_SECONDS / 2))
        for task in tasks:
            # What has not ended is told by nobody, and neither is what somebody's task ended with.
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            if task.done() and not task.cancelled():
                task.exception()
        self._left = [task for task in tasks if not task.done()]
        self._drive(_end_generators(self.loop))

    def _drive(self, work: Coroutine[Any, Any, object]) -> None:
        task = self.loop.create_task(work)
        while not task.done():
            try:
                self.loop.run_until_complete(task)
            except (SystemExit, KeyboardInterrupt):
                continue  # of another task
            except BaseException:
                break
        if not task.done():
            work.close()

    def post(self, call: Callable[[], object]) -> bool:
        """Has something called on its thread, soon; ``False`` where what came before has waited for too long."""
        now = time.monotonic()
        if self._unanswered is None:
            self._unanswered = now
        elif now - self._unanswered > STUCK_SECONDS:
            return False
        self.loop.call_soon_threadsafe(self._answer, call)
        return True

    def _answer(self, call: Callable[[], object]) -> None:
        self._unanswered = None
        call()

    def stop(self, patience: float = STOP_SECONDS + 0.5) -> None:
        """Cancels what runs, closes what is open, and ends the thread.

        Args:
            patience: How long to wait for it, in seconds.
        """
        self._stopping = True
        with contextlib.suppress(RuntimeError):  # it is closed
            self.loop.call_soon_threadsafe(self.loop.stop)
        if self.thread is not threading.current_thread():
            self._settled.wait(patience)

    def retire(self) -> None:
        """Has it end as soon as nothing runs on it any more; from any thread."""
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._leave)

    def _leave(self) -> None:
        if self.tenants:
            self.loop.call_later(_IDLE_SECONDS, self._leave)
        else:
            self.stop()


def _new_loop() -> asyncio.AbstractEventLoop:
    """What Python itself would make, and not the policy, which others may set."""
    if sys.platform == "win32":
        return asyncio.ProactorEventLoop()
    return asyncio.SelectorEventLoop()


async def _end_generators(loop: asyncio.AbstractEventLoop) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_SECONDS / 2):
            await loop.shutdown_asyncgens()


_lock = threading.RLock()
_running: LoopThread | None = None
_replaced: weakref.WeakSet[LoopThread] = weakref.WeakSet()
# The loops of the process that this one was forked from. They are kept, never closed: their selector and
# sockets are shared with the parent, and closing them here would break them there.
_of_parent: list[LoopThread] = []
_over = False
_last: list[Callable[[], object]] = []


def current() -> LoopThread:
    """The loop thread that new work goes to.

    Raises:
        ChatError: Python is ending.
    """
    refuse_at_exit()
    with _lock:
        return _living()


def enter(tenant: Tenant) -> LoopThread:
    """The loop thread for something that lives on it from now on, until it takes itself out of its ``tenants``.

    Raises:
        ChatError: Python is ending.
    """
    refuse_at_exit()
    with _lock:
        home = _living()
        home.tenants.add(tenant)
        return home


def _living() -> LoopThread:
    global _running
    if _over:
        raise process_ends()
    if _running is None or _running.ended:
        with as_chat_errors():
            _running = LoopThread()
    return _running


def post(call: Callable[[], object]) -> None:
    """Has something called on the private loop's thread, soon; from any thread, also that one. Nothing is called
    once Python is ending."""
    if not _over:
        with contextlib.suppress(ChatError, RuntimeError):
            home = current()
            if not home.post(call):
                replace(home)
                current().post(call)


def replace(home: LoopThread) -> None:
    """Has new work go to another loop than this one, which does not answer. What runs on it goes on, should it
    ever answer again, and it ends after that."""
    global _running
    with _lock:
        if _running is home:
            _running = None
        _replaced.add(home)
    for tenant in tuple(home.tenants):
        tenant.evicted()
    home.retire()


def is_replaced(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether an event loop is one that another has taken the place of."""
    return any(home.loop is loop for home in tuple(_replaced))


def rest() -> None:
    """Ends the loop and its thread, and closes all connections, unless something lives on it that does not end soon;
    the next work starts another one."""
    global _running
    until = time.monotonic() + _IDLE_SECONDS
    while (home := _running) is not None and home.tenants and time.monotonic() < until:
        time.sleep(0.01)
    with _lock:
        idle = _running
        if idle is None or idle.tenants:
            return
        _running = None
    idle.stop()


def process_ends() -> ChatError:
    """What to tell whoever asks while Python is ending."""
    return ChatError("Python is ending, and no answer can come any more", hint="Ask before that.")


def linger() -> None:
    """Holds a daemon thread up while Python is ending, for a bounded time: it ends with the process, and before it
    can show a traceback that nobody asked for."""
    if _over and threading.current_thread().daemon:
        time.sleep(STOP_SECONDS)


def refuse_at_exit() -> None:
    """Refuses to begin anything once Python is ending.

    Raises:
        ChatError: It is.
    """
    if _over:
        linger()
        raise process_ends()


def is_over() -> bool:
    """Whether Python is ending, and the loop with it."""
    return _over


def at_exit(call: Callable[[], object]) -> Callable[[], object]:
    """Has something called at the interpreter's exit, after the loop has ended and its answers are kept.

    Args:
        call: What to call.

    Returns:
        The same, so that it can be used as a decorator.
    """
    _last.append(call)
    return call


@atexit.register
def _end() -> None:
    global _over
    with _lock:
        _over = True
        running = _running
    for stuck in tuple(_replaced):
        stuck.stop(0)
    if running is not None:
        running.stop()
    for call in reversed(_last):
        with contextlib.suppress(Exception):  # the others are called all the same
            call()


def _after_fork() -> None:
    global _running, _lock
    _lock = threading.RLock()
    running, _running = _running, None
    if running is None:
        return
    _of_parent.append(running)
    if running.thread is threading.current_thread():
        # Something on the loop has forked. If the child comes back from there, it must not go on with what its
        # parent does already, on the same sockets.
        running.loop.call_soon(os._exit, 1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
