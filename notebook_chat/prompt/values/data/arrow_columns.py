"""What is known of the values of pyarrow's arrays."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from dataclasses import replace
from typing import Any

from .columns import Facts, frequent, nulls_of, span_of
from .objects import facts_of_objects
from .ranges import facts_of_range, facts_of_truth, merged, range_of
from .samples import Work, blocks, sample_size
from .scalars import scalar

_LARGEST_COPY = 4_000_000  # bytes of values that are made into Python's
_STRETCH = 1_000_000
_SLOW = 5  # times as long as numpy takes for the same


def facts_of_arrow(array: Any, work: Work, rows: int = 0) -> Facts:
    """What is known of an ``Array`` or a ``ChunkedArray``.

    Args:
        array: The array.
        work: What looking at it may cost; where it costs more, only a sample is looked at.
        rows: How many values the sample has.
    """
    rows = rows or sample_size(len(array))
    nulls = nulls_of(array.null_count, len(array))
    if array.null_count == len(array):
        return Facts(nulls=nulls)
    plain = _plain(array) if len(array) > rows else []
    cost = len(array) * (1 if plain else _SLOW)
    sampled = len(array) > rows and not (_is_ordered(array.type) and work.affords(cost))
    if plain and not sampled:
        found = merged(map(range_of, plain))
        return facts_of_range(found, len(array), word="NaN")
    part = sample(array, rows) if sampled else array
    return replace(_facts(part, sampled), nulls=", ".join(filter(None, (nulls, _nans(part, sampled)))))


def sample(array: Any, rows: int) -> Any:
    """So many values of an array, in stretches from all over it. Only they are copied."""
    pyarrow = importlib.import_module("pyarrow")
    parts: list[Any] = []
    for start, length in blocks(len(array), rows):
        part = array.slice(start, length)
        parts.extend(part.chunks if hasattr(part, "chunks") else [part])
    if any(isinstance(part, pyarrow.DictionaryArray | pyarrow.ExtensionArray) for part in parts):
        return pyarrow.chunked_array(parts)
    return pyarrow.concat_arrays(parts)


def values_of(array: Any) -> list[Any]:
    """The values of a short array, as Python's; fewer of them where they are large."""
    while len(array) > 1 and size_of(array) > _LARGEST_COPY:
        array = array.slice(0, max(1, len(array) // 4))
    try:
        values: list[Any] = array.to_pylist()
    except Exception:
        return [value_of(one) for one in array]
    return values


def size_of(array: Any) -> int:
    """How many bytes the values take; 0 where pyarrow cannot say it, as of views."""
    try:
        return int(array.nbytes)
    except Exception:
        return 0


def value_of(one: Any) -> Any:
    """A scalar's value, as Python's; a text where Python has none of its kind, such as for nanoseconds."""
    try:
        return one.as_py()
    except Exception:
        return str(getattr(one, "value", one))


def _plain(array: Any) -> list[Any]:
    """The arrays of numpy on the same memory, where it has numbers only and none is missing; ``[]`` elsewhere."""
    types = importlib.import_module("pyarrow.types")
    whole = types.is_integer(array.type) or types.is_floating(array.type)
    if array.null_count or not whole or "numpy" not in sys.modules:
        return []
    return [part.to_numpy(zero_copy_only=True) for part in getattr(array, "chunks", [array]) if len(part)]


def _is_ordered(kind: Any) -> bool:
    types = importlib.import_module("pyarrow.types")
    return bool(
        types.is_integer(kind) or types.is_floating(kind) or types.is_temporal(kind) or types.is_boolean(kind)
    )


def _facts(part: Any, sampled: bool) -> Facts:
    types = importlib.import_module("pyarrow.types")
    if types.is_boolean(part.type):
        true = _sum(part)
        return facts_of_truth(true, len(part) - part.null_count, sampled=sampled)
    if _is_ordered(part.type):
        return _ranged(part, sampled)
    return replace(facts_of_objects(values_of(part), sampled=sampled), nulls="")


def _ranged(part: Any, sampled: bool) -> Facts:
    compute = importlib.import_module("pyarrow.compute")
    try:
        # Half precision has no order there.
        found = compute.min_max(part.cast("float") if _is_half(part.type) else part)
    except Exception:  # a type that this version of pyarrow does not order
        return replace(facts_of_objects(values_of(part[:100]), sampled=True), nulls="")
    least, greatest = value_of(found["min"]), value_of(found["max"])
    if least is None:
        return Facts()
    counted = Facts()
    if type(least) is int and 0 < greatest - least < 10 and len(part) <= _STRETCH // 10:
        pairs = part.value_counts().to_pylist()
        few = Counter(
            {scalar(pair["values"]): pair["counts"] for pair in pairs if pair["values"] is not None}
        )
        counted = frequent(few, len(part) - part.null_count, distinct=len(few), sampled=sampled)
    span = span_of(scalar(least), scalar(greatest), sampled=sampled)
    return Facts(span=span, distinct=counted.distinct, examples=counted.examples)


def _is_half(kind: Any) -> bool:
    return bool(importlib.import_module("pyarrow.types").is_float16(kind))


def _nans(part: Any, sampled: bool) -> str:
    types = importlib.import_module("pyarrow.types")
    if not types.is_floating(part.type) or _is_half(part.type):
        return ""
    compute = importlib.import_module("pyarrow.compute")
    stretches = (part.slice(start, _STRETCH) for start in range(0, len(part), _STRETCH))
    found = sum(_sum(compute.is_nan(stretch)) for stretch in stretches)
    return nulls_of(found, len(part), sampled=sampled, word="NaN")


def _sum(truths: Any) -> int:
    return importlib.import_module("pyarrow.compute").sum(truths).as_py() or 0
