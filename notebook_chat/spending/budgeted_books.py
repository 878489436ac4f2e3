"""The books of a question, held to the budgets that there are. Nothing of the ledger is loaded where there are none."""

from __future__ import annotations

import msgspec

from ..ledger import Books
from .budgets import Budget, standing_budgets


def budgeted(books: Books | None, own: tuple[Budget, ...], over: bool) -> Books | None:
    """The books of one question of a chat, held to all budgets. Where no notebook keeps accounts, the ledger does as
    soon as there is a budget.

    Args:
        books: The books without them; ``None`` for none.
        own: The budgets of the chat itself.
        over: Whether it may pass those that are the user's own, once.

    Raises:
        ConfigurationError: A budget cannot be read.
    """
    accounts = books.accounts if books is not None else None
    if accounts is None and not (own or standing_budgets()):
        return books
    from .budgeted_accounts import BudgetedAccounts, plain_accounts

    if accounts is None:
        cost = books.cost if books is not None else None
        return msgspec.structs.replace(books or Books(), accounts=plain_accounts(cost, own, over))
    if books is not None and isinstance(accounts, BudgetedAccounts) and (own or over):
        return msgspec.structs.replace(books, accounts=accounts.of_chat(own, over))
    return books
