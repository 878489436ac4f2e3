"""Code of others, which may raise, print, or never end."""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, Generic, TypeVar

from ...text import single_line
from .classes import type_name

T = TypeVar("T")

SECONDS = 1.0
"""How long the values of a prompt are waited for."""

_NESTED = 0.3  # of what is left, for a part of what is waited for
_LEAST = 0.01  # seconds for which nothing is begun
_PIECE = 0.05
_ENDING = 0.02  # seconds that a thread has to end, each time it is told to
_TIMES = 3
_LONGEST = 500  # characters of what an exception says
_installing = threading.RLock()


class GaveUpError(Exception):
    """It did not end in time."""


class FailedError(Exception):
    """It raised something; the text says what."""


class _Overdue(SystemExit):
    """What ends a thread that has taken too long. Nobody reports it, and no ``except Exception`` catches it."""


def within(seconds: float, work: Callable[[], T]) -> T:
    """What a function gives, if it does so in time. It runs in a thread of its own, since one cannot be interrupted
    that somebody needs; what it prints goes nowhere. Within another such call it has a part of that one's time.

    A thread that waits for something outside Python cannot be ended: it is left behind.

    Args:
        seconds: How long to wait.
        work: The function.

    Raises:
        GaveUpError: It did not end.
        FailedError: It raised something.
    """
    outer = threading.current_thread()
    if isinstance(outer, _Worker):
        seconds = min(seconds, (outer.until - time.monotonic()) * _NESTED)
        if seconds < _LEAST:
            raise GaveUpError
        return _result(_Worker(work, seconds, outer.given_up))
    with _silent():
        return _result(_Worker(work, seconds))


def _result(worker: _Worker[T]) -> T:
    try:
        try:
            worker.start()
        except RuntimeError:  # there are no threads here, as in a browser
            worker.run()
        # In short pieces: not everywhere does an interrupt end a wait.
        while (left := worker.until - time.monotonic()) > 0 and not worker.done.wait(min(left, _PIECE)):
            pass
        ended = worker.done.is_set()
    except BaseException:  # the user's interrupt
        worker.give_up()
        raise
    if not ended:
        worker.give_up()
        raise GaveUpError
    if worker.failure is not None:
        raise FailedError(worker.failure)
    return worker.results[0]


class _Worker(threading.Thread, Generic[T]):
    def __init__(self, work: Callable[[], T], seconds: float, given_up: set[int] | None = None) -> None:
        super().__init__(daemon=True, name="notebook_chat: a value is described")
        self.until = time.monotonic() + max(0.0, seconds)
        self.done = threading.Event()
        self.results: list[T] = []
        self.failure: str | None = None
        self.given_up = set[int]() if given_up is None else given_up
        self._work: Callable[[], T] | None = work
        self._variables = contextvars.copy_context()

    def run(self) -> None:
        work, self._work = self._work, None
        assert work is not None
        try:
            self.results.append(self._variables.run(work))
        except _Overdue:
            return
        except BaseException as error:
            self.failure = said_by(error)
            del error
        self.done.set()

    def give_up(self) -> None:
        """Ends it if that can be done."""
        with suppress(ImportError, AttributeError):
            from ctypes import c_ulong, py_object, pythonapi

            for _ in range(_TIMES):
                if self.ident is None or not self.is_alive():
                    return
                pythonapi.PyThreadState_SetAsyncExc(c_ulong(self.ident), py_object(_Overdue))
                self.join(_ENDING)


def given_up() -> set[int]:
    """The identities of the types of which a value has not come to an end before, in what the thread works on."""
    worker = threading.current_thread()
    return worker.given_up if isinstance(worker, _Worker) else set()


def said_by(error: BaseException) -> str:
    """What an exception says, with its type. Its own code runs for it."""
    name = type_name(type(error))
    try:
        text = single_line(str(error)[:_LONGEST])
    except _Overdue:
        raise
    except BaseException:
        text = ""
    return f"{name}: {text}" if text else name


class _Filter:
    """A stream that takes nothing from the threads of this module."""

    def __init__(self) -> None:
        self._stream: Any = None

    def before(self, stream: Any) -> _Filter:
        """It, before another stream."""
        self._stream = stream
        return self

    def write(self, text: str) -> int:
        if isinstance(threading.current_thread(), _Worker) or self._stream is None:
            return len(text)
        written: int = self._stream.write(text)
        return written

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def beneath(stream: Any) -> Any:
    """What a stream writes to where it is one of this module's, which stand there for a while; else the stream."""
    return stream._stream if isinstance(stream, _Filter) else stream


# They are never freed: in some versions of Python, a thread that prints meanwhile does not hold what it prints to.
_OUT, _ERR = _Filter(), _Filter()


@contextmanager
def _silent() -> Generator[None]:
    """What the threads of this module print meanwhile goes nowhere; what others print goes where it went."""
    with _installing:
        out, err = sys.stdout, sys.stderr
        if out is _OUT or err is _ERR:
            yield
            return
        sys.stdout, sys.stderr = _OUT.before(out), _ERR.before(err)
        try:
            yield
        finally:
            if sys.stdout is _OUT:
                sys.stdout = out
            if sys.stderr is _ERR:
                sys.stderr = err
