"""Describers of polars: frames, lazy frames, series, expressions. Nothing lazy is collected."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

from ..bounds import BYTES_PER_TOKEN, cut_end
from ..description import Description
from .columns import Column, Facts, frequent, listed, nulls_of, shape_of, span_of, values_line
from .objects import facts_of_objects
from .ranges import facts_of_range, facts_of_truth, merged, range_of
from .samples import Work, positions, sample_size
from .scalars import label, scalar
from .tables import Table, size, titled, told

_LARGEST_COPY = 4_000_000
_STRETCH = 1_000_000
_SLOW = 2  # times as long as numpy takes for the same
_MOST_VALUES = 200


def describe_frame(frame: Any, tokens: int) -> Description:
    """A DataFrame: its shape, its columns with what is known of each, its first rows."""
    rows, columns = frame.height, frame.width
    work = Work()
    chosen = positions(rows, sample_size(rows, columns))

    @cache
    def series(place: int) -> Any:
        return frame.to_series(place)

    def cells(row: int, limit: int) -> Sequence[str]:
        return [scalar(_item(series(place), row)) for place in range(limit)]

    table = Table(
        titled("polars.DataFrame", rows, columns),
        columns,
        name=lambda place: label(series(place).name),
        dtype=lambda place: _dtype(series(place).dtype),
        column=lambda place: _column(series(place), work, chosen),
        cells=cells,
        rows=rows,
        sample=len(chosen) if len(chosen) < rows else 0,
    )
    return Description(told(table, tokens), shape_of((rows, columns)))


def describe_lazy(frame: Any, tokens: int) -> Description:
    """A LazyFrame: the names and types of its columns, and nothing of its values."""
    schema = dict(frame.collect_schema())
    names = list(schema)
    table = Table(
        f"A polars.LazyFrame of {len(names):,} columns; it is not computed, and its rows are not known.",
        len(names),
        name=lambda place: label(names[place]),
        dtype=lambda place: _dtype(schema[names[place]]),
        column=lambda place: Column(label(names[place]), _dtype(schema[names[place]])),
        known=False,
    )
    return Description(told(table, tokens), f"lazy, {len(names):,} columns")


def describe_series(series: Any, tokens: int) -> Description:
    """A Series: its name, its type, what is known of its values, the first of them."""
    chosen = positions(len(series), sample_size(len(series)))
    facts = _column(series, Work(), chosen).facts
    dtype = _dtype(series.dtype)
    name = f", named {label(series.name)}" if series.name else ""
    lines = [f"A polars.Series of {len(series):,} values, {dtype}{name}."]
    lines += values_line(facts, len(chosen))
    shown = [scalar(_item(series, place), 40) for place in range(min(len(series), _MOST_VALUES))]
    room = int((tokens - 1) * BYTES_PER_TOKEN) - size(lines) - 20
    if shown and room > 40:
        more = ["…"] if len(series) > _MOST_VALUES else []
        lines.append(f"First: {listed([*shown, *more], room // 2)}")
    return Description("\n".join(lines), f"{len(series):,} {dtype}")


def describe_expression(expression: Any, tokens: int) -> Description:
    """An expression or a grouping: how polars writes it."""
    return Description(cut_end(f"A polars.{type(expression).__name__}: {expression}", tokens))


def describe_groups(groups: Any, tokens: int) -> Description:
    """A GroupBy: what it is grouped by, and the frame beneath it."""
    keys = listed((str(key) for key in vars(groups).get("by", ())), 200)
    inner = describe_frame(vars(groups)["df"], tokens - 20 - len(keys) // 3)
    return Description(f"A polars.GroupBy by {keys}, over:\n{inner.text}", f"by {keys}, {inner.label}")


def _column(series: Any, work: Work, rows: list[int]) -> Column:
    return Column(label(series.name), _dtype(series.dtype), _facts(series, work, rows))


def _dtype(dtype: Any) -> str:
    text = str(dtype)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _facts(series: Any, work: Work, rows: list[int]) -> Facts:
    count, missing = len(series), series.null_count()
    nulls = nulls_of(missing, count)
    if missing == count:
        return Facts(nulls=nulls)
    ordered = series.dtype.is_numeric() or series.dtype.is_temporal() or str(series.dtype) == "Boolean"
    plain = _plain(series) if ordered and len(rows) < count else []
    sampled = len(rows) < count and not (ordered and work.affords(count * (1 if plain else _SLOW)))
    if plain and not sampled:
        return facts_of_range(merged(map(range_of, plain)), count, word="NaN")
    part = series.gather(rows) if sampled else series
    if str(series.dtype) == "Boolean":
        there = len(part) - part.null_count()
        return facts_of_truth(int(part.sum() or 0), there, sampled=sampled, nulls=nulls)
    if ordered:
        return _ranged(part, sampled, nulls)
    facts = facts_of_objects(_values(part), sampled=sampled)
    if str(series.dtype).startswith(("Categorical", "Enum")) and not sampled:
        facts = replace(facts, distinct=facts.distinct.replace("distinct", "categories in use"))
    return replace(facts, nulls=nulls)


def _plain(series: Any) -> list[Any]:
    """The arrays of numpy on the same memory, where it has numbers only and none is missing; ``[]`` elsewhere."""
    if (
        "numpy" not in sys.modules
        or series.null_count()
        or not (series.dtype.is_integer() or series.dtype.is_float())
    ):
        return []
    try:
        return [part.to_numpy(allow_copy=False) for part in series.get_chunks()]
    except Exception:  # numbers that numpy does not have
        return []


def _ranged(part: Any, sampled: bool, nulls: str) -> Facts:
    least, greatest = part.min(), part.max()
    if least is None:
        return Facts(nulls=nulls)
    if part.dtype.is_float():
        stretches = (part.slice(start, _STRETCH) for start in range(0, len(part), _STRETCH))
        found = sum(int(stretch.is_nan().sum() or 0) for stretch in stretches)
        nulls = ", ".join(filter(None, (nulls, nulls_of(found, len(part), sampled=sampled, word="NaN"))))
    counted = Facts()
    if type(least) is int and 0 < greatest - least < 10 and len(part) <= _STRETCH // 10:
        few = Counter(value for value in part.to_list() if value is not None)
        shown = Counter({scalar(value): count for value, count in few.items()})
        counted = frequent(shown, few.total(), distinct=len(few), sampled=sampled)
    span = span_of(scalar(least), scalar(greatest), sampled=sampled)
    return Facts(span=span, nulls=nulls, distinct=counted.distinct, examples=counted.examples)


def _values(part: Any) -> list[Any]:
    """The values of a short series, as Python's; fewer of them where they are large."""
    while len(part) > 1 and part.estimated_size() > _LARGEST_COPY:
        part = part.head(max(1, len(part) // 4)).shrink_to_fit()
    if isinstance(
        part.dtype, importlib.import_module("polars").Categorical | importlib.import_module("polars").Enum
    ):
        part = part.cast(importlib.import_module("polars").String)
    return list(islice(part.to_list(), len(part)))


def _item(series: Any, row: int) -> Any:
    """A single value; of one that is made of others a short beginning."""
    value = series[row]
    return value.head(4).to_list() if type(value) is type(series) else value
