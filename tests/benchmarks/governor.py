"""What it costs to keep to a pace: the way of a request to its service, without limits, with limits, and with many who
wait.

    python -m tests.benchmarks.governor

All is measured in turns in one process, answers come from memory, and ratios count: a whole request against one whose
passage does nothing; a request's part of the time that a line of thousands takes to go through.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from notebook_chat.governor import Priority, Service, Ticket, demands_of
from notebook_chat.governor.passage import Passage
from notebook_chat.pace import pace_of
from notebook_chat.providers import OpenAI

from ..transports import InMemory, completion

LIMIT = 1.10
"""How many times as much CPU a request may take without limits as one whose passage does nothing."""

LINE_LIMIT = 3.0
"""How many times as much one of 4,000 in a line may cost as one of 500."""

REQUESTS = 300
ROUNDS = 15
PACE = "* = 1M requests / second, 1M requests / hour, 1000M tokens / minute, 500 at once"


class Nobody:
    """Who is always there, and needs to be told of nothing."""

    def news(self, ticket: Ticket) -> None: ...

    def gone(self, service: Service, ticket: Ticket) -> bool:
        return False


@contextmanager
def without() -> Iterator[None]:
    """Passages that do nothing."""
    names = {
        "__init__": lambda *_: None,
        "enter": lambda _: True,
        "leave": lambda _: None,
        "__del__": lambda _: None,
    }
    before = {name: getattr(Passage, name) for name in names}
    for name, nothing in names.items():
        setattr(Passage, name, nothing)
    try:
        yield
    finally:
        for name, method in before.items():
            setattr(Passage, name, method)


async def _ask(pace: str | None, pieces: int) -> None:
    transport = InMemory(completion(*["piece "] * pieces))
    for _ in range(REQUESTS):
        result = OpenAI.create_async_generator(
            "test", "hello", base_url="http://127.0.0.1:9/v1", api_key="k", transport=transport, pace=pace
        )
        async for _ in result.batches():
            pass


def request_cost(pace: str | None = None, pieces: int = 20) -> float:
    """Seconds of CPU that one request takes, of an answer in some pieces."""
    began = time.process_time()
    asyncio.run(_ask(pace, pieces))
    return (time.process_time() - began) / REQUESTS


def line_cost(size: int) -> float:
    """Seconds of CPU that each of so many takes to go through a line, one at a time."""
    service = Service()
    demands = demands_of(pace_of("1 at once, 1M requests / second"), "openai:test")
    tickets = [
        Ticket(service.number(), Priority.BATCH, "openai:test", demands, 1, Nobody()) for _ in range(size)
    ]
    began = time.process_time()
    for ticket in tickets:
        service.enter(ticket)
    for ticket in tickets:
        assert ticket.out
        service.leave(ticket)
    return (time.process_time() - began) / size


def least(measures: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The least of several runs of each, in turns."""
    found = dict.fromkeys(measures, float("inf"))
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name] = min(found[name], measure())
    return found


def _nothing() -> float:
    with without():
        return request_cost()


def main() -> int:
    """Prints the figures; 1 where something costs more than it may."""
    cost = least(
        {"without": _nothing, "no limits": request_cost, "limits": lambda: request_cost(PACE)}, ROUNDS
    )
    for name, seconds in cost.items():
        print(f"{name:10} {seconds * 1e6:7.1f} us a request, {seconds / cost['without']:.3f} times")
    line: dict[str, Any] = least({"500": lambda: line_cost(500), "4000": lambda: line_cost(4000)}, 5)
    for name, seconds in line.items():
        print(f"{name:>10} in a line: {seconds * 1e6:7.1f} us each")
    ratio, growth = cost["no limits"] / cost["without"], line["4000"] / line["500"]
    print(f"at most {LIMIT} times without limits, and {LINE_LIMIT} times in the longer line: {growth:.2f}")
    return 0 if ratio <= LIMIT and growth <= LINE_LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
