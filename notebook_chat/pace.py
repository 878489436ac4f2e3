"""How fast services may be asked, as somebody writes it: ``60 requests / minute, 90k tokens / minute, 4 at once``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from .errors import InvalidOptionError

LONGEST = 3600
"""The longest time that a rate may be about, in seconds: nobody waits for the next day."""

_LONGEST_TEXT = 2000  # characters
_LONGEST_PATTERN = 200
_MOST_RULES = 100
_GREATEST = 10**12
_SHOWN = 80
_WORDS = re.compile(r"[0-9][0-9_.]*|[a-z]+|/|[^\sa-z0-9/]")
_DIGITS = frozenset("0123456789")
_COMMA = re.compile(r",(?!(?<=[0-9],)[0-9]{3}(?![0-9]))")  # none within a number such as 90,000
_TIMES = {"k": 1000, "thousand": 1000, "m": 10**6, "million": 10**6}
_SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
}
_PER = frozenset({"/", "per", "a", "an", "each", "every"})
_SHORT = {
    "rps": ("requests", 1),
    "rpm": ("requests", 60),
    "rph": ("requests", 3600),
    "tps": ("tokens", 1),
    "tpm": ("tokens", 60),
    "tph": ("tokens", 3600),
}
_AT_ONCE = frozenset({"at once", "at a time", "concurrent", "concurrently", "parallel", "in parallel"})
_QUANTITIES = {
    **dict.fromkeys(("request", "requests", "req", "reqs"), "requests"),
    **dict.fromkeys(("token", "tokens"), "tokens"),
}
_HINT = "Write it as '60 requests / minute, 90k tokens / minute, 4 at once'."

Quantity = Literal["requests", "tokens"]


@dataclass(frozen=True, slots=True)
class Rate:
    """So much in any stretch of time.

    Attributes:
        quantity: What is counted.
        amount: How much of it may be.
        seconds: In how long a time.
    """

    quantity: Quantity
    amount: int
    seconds: int

    @property
    def kind(self) -> tuple[str, int]:
        """What is counted, and in how long a time: limits of the same kind count the same."""
        return self.quantity, self.seconds

    def __str__(self) -> str:
        quantity = self.quantity[:-1] if self.amount == 1 else self.quantity
        return f"{self.amount:,} {quantity} {_per(self.seconds)}"


@dataclass(frozen=True, slots=True)
class AtOnce:
    """So many requests on their way at the same time.

    Attributes:
        amount: How many.
    """

    amount: int

    @property
    def kind(self) -> tuple[str, int]:
        """What is counted."""
        return "at once", 0

    def __str__(self) -> str:
        return f"{self.amount:,} at once"


Limit = Rate | AtOnce


@dataclass(frozen=True, slots=True)
class Rule:
    """How fast some may be asked.

    Attributes:
        pattern: Who: a provider, or ``provider:model``; ``*`` stands for any characters.
        limits: How fast.
    """

    pattern: str
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast services may be asked. All rules hold that are about a model, and each counts whatever it is about.

    Attributes:
        rules: The rules.
    """

    rules: tuple[Rule, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rules)

    def __add__(self, other: Pace) -> Pace:
        return Pace(self.rules + other.rules) if self and other else self or other


NO_PACE = Pace()
"""As fast as one likes."""


def pace_of(value: Any) -> Pace:
    """How fast services may be asked, as somebody has written it.

    Args:
        value: Limits as a text, for all services; ``PATTERN = LIMITS`` with ``;`` between several; a dict of limits by
            patterns; or a ``Pace``. Nothing, or an empty text, is no limit.

    Raises:
        InvalidOptionError: It is not understood.
    """
    if isinstance(value, Pace):
        return value
    if value is None:
        return NO_PACE
    if isinstance(value, str):
        return _of_text(value)
    if not isinstance(value, Mapping):
        raise _refused(f"{type(value).__name__} is neither a text nor a dict of them")
    rules = []
    for pattern, limits in value.items():
        if not isinstance(pattern, str) or not isinstance(limits, str | None):
            raise _refused(f"{_shown(pattern)} must be a text with a text as its value")
        rules.append(_rule(pattern, limits or ""))
    return _checked(rules)


@lru_cache(maxsize=64)
def _of_text(text: str) -> Pace:
    if len(text) > _LONGEST_TEXT:
        raise _refused(f"a text of {len(text):,} characters is too long")
    if text.lstrip().startswith("{"):
        try:
            return pace_of(json.loads(text))
        except (ValueError, RecursionError) as error:
            if isinstance(error, InvalidOptionError):
                raise
            raise _refused(f"{_shown(text)} is no JSON") from None
    rules = []
    for part in filter(str.strip, text.split(";")):
        pattern, equals, limits = part.partition("=")
        rules.append(_rule(pattern, limits) if equals else _rule("*", part))
    return _checked(rules)


def _checked(rules: list[Rule]) -> Pace:
    if len(rules) > _MOST_RULES:
        raise _refused(f"there are {len(rules):,} rules, and {_MOST_RULES} may be")
    return Pace(tuple(rule for rule in rules if rule.limits))


def _rule(pattern: str, limits: str) -> Rule:
    pattern = pattern.strip()
    if not pattern or not pattern.isprintable() or " " in pattern or len(pattern) > _LONGEST_PATTERN:
        raise _refused(f"{_shown(pattern)} is no provider and no provider:model", hint=_HINT_PATTERN)
    if len(limits) > _LONGEST_TEXT:
        raise _refused(f"a text of {len(limits):,} characters is too long")
    return Rule(pattern, tuple(_limit(part) for part in _COMMA.split(limits) if part.strip()))


def _limit(text: str) -> Limit:
    """One limit, such as ``60 requests / minute``."""
    words = _WORDS.findall(text.lower().replace(",", ""))
    if not words or words[0][0] not in _DIGITS:
        raise _refused(f"{_shown(text)} does not begin with a number")
    number, *rest = words
    times = 1
    if rest and rest[0] in _TIMES and rest[1:]:
        times = _TIMES[rest.pop(0)]
    amount = _whole(number, times, text)
    if len(rest) == 1 and rest[0] in _SHORT:
        quantity, seconds = _SHORT[rest[0]]
        return Rate(_quantity(quantity), amount, seconds)
    counted = _QUANTITIES.get(rest[0]) if rest else None
    behind = rest[1:] if counted else rest
    if " ".join(behind) in _AT_ONCE and counted != "tokens":
        return AtOnce(amount)
    if len(behind) in (2, 3) and behind[0] in _PER:
        return Rate(_quantity(counted or "requests"), amount, _seconds(behind[1:], text))
    raise _refused(f"{_shown(text)} is not understood")


def _quantity(word: str) -> Quantity:
    return "tokens" if word == "tokens" else "requests"


def _whole(number: str, times: int, text: str) -> int:
    try:
        amount = float(number.replace("_", "")) * times
    except ValueError:
        raise _refused(f"{_shown(text)} does not begin with a number") from None
    if not 1 <= amount <= _GREATEST or amount != int(amount):
        raise _refused(
            f"{_shown(text)} must be about a whole number, 1 or more",
            hint="Name a longer time: '30 requests / minute' in the place of '0.5 requests / second'.",
        )
    return int(amount)


def _seconds(words: list[str], text: str) -> int:
    unit = _SECONDS.get(words[-1])
    count = _whole(words[0], 1, text) if len(words) == 2 else 1
    if unit is None or count * unit > LONGEST:
        raise _refused(
            f"{_shown(text)} must be about seconds, minutes or one hour",
            hint="Nobody waits for the next day: name a shorter time.",
        )
    return count * unit


def _per(seconds: int) -> str:
    named = {1: "a second", 60: "a minute", 3600: "an hour"}
    if seconds in named:
        return named[seconds]
    return f"in {seconds // 60} minutes" if seconds % 60 == 0 else f"in {seconds} seconds"


_HINT_PATTERN = (
    "Write {'openai': '60 requests / minute', 'anthropic:claude-*': '4 at once', '*': '8 at once'}."
)


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else type(value).__name__
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _refused(what: str, hint: str = _HINT) -> InvalidOptionError:
    return InvalidOptionError(f"pace: {what}", hint=hint)
