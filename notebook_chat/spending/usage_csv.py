"""Figures as a file of comma-separated values."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet takes for a formula."""


def csv_of(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """Rows as CSV, in UTF-8. Times are written as dates in UTC, what is not known is left empty, and a text that a
    spreadsheet would run has an apostrophe before it.

    Args:
        rows: The rows.
        columns: The columns, in order.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(name, row.get(name)) for name in columns])
    return out.getvalue().encode("utf-8", "replace")


def _cell(name: str, value: Any) -> Any:
    if value is None:
        return ""
    if name == "at" and isinstance(value, (int, float)):
        try:
            return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")
        except (OverflowError, OSError, ValueError):
            return ""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
