"""What is done in a notebook about its exchanges besides asking: answers from before, and the accounts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ..ledger import Books
from ..ledger.bounds import Bounds
from ..replay.modes import ANEW, mode_in_force
from ..spending.budgeted_accounts import BudgetedAccounts
from ..spending.budgets import SETTING, Budget, budgets_of, standing_budgets
from ..spending.own_prices import checked
from ..spending.prices import cost_of

if TYPE_CHECKING:
    from ..conversation import Conversation
    from ..session import NotebookSession
    from .settings import Settings


def books_of(
    session: NotebookSession,
    settings: Settings,
    conversation: Conversation,
    *,
    replay: str | None = None,
    record: Any = None,
) -> Books:
    """The books of a conversation, as the notebook's settings have them.

    Args:
        session: The notebook's session.
        settings: The settings.
        conversation: The conversation.
        replay: How answers from before are used, where whoever asks says so; ``ANEW`` for another answer than there is.
        record: The file of records, where whoever asks says so.

    Raises:
        InvalidOptionError: A setting is not usable.
    """
    set_mode = mode_in_force(settings.replay)
    mode: Any = mode_in_force(replay, set_mode) if replay != ANEW else ANEW
    if replay is None and mode == "keep":
        mode = "off"  # which is about what cells show
    answers = settings.answers
    library = writer = replayer = None
    if record is not None:
        library, writer = answers.given(record)
    elif answers.writes:
        writer = answers.writer
    if mode != "off":
        from ..replay.replayer import Replayer

        pace: Any = settings.replay_pace
        replayer = Replayer(library or answers.library, mode, pace, only=set_mode == "only")
    session.ledger.keep_within(Bounds(settings.ledger_days, settings.ledger_megabytes))
    cost = partial(cost_of, own=checked(settings.prices)) if settings.prices else cost_of
    kept = session.ledger.accounts(cost, contents=session.history.on)
    accounts = BudgetedAccounts(kept, session.ledger, cost, partial(_budgets, settings))
    return Books(replayer, accounts, str(session.notebook or ""), writer, cost, settings.tally)


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


def _budgets(settings: Settings) -> tuple[Budget, ...]:
    """The budgets that hold now in a notebook."""
    return (*standing_budgets(), *budgets_of(settings.budget, SETTING))
