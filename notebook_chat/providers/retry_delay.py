"""How long a service asks to wait, in whatever form it says so."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def retry_after(headers: Mapping[str, str]) -> float | None:
    """How long a service asks to wait, in seconds, from any of the forms in use: ``retry-after-ms``,
    ``Retry-After`` as seconds or an HTTP date, OpenAI's ``x-ratelimit-reset-*`` (``1m2.5s``) and Anthropic's
    ``anthropic-ratelimit-*-reset`` (RFC 3339), of which those count whose limit is used up."""
    with contextlib.suppress(KeyError, ValueError):
        return max(0.0, float(headers["retry-after-ms"]) / 1000)
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
    value = value.strip()
    with contextlib.suppress(ValueError):
        return max(0.0, float(value))
    parts = _DURATION.findall(value)
    if parts and "".join(number + unit for number, unit in parts) == value:
        return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        with contextlib.suppress(ValueError, TypeError, OverflowError, IndexError):
            moment = parse(value)
            return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - time.time())
    return None


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
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
