"""What a request costs: as the service says, as the user says, as the vendor's price list says; or it is not known."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from typing import Literal

import msgspec

from ..errors import ConfigurationError
from ..events import Usage
from . import listed_prices, own_prices
from .own_prices import Price

_EMBEDDED = "local"
"""The provider of the embedded model, which runs on the user's own machine and which nobody charges for."""


class Cost(msgspec.Struct, frozen=True):
    """What a request costs.

    Attributes:
        amount: The amount, in US dollars.
        source: Who says so: the ``service``; the user, by prices of their ``own``; the vendor's list of ``prices``; or
            nobody needs to, since the model is ``embedded``, or ``nothing`` was used.
    """

    amount: float
    source: Literal["service", "own", "prices", "embedded", "nothing"]


def cost_of(
    model: str, base_url: str, usage: Usage, *, own: Mapping[str, Price] | None = None
) -> Cost | None:
    """What a request costs; ``None`` where that is not known.

    Args:
        model: Who was asked, as ``provider:model``.
        base_url: Where the service is; empty where that is not known.
        usage: The tokens, and what the service says that it charges.
        own: Prices of the user, which count before those of the user's file.
    """
    if usage.cost is not None and math.isfinite(usage.cost) and usage.cost >= 0:
        return Cost(usage.cost, "service")
    if (amount := _own(model, usage, own or {})) is not None:
        return Cost(amount, "own")
    provider, _, name = model.partition(":")
    if provider == _EMBEDDED:
        return Cost(0.0, "embedded")
    vendor = listed_prices.vendor_at(base_url)
    if not vendor or (listed := listed_prices.amount(name, vendor, usage)) is None:
        return None
    return Cost(listed, "prices")


def prepare(base_url: str) -> None:
    """Has loaded what ``cost_of`` will need for a request that is about to go out, beside that request.

    Args:
        base_url: Where it goes.
    """
    if listed_prices.vendor_at(base_url):
        listed_prices.prepare()


def _own(model: str, usage: Usage, own: Mapping[str, Price]) -> float | None:
    """What it costs by the user's prices. A file that cannot be used is told of where somebody looks at costs."""
    price = own_prices.found(model, own)
    if price is None:
        with contextlib.suppress(ConfigurationError):
            price = own_prices.found(model, own_prices.of_file())
    return None if price is None else price.amount(usage)
