"""Describers of pyarrow: tables, batches, arrays, schemas, data sets. No data set is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..bounds import BYTES_PER_TOKEN, lines_within
from ..description import Description
from .arrow_columns import facts_of_arrow, size_of, value_of
from .columns import Column, listed, shape_of, values_line
from .samples import Work, sample_size
from .scalars import file_label, label, scalar
from .tables import Table, size, titled, told

_MOST_VALUES = 200
_LARGEST_CELL = 10_000  # bytes of a value that is shown


def describe_table(table: Any, tokens: int) -> Description:
    """A Table or RecordBatch: its shape, its columns with what is known of each, its first rows."""
    rows, columns = table.num_rows, table.num_columns
    work = Work()
    sample = sample_size(rows, columns)
    names = table.schema.names

    def column(place: int) -> Column:
        array = table.column(place)
        return Column(label(names[place]), _dtype(array.type), facts_of_arrow(array, work, sample))

    def cells(row: int, limit: int) -> Sequence[str]:
        return [_cell(table.column(place), row) for place in range(limit)]

    shown = Table(
        titled(f"pyarrow.{type(table).__name__}", rows, columns),
        columns,
        name=lambda place: label(names[place]),
        dtype=lambda place: _dtype(table.schema.field(place).type),
        column=column,
        cells=cells,
        rows=rows,
        sample=sample if sample < rows else 0,
    )
    return Description(told(shown, tokens), shape_of((rows, columns)))


def describe_array(array: Any, tokens: int) -> Description:
    """An Array or ChunkedArray: its length, its type, what is known of its values, the first of them."""
    sample = sample_size(len(array))
    facts = facts_of_arrow(array, Work(), sample)
    chunks = f" in {array.num_chunks:,} chunks" if hasattr(array, "num_chunks") else ""
    dtype = _dtype(array.type)
    lines = [f"A pyarrow.{type(array).__name__} of {len(array):,} values{chunks}, {dtype}."]
    lines += values_line(facts, sample)
    shown = [_cell(array, place) for place in range(min(len(array), _MOST_VALUES))]
    room = int((tokens - 1) * BYTES_PER_TOKEN) - size(lines) - 20
    if shown and room > 40:
        more = ["…"] if len(array) > _MOST_VALUES else []
        lines.append(f"First: {listed([*shown, *more], room // 2)}")
    return Description("\n".join(lines), f"{len(array):,} {dtype}")


def describe_schema(schema: Any, tokens: int) -> Description:
    """A Schema: the names and types of its fields."""
    return _fields(schema, f"A pyarrow.Schema of {len(schema):,} fields.", tokens, f"{len(schema):,} fields")


def describe_dataset(dataset: Any, tokens: int) -> Description:
    """A Dataset: the names and types of its columns and its files; no file is read."""
    files = getattr(dataset, "files", None) or []
    kind = getattr(getattr(dataset, "format", None), "default_extname", "")
    count = f", {len(files):,} {kind} {'file' if len(files) == 1 else 'files'}" if files else ""
    title = f"A pyarrow.dataset.{type(dataset).__name__} of {len(dataset.schema):,} columns{count}; it is not read."
    notes = [f"Files: {listed((file_label(str(file)) for file in files[:20]), tokens)}"] if files else []
    return _fields(dataset.schema, title, tokens, f"{len(dataset.schema):,} columns, not read", notes)


def describe_single(value: Any, tokens: int) -> Description:
    """A scalar, a type, a field, an expression: as pyarrow writes it."""
    return Description(lines_within(f"A pyarrow.{type(value).__name__}: {value}".splitlines(), tokens))


def _fields(schema: Any, title: str, tokens: int, short: str, notes: Sequence[str] = ()) -> Description:
    fields = [schema.field(place) for place in range(len(schema))]
    table = Table(
        title,
        len(fields),
        name=lambda place: label(fields[place].name),
        dtype=lambda place: _field_type(fields[place]),
        column=lambda place: Column(label(fields[place].name), _field_type(fields[place])),
        notes=notes,
        known=False,
    )
    return Description(told(table, tokens), short)


def _field_type(field: Any) -> str:
    return _dtype(field.type) if field.nullable else f"{_dtype(field.type)} not null"


def _dtype(kind: Any) -> str:
    text = str(kind)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _cell(array: Any, place: int) -> str:
    if size_of(array.slice(place, 1)) > _LARGEST_CELL:
        return f"<{_dtype(array.type)}>"
    return scalar(value_of(array[place]))
