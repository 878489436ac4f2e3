"""Who may ask a service, on a clock of the test's own: never more than the limits, never idle where one may go."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from notebook_chat.governor import LONGEST_PAUSE, Demand, Priority, Service, Ticket, demands_of
from notebook_chat.governor.gauges import Window
from notebook_chat.governor.service import SHARE
from notebook_chat.pace import Rate, pace_of

NAME = "openai:test"


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Asker:
    """One who asks, and looks when it is told to or when its own time has come."""

    service: Service
    ticket: Ticket = field(init=False)
    told: bool = False
    there: bool = True
    alarm: float = math.inf
    went: float | None = None
    more: int = 0  # tokens that it has used beyond those that it was taken for

    def news(self, ticket: Ticket) -> None:
        self.told = True

    def gone(self, service: Service, ticket: Ticket) -> bool:
        return not self.there

    def look(self, now: float) -> None:
        self.told = False
        look = self.service.look(self.ticket)
        if look.go:
            self.went = now
        else:
            assert look.again > 0
            self.alarm = now + look.again


class World:
    """A service, those who ask it, and the time."""

    def __init__(self, pace: str) -> None:
        self.clock = Clock()
        self.pace = pace_of(pace)
        self.service = Service(self.clock)
        self.waiting: list[Asker] = []
        self.out: list[Asker] = []
        self.log: list[Asker] = []

    def ask(
        self, priority: Priority = Priority.CALL, tokens: int = 1, name: str = NAME, free: bool = False
    ) -> Asker:
        one = Asker(self.service)
        demands = () if free else demands_of(self.pace, name)
        one.ticket = Ticket(self.service.number(), priority, name, demands, tokens, one)
        if self.service.enter(one.ticket):
            one.went = self.clock.now
            self.out.append(one)
            self.log.append(one)
        else:
            self.waiting.append(one)
            one.alarm = self.clock.now
            self.settle()
        return one

    def settle(self) -> None:
        """Has all look who have been told to, or whose time has come."""
        while due := [one for one in self.waiting if one.told or one.alarm <= self.clock.now]:
            for one in due:
                one.look(self.clock.now)
                if one.went is not None:
                    self.waiting.remove(one)
                    self.out.append(one)
                    self.log.append(one)

    def advance(self, seconds: float) -> None:
        until = self.clock.now + seconds
        while True:
            self.settle()
            alarm = min((one.alarm for one in self.waiting), default=math.inf)
            if alarm > until:
                break
            self.clock.now = max(alarm, self.clock.now)
        self.clock.now = until
        self.settle()

    def end(self, one: Asker) -> None:
        self.service.leave(one.ticket)
        (self.out if one.went is not None else self.waiting).remove(one)
        self.settle()


def times(world: World) -> list[float]:
    return [one.went for one in world.log if one.went is not None]


def most_in(went: list[float], seconds: float) -> int:
    """The most that went out in any stretch of some length."""
    return max((sum(begin <= at < begin + seconds for at in went) for begin in went), default=0)


class Model(RuleBasedStateMachine):
    """Whatever happens, in whatever order: the limits hold, and whoever may go has gone."""

    @initialize(
        requests=st.integers(1, 5),
        tokens=st.integers(5, 40),
        at_once=st.integers(1, 4),
        seconds=st.integers(1, 9),
    )
    def begin(self, requests: int, tokens: int, at_once: int, seconds: int) -> None:
        self.requests, self.tokens, self.at_once, self.seconds = requests, tokens, at_once, seconds
        self.world = World(
            f"{requests} requests / {seconds} s, {tokens} tokens / {seconds} s, {at_once} at once"
        )

    @rule(priority=st.sampled_from(Priority), tokens=st.integers(0, 60))
    def ask(self, priority: Priority, tokens: int) -> None:
        self.world.ask(priority, tokens)

    @precondition(lambda self: self.world.out)
    @rule(data=st.data(), used=st.none() | st.integers(0, 30))
    def finish(self, data: Any, used: int | None) -> None:
        one = data.draw(st.sampled_from(self.world.out))
        if used is not None:
            self.world.service.correct(one.ticket, used)
            if one.went is not None and one.went + self.seconds > self.world.clock.now:
                one.more = max(used - one.ticket.tokens, 0)
                one.ticket.tokens = used
        self.world.end(one)

    @precondition(lambda self: self.world.waiting)
    @rule(data=st.data())
    def give_up(self, data: Any) -> None:
        self.world.end(data.draw(st.sampled_from(self.world.waiting)))

    @precondition(lambda self: self.world.out)
    @rule(data=st.data())
    def lose(self, data: Any) -> None:
        one = data.draw(st.sampled_from(self.world.out))
        self.world.service.lose(one.ticket)
        self.world.out.remove(one)
        for one in self.world.waiting:  # it is found with the next look
            one.told = True
        self.world.settle()

    @rule(seconds=st.floats(0.01, 12))
    def wait(self, seconds: float) -> None:
        self.world.advance(seconds)

    @rule(seconds=st.floats(0.1, 5))
    def pause(self, seconds: float) -> None:
        self.world.service.pause(seconds)

    def lately(self) -> list[Asker]:
        now = self.world.clock.now
        return [one for one in self.world.log if one.went is not None and one.went + self.seconds > now]

    @invariant()
    def limits_hold(self) -> None:
        world = self.world
        assert len(world.out) <= self.at_once
        assert world.service.counts[1] == len(world.waiting)
        went = times(world)
        assert most_in(went, self.seconds) <= self.requests
        lately = self.lately()
        tokens = [one.ticket.tokens for one in lately]
        assert sum(tokens) - sum(one.more for one in lately) <= max(self.tokens, *tokens, 0)

    @invariant()
    def nobody_waits_for_nothing(self) -> None:
        world = self.world
        if not world.waiting or world.service.paused():
            return
        lately = self.lately()
        tokens = sum(one.ticket.tokens for one in lately)
        first = sorted(world.waiting, key=lambda one: (one.ticket.priority, one.ticket.number))
        behind = [one for one in world.waiting if one.ticket.priority > first[0].ticket.priority]
        turns = [first[0], *sorted(behind, key=lambda one: one.ticket.number)[:1]]  # it is one of theirs
        free = [
            len(world.out) < self.at_once
            and len(lately) < self.requests
            and tokens + min(one.ticket.tokens, self.tokens) <= self.tokens
            for one in turns
        ]
        assert not all(free)


Model.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestModel = Model.TestCase


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60), st.integers(1, 6), st.integers(1, 5))
def test_never_more_than_the_limit_and_as_soon_as_possible(
    gaps: list[float], limit: int, seconds: int
) -> None:
    world = World(f"{limit} requests / {seconds} s")
    arrived = []
    for gap in gaps:
        world.advance(gap)
        arrived.append(world.clock.now)
        world.ask()
    world.advance(len(gaps) * seconds + 1)
    went = times(world)
    assert len(went) == len(gaps)
    ideal: list[float] = []
    for number, at in enumerate(arrived):
        ideal.append(at if number < limit else max(at, ideal[number - limit] + seconds))
    assert went == pytest.approx(ideal, abs=1e-6)


def test_those_of_one_priority_go_in_the_order_in_which_they_came() -> None:
    world = World("1 at once")
    askers = [world.ask() for _ in range(10)]
    for one in askers:
        assert world.out == [one]
        world.end(one)


def test_cells_go_first_and_others_go_too() -> None:
    world = World("1 at once")
    world.ask()
    batch = [world.ask(Priority.BATCH) for _ in range(5)]
    order = []
    for _ in range(4 * SHARE):
        world.ask(Priority.CELL)
        world.end(world.out[0])
        order.append(world.out[0].ticket.priority)
    assert order[:SHARE] == [Priority.CELL] * SHARE
    assert order.count(Priority.BATCH) == 3
    assert [one in world.log for one in batch] == [True] * 3 + [False] * 2


@given(st.lists(st.sampled_from(Priority), min_size=1, max_size=80))
def test_nobody_starves(arriving: list[Priority]) -> None:
    world = World("1 at once")
    world.ask()
    last = world.ask(Priority.BATCH)
    passed = 0
    while last.went is None:
        world.ask(arriving[passed % len(arriving)])
        world.end(world.out[0])
        passed += 1
        assert passed <= 3 * (SHARE + 1)


def test_a_large_request_is_not_passed_by_small_ones() -> None:
    world = World("100 tokens / minute")
    world.ask(tokens=60)
    large = world.ask(tokens=50)
    small = world.ask(tokens=10)
    assert (large.went, small.went) == (None, None)
    world.advance(60)
    assert large.went is not None
    assert small.went is not None


def test_what_is_larger_than_the_limit_goes_alone() -> None:
    world = World("100 tokens / minute")
    assert world.ask(tokens=500).went is not None
    second = world.ask(tokens=500)
    world.advance(59)
    assert second.went is None
    world.advance(1)
    assert second.went is not None


def test_what_was_not_used_is_given_back() -> None:
    world = World("100 tokens / minute")
    first, second = world.ask(tokens=90), world.ask(tokens=90)
    assert second.went is None
    world.service.correct(first.ticket, 5)
    world.settle()
    assert second.went is not None


def test_each_rule_counts_what_it_is_about() -> None:
    world = World("openai = 3 at once; openai:small* = 1 at once")
    assert world.ask(name="openai:small-1").went is not None
    held = world.ask(name="openai:small-2")
    assert held.went is None
    assert world.ask(name="openai:large").went is not None  # it waits for nothing of that one's
    assert world.ask(name="openai:large").went is not None
    other = world.ask(name="openai:large")
    assert other.went is None
    world.end(world.out[1])
    assert (held.went, other.went) == (None, 1000.0)
    world.end(world.out[0])
    assert held.went is not None


def test_what_is_on_its_way_counts_from_the_first_use_of_a_limit() -> None:
    world = World("2 at once")
    free = [world.ask(free=True) for _ in range(3)]
    held = world.ask()
    assert held.went is None
    world.end(free[0])
    assert held.went is None
    world.end(free[1])
    assert held.went is not None


def test_what_has_no_limit_counts_for_those_who_have_one() -> None:
    world = World("2 requests / minute")
    world.ask()
    world.ask(free=True)
    held = world.ask()
    assert held.went is None
    world.ask(free=True)
    world.advance(60)
    assert held.went is not None


def test_a_limit_that_changes_goes_on_with_what_has_gone_out() -> None:
    world = World("4 requests / minute")
    for _ in range(4):
        world.ask()
    world.pace = pace_of("6 requests / minute")
    assert world.ask().went is not None
    world.pace = pace_of("2 requests / minute")
    held = world.ask()
    world.advance(59)
    assert held.went is None
    world.advance(1)
    assert held.went is not None


def test_a_pause_holds_all() -> None:
    world = World("")
    assert world.service.pause(5)
    assert world.service.pause(2)
    held = [world.ask(), world.ask(Priority.CELL)]
    world.advance(4.9)
    assert [one.went for one in held] == [None, None]
    world.advance(0.2)
    assert None not in [one.went for one in held]


@pytest.mark.parametrize("seconds", [0, -1, math.nan, math.inf, LONGEST_PAUSE + 1, 1e300])
def test_no_pause_is_absurd(seconds: float) -> None:
    world = World("")
    assert not world.service.pause(seconds)
    assert world.ask().went is not None


def test_those_who_are_gone_hold_nobody_up() -> None:
    world = World("1 at once")
    gone = world.ask()
    dead = world.ask()
    waiting = world.ask()
    gone.there = dead.there = False
    world.waiting.remove(dead)
    world.advance(12)
    assert waiting.went is not None
    dead.there = gone.there = True
    dead.look(world.clock.now)  # its loop answers after all
    world.service.come_back(gone.ticket)
    assert dead.went is None
    world.end(waiting)
    assert not dead.told
    world.end(gone)
    assert dead.told


def test_leaving_twice_gives_back_once() -> None:
    world = World("2 at once")
    one, other = world.ask(), world.ask()
    for _ in range(3):
        world.service.leave(one.ticket)
        world.service.lose(one.ticket)
    assert world.service.counts == (1, 0)
    assert world.ask().went is not None
    assert world.ask().went is None
    world.service.leave(other.ticket)


def test_a_child_begins_with_what_its_parent_has_sent_and_nothing_on_its_way() -> None:
    world = World("2 requests / minute, 1 at once")
    world.ask()
    world.ask()
    world.service._lock.acquire()  # as another thread of the parent may hold it
    world.service.after_fork()
    assert world.service.counts == (0, 0)
    world.waiting.clear()
    assert world.ask().went is not None
    assert world.ask().went is None


def test_what_it_is_told_is_when_it_may_go() -> None:
    world = World("2 requests / minute")
    for _ in range(2):
        world.ask()
    world.advance(10)
    askers = [world.ask() for _ in range(5)]
    looks = [world.service.look(one.ticket) for one in askers]
    assert [round(one.expected) for one in looks] == [50, 50, 110, 110, 170]
    assert [one.ahead for one in looks] == [0, 1, 2, 3, 4]
    assert {one.reason for one in looks} == {Demand("*", Rate("requests", 2, 60))}


def test_an_idle_service_can_be_forgotten() -> None:
    world = World("2 requests / minute")
    one = world.ask()
    assert not world.service.idle()
    world.end(one)
    assert not world.service.idle()
    world.advance(60)
    assert world.service.idle()
    world.service.pause(3)
    assert not world.service.idle()


@dataclass
class Waiter:
    """One that is always there."""

    event: threading.Event

    def news(self, ticket: Ticket) -> None:
        self.event.set()

    def gone(self, service: Service, ticket: Ticket) -> bool:
        return False


def test_many_threads_at_once() -> None:
    service = Service()
    demands = demands_of(pace_of("3 at once"), NAME)
    out, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal out, most
        for _ in range(60):
            news = threading.Event()
            ticket = Ticket(service.number(), Priority.CALL, NAME, demands, 1, Waiter(news))
            if not service.enter(ticket):
                while not service.look(ticket).go:
                    news.wait(30)
                    news.clear()
            with lock:
                out += 1
                most = max(most, out)
            with lock:
                out -= 1
            service.leave(ticket)

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert service.counts == (0, 0)
    assert 1 <= most <= 3


@pytest.mark.parametrize("tokens", [10**6, 2**53, 2**54])
def test_however_much_a_service_has_told_of_it_is_forgotten_in_time(tokens: int) -> None:
    window = Window(True, 60.0)
    window.correct(window.begin(100, 0.0), tokens)
    assert window.ready(100, 1, 1.0) == 60.0
    assert [window.expected(100, 1, ahead, 1.0) for ahead in (0, 1, 5)] == [60.0, 120.0, 360.0]
    assert window.ready(100, 1, 60.0) == 60.0
