"""One service, and who may ask it now: limits, pauses that it has asked for, and the line of those who wait."""

from __future__ import annotations

import math
import threading
import time
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, Protocol

from .gauges import Entry, Gauge, gauge_for
from .priority import Priority
from .rules import Demand, fits

LONGEST_PAUSE = 600.0
"""The longest pause that a service may ask for, in seconds. For what is longer, such as that of a quota for a day,
nobody waits: the next request goes out, and the service says again how long it wants."""

SHARE = 8
"""How often those of one priority go before others who wait longer, one after the other; then one of these goes."""

_LOOK_SECONDS = 1.0  # between two looks whether those who wait, or are on their way, are still there
_LONGEST_SLEEP = 3.0  # seconds, whatever is expected
_PATIENCE = 30.0  # seconds for which others may go before one who waits for another limit than they

if TYPE_CHECKING:
    import asyncio

Lane = tuple[Demand, ...]


class Ticket:
    """One request that wants to go out.

    Args:
        number: Its place among those of its priority.
        priority: Its priority.
        name: Who is asked, as ``provider:model``.
        demands: The limits that it is held to.
        tokens: How many tokens it is taken to use.
        owner: Who waits for it.

    Attributes:
        event: What its owner waits for, where it does.
        out: Whether it may go, and has not come back.
        sent: Whether its owner knows that.
        absent: Whether it does not count though it has not ended, since its owner does not answer.
        alarm: When its owner looks by itself.
        since: Since when it waits.
    """

    __slots__ = (
        "absent",
        "alarm",
        "demands",
        "entries",
        "event",
        "keys",
        "name",
        "number",
        "out",
        "owner",
        "priority",
        "sent",
        "since",
        "tokens",
        "waits",
    )

    def __init__(
        self,
        number: int,
        priority: Priority,
        name: str,
        demands: Lane,
        tokens: int,
        owner: Owner,
    ) -> None:
        self.number = number
        self.priority = priority
        self.name = name
        self.demands = demands
        self.keys = frozenset(demand.key for demand in demands)
        self.tokens = tokens
        self.owner = owner
        self.event: asyncio.Event | None = None
        self.out = self.sent = self.waits = self.absent = False
        self.alarm = self.since = math.inf
        self.entries: list[tuple[Gauge, Entry]] = []


class Owner(Protocol):
    """Who waits for requests. Both methods are called with the service locked: they must not call it, nor block."""

    def news(self, ticket: Ticket) -> None:
        """It is worth a look: a request may go, or it may be its turn soon."""
        ...

    def gone(self, service: Service, ticket: Ticket) -> bool:
        """Whether nobody answers any more. Should somebody do so after all, the service is told: ``come_back``."""
        ...


class Look(NamedTuple):
    """What there is to know for somebody who waits.

    Attributes:
        go: Whether it may go now.
        again: In how many seconds it is worth another look.
        reason: The limit that it waits for; ``None`` for a pause that the service has asked for.
        expected: In how many seconds it may be expected to go; ``inf`` where nobody knows.
        ahead: How many go before it.
    """

    go: bool
    again: float = 0.0
    reason: Demand | None = None
    expected: float = 0.0
    ahead: int = 0


class Service:
    """One service, asked with one key. All methods may be called in any thread, and none blocks.

    Args:
        clock: What tells the time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers = count()
        self._gauges: dict[tuple[str, str, int], Gauge] = {}
        self._out: set[Ticket] = set()
        self._lanes: dict[Lane, tuple[list[Ticket], ...]] = {}
        self._paused_until = -math.inf
        self._passed = 0  # how often somebody has gone before others of a later priority
        self._lost: deque[Ticket] = deque()
        self._looked = -math.inf

    def number(self) -> int:
        """The next number of the line: whoever asks again keeps the one that it has."""
        return next(self._numbers)

    def enter(self, ticket: Ticket) -> bool:
        """Lets a request go out at once, or puts it into the line; whether it may go.

        Args:
            ticket: The request.
        """
        now = self._clock()
        with self._lock:
            if not (self._lanes or ticket.demands or now < self._paused_until):
                self._drop_lost()
                self._begin(ticket, now)
                ticket.sent = True
                return True
            self._wait(ticket, now)
            self._dispatch(now, ticket)
            ticket.sent = ticket.out
            return ticket.out

    def look(self, ticket: Ticket, until: float = math.inf) -> Look:
        """Whether one that waits may go now.

        Args:
            ticket: The request.
            until: In how many seconds its owner looks again by itself, at the latest.
        """
        now = self._clock()
        with self._lock:
            ticket.absent = False
            if not (ticket.out or ticket.waits):
                self._wait(ticket, now)
            self._dispatch(now, ticket)
            if ticket.out or not ticket.waits:  # or its loop is not to be used any more
                ticket.sent = True
                return Look(True)
            again = min(until, _LONGEST_SLEEP)
            if self._lanes[ticket.demands][ticket.priority][0] is ticket:  # the others are told when they are
                ready = self._ready(ticket, now)
                again = min(again, ready - now if now < ready < math.inf else _LOOK_SECONDS)
            ticket.alarm = now + again
            return Look(False, again, *self._outlook(ticket, now))

    def leave(self, ticket: Ticket) -> None:
        """A request has ended, however it has, or is not to go out any more. Once is enough; more does no harm."""
        now = self._clock()
        with self._lock:
            ticket.absent = False
            self._take_out(ticket)
            if self._lanes:
                self._dispatch(now)

    def come_back(self, ticket: Ticket) -> None:
        """Counts a request again whose owner did not answer for a while, and does so now.

        Args:
            ticket: The request.
        """
        with self._lock:
            if ticket.absent and ticket.sent:
                ticket.absent, ticket.out = False, True
                self._out.add(ticket)
                for gauge, entry in ticket.entries:
                    gauge.resume(entry)

    def lose(self, ticket: Ticket) -> None:
        """As ``leave``, for whom nobody is left to do so: it is done with the next look. It may be called at any
        moment, as by the collector of garbage."""
        self._lost.append(ticket)

    def correct(self, ticket: Ticket, tokens: int) -> None:
        """Counts a request for the tokens that it has used, and no more for those that it was taken to use.

        Args:
            ticket: The request.
            tokens: The tokens.
        """
        now = self._clock()
        with self._lock:
            for gauge, entry in ticket.entries:
                gauge.correct(entry, tokens)
            if self._lanes:
                self._dispatch(now)

    def pause(self, seconds: float) -> bool:
        """Lets nothing go out for a while, since the service has asked for it; whether it does: what is longer than
        ``LONGEST_PAUSE`` is not waited for.

        Args:
            seconds: How long.
        """
        if not 0 < seconds <= LONGEST_PAUSE:
            return False
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)
        return True

    def paused(self) -> float:
        """For how many seconds nothing goes out, since the service has asked for it."""
        return max(0.0, self._paused_until - self._clock())

    @property
    def counts(self) -> tuple[int, int]:
        """How many requests are on their way, and how many wait."""
        with self._lock:
            self._drop_lost()
            return len(self._out), sum(len(line) for lines in self._lanes.values() for line in lines)

    def idle(self) -> bool:
        """Whether it can be forgotten: nobody asks, nobody waits, and nothing counts."""
        now = self._clock()
        with self._lock:
            self._drop_lost()
            busy = self._out or self._lanes or now < self._paused_until
            return not busy and all(gauge.idle(now) for gauge in self._gauges.values())

    def after_fork(self) -> None:
        """The child has its own requests, and what its parent has sent still counts."""
        self._lock = threading.Lock()
        self._lost.clear()
        self._lanes.clear()
        for ticket in tuple(self._out):
            self._take_out(ticket)

    # --- with the lock held -----------------------------------------------------------------------------

    def _wait(self, ticket: Ticket, now: float) -> None:
        lines = self._lanes.get(ticket.demands)
        if lines is None:
            lines = self._lanes[ticket.demands] = tuple([] for _ in Priority)
        insort(lines[ticket.priority], ticket, key=_number)
        ticket.waits, ticket.alarm = True, math.inf
        ticket.since = min(ticket.since, now)

    def _take_out(self, ticket: Ticket) -> None:
        if ticket.out:
            ticket.out = False
            self._out.discard(ticket)
            for gauge, entry in ticket.entries:
                gauge.end(entry)
        elif ticket.waits:
            self._withdraw(ticket)

    def _withdraw(self, ticket: Ticket) -> None:
        """Takes one out of the line."""
        ticket.waits = False
        lines = self._lanes.get(ticket.demands, ())
        if lines:
            line = lines[ticket.priority]
            place = bisect_left(line, ticket.number, key=_number)
            if line[place : place + 1] == [ticket]:
                del line[place]
            if not any(lines):
                del self._lanes[ticket.demands]

    def _begin(self, ticket: Ticket, now: float) -> None:
        for demand in ticket.demands:
            self._gauge(demand, now)
        ticket.out = True
        self._out.add(ticket)
        if self._gauges:
            ticket.entries = [
                (gauge, gauge.begin(ticket.tokens, now))
                for key, gauge in self._gauges.items()
                if key in ticket.keys or fits(key[0], ticket.name)
            ]

    def _gauge(self, demand: Demand, now: float) -> Gauge:
        """What counts for a limit; from its first use on it counts all that goes out, and what is on its way then."""
        gauge = self._gauges.get(demand.key)
        if gauge is None:
            gauge = self._gauges[demand.key] = gauge_for(demand.limit)
            for ticket in self._out:
                if fits(demand.pattern, ticket.name):
                    ticket.entries.append((gauge, gauge.begin(ticket.tokens, now)))
        return gauge

    def _ready(self, ticket: Ticket, now: float) -> float:
        """When one may go, as far as it is up to the limits and the service alone."""
        ready = (self._ready_for(demand, ticket, now) for demand in ticket.demands)
        return max(now, self._paused_until, *ready)

    def _ready_for(self, demand: Demand, ticket: Ticket, now: float) -> float:
        return self._gauge(demand, now).ready(demand.limit.amount, ticket.tokens, now)

    def _first(self) -> list[Ticket]:
        """Those who stand first in their lines, in the order in which they may go."""
        first = [line[0] for lines in self._lanes.values() for line in lines if line]
        top = min((ticket.priority for ticket in first), default=0)
        late = self._passed >= SHARE
        first.sort(key=lambda one: (one.priority == top if late else one.priority, one.number))
        return first

    def _next(self, now: float) -> Iterator[tuple[Ticket, float]]:
        """Those whose turn is next, each with when it may go. Nobody goes before another one who waits for the same
        limit; nor, once that one has waited for long, for any that it needs."""
        taken: set[tuple[str, str, int]] = set()
        for ticket in self._first():
            if not taken.isdisjoint(ticket.keys):
                continue
            yield ticket, self._ready(ticket, now)
            long = now - ticket.since > _PATIENCE
            taken.update(
                demand.key for demand in ticket.demands if long or self._ready_for(demand, ticket, now) > now
            )

    def _dispatch(self, now: float, looking: Ticket | None = None) -> None:
        """Lets all go who may, and wakes those whose turn is next and who do not know it."""
        self._drop_lost()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            self._drop_gone()
        while (ticket := next((one for one, at in self._next(now) if at <= now), None)) is not None:
            self._grant(ticket, now)
            if ticket is not looking:
                ticket.owner.news(ticket)
        for ticket, at in self._next(now) if self._lanes else ():
            if ticket is not looking and at < ticket.alarm:
                ticket.alarm = at
                ticket.owner.news(ticket)

    def _grant(self, ticket: Ticket, now: float) -> None:
        waiting = [rank for rank in Priority if any(lines[rank] for lines in self._lanes.values())]
        if self._passed >= SHARE and ticket.priority > waiting[0]:
            self._passed = 0  # it was the turn of one of those who had been passed
        else:
            self._passed = self._passed + 1 if ticket.priority < waiting[-1] else 0
        self._withdraw(ticket)
        self._begin(ticket, now)

    def _drop_lost(self) -> None:
        while self._lost:
            ticket = self._lost.popleft()
            ticket.absent = False
            self._take_out(ticket)

    def _drop_gone(self) -> None:
        """Takes out those whose owner does not answer."""
        waiting = [ticket for lines in self._lanes.values() for line in lines for ticket in line]
        for ticket in (*self._out, *waiting):
            if ticket.owner.gone(self, ticket):
                ticket.absent = ticket.out
                self._take_out(ticket)

    def _outlook(self, ticket: Ticket, now: float) -> tuple[Demand | None, float, int]:
        """What one waits for, in how many seconds it may be expected to go, and how many go before it."""
        lines = self._lanes[ticket.demands]
        ahead = sum(len(line) for line in lines[: ticket.priority])
        ahead += bisect_left(lines[ticket.priority], ticket.number, key=_number)
        reason, at = None, max(now, self._paused_until)
        for demand in ticket.demands:
            expected = self._gauge(demand, now).expected(demand.limit.amount, ticket.tokens, ahead, now)
            if expected > at or (reason is None and at <= now):
                reason, at = demand, max(at, expected)
        return reason, at - now, ahead


def _number(ticket: Ticket) -> int:
    return ticket.number
