"""How much may be used, as somebody writes it: ``2 USD / day``, ``200k tokens / hour for openai:*``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

import msgspec

from ..errors import InvalidOptionError
from .wildcards import widely

Unit = Literal["USD", "tokens"]
Period = Literal["hour", "day", "week", "month", "ever"]

SCOPES = ("user", "notebook", "conversation")
"""What a limit can be for, beside a model."""

OFF = frozenset({"", "off", "none"})
"""What means that there is no limit."""

EXAMPLES = "'2 USD / day', '200k tokens / hour', '5 USD / month for notebook', '1 USD / day for openai:*'"

_LONGEST = 1_000  # characters
_MOST = 20  # limits in one text
_LARGEST = 1e15
_BETWEEN = re.compile(r";|(?<![0-9]),|,(?![0-9]{3}(?![0-9]))")  # a comma in 200,000 is none
_AMOUNT = re.compile(
    r"(?P<sign>(?:us)?\$)?+\s*+(?P<number>[0-9][0-9,_]*+(?:\.[0-9]++)?+|\.[0-9]++)\s*+"
    r"(?P<factor>(?:k|m|thousand|million)(?![a-z]))?+\s*+(?P<unit>usd|\$|dollars?+|tokens?+)?+"
    r"(?:\s*+(?:/|(?:per|an?|each|every)(?![a-z]))\s*+(?P<period>[a-z]++))?+",
    re.ASCII,
)
_GROUPS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})++|[0-9]++(?:_[0-9]++)*+")
_FACTORS = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000}
_PERIODS: dict[str, Period] = {
    "hour": "hour",
    "h": "hour",
    "day": "day",
    "d": "day",
    "week": "week",
    "w": "week",
    "month": "month",
}


class Limit(msgspec.Struct, frozen=True):
    """How much may be used.

    Attributes:
        amount: How much.
        unit: Of what: US dollars, or tokens that go in and come out.
        period: In what time it may be used: from the beginning of an hour, a day, a week (a Monday), a month on, by
            this machine's clock; or ``ever``.
        scope: What is counted: all that the ``user`` has asked, what was asked in one ``notebook`` or
            ``conversation``, or of models by a pattern of ``provider:model``.
    """

    amount: float
    unit: Unit
    period: Period = "ever"
    scope: str = "user"

    @property
    def of_models(self) -> bool:
        """Whether it is for some models alone."""
        return self.scope not in SCOPES

    def is_for(self, model: str) -> bool:
        """Whether what a model is asked is counted.

        Args:
            model: The model, as ``provider:model``.
        """
        return not self.of_models or widely(self.scope, model)

    def __str__(self) -> str:
        """As it is written."""
        amount = (
            f"{self.amount:,.6f}".rstrip("0").rstrip(".") if self.unit == "USD" else f"{self.amount:,.0f}"
        )
        period = "" if self.period == "ever" else f" / {self.period}"
        return f"{amount} {self.unit}{period}" + ("" if self.scope == "user" else f" for {self.scope}")


@lru_cache(maxsize=32)
def limits_of(text: str) -> tuple[Limit, ...]:
    """Limits as they are written: one, or several with ``,`` or ``;`` between them. ``off`` and nothing mean none.

    Args:
        text: What is written.

    Raises:
        InvalidOptionError: It is no limit.
    """
    if text.strip().casefold() in OFF:
        return ()
    if len(text) > _LONGEST:
        raise InvalidOptionError(f"a budget of {len(text):,} characters is too long", hint=_hint())
    parts = [part for part in map(str.strip, _BETWEEN.split(text)) if part]
    if not 1 <= len(parts) <= _MOST:
        raise InvalidOptionError(f"{text[:80]!r} is no budget", hint=_hint())
    return tuple(dict.fromkeys(map(_limit, parts)))


def _limit(text: str) -> Limit:
    words = text.split()
    place = next((place for place, word in enumerate(words) if word.casefold() == "for"), len(words))
    found = _AMOUNT.fullmatch(" ".join(words[:place]).casefold())
    if found is None or bool(found["sign"]) == bool(found["unit"]):
        raise _refused(text, "it needs an amount of USD or tokens")
    unit: Unit = "tokens" if (found["unit"] or "").startswith("token") else "USD"
    period = _PERIODS.get(found["period"] or "")
    if found["period"] and period is None:
        raise _refused(text, f"a budget is per hour, day, week or month, not per {found['period']}")
    return Limit(_amount(found, unit, text), unit, period or "ever", _scope(words[place:], text))


def _amount(found: re.Match[str], unit: Unit, text: str) -> float:
    whole, _, part = found["number"].partition(".")
    if whole and not _GROUPS.fullmatch(whole):
        raise _refused(text, f"{found['number']} is no number, write 1.50 or 200,000")
    amount = float(f"{whole.replace(',', '').replace('_', '') or 0}.{part or 0}")
    amount *= _FACTORS.get(found["factor"] or "", 1)
    if amount > _LARGEST or (unit == "tokens" and amount != int(amount)):
        raise _refused(text, "nobody can count that")
    return amount


def _scope(words: list[str], text: str) -> str:
    """What is named behind an amount, from the word ``for`` on."""
    if not words:
        return "user"
    named = " ".join(words[1:])
    plain = named.casefold().removeprefix("this ").removeprefix("the ")
    if plain in SCOPES:
        return plain
    provider, colon, model = named.partition(":")
    if len(words) == 2 and colon and provider and model and named.isprintable():
        return named
    if len(words) == 2 and named.isidentifier():
        raise _refused(text, f"it can be for notebook, conversation or user; for a provider, write {named}:*")
    raise _refused(text, "it can be for notebook, conversation, user, or models such as openai:*")


def _refused(text: str, why: str) -> InvalidOptionError:
    return InvalidOptionError(f"{text[:80]!r} is no budget: {why}", hint=_hint())


def _hint() -> str:
    return f"Write {EXAMPLES}, or 'off'."
