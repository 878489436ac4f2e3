"""What budgets add to a turn, beside what the ledger takes, with 100,000 exchanges in it.

    python -m tests.benchmarks.budget_turn

Asks a provider that answers at once, in turns with budgets and without, in one run. Prints the medians, and their
difference, which is to be at most 0.3 ms; and what the first turn of a kernel takes, which adds up what is there.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from notebook_chat import chat as chat_module
from notebook_chat.chat import Chat
from notebook_chat.conversation import Conversation
from notebook_chat.ledger import Books
from notebook_chat.ledger.ledger import Ledger
from notebook_chat.spending import budgeted_accounts
from notebook_chat.spending.budgeted_accounts import BudgetedAccounts
from notebook_chat.spending.budgets import SETTING, budgets_of
from notebook_chat.spending.prices import Cost

from ..fakes import parrot

WORDS = "the quick brown fox jumps over a lazy dog and asks what to make of it "

ALLOWED = 0.3
"""How many milliseconds a turn may take longer."""

BUDGETS = {
    "one, by the day": "1000 USD / day",
    "four, by the month and for ever": "1M USD, 1M USD / month, 500M tokens / month for notebook, 1M USD for parrot:*",
}


COLUMNS = (
    *("id", "request", "at", "ended", "status", "provider", "base_url", "model", "answered_by", "notebook"),
    *(
        "conversation",
        "turn",
        "cell",
        "batch",
        "owner",
        "touched",
        "input_tokens",
        "output_tokens",
        "estimated",
    ),
    *("cost", "cost_from", "requests", "seconds", "first_text", "size", "key", "answer"),
)


def fill(ledger: Ledger, count: int) -> None:
    """Writes exchanges as a year leaves them: of 200 notebooks and 5 models, with what was said."""
    begin, step = time.time() - 86_400 * 300, 86_400 * 300 / count
    answer = WORDS * 30

    def row(n: int) -> tuple[object, ...]:
        at, notebook = begin + n * step, n * 7919 % 200
        known = ("openai", "https://api.openai.com/v1", f"openai:m{n % 5}", "")
        place = (f"/notebooks/{notebook}.ipynb", f"{notebook:032x}", f"{n:032x}", f"cell-{n % 40}", "")
        used = (1000, 200, 0, 0.001, "prices", 1, 3.0, 0.5)
        begun = (f"{n:016x}{'0' * 12}", f"{n:040x}", at, at + 3, "complete")
        return (*begun, *known, *place, "x:1:a", at, *used, len(answer), "{}", answer)

    statement = f"INSERT INTO exchanges ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
    for start in range(0, count, 5_000):
        some = [row(n) for n in range(start, min(start + 5_000, count))]
        ledger.transact(lambda connection, some=some: connection.executemany(statement, some)).result(120)  # type: ignore[misc]


def _cost(model: str, base_url: str, usage: object) -> Cost:
    return Cost(0.001, "own")


async def turns(ledger: Ledger, text: str, count: int) -> tuple[list[float], list[float]]:
    """How long turns take without budgets and with them, in turns, in seconds."""
    budgets = budgets_of(text, SETTING)
    kept = ledger.accounts(_cost)
    both = (kept, BudgetedAccounts(kept, ledger, _cost, lambda: budgets))
    all_books = [Books(None, one, "/notebooks/7.ipynb") for one in both]
    taken: tuple[list[float], list[float]] = ([], [])
    chats = [Chat(provider=parrot([WORDS, WORDS]), conversation=Conversation()) for _ in range(2)]
    for number in range(2 * count):
        held = number % 2
        chat_module._books = lambda _, held=held: all_books[held]  # type: ignore[misc,assignment]
        chats[held].conversation.reset()
        start = time.perf_counter()
        async for _ in chats[held].stream_async(f"question {number} {WORDS}"):
            pass
        taken[held].append(time.perf_counter() - start)
        await asyncio.sleep(0.08)  # in which the ledger is written, as between the questions of a reader
    return taken


def main() -> None:
    """Measures, and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exchanges", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=300)
    options = parser.parse_args()
    added = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        ledger = Ledger(Path(name) / "ledger.sqlite3")
        fill(ledger, options.exchanges)
        asyncio.run(turns(ledger, "1 USD / hour", 20))
        for words, text in BUDGETS.items():
            budgeted_accounts._totals.pop(ledger, None)
            taken = asyncio.run(turns(ledger, text, options.turns))
            without, held = (1e3 * statistics.median(one) for one in taken)
            added.append(held - without)
            print(
                f"  {words:34} without {without:6.3f} ms, with {held:6.3f} ms: {held - without:+.3f} ms"
                f" (a kernel's first turn {1e3 * taken[1][0]:.1f} ms)"
            )
        ledger.close()
    print(f"at most {ALLOWED} ms: {'yes' if max(added) <= ALLOWED else 'NO'}")


if __name__ == "__main__":
    main()
