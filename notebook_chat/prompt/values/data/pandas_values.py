"""Describers of pandas: frames, series, indexes, groups, single dates."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from ..bounds import BYTES_PER_TOKEN
from ..description import Description
from .columns import EXAMPLES, Column, listed, shape_of, values_line
from .pandas_columns import dtype_of, facts_of_pandas, value_at
from .samples import Work, positions, sample_size
from .scalars import label, scalar, type_name
from .tables import Table, size, titled, told

_MOST_VALUES = 200
_LEVELS = 300  # characters of the levels of an index


def describe_frame(frame: Any, tokens: int) -> Description:
    """A DataFrame: its shape, its index, its columns with what is known of each, its first rows."""
    return Description(told(table_of(frame), tokens), shape_of(_plain(frame).shape))


def describe_series(series: Any, tokens: int) -> Description:
    """A Series: its name, its type, its index, what is known of its values, the first and the last of them."""
    series = _plain_series(series)
    name = "" if series.name is None else f", named {label(series.name)}"
    head = f"A pandas.Series of {_values(len(series))}, {dtype_of(series.dtype)}{name}."
    lines = [head, *index_notes(series.index), *_facts_line(series)]
    return Description(
        "\n".join([*lines, *_entries(series, tokens, size(lines))]),
        f"{len(series):,} {dtype_of(series.dtype)}",
    )


def describe_index(index: Any, tokens: int) -> Description:
    """An Index of any kind: its type, its length, its name, what is known of its values."""
    pandas = sys.modules["pandas"]
    name = f"{type_name(index)} of {_values(len(index))}"
    lines = [f"A {name}, {dtype_of(index.dtype)}{_named(index)}."]
    if isinstance(index, pandas.MultiIndex):
        lines = [f"A {name} with {index.nlevels} levels.", *index_notes(index)[1:]]
    elif isinstance(index, pandas.RangeIndex):
        lines = [f"A {name}: {_range(index)}{_named(index)}."]
    else:
        lines += _facts_line(index)
        if _frequency(index):
            lines.append(f"Frequency: {_frequency(index)}")
    return Description(
        "\n".join([*lines, *_first_values(index, tokens, size(lines))]),
        f"{len(index):,} {dtype_of(index.dtype)}",
    )


def describe_array(array: Any, tokens: int) -> Description:
    """An array of pandas' own, such as a Categorical."""
    facts = _facts_line(array)
    lines = [f"A {type_name(array)} of {_values(len(array))}, {dtype_of(array.dtype)}.", *facts]
    if type(array).__name__ == "Categorical":
        categories = (scalar(value_at(array.categories, place)) for place in range(len(array.categories)))
        order = " in order" if array.ordered else ""
        room = int(tokens * BYTES_PER_TOKEN) - size(lines) - 60
        lines.append(f"Categories{order}: {listed(categories, room // 2)}")
    return Description(
        "\n".join([*lines, *_first_values(array, tokens, size(lines))]),
        f"{len(array):,} {dtype_of(array.dtype)}",
    )


def describe_groups(groups: Any, tokens: int) -> Description:
    """A GroupBy: what it is grouped by, how many groups there are, and the frame beneath it. It is not computed."""
    state = vars(groups)
    frame = state["obj"]
    keys = state.get("keys")
    grouper = state.get("_grouper") or state.get("grouper")
    names = list(getattr(grouper, "names", None) or ([keys] if keys is not None else []))
    told_keys = ", ".join("an unnamed key" if name is None else label(name) for name in names) or "a key"
    lines = [f"A {_kind(groups)}, grouped by {told_keys}."]
    if (chosen := state.get("_selection")) is not None:
        lines[0] += f" Of each group: {scalar(chosen, 60)}."
    lines += _group_sizes(frame, names, keys)
    inner = (
        describe_frame(frame, tokens - 10 - size(lines) // 3)
        if frame.ndim == 2
        else describe_series(frame, tokens - 10 - size(lines) // 3)
    )
    return Description("\n".join([*lines, "It groups:", inner.text]), f"by {told_keys}, {inner.label}")


def describe_style(style: Any, tokens: int) -> Description:
    """A Styler or a window over a frame: what it is, and the frame beneath it."""
    frame = vars(style).get("data", vars(style).get("obj"))
    describe = describe_frame if frame.ndim == 2 else describe_series
    inner = describe(frame, tokens - 20)
    return Description(f"A {_kind(style)} over:\n{inner.text}", inner.label)


def describe_single(value: Any, tokens: int) -> Description:
    """A Timestamp, Timedelta, Period, Interval or a missing value."""
    return Description(scalar(value), inline=True)


def table_of(frame: Any, title: str = "", notes: Sequence[str] = ()) -> Table:
    """A DataFrame as a table.

    Args:
        frame: The frame.
        title: What it is called; its type and shape unless it is given.
        notes: Further lines beneath the title.
    """
    kind = type_name(frame)
    plain = _plain(frame)
    rows, columns = plain.shape
    chosen = positions(rows, sample_size(rows, columns))
    work = Work()
    names = plain.columns

    @cache
    def values_of(place: int) -> Any:
        return plain.iloc[:, place]

    def column(place: int) -> Column:
        values = values_of(place)
        facts = facts_of_pandas(values, work, chosen)
        return Column(label(value_at(names, place)), dtype_of(values.dtype), facts)

    def cells(row: int, limit: int) -> list[str]:
        return [scalar(value_at(values_of(place), row)) for place in range(limit)]

    return Table(
        title
        or titled(kind if kind == "pandas.DataFrame" else f"{kind} (a pandas.DataFrame)", rows, columns),
        columns,
        name=lambda place: label(value_at(names, place)),
        dtype=lambda place: dtype_of(values_of(place).dtype),
        column=column,
        notes=[*notes, *index_notes(plain.index), *_column_levels(names)],
        cells=cells,
        rows=rows,
        row_name=lambda row: scalar(value_at(plain.index, row)),
        sample=len(chosen) if len(chosen) < rows else 0,
    )


def index_notes(index: Any) -> list[str]:
    """What is told of the index of a frame: its kind, its name, its ends. None of its values are computed."""
    pandas = sys.modules["pandas"]
    kind = type(index).__name__
    if isinstance(index, pandas.RangeIndex):
        return [f"Index: {_range(index)}{_named(index)}."]
    if isinstance(index, pandas.MultiIndex):
        levels = (
            f"{label(name) if name is not None else 'unnamed'} ({dtype_of(level.dtype)}, {len(level):,} distinct)"
            for name, level in zip(index.names, index.levels, strict=True)
        )
        return [f"Index: MultiIndex with {index.nlevels} levels.", f"Levels: {listed(levels, _LEVELS)}."]
    ends = ""
    if len(index):
        ends = f", first {scalar(value_at(index, 0))}, last {scalar(value_at(index, len(index) - 1))}"
    frequency = f", frequency {_frequency(index)}" if _frequency(index) else ""
    return [f"Index: {kind}{_named(index)} of {dtype_of(index.dtype)}{ends}{frequency}."]


def _plain(frame: Any) -> Any:
    """The frame without what a subclass does its own way, on the same data."""
    pandas = sys.modules["pandas"]
    return frame if type(frame) is pandas.DataFrame else pandas.DataFrame(frame, copy=False)


def _plain_series(series: Any) -> Any:
    pandas = sys.modules["pandas"]
    return series if type(series) is pandas.Series else pandas.Series(series, copy=False)


def _frequency(index: Any) -> str:
    """The frequency that an index of times was made with, as pandas writes it."""
    frequency = index.freq if hasattr(type(index), "freq") else None
    # An offset keeps its name once it has said it, so another one of the same kind is asked.
    return str((frequency * 1).freqstr) if frequency is not None else ""


def _kind(value: Any) -> str:
    return f"pandas.{type(value).__name__}"


def _values(count: int) -> str:
    return f"{count:,} value" if count == 1 else f"{count:,} values"


def _named(index: Any) -> str:
    return "" if index.name is None else f" named {label(index.name)}"


def _range(index: Any) -> str:
    if not len(index):
        return "RangeIndex, empty"
    step = f" in steps of {index.step}" if index.step != 1 else ""
    return f"RangeIndex {index[0]}…{index[-1]}{step}"


def _column_levels(names: Any) -> list[str]:
    if names.nlevels > 1 or names.name is not None:
        told_names = ", ".join("unnamed" if name is None else label(name) for name in names.names)
        return [f"Column levels: {told_names}."]
    return []


def _facts_line(values: Any) -> list[str]:
    chosen = positions(len(values), sample_size(len(values)))
    return values_line(facts_of_pandas(values, Work(), chosen), len(chosen))


def _entries(series: Any, tokens: int, used: int) -> list[str]:
    """The first and the last values of a series with their labels, as many as fit."""
    room = int((tokens - 1) * BYTES_PER_TOKEN) - used - 24
    shown = [_entry(series, place) for place in range(min(len(series), _MOST_VALUES))]
    whole = ", ".join(shown)
    if len(series) <= _MOST_VALUES and len(whole.encode()) <= room:
        return [f"All of them: {whole}"] if shown else []
    first = listed(shown[: len(shown) // 2 or 1], room // 4)
    last = listed([_entry(series, len(series) - 1 - back) for back in range(min(3, len(series)))], room // 5)
    return [f"First: {first}", f"Last, backwards: {last}"] if room > 100 else []


def _entry(series: Any, place: int) -> str:
    return f"{scalar(value_at(series.index, place))}: {scalar(value_at(series, place))}"


def _first_values(values: Any, tokens: int, used: int) -> list[str]:
    room = int((tokens - 1) * BYTES_PER_TOKEN) - used - 20
    shown = [scalar(value_at(values, place), 40) for place in range(min(len(values), _MOST_VALUES))]
    text = listed([*shown, "…"] if len(values) > _MOST_VALUES else shown, room // 2)
    return [f"First: {text}"] if text and room > 40 else []


def _group_sizes(frame: Any, names: list[Any], keys: Any) -> list[str]:
    """How many groups there are, where what they are made of is a single short column."""
    plain = _plain(frame) if frame.ndim == 2 else None
    if plain is None or len(names) != 1 or type(keys) not in (str, int, list) or len(plain) > 10_000:
        return []
    where = [
        place for place, name in enumerate(plain.columns) if type(name) is type(names[0]) and name == names[0]
    ]
    if len(where) != 1:
        return []
    values = plain.iloc[:, where[0]]
    counts = Counter(scalar(value_at(values, row), 40) for row in range(len(plain)))
    shown = listed((f"{text} ×{count}" for text, count in counts.most_common(EXAMPLES + 1)), 200)
    return [f"{len(counts):,} different keys, with rows: {shown}."]
