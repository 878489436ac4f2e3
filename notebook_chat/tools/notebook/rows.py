"""Rows of tables, items of lists, entries of dictionaries, lines of texts: a slice of a value."""

from __future__ import annotations

import importlib
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from ...prompt.values.classes import is_a, type_name
from ...prompt.values.data.scalars import label, scalar
from ...prompt.values.kinds import kind_of
from ...prompt.values.short_repr import short_repr
from ..tool import ArgumentsError
from .headings import heading
from .view import NotebookView

_LONGEST_CELL = 200
_LONGEST_ITEM = 300
_MOST_CELLS = 40  # of a row of an array or of a table of which no columns are chosen
_SEQUENCES: tuple[Any, ...] = (list, tuple, deque, range)
_LONGEST_TEXT = 2_000_000  # characters of a text whose lines are told apart


@dataclass(frozen=True, slots=True)
class Rows:
    """What a value consists of, one after the other.

    Attributes:
        what: What one is called.
        count: How many there are.
        line: What is told of one, by its number.
        head: A line above them.
    """

    what: str
    count: int
    line: Callable[[int], str]
    head: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """A table by its columns.

    Attributes:
        names: Their names.
        types: Their types.
        rows: How many rows there are.
        value: A single value, by its row and its column's place.
        row_name: What a row is called.
    """

    names: Sequence[str]
    types: Sequence[str]
    rows: int
    value: Callable[[int, int], Any]
    row_name: Callable[[int], str] = str


def columns_of(value: Any) -> Columns | None:
    """A table that is in memory, by its columns; ``None`` for what is no table.

    Args:
        value: The value.
    """
    at = _kind(value)
    if at in ("pandas_values:describe_frame", "maps:describe_frame"):
        return _of_pandas(value)
    if at == "polars_values:describe_frame":
        series = [value.to_series(place) for place in range(value.width)]
        types = [str(one.dtype)[:60] for one in series]
        return Columns(
            [label(one.name) for one in series], types, value.height, lambda row, place: series[place][row]
        )
    if at == "arrow_values:describe_table":
        return _of_arrow(value)
    return None


def _kind(value: Any) -> str:
    """Which of the data libraries' describers tells of a value; ``""`` for none."""
    kind = kind_of(type(value))
    home, _, at = kind.at.rpartition(".data.") if kind is not None else ("", "", "")
    return at if home else ""


def _of_pandas(frame: Any) -> Columns:
    pandas = sys.modules["pandas"]
    value_at = importlib.import_module("notebook_chat.prompt.values.data.pandas_columns").value_at
    plain = frame if type(frame) is pandas.DataFrame else pandas.DataFrame(frame, copy=False)
    count = plain.shape[1]
    return Columns(
        [label(value_at(plain.columns, place)) for place in range(count)],
        [str(plain.iloc[:, place].dtype)[:60] for place in range(count)],
        plain.shape[0],
        lambda row, place: value_at(plain.iloc[:, place], row),
        lambda row: scalar(value_at(plain.index, row)),
    )


def _of_arrow(table: Any) -> Columns:
    schema = table.schema

    def value(row: int, place: int) -> Any:
        return table.column(place)[row].as_py()

    return Columns(
        [label(name) for name in schema.names],
        [str(kind)[:60] for kind in schema.types],
        table.num_rows,
        value,
    )


def rows_of(name: str, value: Any, wanted: Sequence[str], view: NotebookView) -> Rows:
    """What a value consists of.

    Args:
        name: What the value is called.
        value: The value.
        wanted: The names of the columns that are wanted, of a table; none for all.
        view: The notebook, which knows what is secret.

    Raises:
        ArgumentsError: It consists of nothing that could be shown in order, or has no such column.
    """
    if (table := columns_of(value)) is not None:
        return _of_table(table, wanted, view)
    if wanted:
        raise ArgumentsError(f"{heading(name, value)} has no columns to choose from")
    if is_a(value, str):
        lines = view.cleaned(str.__str__(value)[:_LONGEST_TEXT]).splitlines()
        return Rows("line", len(lines), lambda row: f"{row}: {lines[row][:1000]}")
    if type(value) is dict:
        return _of_dict(value, view)
    item = _items(value)
    if item is None:
        raise ArgumentsError(
            f"{heading(name, value)} has no rows that can be shown: look_at_variable tells of it"
        )
    return item


def _of_table(table: Columns, wanted: Sequence[str], view: NotebookView) -> Rows:
    places = [_place(table, name) for name in wanted] or list(range(min(len(table.names), _MOST_CELLS)))
    names = [table.names[place] for place in places]
    more = len(table.names) - len(places)
    left = f" (and {more} columns more)" if more and not wanted else ""

    def cell(row: int, place: int) -> str:
        value = table.value(row, place)
        return (
            "[not sent: secret]" if view.secret(table.names[place], value) else scalar(value, _LONGEST_CELL)
        )

    def line(row: int) -> str:
        return f"{table.row_name(row)}: {', '.join(cell(row, place) for place in places)}"

    return Rows("row", table.rows, line, f"Columns: {', '.join(names)}{left}")


def _place(table: Columns, name: str) -> int:
    places = [place for place, one in enumerate(table.names) if one in (name, label(name))]
    if not places:
        shown = ", ".join(islice(table.names, _MOST_CELLS))
        raise ArgumentsError(f"there is no column {name[:80]!r}: there are {shown}")
    return places[0]


def _of_dict(value: dict[Any, Any], view: NotebookView) -> Rows:
    entries: dict[int, tuple[Any, Any]] = {}

    def line(row: int) -> str:
        if row not in entries:
            entries.update(enumerate(islice(dict.items(value), row, row + 200), start=row))
        key, one = entries[row]
        secret = view.secret(key, one) if type(key) is str else ""
        return f"{short_repr(key)}: {secret or short_repr(one, _LONGEST_ITEM)}"

    return Rows("entry", len(value), line)


def _items(value: Any) -> Rows | None:
    for kind in _SEQUENCES:
        if is_a(value, kind):
            return Rows("item", kind.__len__(value), partial(_item, kind, value))
    at = _kind(value)
    if at == "pandas_values:describe_series":
        pandas = importlib.import_module("notebook_chat.prompt.values.data.pandas_columns")
        return Rows(
            "value",
            len(value),
            lambda row: (
                f"{scalar(pandas.value_at(value.index, row))}: "
                f"{scalar(pandas.value_at(value, row), _LONGEST_CELL)}"
            ),
        )
    if at == "polars_values:describe_series":
        return Rows("value", len(value), lambda row: f"{row}: {scalar(value[row], _LONGEST_CELL)}")
    if at == "arrays:describe_array" and type_name(type(value)) == "numpy.ndarray" and value.ndim:
        return Rows("row", len(value), lambda row: f"{row}: {_of_array(value[row])}")
    return None


def _item(kind: Any, value: Any, row: int) -> str:
    return f"{row}: {short_repr(kind.__getitem__(value, row), _LONGEST_ITEM)}"


def _of_array(row: Any) -> str:
    """A row of an array; of one of more dimensions its shape."""
    shape = getattr(row, "shape", ())
    if len(shape) == 0:
        return scalar(row, _LONGEST_CELL)
    if len(shape) > 1:
        return f"an array of shape {shape}"
    cells = ", ".join(scalar(row[place]) for place in range(min(len(row), _MOST_CELLS)))
    return f"{cells}, … {len(row)} in all" if len(row) > _MOST_CELLS else cells
