"""The renderer's contract, and the loop that feeds one from the thread of the caller."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import Protocol

from .. import runner
from ..answer import AnswerSnapshot
from ..conversation import Status
from ..errors import ChatError
from ..events import Event, Usage
from ..governor import Priority, asking_as
from ..parts import Part


class Summary(Protocol):
    """What a renderer may tell of a turn that has ended."""

    @property
    def answer(self) -> str: ...
    @property
    def status(self) -> Status: ...
    @property
    def model(self) -> str: ...
    @property
    def usage(self) -> Usage | None: ...
    @property
    def finish_reason(self) -> str | None: ...
    @property
    def reasoning(self) -> str: ...
    @property
    def parts(self) -> Sequence[Part]: ...
    @property
    def seconds(self) -> float: ...
    @property
    def replayed(self) -> bool: ...
    @property
    def cost(self) -> float | None: ...


class Renderer(Protocol):
    """Shows one answer. ``show`` is called with the answer so far whenever more has come, and when the time is
    due that ``wait`` asked for; ``finish`` is always called, once, at the end."""

    @property
    def wait(self) -> float | None:
        """In how many seconds ``show`` wants to be called at the latest; ``None``: only when more has come."""

    def prepare(self) -> None:
        """Called once the request is on its way: the time for whatever the first text must not wait for."""

    def show(self, snapshot: AnswerSnapshot) -> None:
        """Shows the answer as it is now, or waits until it is time to."""

    def catch_up(self, snapshot: AnswerSnapshot) -> None:
        """Shows the answer as it is now, at once: the thread is about to do something else, such as ask the user."""

    def finish(self, turn: Summary | None, error: ChatError | None) -> None:
        """Shows the final state: the turn as it was kept (``None`` when nothing came), and the failure."""


class Silent:
    """Shows nothing."""

    wait: float | None = None

    def prepare(self) -> None:
        """Has nothing to prepare."""

    def show(self, snapshot: AnswerSnapshot) -> None:
        """Takes the answer so far."""

    def catch_up(self, snapshot: AnswerSnapshot) -> None:
        """Has nothing to catch up with."""

    def finish(self, turn: Summary | None, error: ChatError | None) -> None:
        """Takes the end."""


class Source(Protocol):
    """What is played: an answer, how far it has come with each batch of its events, and the turn that it has
    become when they have ended."""

    @property
    def turn(self) -> Summary | None: ...
    @property
    def snapshot(self) -> AnswerSnapshot: ...

    def batches(self) -> AsyncGenerator[Sequence[Event]]: ...
    def leave(self) -> None: ...


class Interrupted(KeyboardInterrupt):
    """The user has interrupted an answer; what had come of it is kept and shown."""


def play(source: Source, renderer: Renderer, *, nested: bool = False) -> None:
    """Shows an answer from its first event to its end, in the calling thread. An interrupt stops the
    answer at once: what had come is kept and shown.

    Args:
        source: The answer.
        renderer: What shows it.
        nested: Whether to drive it on the loop that runs in this thread, as ``runner.NestedStream`` does.

    Raises:
        ChatError: The answer failed; the renderer has shown what had come.
        Interrupted: It was interrupted, or there was an interrupt while its end was shown.
    """
    error: ChatError | None = None
    interrupted = False
    stream: runner.Stream[bool] | None = None
    try:
        try:
            stream = runner.open_stream(_moments(source), nested=nested, leave=source.leave)
            stream.before_call = lambda: renderer.catch_up(source.snapshot)
            with asking_as(Priority.CELL):
                stream.start()
            renderer.prepare()
            while stream.get(renderer.wait) is not None:
                renderer.show(source.snapshot)
        finally:
            if stream is not None:
                stream.close()
    except KeyboardInterrupt:
        interrupted = True
        if stream is not None:
            stream.close()  # the interrupt may have come during the first close
    except ChatError as failure:
        error = failure
    finally:
        interrupted = _ended(renderer, source.turn, error) or interrupted
    if error is not None:
        raise error
    if interrupted:
        raise Interrupted


async def _moments(source: Source) -> AsyncGenerator[bool]:
    """When more of an answer has come. The events themselves are in the snapshot: as long as nobody has time for them,
    they are not to be kept a second time."""
    async with aclosing(source.batches()) as batches:
        async for _ in batches:
            yield True


def _ended(renderer: Renderer, turn: Summary | None, error: ChatError | None) -> bool:
    """Has the end shown as a whole. Whether there was an interrupt meanwhile, which is for what comes after it."""
    with uninterrupted() as interrupts:
        try:
            renderer.finish(turn, error)
        except KeyboardInterrupt:  # one that the renderer has held back until its output was out
            return True
    return bool(interrupts)


@contextmanager
def uninterrupted() -> Iterator[list[object]]:
    """Holds an interrupt back for the length of a block, where a half done thing would show: an output that is
    sent and not noted as sent, or a final state that is lost.

    Yields:
        A list that is not empty once there was an interrupt.
    """
    held: list[object] = []
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield held  # only the main thread is interrupted, and only by a handler of Python's
        return
    signal.signal(signal.SIGINT, lambda number, frame: held.append(number))
    try:
        yield held
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def interruptible() -> Iterator[None]:
    """Lets an interrupt through for the length of a block inside of ``uninterrupted``: for what takes its time and can
    be done without.

    Raises:
        KeyboardInterrupt: There was one.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Pace:
    """When the next update may be sent, so that the rate stays under a budget of bytes.

    The whole text is sent with each update; at an interval that grows with it the bytes sent follow the
    answer's length, and not its square.

    Args:
        budget: Bytes per second.
        shortest: The shortest interval, in seconds.
    """

    def __init__(self, budget: float = 40_000, shortest: float = 0.05) -> None:
        self._budget = budget
        self._shortest = shortest
        self._due = 0.0

    @property
    def remaining(self) -> float:
        """In how many seconds the next update may be sent; 0 for now."""
        return max(0.0, self._due - time.monotonic())

    def sent(self, size: int) -> None:
        """An update of ``size`` bytes has been sent."""
        self._due = time.monotonic() + max(self._shortest, size / self._budget)
