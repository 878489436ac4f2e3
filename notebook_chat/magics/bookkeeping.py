"""What is done in a notebook about its exchanges besides asking: answers from before, and the accounts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ..ledger import Books
from ..ledger.bounds import Bounds
from ..spending.budgeted_accounts import BudgetedAccounts
from ..spending.budgets import SETTING, Budget, budgets_of, standing_budgets
from ..spending.own_prices import checked
from ..spending.prices import cost_of

if TYPE_CHECKING:
    from ..conversation import Conversation
    from ..session import NotebookSession
    from .settings import Settings


def books_of(session: NotebookSession, settings: Settings, conversation: Conversation) -> Books:
    """The books of a conversation, as the notebook's settings have them.

    Args:
        session: The notebook's session.
        settings: The settings.
        conversation: The conversation.
    """
    session.ledger.keep_within(Bounds(settings.ledger_days, settings.ledger_megabytes))
    cost = partial(cost_of, own=checked(settings.prices)) if settings.prices else cost_of
    kept = session.ledger.accounts(cost, contents=session.history.on)
    accounts = BudgetedAccounts(kept, session.ledger, cost, partial(_budgets, settings))
    return Books(None, accounts, str(session.notebook or ""), cost, settings.tally)


def _budgets(settings: Settings) -> tuple[Budget, ...]:
    """The budgets that hold now in a notebook."""
    return (*standing_budgets(), *budgets_of(settings.budget, SETTING))


def watch(session: NotebookSession) -> Callable[[], None]:
    """Has the requests written down that leave beside those of answers.

    Args:
        session: The notebook's session.

    Returns:
        What ends that.
    """
    from ..ledger.departures import OtherRequests
    from ..transport import departures

    def write(work: Callable[[Any], Any]) -> object:
        return session.ledger.write(work)

    return departures.watch(OtherRequests(write, lambda: str(session.notebook or "")))
