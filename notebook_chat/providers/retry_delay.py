"""How long a service asks to wait, in whatever form it says so."""

from __future__ import annotations

import contextlib
import math
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

_DURATION = re.compile(r"(\d{1,20}(?:\.\d{1,20})?)(ms|s|m|h)")
_LONGEST_WORDS = 100  # of what tells a wait, in characters
_MOMENT = 1e9  # what is more is no number of seconds to wait

LONGEST = 30 * 24 * 3600.0
"""The longest wait that a service is taken to ask for, in seconds: what is more is a mistake, or a jest."""

_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def retry_after(headers: Mapping[str, str]) -> float | None:
    """How long a service asks to wait, in seconds, ``LONGEST`` at most, in any of the forms in use: ``retry-after-ms``,
    ``Retry-After`` as seconds or an HTTP date, OpenAI's ``x-ratelimit-reset-*`` (``1m2.5s``) and Anthropic's
    ``anthropic-ratelimit-*-reset`` (RFC 3339), of which those count whose limit is used up."""
    if (ms := _number(headers.get("retry-after-ms", ""))) is not None:
        return _bounded(ms / 1000)
    if (value := headers.get("Retry-After")) is not None and (seconds := _seconds(value)) is not None:
        return seconds
    return used_up(headers)


def used_up(headers: Mapping[str, str]) -> float | None:
    """For how many seconds nothing remains of what a service allows; ``None`` where something does, or it does not say.
    Each limit that has a header with ``remaining`` in its name has another one with ``reset`` in that place
    (``x-ratelimit-remaining-requests``, ``anthropic-ratelimit-tokens-remaining``, ``ratelimit-remaining``).

    Args:
        headers: The headers of any response.
    """
    waits = []
    for name, value in headers.items():
        lower = name.lower()
        if "ratelimit" not in lower or "remaining" not in lower or not _is_nothing(value):
            continue
        seconds = _reset(headers.get(lower.replace("remaining", "reset")) or "")
        if seconds is not None:
            waits.append(seconds)
    return max(waits, default=None)


def _is_nothing(value: str) -> bool:
    number = _number(value)
    return number is not None and number <= 0


def _reset(value: str) -> float | None:
    """In how many seconds a limit is full again; some tell the moment, in seconds or milliseconds since 1970."""
    number = _number(value)
    if number is not None and _MOMENT < number < math.inf:
        return _bounded((number / 1000 if number > _MOMENT * 1000 else number) - time.time())
    return _seconds(value)


def _seconds(value: str) -> float | None:
    """A wait in any notation: ``2``, ``1m2.5s``, an HTTP date, an RFC 3339 date."""
    value = value[:_LONGEST_WORDS].strip()
    if (number := _number(value)) is not None:
        return _bounded(number)
    parts = _DURATION.findall(value)
    if parts and "".join(number + unit for number, unit in parts) == value:
        return _bounded(sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts))
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        with contextlib.suppress(ValueError, TypeError, OverflowError, IndexError):
            moment = parse(value)
            return _bounded(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - time.time())
    return None


def _number(value: str) -> float | None:
    """A number of any size; ``None`` where it is none, as ``nan`` is none."""
    try:
        number = float(value[:_LONGEST_WORDS])
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _bounded(seconds: float) -> float:
    return min(max(0.0, seconds), LONGEST)


def asked_delay(error: Any) -> float | None:
    """How long an error object's ``details`` ask to wait, in seconds. Google says it there, not in a header:
    ``{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}``."""
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else ():
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str) and (seconds := _seconds(delay)) is not None:
            return seconds
    return None


def duration(seconds: float) -> str:
    """A wait in words, such as ``34 s`` or ``2 minutes``."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 else "a moment"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 86400:.0f} days{' or more' if seconds >= LONGEST else ''}"
