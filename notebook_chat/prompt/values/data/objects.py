"""What is known of values that are Python objects, from looking at each."""

from __future__ import annotations

import decimal
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from .columns import EXAMPLES, SAMPLED, Facts, frequent, nulls_of, span_of
from .scalars import is_null, is_of_dates, scalar, type_name

_LARGEST = 4_000_000  # characters that are looked at
_NUMBERS = (int, float, decimal.Decimal)


def facts_of_objects(values: Sequence[Any], *, sampled: bool = False) -> Facts:
    """What is known of the objects. Nothing of them is run but what the types of Python itself do.

    Args:
        values: The objects.
        sampled: Whether they are a sample of more.
    """
    present = [value for value in values if not is_null(value)]
    facts = _facts(present, sampled)
    return replace(facts, nulls=nulls_of(len(values) - len(present), len(values), sampled=sampled))


def _facts(present: list[Any], sampled: bool) -> Facts:
    if not present:
        return Facts()
    types = Counter(map(type, present))
    only = next(iter(types)) if len(types) == 1 else None
    if only in (str, bytes) and sum(map(len, present)) > _LARGEST:
        return Facts(examples=_first(present))
    if only in (str, bytes, bool):
        return _counted(present, sampled)
    if only in _NUMBERS or (only is not None and all(map(is_of_dates, present))):
        return _ranged(present, sampled)
    kinds = Counter(map(type_name, present))
    told = _told_types(kinds, len(present), sampled) if only is None else ""
    if only is None and set(types) <= {str, int, float, bool} and _small(present):
        counted = _counted(present, sampled)
        return replace(counted, distinct=f"{told}; {counted.distinct}")
    return Facts(distinct=told or _common(present, sampled), examples=_first(present))


def _counted(present: list[Any], sampled: bool) -> Facts:
    counts = Counter(present)
    shown: Counter[str] = Counter()
    for value, count in counts.most_common(EXAMPLES + 1):
        shown[scalar(value)] += count
    return frequent(shown, len(present), sampled=sampled, distinct=len(counts))


def _ranged(present: list[Any], sampled: bool) -> Facts:
    try:
        least, greatest = min(present), max(present)
    except Exception:  # dates with and without a time zone, NaNs among decimals
        return Facts(examples=_first(present))
    return Facts(span=span_of(scalar(least), scalar(greatest), sampled=sampled))


def _told_types(kinds: Counter[str], count: int, sampled: bool) -> str:
    if sampled:
        return SAMPLED + ", ".join(
            f"{kind} {100 * share / count:.2g}%" for kind, share in kinds.most_common(4)
        )
    return ", ".join(f"{kind} ×{times}" for kind, times in kinds.most_common(4))


def _small(present: list[Any]) -> bool:
    return sum(len(value) for value in present if type(value) is str) <= _LARGEST


def _common(present: list[Any], sampled: bool) -> str:
    return f"{SAMPLED if sampled else ''}all {type_name(present[0])}"


def _first(present: list[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(scalar(value) for value in islice(present, 3)))
