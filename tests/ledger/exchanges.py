"""Exchanges as a chat would have them, recorded without one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from notebook_chat.answer import AnswerSnapshot
from notebook_chat.conversation import answered
from notebook_chat.events import Usage
from notebook_chat.ledger import Origin, Planned, Record, RequestKey, Used
from notebook_chat.ledger.accounts import LedgerAccount
from notebook_chat.ledger.entries import Cost
from notebook_chat.ledger.ledger import Ledger
from notebook_chat.messages import Message
from notebook_chat.request import HttpRequest

NOTEBOOK = "/there/mine.ipynb"
USED = Usage(3, 4)
HERE = Origin(NOTEBOOK, "c" * 32, "t" * 32, "cell-1")


def key_of(prompt: str, model: str = "m", **options: Any) -> RequestKey:
    """What a prompt is known by."""
    return RequestKey.of("fake", "https://fake.test/v1", model, options, [Message("user", prompt)])


def opened(
    ledger: Ledger,
    prompt: str = "a prompt",
    *,
    model: str = "m",
    origin: Origin = HERE,
    contents: bool = True,
    cost: Cost | None = None,
    snapshot: Callable[[], AnswerSnapshot] | None = None,
) -> LedgerAccount:
    """An exchange that has sent its request."""
    account = ledger.accounts(cost, contents=contents).open(key_of(prompt, model), origin)
    asyncio.run(account.before(Planned(f"fake:{model}", 10)))
    account.left(HttpRequest("POST", "https://user:hunter2@fake.test/v1", {}, prompt.encode()))(200)
    if snapshot is not None:
        account.follow(snapshot)
    return account


def ended(account: LedgerAccount, answer: str = "an answer", usage: Usage | None = USED) -> Record:
    """Ends an exchange, and waits until that is written down."""
    account.used(Used(f"fake:{account.key.model}", usage, first_text=0.1))
    record = Record(
        account.key.digest,
        answered(answer),
        model=f"fake:{account.key.model}",
        usage=usage,
        seconds=1.5,
        first_text=0.1,
        key=account.key,
        origin=account.origin,
    )
    account.close(record).result(10)
    return record


def exchange(ledger: Ledger, prompt: str = "a prompt", answer: str = "an answer", **given: Any) -> Record:
    """A whole exchange."""
    return ended(opened(ledger, prompt, **given), answer)


def rows(ledger: Ledger, what: str = "turn, status", table: str = "exchanges") -> list[tuple[Any, ...]]:
    """What stands in a table."""
    order = "id" if table == "exchanges" else "number"
    query = f"SELECT {what} FROM {table} ORDER BY {order}"
    return ledger.read(lambda connection: connection.execute(query).fetchall()).result(10)
