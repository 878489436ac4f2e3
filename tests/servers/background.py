"""What runs beside a test: an event loop on a thread of its own, and flags that both can wait for."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE = 30.0
"""How long to wait for what should happen at once, in seconds, before a test is told that it did not."""

_ROUNDS = 10  # of an event loop, in which a connection gets from its acceptance to its end


class BackgroundLoop:
    """An event loop on a daemon thread.

    Args:
        name: The thread's name, for those who look at a hanging test.
    """

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(_report)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], timeout: float = PATIENCE) -> T:
        """Run ``work`` on the loop and wait for its result, from any other thread.

        Raises:
            TimeoutError: ``work`` is not done after ``timeout`` seconds; it is cancelled.
        """
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result(timeout)
        except TimeoutError:
            future.cancel()
            raise

    def close(self) -> None:
        """Cancel what still runs, end the thread and close the loop. Closing twice is fine."""
        if self.loop.is_closed():
            return
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        # A task that fails while it is cancelled has nobody left to tell.
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        # Those whose protocols have let go of them, and wait until the other side has read the rest.
        for transport in list(getattr(self.loop, "_transports", {}).values()):
            transport.abort()
        self.loop.run_until_complete(_settled())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())


async def stop_listening(listener: asyncio.Server) -> None:
    """Closes a listener and leaves no connection open that it has accepted: of one that nobody has taken over when
    the listener is closed, asyncio forgets the socket."""
    loop = asyncio.get_running_loop()
    for accepting in listener.sockets:
        with contextlib.suppress(NotImplementedError):  # Windows accepts in another way
            loop.remove_reader(accepting.fileno())
    await _settled()
    listener.close()


async def _settled() -> None:
    """Lets everything happen that follows from what has happened, such as the end of a connection that was cut."""
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A client that breaks off, in a TLS handshake for instance, is what tests are about: no log."""
    if not isinstance(context.get("exception"), OSError):
        loop.default_exception_handler(context)


class Signal:
    """A flag that is set once and that threads and event loops can both wait for."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._waiters: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def __repr__(self) -> str:
        return f"<Signal {'set' if self.is_set() else 'not set'}>"

    def is_set(self) -> bool:
        """Whether it has been set."""
        return self._event.is_set()

    def set(self) -> None:
        """Set it, from any thread."""
        with self._lock:
            self._event.set()
            waiters, self._waiters = self._waiters, []
        for loop, event in waiters:
            with contextlib.suppress(RuntimeError):  # that loop is closed, nobody waits there any more
                loop.call_soon_threadsafe(event.set)

    def wait(self, timeout: float = PATIENCE) -> bool:
        """Block this thread until it is set; False when ``timeout`` seconds pass first."""
        return self._event.wait(timeout)

    async def wait_async(self, timeout: float | None = PATIENCE) -> bool:
        """The same without blocking the running loop; ``None`` waits for ever."""
        event = asyncio.Event()
        with self._lock:
            if self._event.is_set():
                return True
            waiter = (asyncio.get_running_loop(), event)
            self._waiters.append(waiter)
        try:
            await asyncio.wait_for(event.wait(), timeout)
        except TimeoutError:
            return False
        finally:
            with self._lock, contextlib.suppress(ValueError):
                self._waiters.remove(waiter)
        return True
