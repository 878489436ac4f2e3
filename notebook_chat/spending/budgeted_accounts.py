"""Accounts that are held to budgets: each request is estimated, and reserved before it goes out, or it does not go."""

from __future__ import annotations

import asyncio
import sqlite3
import time
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..answer import AnswerSnapshot
from ..database import in_words
from ..errors import BudgetError
from ..events import Usage
from ..ledger import Origin, Planned, Record, RequestKey, Used
from ..ledger.accounts import LedgerAccount, LedgerAccounts
from ..ledger.entries import Cost
from ..ledger.ledger import Ledger, default_path
from ..policy.limits import Limit
from ..request import HttpRequest
from ..transport.no_proxy import is_own_machine
from .budgets import NEARLY, Budget, nearly, refusal, spans, standing_budgets, unpriced, unreadable
from .periods import Span
from .prices import cost_of
from .totals import FREE, UNPRICED, Flying, Standing, Totals

USUAL_OUTPUT = 1_000
"""How many tokens an answer is taken to have that is not bounded, of a model that has not answered yet."""

_SECONDS = 30.0
"""How long a request waits at most until the ledger has said whether it may go out."""

Budgets = Callable[[], tuple[Budget, ...]]
"""Gives the budgets that hold now."""

# Keyed weakly: what is known of a ledger goes with it.
_totals: weakref.WeakKeyDictionary[Ledger, Totals] = weakref.WeakKeyDictionary()
_ledgers: weakref.WeakValueDictionary[Path, Ledger] = weakref.WeakValueDictionary()


def totals_of(ledger: Ledger) -> Totals:
    """What has been used, out of a ledger.

    Args:
        ledger: The ledger.
    """
    totals = _totals.get(ledger)
    if totals is None:
        totals = _totals[ledger] = Totals()
        ledger.on_rest(totals.look)
    return totals


def plain_accounts(cost: Cost | None, own: tuple[Budget, ...], over: bool) -> BudgetedAccounts:
    """The accounts of a chat where no notebook keeps any: what was used, and nothing of what was said.

    Args:
        cost: What a request costs; ``None`` for what is known of prices.
        own, over: As for ``BudgetedAccounts``.
    """
    path, cost = default_path(), cost or cost_of
    ledger = _ledgers.get(path) or _ledgers.setdefault(path, Ledger(path))
    kept = ledger.accounts(cost, contents=False)
    return BudgetedAccounts(kept, ledger, cost, standing_budgets, own, over)


class BudgetedAccounts:
    """Opens accounts that are held to budgets.

    Args:
        accounts: Opens them in the ledger.
        ledger: The ledger.
        cost: What a request costs.
        budgets: Gives the budgets.
        own: Further ones, of a chat.
        over: Whether the user's own budgets may be passed.
    """

    def __init__(
        self,
        accounts: LedgerAccounts,
        ledger: Ledger,
        cost: Cost,
        budgets: Budgets,
        own: tuple[Budget, ...] = (),
        over: bool = False,
    ) -> None:
        self._accounts = accounts
        self._ledger = ledger
        self._cost = cost
        self._budgets = budgets
        self._own = own
        self._over = over

    def of_chat(self, own: tuple[Budget, ...], over: bool) -> BudgetedAccounts:
        """The same for a chat that has budgets of its own.

        Args:
            own, over: As for the class.
        """
        return BudgetedAccounts(self._accounts, self._ledger, self._cost, self._budgets, own, over)

    def open(self, key: RequestKey, origin: Origin) -> BudgetedAccount:
        """As ``Accounts.open``."""
        account = self._accounts.open(key, origin)
        return BudgetedAccount(account, self._ledger, self._cost, self._in_force, self._over)

    def _in_force(self) -> tuple[Budget, ...]:
        return tuple(dict.fromkeys((*self._budgets(), *self._own)))


class BudgetedAccount:
    """The account of one exchange, none of whose requests goes out that would be more than may be used.

    Args:
        account: Its account in the ledger.
        ledger: The ledger.
        cost: What a request costs.
        budgets: Gives the budgets.
        over: Whether the user's own budgets may be passed.
    """

    def __init__(
        self, account: LedgerAccount, ledger: Ledger, cost: Cost, budgets: Budgets, over: bool
    ) -> None:
        self._account = account
        self._ledger = ledger
        self._totals = totals_of(ledger)
        self._cost = cost
        self._budgets = budgets
        self._over = over
        self._used: list[Used] = []
        self._standings: list[tuple[Budget, Span, Standing]] = []  # before the last request
        self._reserved = False

    async def before(self, planned: Planned) -> None:
        """As ``Account.before``.

        Raises:
            BudgetError: It would be more than may be used, or nobody can tell.
            ConfigurationError: A budget cannot be read.
        """
        if not planned.model.startswith(f"{FREE}:"):
            budgets = tuple(budget for budget in self._budgets() if budget.limit.is_for(planned.model))
            if budgets:
                await self._hold(planned, budgets)
        await self._account.before(planned)

    async def _hold(self, planned: Planned, budgets: tuple[Budget, ...]) -> None:
        """Reserves what a request may take, or refuses it."""
        money = any(budget.limit.unit == "USD" for budget in budgets)
        if money and not self._totals.priced:  # a list of prices is loaded with the first
            await asyncio.to_thread(self._price, planned.model, Usage(1, 1))
            self._totals.priced = True
        if self._quickly(planned, budgets):
            return
        work = partial(self._reserve, planned, budgets)
        try:
            async with asyncio.timeout(_SECONDS):
                self._standings = await asyncio.wrap_future(self._ledger.transact(work))
            self._reserved = True
        except (BudgetError, asyncio.CancelledError):
            self._totals.fly(self._account.id, None)
            raise
        except Exception as error:
            self._totals.fly(self._account.id, None)
            strict = [budget for budget in budgets if budget.is_strict]
            if strict or not self._over:
                why = "it does not answer" if isinstance(error, TimeoutError) else in_words(error)
                raise unreadable((strict or budgets)[0], f"{why} ({self._ledger.path})") from None

    def _reserve(
        self, planned: Planned, budgets: tuple[Budget, ...], connection: sqlite3.Connection
    ) -> list[tuple[Budget, Span, Standing]]:
        """As ``_hold``, on the ledger's thread."""
        out = planned.output_tokens
        if out is None:
            out = round(self._totals.usual_output(connection, planned.model) or USUAL_OUTPUT)
        estimate = self._price(planned.model, Usage(planned.input_tokens, out))
        tokens, spent = self._so_far
        tokens += planned.input_tokens + out
        limits = spans(budgets, time.time())
        standings = self._totals.standings(connection, limits, self._account.origin, self._account.id)
        for budget, (limit, span), standing in zip(budgets, limits, standings, strict=True):
            if (self._over and not budget.is_strict) or (limit.unit == "USD" and estimate == 0):
                continue
            if limit.unit == "USD" and estimate is None:
                raise unpriced(budget, planned.model, self._account.key.base_url)
            mine = tokens if limit.unit == "tokens" else spent + (estimate or 0.0)
            if standing.used.of(limit.unit) + standing.coming + mine > limit.amount * (1 + 1e-9):
                raise refusal(budget, span, standing, mine)
        flying = self._flying(planned.model, tokens, spent + (estimate or 0.0))
        if not self._write(flying, connection):
            raise sqlite3.OperationalError("the exchange could not be written down")
        self._totals.fly(self._account.id, flying)
        return [
            (budget, span, one) for budget, (_, span), one in zip(budgets, limits, standings, strict=True)
        ]

    def _quickly(self, planned: Planned, budgets: tuple[Budget, ...]) -> bool:
        """As ``_reserve``, without a look at the ledger where that is not needed; whether that is so."""
        out = planned.output_tokens or self._totals.known_output(planned.model)
        if not out or self._over:
            return False
        estimate = self._price(planned.model, Usage(planned.input_tokens, round(out)))
        if estimate is None and any(budget.limit.unit == "USD" for budget in budgets):
            return False
        tokens, spent = self._so_far
        flying = self._flying(
            planned.model, tokens + planned.input_tokens + round(out), spent + (estimate or 0.0)
        )
        limits = spans(budgets, time.time())
        account = self._account
        found = self._totals.quickly(limits, self._ledger.path, account.origin, account.id, flying)
        if found is None:
            return False
        written = self._ledger.write_soon(partial(self._write, flying))
        written.add_done_callback(lambda _: self._totals.published(account.id))
        self._standings = [
            (budget, span, one) for budget, (_, span), one in zip(budgets, limits, found, strict=True)
        ]
        self._reserved = True
        return True

    def _flying(self, model: str, tokens: float, cost: float) -> Flying:
        return Flying(model, self._account.origin.notebook, self._account.origin.conversation, tokens, cost)

    def _write(self, flying: Flying, connection: sqlite3.Connection) -> bool:
        """Writes down what is reserved, while the exchange goes on; whether it does."""
        done = connection.execute(
            "UPDATE exchanges SET reserved_tokens = ?, reserved_cost = ? WHERE id = ? AND status = 'open'",
            (flying.tokens, flying.cost, self._account.id),
        )
        return done.rowcount > 0

    def _price(self, model: str, usage: Usage) -> float | None:
        """What a request costs; ``None`` where that is not known."""
        cost = self._cost(model, self._account.key.base_url, usage)
        if cost is None:
            return 0.0 if _is_own(self._account.key) else None
        return cost.amount

    @property
    def _so_far(self) -> tuple[int, float]:
        """What its requests have used that have ended: tokens, and what they cost as far as that is known."""
        used = [one.total for one in self._used if one.usage is not None or one.estimated is not None]
        costs = (self._price(one.model, one.total) for one in self._used)
        return sum(one.total_tokens or 0 for one in used), sum(cost or 0.0 for cost in costs)

    def used(self, used: Used) -> None:
        """As ``Account.used``."""
        self._used.append(used)
        if self._reserved:  # which gives way to what was used
            flying = self._flying(used.model, *self._so_far)
            self._totals.fly(self._account.id, flying)
            self._ledger.write_soon(partial(self._write, flying))
        self._account.used(used)

    @property
    def notes(self) -> list[str]:
        """What the reader should know: which budgets are nearly used up; once for each period."""
        if not self._standings:
            return []
        tokens, spent = self._so_far
        notes = []
        for budget, span, standing in self._standings:
            limit = budget.limit
            used = standing.used.of(limit.unit) + (tokens if limit.unit == "tokens" else spent)
            if used and used >= NEARLY * limit.amount and self._totals.tells(limit, span, self._account.id):
                notes.append(nearly(budget, span, used))
        return list(dict.fromkeys(notes))

    def follow(self, snapshot: Callable[[], AnswerSnapshot]) -> None:
        """As ``Account.follow``."""
        self._account.follow(snapshot)

    def left(self, request: HttpRequest | None) -> Callable[[int], object]:
        """As ``Account.left``."""
        return self._account.left(request)

    def close(self, record: Record) -> Future[Any]:
        """As ``Account.close``."""
        return self._account.close(record)


def how_much(
    ledger: Ledger, budgets: Sequence[Budget], origin: Origin
) -> list[tuple[Budget, Span, Standing]]:
    """How much of budgets is used now.

    Args:
        ledger: The ledger.
        budgets: The budgets.
        origin: Which notebook and which conversation is meant.

    Raises:
        sqlite3.Error, OSError: The ledger cannot be used.
        TimeoutError: It does not answer.
    """
    limits = spans(tuple(budgets), time.time())
    work: Callable[[sqlite3.Connection], list[Standing]] = partial(
        _standings, totals_of(ledger), limits, origin
    )
    standings = ledger.transact(work).result(_SECONDS)
    return [(budget, span, one) for budget, (_, span), one in zip(budgets, limits, standings, strict=True)]


def _standings(
    totals: Totals, limits: list[tuple[Limit, Span]], origin: Origin, connection: sqlite3.Connection
) -> list[Standing]:
    return totals.standings(connection, limits, origin)


def _is_own(key: RequestKey) -> bool:
    """Whether a model runs on the user's own machine, at a server that is made for that, and not elsewhere on its
    behalf."""
    if key.provider not in UNPRICED or key.model.endswith((":cloud", "-cloud")):
        return False
    try:
        return is_own_machine(urlsplit(key.base_url).hostname or "")
    except ValueError:
        return False
