"""What is known of the values of a pandas Series or Index."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from typing import Any

from ..bounds import counted
from .arrow_columns import facts_of_arrow
from .columns import EXAMPLES, SAMPLED, Facts, frequent, nulls_of, span_of
from .objects import facts_of_objects
from .ranges import facts_of_all, facts_of_truth, is_ordered, merged, range_of, truths, visits
from .samples import Work
from .scalars import scalar

_TIMES = ("DatetimeArray", "TimedeltaArray", "PeriodArray")
_STRETCH = 65_536
_LONGEST_TYPE = 60


def facts_of_pandas(values: Any, work: Work, rows: list[int]) -> Facts:
    """What is known of the values.

    Args:
        values: A Series or an Index.
        work: What looking at them may cost; where it costs more, only a sample is looked at.
        rows: Which ones are the sample.
    """
    array = _array(values)
    if not len(array):
        return Facts()
    kind = type(array).__name__
    if hasattr(array, "__arrow_array__") and kind.startswith("Arrow"):
        return facts_of_arrow(array.__arrow_array__(), work, len(rows))
    sampled = len(rows) < len(array) and not work.affords(_visits(array, kind))
    part = array.take(rows) if sampled else array
    if isinstance(part, sys.modules["numpy"].ndarray):
        return facts_of_all(part, sampled=sampled) if is_ordered(part.dtype) else _of_objects(part, sampled)
    if kind in _TIMES:
        return _of_times(part, sampled)
    if kind == "Categorical":
        return _of_categories(part, sampled)
    if hasattr(part, "_mask"):
        return _of_masked(part, sampled)
    if kind == "IntervalArray":
        return _of_intervals(part, sampled)
    return _of_objects(part, sampled)


def dtype_of(dtype: Any) -> str:
    """The name of a column's type; of a category not its values, which ``facts_of_pandas`` tells."""
    name = str(dtype) if type(dtype).__name__ != "CategoricalDtype" else "category"
    return name if len(name) <= _LONGEST_TYPE else f"{name[: _LONGEST_TYPE - 1]}…"


def value_at(values: Any, place: int) -> Any:
    """A single value of a Series, Index or array of pandas."""
    # A Series looks for an attribute that it does not have among its labels, and hashes them all for that.
    if hasattr(type(values), "nlevels"):
        return _item(values, place)  # the array of a RangeIndex would be made, and kept
    array = _array(values)
    if type(array).__name__.startswith("Arrow") and hasattr(array, "__arrow_array__"):
        one = array.__arrow_array__()[place]
        return None if not one.is_valid else array[place]
    return _item(array, place)


def _item(array: Any, place: int) -> Any:
    """A single value; of a part, since an array of times that is asked for one keeps what it has found for it."""
    return array[place : place + 1][0]


def _array(values: Any) -> Any:
    """The array that holds the values: numpy's where it is, without a copy."""
    array = values.array if hasattr(type(values), "array") else values
    inner = getattr(array, "_ndarray", None)
    if type(array).__name__ in ("NumpyExtensionArray", "PandasArray") and inner is not None:
        return inner
    return array


def _visits(array: Any, kind: str) -> float:
    """How many values it costs to look at all of an array, as ``ranges.visits`` counts; never affordable for what
    must be looked at one by one."""
    if isinstance(array, sys.modules["numpy"].ndarray):
        return visits(array) if is_ordered(array.dtype) else float("inf")
    if kind in _TIMES:
        return visits(array.asi8)
    if kind == "Categorical":
        return 2.0 * visits(array.codes)
    return 5.0 * len(array) if hasattr(array, "_mask") and _numbers(array) is not None else float("inf")


def _numbers(masked: Any) -> Any:
    """The numbers beneath a nullable array; ``None`` where it has none, such as of texts."""
    data = getattr(masked, "_data", None)
    return data if isinstance(data, sys.modules["numpy"].ndarray) and is_ordered(data.dtype) else None


def _of_objects(part: Any, sampled: bool) -> Facts:
    if type(part).__name__ == "SparseArray":
        values = part.sp_values
        facts = facts_of_all(values) if len(values) and is_ordered(values.dtype) else Facts()
        share = f"{len(values):,} of {len(part):,} values are not the fill value {scalar(part.fill_value)}"
        return Facts(span=facts.span, nulls=facts.nulls, distinct=share)
    return facts_of_objects(list(part), sampled=sampled)


def _of_times(part: Any, sampled: bool) -> Facts:
    numbers = part.asi8
    found = range_of(numbers.view("m8[ns]"))
    nulls = nulls_of(found.missing, len(numbers), sampled=sampled)
    if found.least is None:
        return Facts(nulls=nulls)
    # The position tells the value, with its time zone or frequency, whatever the type.
    least, greatest = (
        scalar(_item(part, _place(numbers, one.view("i8")))) for one in (found.least, found.greatest)
    )
    return Facts(span=span_of(least, greatest, sampled=sampled), nulls=nulls)


def _place(numbers: Any, value: Any) -> int:
    for start in range(0, len(numbers), _STRETCH):
        hits = numbers[start : start + _STRETCH] == value
        if hits.any():
            return start + int(hits.argmax())
    return 0


def _of_categories(part: Any, sampled: bool) -> Facts:
    numpy = sys.modules["numpy"]
    codes, categories = part.codes, part.categories
    if (
        len(categories) > _STRETCH
    ):  # as many as there are rows, about: what they are says more than how often each is
        shown_first = tuple(scalar(value_at(categories, place)) for place in range(3))
        return Facts(distinct=f"{len(categories):,} categories", examples=(*shown_first, "…"))
    counts = numpy.zeros(len(categories) + 1, dtype="i8")
    for start in range(0, len(codes), _STRETCH):
        stretch = codes[start : start + _STRETCH].astype("i8") + 1
        counts += numpy.bincount(stretch, minlength=len(counts))
    missing, there = int(counts[0]), counts[1:]
    order = numpy.argsort(-there, kind="stable")[: EXAMPLES + 1]
    shown: Counter[str] = Counter()
    for code in order:
        if there[code]:
            shown[scalar(value_at(categories, int(code)))] += int(there[code])
    facts = frequent(shown, max(1, int(there.sum())), distinct=len(categories), sampled=sampled)
    order = "ordered " if part.ordered else ""
    count = counted(len(categories), "category", "categories")
    told = f"{SAMPLED if sampled else ''}{order}{count}"
    return replace(facts, distinct=told, nulls=nulls_of(missing, len(codes), sampled=sampled))


def _of_masked(part: Any, sampled: bool) -> Facts:
    """Of a nullable array, as ``Int64`` is."""
    numbers = _numbers(part)
    if numbers is None:
        return facts_of_objects(list(part), sampled=sampled)
    mask = part._mask
    missing = truths(mask)
    nulls = nulls_of(missing, len(mask), sampled=sampled)
    if missing == len(mask):
        return Facts(nulls=nulls)
    if len(mask) <= _STRETCH or numbers.dtype.kind == "b":
        return replace(_of_present(numbers, mask, missing, sampled), nulls=nulls)
    stretches = (_present(numbers, mask, start) for start in range(0, len(mask), _STRETCH))
    whole = merged(range_of(stretch) for stretch in stretches if stretch.size)
    if whole.least is None:
        return Facts(nulls=nulls)
    return Facts(span=span_of(scalar(whole.least), scalar(whole.greatest), sampled=sampled), nulls=nulls)


def _of_present(numbers: Any, mask: Any, missing: int, sampled: bool) -> Facts:
    if numbers.dtype.kind == "b":
        starts = range(0, len(mask), _STRETCH)
        true = sum(truths(_present(numbers, mask, start)) for start in starts)
        return facts_of_truth(true, len(mask) - missing, sampled=sampled)
    return facts_of_all(numbers[~mask] if missing else numbers, sampled=sampled)


def _present(numbers: Any, mask: Any, start: int) -> Any:
    return numbers[start : start + _STRETCH][~mask[start : start + _STRETCH]]


def _of_intervals(part: Any, sampled: bool) -> Facts:
    objects = list(part)
    there = [one for one in objects if one == one]
    if not there:
        return facts_of_objects(objects, sampled=sampled)
    least, greatest = min(one.left for one in there), max(one.right for one in there)
    facts = replace(facts_of_objects(objects, sampled=sampled), distinct="", examples=())
    counts = Counter(map(scalar, there))
    most = Counter(dict(counts.most_common(EXAMPLES + 1)))
    counted = frequent(most, len(there), distinct=len(counts), sampled=sampled)
    return replace(
        facts,
        span=span_of(scalar(least), scalar(greatest), sampled=sampled),
        distinct=counted.distinct,
        examples=counted.examples,
    )
