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
    waits = []
    for name, value in headers.items():
        lower = name.lower()
        if lower.startswith("x-ratelimit-reset-"):
            remaining = lower.replace("-reset-", "-remaining-")
        elif lower.startswith("anthropic-ratelimit-") and lower.endswith("-reset"):
            remaining = lower.removesuffix("-reset") + "-remaining"
        else:
            continue
        seconds = _seconds(value)
        if headers.get(remaining) == "0" and seconds is not None:
            waits.append(seconds)
    return max(waits, default=None)


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
