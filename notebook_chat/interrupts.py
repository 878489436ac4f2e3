"""Interrupts that do not get lost. Python swallows what is raised in ``__del__`` and in a callback of a weak reference,
those of its own imports among them; an interrupt that comes then ends nothing."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""After how many seconds an interrupt is sent again. Code that takes one to put things in order has that long."""

_MOMENT = 0.05


def insist(send: Callable[[], bool], *, pauses: tuple[float, ...] = _PAUSES) -> None:
    """Sends an interrupt again, after a pause and then after longer ones, in a thread of its own.

    Args:
        send: Sends it; whether there was somebody to send it to. Otherwise that was the end of it.
        pauses: How long it waits each time, in seconds.
    """

    def go_on() -> None:
        for pause in pauses:
            time.sleep(pause)
            if not send():
                return

    threading.Thread(target=go_on, name="notebook_chat: interrupt", daemon=True).start()


@contextmanager
def kept(
    kinds: tuple[type[BaseException], ...], wanted: Callable[[], bool], again: Callable[[], bool]
) -> Iterator[None]:
    """Has an interrupt that Python swallows in this thread raised once more, as soon as that is left in which it was
    swallowed. Only in the main thread can it be entered.

    Args:
        kinds: What an interrupt raises.
        wanted: Whether it may still be raised.
        again: Sends it once more, where a debugger has the thread, and nothing can be raised from here.
    """
    own, before = threading.get_ident(), sys.unraisablehook

    def hook(swallowed: Any) -> None:
        kind = swallowed.exc_type
        if threading.get_ident() != own or not issubclass(kind, kinds) or not wanted():
            before(swallowed)
        elif sys.gettrace() is None:
            _raise_in(sys._getframe(1), kind, wanted)
        else:
            insist(again, pauses=(_MOMENT,))

    sys.unraisablehook = hook
    try:
        yield
    finally:
        if sys.unraisablehook is hook:  # and nobody has set another one meanwhile
            sys.unraisablehook = before
        if isinstance(trace := sys.gettrace(), _Trace):
            trace.leave()


def _raise_in(frame: FrameType, kind: type[BaseException], wanted: Callable[[], bool]) -> None:
    trace = _Trace(frame, kind, wanted)
    frame.f_trace = trace
    sys.settrace(trace)


class _Trace:
    """Raises something in a frame as soon as it goes on. That is how a debugger would stop there, and the one way to
    raise it nowhere else.

    Args:
        frame: Where.
        kind: What.
        wanted: Whether it is still to be raised.
    """

    def __init__(self, frame: FrameType, kind: type[BaseException], wanted: Callable[[], bool]) -> None:
        self._frame = frame
        self._before = frame.f_trace
        self._kind = kind
        self._wanted = wanted

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        called = event == "call" and frame.f_back is self._frame and frame.f_code.co_name != "__del__"
        if frame is self._frame or called:
            self.leave()
            if self._wanted():
                raise self._kind

    def leave(self) -> None:
        """Raises nothing any more."""
        sys.settrace(None)
        self._frame.f_trace = self._before
