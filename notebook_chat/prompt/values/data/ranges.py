"""What is known of numpy's numbers, from stretches of an array that fit into the processor's cache: no array as long
as the one that is looked at is made."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from .columns import Facts, frequent, nulls_of, span_of
from .samples import Work, positions, sample_size
from .scalars import scalar

_STRETCH = 65_536  # values looked at in one go
_LINE = 64  # bytes that the processor fetches at least
_NOT_A_TIME = -(2**63)
_FEW = 10  # so many different whole numbers are counted each


@dataclass(frozen=True, slots=True)
class Range:
    """The range of an array's values.

    Attributes:
        least: The least value; ``None`` where there is none.
        greatest: The greatest.
        missing: How many are NaN or no time.
    """

    least: Any = None
    greatest: Any = None
    missing: int = 0


def is_ordered(dtype: Any) -> bool:
    """Whether the values of a dtype have an order that is found quickly."""
    return dtype.kind in "biufmM"


def visits(array: Any) -> float:
    """How many values it costs to look at all of an array: more than it has where they are apart in memory."""
    if not array.size or array.ndim != 1:
        return float(array.size)
    apart = max(1.0, min(abs(int(array.strides[0])), 4 * _LINE) / int(array.dtype.itemsize))
    slow = 8 if array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8) else 1
    return float(array.size) * slow * (1 if apart == 1 else 2 * apart)


def range_of(array: Any) -> Range:
    """The range of a flat array of numbers or times, without those that are missing."""
    if array.dtype.kind in "mM":
        return _range_of_times(array)
    least = greatest = None
    missing = 0
    numpy = sys.modules["numpy"]
    with numpy.errstate(all="ignore"):
        for start in range(0, len(array), _STRETCH):
            part = array[start : start + _STRETCH]
            low, high = part.min(), part.max()
            if low != low:  # a NaN among them
                gaps = numpy.isnan(part)
                missing += int(numpy.count_nonzero(gaps))
                part = part[~gaps]
                if not part.size:
                    continue
                low, high = part.min(), part.max()
            least = low if least is None or low < least else least
            greatest = high if greatest is None or high > greatest else greatest
    return Range(least, greatest, missing)


def merged(ranges: Iterable[Range]) -> Range:
    """The range of what is in several arrays."""
    found = list(ranges)
    ends = [one for one in found if one.least is not None]
    missing = sum(one.missing for one in found)
    if not ends:
        return Range(missing=missing)
    return Range(min(one.least for one in ends), max(one.greatest for one in ends), missing)


def _range_of_times(array: Any) -> Range:
    whole = (
        array.view("i8") if array.dtype.isnative else array.astype(array.dtype.newbyteorder("=")).view("i8")
    )
    least = greatest = None
    missing = 0
    for start in range(0, len(whole), _STRETCH):
        part = whole[start : start + _STRETCH]
        low = part.min()
        if low == _NOT_A_TIME:
            there = part != _NOT_A_TIME
            missing += len(part) - int(there.sum())
            part = part[there]
            if not part.size:
                continue
            low = part.min()
        high = part.max()
        least = low if least is None or low < least else least
        greatest = high if greatest is None or high > greatest else greatest
    dtype = array.dtype.newbyteorder("=")
    if least is None or greatest is None:
        return Range(missing=missing)
    return Range(least.view(dtype), greatest.view(dtype), missing)


def facts_of_numbers(array: Any, work: Work, rows: list[int] | None = None, *, word: str = "null") -> Facts:
    """What is known of a flat array of numbers, truth values or times.

    Args:
        array: The array.
        work: What looking at it may cost; where it costs more, only a sample is looked at.
        rows: Which values are the sample.
        word: What a value that is missing is called.
    """
    rows = positions(len(array), sample_size(len(array))) if rows is None else rows
    sampled = len(rows) < len(array) and not work.affords(visits(array))
    return facts_of_all(array[rows] if sampled else array, sampled=sampled, word=word)


def facts_of_all(array: Any, *, sampled: bool = False, word: str = "null") -> Facts:
    """As ``facts_of_numbers``, from all values of the array.

    Args:
        array: The array.
        sampled: Whether it is a sample of a longer one.
        word: What a value that is missing is called.
    """
    if array.dtype.kind == "b":
        return facts_of_truth(truths(array), len(array), sampled=sampled)
    found = range_of(array)
    facts = facts_of_range(found, len(array), sampled=sampled, word=word)
    few = _few(array, found)
    if len(few) < 2:
        return facts
    counted = frequent(few, len(array), distinct=len(few), sampled=sampled)
    return replace(facts, distinct=counted.distinct, examples=counted.examples)


def facts_of_range(found: Range, count: int, *, sampled: bool = False, word: str = "null") -> Facts:
    """What a range says of values.

    Args:
        found: Their range.
        count: How many there are.
        sampled: Whether they are a sample.
        word: What a value that is missing is called.
    """
    nulls = nulls_of(found.missing, count, sampled=sampled, word=word)
    if found.least is None:
        return Facts(nulls=nulls)
    return Facts(span=span_of(_shown(found.least), _shown(found.greatest), sampled=sampled), nulls=nulls)


def truths(array: Any) -> int:
    """How many of an array's values are true."""
    numpy = sys.modules["numpy"]
    parts = (array[start : start + _STRETCH] for start in range(0, len(array), _STRETCH))
    return sum(int(numpy.count_nonzero(part)) for part in parts)


def facts_of_truth(true: int, count: int, *, sampled: bool = False, nulls: str = "") -> Facts:
    """What is known of truth values.

    Args:
        true: How many are true.
        count: How many there are, those that are missing not counted.
        sampled: Whether only a sample was looked at.
        nulls: What is told of those that are missing.
    """
    shown = Counter({text: n for text, n in (("True", true), ("False", count - true)) if n})
    told = frequent(shown, count, distinct=len(shown), sampled=sampled)
    mark = "~" if sampled else ""
    if len(shown) < 2:
        return Facts(span="".join(f"{mark}always {text}" for text in shown), nulls=nulls)
    texts = tuple(text if "×" in text or "%" in text else f"{text} ×1" for text in told.examples)
    return Facts(span=f"{mark}{', '.join(texts)}", nulls=nulls)


def _few(array: Any, found: Range) -> Counter[str]:
    """How often each value occurs, where they are a few whole numbers."""
    if (
        found.least is None
        or array.dtype.kind not in "iu"
        or len(array) > _STRETCH
        or int(found.greatest) - int(found.least) >= _FEW
    ):
        return Counter()
    numpy = sys.modules["numpy"]
    values, counts = numpy.unique(array, return_counts=True)
    return Counter({scalar(value): int(count) for value, count in zip(values, counts, strict=True)})


def _shown(value: Any) -> str:
    text = scalar(value)
    day, separator, hours = text.partition("T00:00:00")
    return day if value.dtype.kind == "M" and separator and not hours.strip(".0") else text
