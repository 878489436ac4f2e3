"""Points in time as a user writes and reads them."""

from __future__ import annotations

import argparse
import re
import time
from datetime import datetime, timedelta

_AGO = re.compile(r"([0-9]{1,5})\s?(min|h|d|w)")
_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def point(text: str) -> float:
    """A point in time, in seconds since 1970: a date, a date with a time, ``today``, ``yesterday``, or how long ago.

    Args:
        text: Such as ``2026-10-01``, ``2026-10-01 14:30``, ``today``, ``30min``, ``2h``, ``7d``.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    word, now = text.strip().lower(), datetime.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        if word in ("today", "yesterday"):
            return (midnight - timedelta(days=word == "yesterday")).timestamp()
        if ago := _AGO.fullmatch(word):
            return time.time() - timedelta(**{_UNITS[ago[2]]: int(ago[1])}).total_seconds()
        return max(datetime.fromisoformat(text.strip()).timestamp(), 1.0)
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(
            f"{text!r:.80} is no time: write 2026-10-01, '2026-10-01 14:30', today, yesterday, 2h or 7d"
        ) from None


def when(at: float, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A point in time as it is shown; empty where it is none.

    Args:
        at: Seconds since 1970.
        form: As for ``strftime``.
    """
    try:
        return datetime.fromtimestamp(at).strftime(form) if at else ""
    except (OverflowError, OSError, ValueError, TypeError):
        return ""
