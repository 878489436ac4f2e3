"""Who is told of the requests that go to the network beside those of answers: lists of models, counts of tokens, files
that are fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..request import HttpRequest

Watcher = Callable[[HttpRequest], Callable[[int], object]]
"""Is told of a request; what it gives is told of the response's status. It is called in any thread."""

_watchers: tuple[Watcher, ...] = ()
_accounted = ContextVar("accounted", default=False)


def watch(watcher: Watcher) -> Callable[[], None]:
    """Has somebody told of each request that nobody else takes down.

    Args:
        watcher: Who is told.

    Returns:
        What ends that.
    """
    global _watchers
    _watchers = (*_watchers, watcher)

    def end() -> None:
        global _watchers
        _watchers = tuple(one for one in _watchers if one is not watcher)

    return end


@contextmanager
def accounted() -> Iterator[None]:
    """Somebody takes the requests down that go out meanwhile."""
    before = _accounted.set(True)
    try:
        yield
    finally:
        _accounted.reset(before)


def left(request: HttpRequest) -> Callable[[int], None]:
    """A request goes to the network.

    Args:
        request: The request.

    Returns:
        What is to be told of the response's status.
    """
    told = () if _accounted.get() else tuple(watcher(request) for watcher in _watchers)

    def answered(status: int) -> None:
        for one in told:
            one(status)

    return answered
