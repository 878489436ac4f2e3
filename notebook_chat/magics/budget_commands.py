"""The subcommand about how much may be used."""

from __future__ import annotations

import sqlite3
from argparse import Namespace
from collections.abc import Iterable

from ..errors import HistoryError
from ..session import DEFAULT, NotebookSession
from .output import show_table, show_text
from .subcommand import Context, Group, argument

group = Group()


def _usual(_: NotebookSession) -> Iterable[str]:
    return ("off", "'1 USD / day'", "'200k tokens / day'", "'20 USD / month'")


@group.subcommand(
    "budget",
    "shows which budgets hold, what is used of them and when they begin anew; or sets one",
    argument(
        "budget",
        nargs="*",
        metavar="BUDGET",
        help="'2 USD / day', '200k tokens / hour for notebook', '5 USD / month for openai:*', several with commas"
        " between them; off for none",
        complete=_usual,
    ),
    argument("--always", action="store_true", help="for all notebooks, also after this kernel"),
    argument("-c", dest="conversation", metavar="NAME", help="another conversation than the default one"),
)
def budget(context: Context, arguments: Namespace) -> None:
    """Shows the budgets, or sets one."""
    from ..policy.limits import OFF, limits_of
    from ..spending import kept_budget

    if arguments.budget:
        text = " ".join(arguments.budget).strip()
        limits_of(text)
        text = "" if text.casefold() in OFF else text
        if arguments.always:
            kept_budget.write(text)
        else:
            context.settings.budget = text
    elif arguments.always:
        return show_text(
            kept_budget.read() or "There is no lasting budget: %chat budget BUDGET --always sets one."
        )
    return _show(context, arguments.conversation or DEFAULT)


def _show(context: Context, name: str) -> None:
    from ..ledger import Origin
    from ..spending.budgeted_accounts import how_much
    from ..spending.budgets import SETTING, budgets_of, standing_budgets, written

    budgets = (*standing_budgets(), *budgets_of(context.settings.budget, SETTING))
    if not budgets:
        return show_text(
            "There is no budget: %chat budget '2 USD / day' sets one for this kernel, --always for all."
        )
    conversation = context.session.conversation(name)
    origin = Origin(str(context.session.notebook or ""), conversation.id)
    try:
        found = how_much(context.session.ledger, budgets, origin)
    except (sqlite3.Error, OSError) as error:
        raise HistoryError(
            f"the ledger cannot be read: {error}", hint="Until it can, nothing is asked that a budget is for."
        ) from None
    rows, unpriced = [], 0
    for one, span, standing in found:
        unit = one.limit.unit
        used = standing.used.of(unit)
        left = max(one.limit.amount - used - standing.coming, 0.0)
        coming = written(standing.coming, unit) if standing.coming else ""
        rows.append(
            [
                str(one.limit),
                one.source,
                written(used, unit),
                coming,
                written(left, unit),
                span.renews or "never",
            ]
        )
        unpriced = max(unpriced, standing.used.unpriced if unit == "USD" else 0)
    show_table(context.shell, ["Budget", "From", "Used", "On its way", "Left", "Begins anew"], rows)
    if unpriced:
        answers = "1 answer" if unpriced == 1 else f"{unpriced:,} answers"
        show_text(
            f"Not counted, since nobody knows what they cost: {answers}. %config ChatMagics.prices sets prices."
        )
    return None
