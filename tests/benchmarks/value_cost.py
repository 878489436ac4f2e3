"""What it costs to tell a model of a value.

    python -m tests.benchmarks.value_cost

For each kind of value, a large one: the milliseconds of its description, how many times a cheap look at it that is
(such as ``df.head()``, or the repr of a hundred numbers), what memory it takes meanwhile, and the milliseconds of its
fingerprint, which is a part of it.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import sqlite3
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Mapping
from dataclasses import make_dataclass
from pathlib import Path

from notebook_chat.prompt import describe
from notebook_chat.prompt.values.bounds import tokens_of
from notebook_chat.prompt.values.digests.fingerprints import fingerprint

from .value_case import Case

SAMPLES = 9
LIMIT = 50.0
"""How many milliseconds a description may take on a quiet machine."""

MANY = 10_000_000


class Talkative:
    """An object whose repr is long."""

    def __repr__(self) -> str:
        return "word " * 200_000


def database() -> sqlite3.Connection:
    """A database of some tables and many rows."""
    connection = sqlite3.connect(":memory:")
    for number in range(20):
        connection.execute(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, name TEXT, age REAL)")
    connection.executemany("INSERT INTO t0 (name) VALUES (?)", (("x",) for _ in range(200_000)))
    connection.commit()
    return connection


def failure() -> BaseException:
    """An exception from deep within, with large values in its frames."""

    def deep(number: int, rows: list[int]) -> int:
        return deep(number - 1, rows) if number else rows[-len(rows) - 1]

    try:
        deep(200, list(range(1_000_000)))
    except IndexError as error:
        return error
    raise AssertionError


CASES: dict[str, Case] = {
    "a number": Case(lambda: 5),
    "a text of 100 MB": Case(lambda: "word " * 20_000_000),
    "bytes, 100 MB": Case(lambda: bytes(100_000_000)),
    "a list of 10 million": Case(lambda: list(range(MANY))),
    "100,000 texts": Case(lambda: [str(number) for number in range(100_000)]),
    "50,000 records": Case(lambda: [{"id": n, "name": f"n{n}", "price": n / 7} for n in range(50_000)]),
    "a dict of 2 million": Case(lambda: dict.fromkeys(range(2_000_000))),
    "a set of 2 million": Case(lambda: set(range(2_000_000))),
    "a dataclass, 100 fields": Case(
        lambda: make_dataclass("Wide", [f"f{n}" for n in range(100)])(*range(100))
    ),
    "a repr of 1 MB": Case(Talkative),
    "a function": Case(lambda: statistics.quantiles),
    "a class": Case(lambda: Path),
    "a module": Case(lambda: statistics),
    "an exception, 200 frames": Case(failure),
    "a file": Case(lambda: Path(__file__)),
    "a database, 20 tables": Case(database),
}


def cases() -> Mapping[str, Case]:
    """All kinds: those of the language, and those of the data libraries where they have a table of theirs."""
    if importlib.util.find_spec(".data_values", __package__) is None:
        return CASES
    data: dict[str, Case] = importlib.import_module(".data_values", __package__).DATA_CASES
    return {**CASES, **data}


def milliseconds(work: Callable[[], object], samples: int = SAMPLES) -> float:
    """The median of several runs; the first one, which loads what is needed, is not among them."""
    work()
    taken = []
    for _ in range(samples):
        begin = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - begin))
    return statistics.median(taken)


def peak(work: Callable[[], object]) -> int:
    """How many bytes are held at once at most meanwhile."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def row(name: str, case: Case) -> tuple[str, float]:
    """The line of a kind, and its milliseconds."""
    value = case.make()
    taken = milliseconds(lambda: describe(value))
    floor = milliseconds(lambda: case.floor(value))
    memory = peak(lambda: describe(value)) / 1e6
    tokens = tokens_of(describe(value).text)
    digest = milliseconds(lambda: fingerprint(value))
    line = f"{name:28} {taken:8.2f} ms {taken / floor:8.1f} × {memory:8.2f} MB {digest:8.2f} ms {tokens:5} tokens"
    return line, taken


def main(names: Iterable[str]) -> int:
    """Prints the figures of the kinds whose names begin so, or of all; 1 where one costs more than it may."""
    chosen = tuple(names)
    print(f"{'':28} {'described':>11} {'× floor':>10} {'memory':>11} {'digest':>11}")
    slow = []
    for name, case in cases().items():
        if not chosen or name.startswith(chosen):
            line, taken = row(name, case)
            print(line)
            slow += [name] * (taken > LIMIT)
    print(f"more than {LIMIT:.0f} ms: {', '.join(slow)}" if slow else f"all within {LIMIT:.0f} ms")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
