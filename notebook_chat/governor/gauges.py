"""What is counted against limits: how much has gone out lately, and how much is on its way."""

from __future__ import annotations

import math
from collections import deque
from itertools import islice
from typing import Protocol

from ..pace import AtOnce, Limit, Rate


class Entry:
    """What one request counts for.

    Attributes:
        at: When it went out.
        amount: How much it counts for.
        counted: Whether it still does.
    """

    __slots__ = ("amount", "at", "counted")

    def __init__(self, at: float, amount: int) -> None:
        self.at = at
        self.amount = amount
        self.counted = True


class Gauge(Protocol):
    """What counts for one kind of limit."""

    def ready(self, limit: int, tokens: int, now: float) -> float:
        """When one more request may go out, as far as is known now: ``inf`` where that is up to others.

        Args:
            limit: How much there may be.
            tokens: How many tokens the request is taken to use.
            now: What time it is.
        """
        ...

    def expected(self, limit: int, tokens: int, ahead: int, now: float) -> float:
        """When a request may be expected to go out.

        Args:
            limit, tokens, now: As for ``ready``.
            ahead: How many others go before it.
        """
        ...

    def begin(self, tokens: int, now: float) -> Entry:
        """Counts a request that goes out now."""
        ...

    def correct(self, entry: Entry, tokens: int) -> None:
        """Counts a request for the tokens that it has used."""
        ...

    def end(self, entry: Entry) -> None:
        """A request is not on its way any more."""
        ...

    def resume(self, entry: Entry) -> None:
        """A request is on its way after all."""
        ...

    def idle(self, now: float) -> bool:
        """Whether there is nothing that it counts."""
        ...


class Window:
    """How much has gone out in the last while. Whatever moment a stretch of that length begins at, there is never more
    in it than the limit; only what is larger than the limit by itself goes out all the same, alone.

    Args:
        tokens: Whether it counts tokens, and not requests.
        seconds: The length.
    """

    def __init__(self, tokens: bool, seconds: float) -> None:
        self._tokens = tokens
        self._seconds = seconds
        self._entries: deque[Entry] = deque()
        self._sum = 0

    def ready(self, limit: int, tokens: int, now: float) -> float:
        """As ``Gauge.ready``."""
        self._drop(now)
        over = self._sum + min(self._amount(tokens), limit) - limit
        if over > 0:
            for entry in self._entries:
                over -= entry.amount
                if over <= 0:
                    return entry.at + self._seconds
        return now

    def expected(self, limit: int, tokens: int, ahead: int, now: float) -> float:
        """As ``Gauge.expected``."""
        self._drop(now)
        over = self._sum + min(self._amount(tokens), limit) * (ahead + 1) - limit
        if over <= 0:
            return now
        if not self._tokens and over <= len(self._entries):
            return next(islice(self._entries, over - 1, None)).at + self._seconds
        last = self._entries[-1].at if self._entries else now
        # All that has gone out is forgotten after one stretch, however many tokens a service has told of.
        return last + self._seconds * min(max(1, -(-over // limit)), ahead + 1)

    def begin(self, tokens: int, now: float) -> Entry:
        """As ``Gauge.begin``."""
        self._drop(now)
        entry = Entry(now, self._amount(tokens))
        self._entries.append(entry)
        self._sum += entry.amount
        return entry

    def correct(self, entry: Entry, tokens: int) -> None:
        """As ``Gauge.correct``."""
        if self._tokens and entry.counted:
            self._sum += tokens - entry.amount
            entry.amount = tokens

    def end(self, entry: Entry) -> None:
        """It has gone out all the same."""

    def resume(self, entry: Entry) -> None:
        """It counts as before."""

    def idle(self, now: float) -> bool:
        """As ``Gauge.idle``."""
        self._drop(now)
        return not self._entries

    def _amount(self, tokens: int) -> int:
        return tokens if self._tokens else 1

    def _drop(self, now: float) -> None:
        entries = self._entries
        while entries and entries[0].at + self._seconds <= now:
            entry = entries.popleft()
            entry.counted = False
            self._sum -= entry.amount


class Crowd:
    """How many requests are on their way."""

    def __init__(self) -> None:
        self._count = 0

    def ready(self, limit: int, tokens: int, now: float) -> float:
        """As ``Gauge.ready``."""
        return now if self._count < limit else math.inf

    def expected(self, limit: int, tokens: int, ahead: int, now: float) -> float:
        """As ``Gauge.expected``; how long others take, nobody knows."""
        return now if self._count + ahead < limit else math.inf

    def begin(self, tokens: int, now: float) -> Entry:
        """As ``Gauge.begin``."""
        self._count += 1
        return Entry(now, 1)

    def correct(self, entry: Entry, tokens: int) -> None:
        """It counts as one."""

    def end(self, entry: Entry) -> None:
        """As ``Gauge.end``."""
        if entry.counted:
            entry.counted = False
            self._count -= 1

    def resume(self, entry: Entry) -> None:
        """As ``Gauge.resume``."""
        if not entry.counted:
            entry.counted = True
            self._count += 1

    def idle(self, now: float) -> bool:
        """As ``Gauge.idle``."""
        return not self._count


def gauge_for(limit: Limit) -> Gauge:
    """What counts for a kind of limit.

    Args:
        limit: One of that kind.
    """
    match limit:
        case AtOnce():
            return Crowd()
        case Rate():
            return Window(limit.quantity == "tokens", limit.seconds)
