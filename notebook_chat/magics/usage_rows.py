"""What answers used and cost, as the rows of a table."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import ConfigurationError
from ..money import money

if TYPE_CHECKING:
    from ..spending.sums import Sums

HEAD = ("Answers", "Requests", "Tokens in", "Cached", "Tokens out", "Cost")
"""The head of that table, behind the rows' names."""


def nothing(where: str) -> str:
    """That there is nothing to show.

    Args:
        where: Of when, such as ``today``.
    """
    return "Nothing was asked yet." if where == "all" else f"Nothing was asked {where}."


def counted(rows: Sequence[object]) -> str:
    """How many rows there are, in words.

    Args:
        rows: The rows.
    """
    return "1 row" if len(rows) == 1 else f"{len(rows):,} rows"


def dated(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an exchange with the time at which it was asked as one, in UTC; ``None`` where it is none.

    Args:
        values: The values.
    """
    if "at" not in values:
        return dict(values)
    try:
        return {**values, "at": datetime.fromtimestamp(values["at"], UTC)}
    except (OverflowError, OSError, ValueError, TypeError):
        return {**values, "at": None}


def price_problem() -> str | None:
    """Why the user's prices cannot be used; ``None`` where they can."""
    from ..spending import own_prices

    try:
        own_prices.of_file()
    except ConfigurationError as error:
        return str(error)
    return None


def row(one: Sums) -> list[str]:
    """Some sums as the cells of a row. What is estimated has a ``~`` before it.

    Args:
        one: The sums.
    """
    if not one.answers:
        return [one.name, "0", "", "", "", "", ""]
    about = "~" if one.estimated else ""
    return [
        one.name,
        f"{one.answers:,}",
        f"{one.requests:,}",
        f"{about}{one.input_tokens:,}",
        f"{one.cached_tokens:,}" if one.cached_tokens else "",
        f"{about}{one.output_tokens:,}",
        cost_words(one),
    ]


def cost_words(one: Sums) -> str:
    """What some answers cost, in words that say what is not known of it.

    Args:
        one: Their sums.
    """
    about = "~" if one.estimated and one.cost else ""
    known = "" if one.cost is None else f"{about}{money(one.cost)}"
    if not one.unpriced:
        return known
    if one.unpriced >= one.answers and one.cost is None:
        return "unknown"
    others = "1 answer" if one.unpriced == 1 else f"{one.unpriced:,} answers"
    return f"{known} and {others} of unknown price" if known else f"unknown of {others}"


def named(one: Sums, by: str) -> Sums:
    """A group by the name that a reader knows it by.

    Args:
        one: The group.
        by: By what they are grouped.
    """
    if by != "notebook":
        return one
    return msgspec.structs.replace(one, name=_short(one.name) or "no notebook")


def _short(path: str) -> str:
    """A file's path from the user's own folder on."""
    home = os.path.expanduser("~")  # noqa: PTH111
    return f"~{path[len(home) :]}" if path.startswith(home + os.sep) else path
