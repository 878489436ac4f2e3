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
from .ledger_turn import WORDS, fill

ALLOWED = 0.3
"""How many milliseconds a turn may take longer."""

BUDGETS = {
    "one, by the day": "1000 USD / day",
    "four, by the month and for ever": "1G USD, 1000000 USD / month, 500M tokens / month for notebook,"
    " 9000000 USD for parrot:*".replace("1G", "1000000000"),
}


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
        await asyncio.sleep(0.01)
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
