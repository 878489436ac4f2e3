"""How much may be used: by whom that is said, and what is told where it is used up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .. import environment
from ..errors import BudgetError, InvalidOptionError
from ..money import money
from ..policy import in_force
from ..policy.limits import Limit, limits_of
from . import kept_budget
from .listed_prices import is_missing
from .periods import Span, span_of

if TYPE_CHECKING:
    from .totals import Standing

VARIABLE = "NOTEBOOK_CHAT_BUDGET"
SETTING = "%config ChatMagics.budget"
OF_CHAT = "Chat(budget=…)"
KEPT = "%chat budget … --always"
POLICY = "the policy of this machine"

NEARLY = 0.8
"""What share of a budget is used when the reader is told."""

ONCE = "%%chat --over-budget (in Python over_budget=True) asks once all the same"


class Budget(msgspec.Struct, frozen=True):
    """A limit that holds.

    Attributes:
        limit: The limit.
        source: By what it was set.
    """

    limit: Limit
    source: str

    @property
    def is_strict(self) -> bool:
        """Whether no user can let anything pass it."""
        return self.source == POLICY

    @property
    def free(self) -> bool:
        """Whether what costs nothing is not limited."""
        return self.limit.unit == "USD"

    def __str__(self) -> str:
        return f"{self.limit} ({self.source})"


def budgets_of(text: object, source: str) -> tuple[Budget, ...]:
    """The budgets that somebody has set.

    Args:
        text: What was written.
        source: Where.

    Raises:
        InvalidOptionError: It is no budget.
    """
    if text is None:
        return ()
    if not isinstance(text, str):
        raise InvalidOptionError(
            f"budget must be a text, not {type(text).__name__}", hint="Such as '2 USD / day'."
        )
    return tuple(Budget(limit, source) for limit in limits_of(text))


def standing_budgets() -> tuple[Budget, ...]:
    """What holds for all that is asked on this machine: the policy's budget, that of the environment, and the user's
    lasting one. All of them hold, whatever else is set.

    Raises:
        ConfigurationError: One of them cannot be read: nothing is asked until it is put right.
    """
    found = environment.find(VARIABLE)
    try:
        of_environment = budgets_of(found.value, VARIABLE) if found is not None else ()
    except InvalidOptionError as error:
        raise InvalidOptionError(f"{VARIABLE}: {error.message}", hint=error.hint) from None
    policy = in_force().budget.spending
    return (*budgets_of(policy, POLICY), *of_environment, *budgets_of(kept_budget.read(), KEPT))


def written(amount: float, unit: str) -> str:
    """An amount, in words.

    Args:
        amount: The amount.
        unit: As in ``Limit``.
    """
    return money(max(amount, 0.0)) if unit == "USD" else f"{amount:,.0f} tokens"


def refusal(budget: Budget, span: Span, standing: Standing, mine: float) -> BudgetError:
    """What is raised where a request would be more than may be used.

    Args:
        budget: The budget.
        span: Its period.
        standing: What is used of it.
        mine: What the exchange would have used, with the request.
    """
    unit = budget.limit.unit
    coming = f", {written(standing.coming, unit)} are on their way" if standing.coming else ""
    renews = f"; it begins anew on {span.renews}" if span.renews else ""
    return BudgetError(
        f"not sent: it would pass the budget {budget}: {written(standing.used.of(unit), unit)} are used"
        f"{coming}, this may take {written(mine, unit)}{renews}",
        hint=_way_out(budget),
    )


def unpriced(budget: Budget, model: str, base_url: str) -> BudgetError:
    """What is raised where nobody knows what a request costs.

    Args:
        budget: The budget.
        model: Who is asked.
        base_url: Where that is.
    """
    listed = (
        'Install the prices of vendors (pip install "notebook_chat[prices]"), set'
        if is_missing(base_url)
        else "Set"
    )
    return BudgetError(
        f"not sent: what {model} costs is not known, so the budget {budget} cannot be kept",
        hint=f"{listed} its price (%config ChatMagics.prices), or a budget in tokens. {_way_out(budget)}",
    )


def unreadable(budget: Budget, why: str) -> BudgetError:
    """What is raised where nobody knows how much is used.

    Args:
        budget: The budget.
        why: Why the ledger cannot be used.
    """
    return BudgetError(
        f"not sent: the budget {budget} cannot be kept, since the ledger cannot be used: {why}",
        hint=_way_out(budget),
    )


def nearly(budget: Budget, span: Span, used: float) -> str:
    """What the reader is told once a budget is nearly used up.

    Args:
        budget: The budget.
        span: Its period.
        used: How much is used.
    """
    limit = budget.limit
    share = f"{used / limit.amount:.0%} of " if limit.amount else ""
    renews = f", which begins anew on {span.renews}" if span.renews else ""
    return f"{share}the budget {limit} is used{renews}"


def _way_out(budget: Budget) -> str:
    return "Ask whoever looks after this machine." if budget.is_strict else f"{ONCE}; %chat budget shows it."


def spans(budgets: tuple[Budget, ...], at: float) -> list[tuple[Limit, Span]]:
    """The limits of budgets, each with the period that a time is in.

    Args:
        budgets: The budgets.
        at: The time, in seconds since 1970.
    """
    known: dict[str, Span] = {}
    for budget in budgets:
        known.setdefault(budget.limit.period, span_of(budget.limit.period, at))
    return [(budget.limit, known[budget.limit.period]) for budget in budgets]
