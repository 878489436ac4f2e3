"""An interrupt that Python swallows ends the code all the same, and nothing that comes behind it."""

from __future__ import annotations

import collections
import itertools
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable

import pytest

from notebook_chat import interrupts

PATIENCE = 30.0
KINDS = (KeyboardInterrupt,)


class Slow:
    """Spends its time where nothing can be raised."""

    def __del__(self) -> None:
        begun.set()
        time.sleep(0.01)


class Nested:
    def __del__(self) -> None:
        Slow()
        Slow()


class Referred:
    pass


begun = threading.Event()


def deleting() -> None:
    while True:
        Slow()


def nesting() -> None:
    while True:
        Nested()


def referring() -> None:
    def gone(_: object) -> None:
        begun.set()
        time.sleep(0.01)

    while True:
        one = Referred()
        reference = weakref.ref(one, gone)
        del one
        assert reference() is None


def consuming() -> None:
    collections.deque((Slow() for _ in itertools.count()), maxlen=0)


def signaled() -> bool:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    return True


def interrupted_soon() -> None:
    begun.clear()
    threading.Thread(target=lambda: begun.wait(PATIENCE) and signaled(), daemon=True).start()


@pytest.mark.parametrize("endless", [deleting, nesting, referring, consuming])
def test_one_that_is_swallowed_is_raised_behind_it(endless: Callable[[], None]) -> None:
    hook = sys.unraisablehook
    interrupted_soon()
    with pytest.raises(KeyboardInterrupt), interrupts.kept(KINDS, lambda: True, lambda: True):
        endless()
    assert sys.gettrace() is None
    assert sys.unraisablehook is hook


def test_where_a_debugger_has_the_thread_it_is_sent_again() -> None:
    class Brief:
        def __del__(self) -> None:
            begun.set()
            until = time.perf_counter() + 0.002
            while time.perf_counter() < until:
                pass

    def debugger(*_: object) -> None:
        return None

    interrupted_soon()
    sys.settrace(debugger)
    try:
        with pytest.raises(KeyboardInterrupt), interrupts.kept(KINDS, lambda: True, signaled):
            while True:
                Brief()
                for _ in range(20_000):  # where it can be raised
                    pass
        assert sys.gettrace() is debugger
    finally:
        sys.settrace(None)


def test_what_is_not_wanted_any_more_is_not_raised_and_what_is_none_is_told_as_ever() -> None:
    told: list[type] = []
    before, sys.unraisablehook = sys.unraisablehook, lambda swallowed: told.append(swallowed.exc_type)

    class Failing:
        def __init__(self, kind: type[BaseException]) -> None:
            self.kind = kind

        def __del__(self) -> None:
            raise self.kind

    try:
        with interrupts.kept(KINDS, lambda: False, lambda: True):
            Failing(KeyboardInterrupt)
            Failing(ValueError)
        with interrupts.kept(KINDS, lambda: True, lambda: True):
            Failing(ZeroDivisionError)
    finally:
        sys.unraisablehook = before
    assert told == [KeyboardInterrupt, ValueError, ZeroDivisionError]
    assert sys.gettrace() is None


def test_one_that_is_swallowed_at_the_very_end_is_not_raised_afterwards() -> None:
    running = True

    class Last:
        def __del__(self) -> None:
            nonlocal running
            running = False
            raise KeyboardInterrupt

    class Late(Last):
        def __del__(self) -> None:
            raise KeyboardInterrupt

    def ends() -> None:
        Last()

    def ending(one: Late) -> bool:
        try:
            return True
        finally:
            del one

    before, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        with interrupts.kept(KINDS, lambda: running, lambda: True):
            ends()
    finally:
        sys.unraisablehook = before
    running = True
    with pytest.raises(KeyboardInterrupt), interrupts.kept(KINDS, lambda: running, lambda: True):
        ending(Late())
    assert sys.gettrace() is None


def test_it_is_sent_until_nobody_is_there_and_not_for_ever() -> None:
    sent: list[str] = []
    done = threading.Event()

    def send() -> bool:
        sent.append("sent")
        if len(sent) == 3:
            done.set()
        return len(sent) < 3

    interrupts.insist(send, pauses=(0.001,) * 5)
    assert done.wait(PATIENCE)
    again: list[str] = []
    interrupts.insist(lambda: not again.append("sent"), pauses=(0.001,) * 2)
    until = time.monotonic() + PATIENCE
    while any(thread.name == "notebook_chat: interrupt" for thread in threading.enumerate()):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert (len(sent), len(again)) == (3, 2)
