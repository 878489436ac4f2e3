"""What is made of a turn's values that no turn of ours would have: files and databases are written by anybody."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

_AHEAD = 60.0
"""By how many seconds another machine's clock may be ahead."""


def fitting_fields(
    values: Mapping[str, Any], kind: type[msgspec.Struct], needed: Collection[str]
) -> dict[str, Any]:
    """The values without those fields that are of another type than the struct says.

    Args:
        values: Plain values.
        kind: The struct.
        needed: The fields that are kept whatever they are: without them there is no struct.
    """
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    return {
        name: value
        for name, value in values.items()
        if name in needed or (name in types and _fits(value, types[name]))
    }


def fitting_items(values: Any, kind: type[msgspec.Struct]) -> list[Any]:
    """Those of some values that are what a struct can be made of.

    Args:
        values: A list of plain values; anything else has none.
        kind: The struct.
    """
    return [value for value in values if _fits(value, kind)] if isinstance(values, list) else []


def past(at: float) -> float:
    """A time in seconds since 1970, where it can be one at which something was asked; else 0: a time to come must
    not win over what is asked later."""
    return at if 0 <= at <= time.time() + _AHEAD else 0.0


def finite(seconds: float) -> float:
    """A length of time, where it is one; else 0. None is longer than thirty years, whatever a file says."""
    return seconds if 0 <= seconds < 1e9 else 0.0


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError):
        return False
    return True
