"""When a period of a budget begins and ends, by this machine's clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from ..policy.limits import Period


class Span(msgspec.Struct, frozen=True):
    """A period.

    Attributes:
        begin: When it began, in seconds since 1970; 0 for what has no beginning.
        end: When the next one begins; ``None`` for what has no end.
    """

    begin: float = 0.0
    end: float | None = None

    def has(self, at: float) -> bool:
        """Whether a time is in it.

        Args:
            at: The time, in seconds since 1970.
        """
        return self.begin <= at and (self.end is None or at < self.end)

    @property
    def renews(self) -> str:
        """When it begins anew, in words; empty where it never does."""
        if self.end is None:
            return ""
        when = datetime.fromtimestamp(self.end)
        return f"{when:%a} {when.day} {when:%b, %H:%M}"


def span_of(period: Period, at: float) -> Span:
    """The period that a time is in. Days begin at midnight, weeks on Mondays, months on the first, whatever the clocks
    have been put forward or back between.

    Args:
        period: Which kind.
        at: The time, in seconds since 1970.
    """
    if period == "ever":
        return Span()
    if period == "hour":
        offset = datetime.fromtimestamp(at).astimezone().utcoffset() or timedelta()
        begin = at - (at + offset.total_seconds()) % 3600
        return Span(begin, begin + 3600)
    now = datetime.fromtimestamp(at)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if period == "day":
        first, last = day, day + timedelta(days=1)
    elif period == "week":
        first = day - timedelta(days=now.weekday())
        last = first + timedelta(days=7)
    else:
        first = day.replace(day=1)
        last = (first + timedelta(days=31)).replace(day=1)
    return Span(first.timestamp(), last.timestamp())
