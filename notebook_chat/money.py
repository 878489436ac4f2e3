"""Amounts of money in a few characters."""

from __future__ import annotations

import math

_LEAST = 0.0001
"""The least amount that is written out, in US dollars."""


def money(amount: float | None) -> str:
    """An amount in US dollars, to two figures or to the cent: ``$0.0012``, ``$1.25``, ``< $0.0001``; empty where it is
    not known.

    Args:
        amount: The amount.
    """
    if amount is None or not math.isfinite(amount) or amount < 0:
        return ""
    if amount == 0:
        return "$0"
    if amount < _LEAST:
        return f"< ${_LEAST:.4f}"
    if amount >= 0.1:
        return f"${amount:,.2f}"
    return f"${amount:.{1 - math.floor(math.log10(amount))}f}"
