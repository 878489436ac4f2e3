"""What the ledger adds to a turn, with 100,000 exchanges in it.

    python -m tests.benchmarks.ledger_turn

Asks a provider that answers at once, in turns with the ledger and without, in one run; the same in a conversation of
2,000 turns. Prints what a turn takes longer, which is to be at most 0.3 ms; and what reading takes. On a machine that
has other work, the quickest tenth says more than the median.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from notebook_chat import chat as chat_module
from notebook_chat.chat import Chat
from notebook_chat.conversation import Conversation, Turn, answered
from notebook_chat.ledger import Books, RequestKey
from notebook_chat.ledger import rows as ledger_rows
from notebook_chat.ledger.ledger import Ledger
from notebook_chat.messages import Message

from ..fakes import parrot

ALLOWED = 0.3
"""How many milliseconds a turn may take longer."""

WORDS = "the quick brown fox jumps over a lazy dog and asks what to make of it "


def fill(ledger: Ledger, count: int) -> None:
    """Writes exchanges as a year leaves them: of many notebooks and conversations, and some models."""
    chance = random.Random(1)
    begin = time.time() - 86_400 * 300
    answer = ledger_rows.answer_json(answered(WORDS * 12))

    def row(number: int) -> dict[str, Any]:
        at = begin + number * 86_400 * 300 / count
        notebook, model = chance.randrange(200), chance.randrange(5)
        key = RequestKey("openai", "https://api.openai.com/v1", f"m{model}", {}, (f"{number:016x}",), WORDS)
        json = ledger_rows.key_json(key)
        return {
            "request": key.digest,
            "at": at,
            "ended": at + 3,
            "status": "complete",
            "provider": "openai",
            "base_url": key.base_url,
            "model": f"openai:m{model}",
            "answered_by": "",
            "batch": "",
            "notebook": f"/notebooks/{notebook}.ipynb",
            "conversation": f"{notebook:032x}",
            "turn": f"{number:032x}",
            "cell": f"cell-{number % 40}",
            "owner": "x:1:a",
            "touched": at,
            "input_tokens": 1000,
            "output_tokens": 200,
            "estimated": 0,
            "cost": 0.001,
            "cost_from": "prices",
            "requests": 1,
            "seconds": 3.0,
            "first_text": 0.5,
            "size": len(json) + len(answer),
            "key": json,
            "answer": answer,
        }

    for start in range(0, count, 5_000):
        some = [(f"{start + n:016x}{'0' * 12}", row(start + n)) for n in range(min(5_000, count - start))]
        ledger.transact(lambda connection, some=some: _insert(connection, some)).result(120)  # type: ignore[misc]


def _insert(connection: Any, some: list[tuple[str, dict[str, Any]]]) -> None:
    names = list(some[0][1])
    marks = ", ".join("?" * (len(names) + 1))
    connection.executemany(
        f"INSERT INTO exchanges (id, {', '.join(names)}) VALUES ({marks})",
        [(id, *values.values()) for id, values in some],
    )
    connection.executemany(
        "INSERT INTO requests (exchange, at, method, url, size, body, model, notebook, conversation, turn, cell, chain)"
        " VALUES (?, ?, 'POST', 'https://api.openai.com/v1/chat/completions', 5000, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                id,
                one["at"],
                "0" * 64,
                *(one[name] for name in ("model", "notebook", "conversation", "turn", "cell")),
                "0" * 64,
            )
            for id, one in some
        ],
    )


def conversation(turns: int) -> Conversation:
    """A conversation of so many turns, of about a kilobyte each."""
    return Conversation(
        "long",
        turns=[
            Turn(
                Message("user", f"question {n}: {WORDS}"),
                answered(f"answer {n} {WORDS * 12}"),
                position=n,
                revision=n,
            )
            for n in range(turns)
        ],
    )


async def turns(ledger: Ledger, count: int, length: int) -> tuple[list[float], list[float]]:
    """How long turns take without the ledger and with it, in turns, in seconds."""
    books = Books(None, ledger.accounts(lambda *_: None), "/notebooks/7.ipynb")
    provider = parrot([WORDS, WORDS])
    taken: tuple[list[float], list[float]] = ([], [])
    chats = [Chat(provider=provider, conversation=conversation(length)) for _ in range(2)]
    for number in range(2 * count):
        kept = number % 2
        chat_module._books = lambda _, kept=kept: books if kept else None  # type: ignore[misc,assignment]
        start = time.perf_counter()
        async for _ in chats[kept].stream_async(f"question {number} {WORDS}"):
            pass
        taken[kept].append(time.perf_counter() - start)
        await asyncio.sleep(0.01)
    return taken


def line(name: str, taken: tuple[list[float], list[float]]) -> float:
    """A row of the table; how many milliseconds a turn takes longer, going by the quickest tenth of the turns, in which
    other programs had the least part."""
    medians = [1e3 * statistics.median(one) for one in taken]
    quick = [1e3 * sorted(one)[len(one) // 10] for one in taken]
    print(f"  {name:30} without     with it    added")
    for which, (without, with_it) in (("median", medians), ("quickest tenth", quick)):
        print(f"    {which:28} {without:7.3f} ms {with_it:7.3f} ms {with_it - without:+7.3f} ms")
    return quick[1] - quick[0]


def read(name: str, work: Callable[[], object]) -> None:
    """A row of the table of reading."""
    taken = []
    for _ in range(20):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    print(f"  {name:36} {1e3 * statistics.median(taken):8.3f} ms")


def main() -> None:
    """Measures, and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exchanges", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        ledger = Ledger(Path(name) / "ledger.sqlite3")
        fill(ledger, options.exchanges)
        print(f"{options.exchanges:,} exchanges, {ledger.path.stat().st_size / 1e6:.0f} MB")
        asyncio.run(turns(ledger, 20, 0))
        added = [
            line("a turn", asyncio.run(turns(ledger, options.turns, 0))),
            line("a turn behind 2,000 others", asyncio.run(turns(ledger, options.turns // 3, 2_000))),
        ]
        key = RequestKey("openai", "https://api.openai.com/v1", "m1", {}, ("0" * 16,), f"{WORDS}?")
        read("finding an answer", lambda: ledger.find(key.digest).result(30))
        read("the nearest request", lambda: ledger.nearest(key).result(30))
        month = time.time() - 86_400 * 30
        for condition in ("1", "notebook = '/notebooks/7.ipynb'", "model = 'openai:m1'"):
            query = f"SELECT sum(cost), sum(input_tokens) FROM exchanges WHERE at >= {month} AND {condition}"
            read(
                f"a month's sum, {condition[:20]}",
                lambda q=query: ledger.read(lambda c: c.execute(q).fetchall()).result(30),
            )  # type: ignore[misc]
        ledger.close()
    print(f"at most {ALLOWED} ms: {'yes' if max(added) <= ALLOWED else 'NO'}")


if __name__ == "__main__":
    main()
