"""A table in words: its columns, what is known of each, its first rows; as much of it as there is room for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from ..bounds import BYTES_PER_TOKEN
from .columns import EXAMPLES, Column, Facts

_MOST_COLUMNS = 300  # of so many columns the values are looked at
_ALIKE = 100  # so many columns at each end may be named without their type, if that is the same
_LEAST_LINE = 12  # bytes that the line of a column takes at least
_LEAST_ROWS = 5  # so many rows are shown if there is room, and more in a larger one
_TOKENS_PER_ROW = 60
_ROW_CELLS = 30  # cells of a row that are shown


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is to be told.

    Attributes:
        title: What it is.
        notes: Further lines that are always told, such as its index.
        columns: How many columns it has.
        name: The name of a column, as it is shown.
        dtype: The type of a column's values.
        column: A column with what is known of it; only asked for where there is room.
        cells: The cells of a row, as they are shown.
        rows: How many rows it has; of a sample, 0 for none to show.
        row_name: What a row is called.
        sample: How many rows of each column were looked at; 0 for all.
        word: What a value that is missing is called.
        known: Whether anything is known of the values; else only names and types are told.
    """

    title: str
    columns: int
    name: Callable[[int], str]
    dtype: Callable[[int], str]
    column: Callable[[int], Column]
    notes: Sequence[str] = ()
    cells: Callable[[int, int], Sequence[str]] | None = None
    rows: int = 0
    row_name: Callable[[int], str] = str
    sample: int = 0
    word: str = "null"
    known: bool = True


def told(table: Table, tokens: int) -> str:
    """A table in words.

    Args:
        table: The table.
        tokens: How long the text may be.
    """
    lines = [table.title, *table.notes]
    if not table.columns:
        return "\n".join(lines)
    room = int((tokens - 1) * BYTES_PER_TOKEN) - size(lines)
    if table.columns * _LEAST_LINE <= room and table.columns <= _MOST_COLUMNS:
        columns = [_column(table, place) for place in range(table.columns)]
        head = _head(table, any(column.facts.sampled for column in columns))
        whole = next(_fitting(columns, room - size([head])), None)
        if whole is not None:
            body = [head, *whole]
            return "\n".join(
                [*lines, *body, *_rows(table, room - size(body), max(_LEAST_ROWS, tokens // _TOKENS_PER_ROW))]
            )
    names = _names(table, room)
    return "\n".join([*lines, *names, *_some(table, room - size(names))])


def size(lines: Sequence[str]) -> int:
    """How many bytes lines take, with their ends."""
    return sum(len(line.encode(errors="replace")) + 1 for line in lines)


def _column(table: Table, place: int) -> Column:
    """A column; where its values cannot be looked at, as some of types from elsewhere, without anything of them."""
    try:
        return table.column(place)
    except Exception:
        return Column(table.name(place), table.dtype(place), Facts(distinct="its values cannot be looked at"))


def _head(table: Table, sampled: bool) -> str:
    if not table.known:
        return "Columns:"
    rule = f"no {table.word} where none is said"
    if not sampled:
        return f"Columns ({rule}):"
    return f"Columns ({rule}; ~ is from a sample of {table.sample:,} rows, which alone was looked at for it):"


def _fitting(columns: Sequence[Column], room: int) -> Iterator[list[str]]:
    """The lines of all columns, if they fit: the fuller ones first."""
    for examples in (EXAMPLES, 5, 3, 2, 0):
        lines = [column.line(examples) for column in columns]
        if size(lines) <= room:
            yield lines


def _names(table: Table, room: int) -> list[str]:
    """The names of all columns, by type, if they fit; else the first and the last."""
    by_type: dict[str, list[str]] = {}
    needed = 0
    for place in range(table.columns):
        name, dtype = table.name(place), table.dtype(place)
        by_type.setdefault(dtype, []).append(name)
        needed += len(name) + 2
        if needed > room:
            return _first_and_last(table, room)
    lines = [f"{dtype} ({len(names):,}): {', '.join(names)}" for dtype, names in by_type.items()]
    return ["Columns by type:", *lines] if size(lines) + 20 <= room else _first_and_last(table, room)


def _first_and_last(table: Table, room: int) -> list[str]:
    half = max(20, (room - 120) // 3)
    places = range(table.columns)
    ends = {table.dtype(place) for place in (*places[:_ALIKE], *places[-_ALIKE:])}
    named = table.name if len(ends) == 1 else partial(_named, table)
    first = _within(map(named, places), half)
    last = _within(map(named, reversed(places)), half // 2)
    last = last[: max(0, table.columns - len(first))]
    left = table.columns - len(first) - len(last)
    between = f"\n… {left:,} columns left out …\n" if left else ", "
    head = f"Columns (these are {ends.pop()}):" if len(ends) == 1 else "Columns:"
    return [head, f"{', '.join(first)}{between}{', '.join(reversed(last))}"]


def _named(table: Table, place: int) -> str:
    return f"{table.name(place)} {table.dtype(place)}"


def _within(texts: Iterator[str], room: int) -> list[str]:
    kept: list[str] = []
    for text in texts:
        room -= len(text.encode(errors="replace")) + 2
        if room < 0:
            break
        kept.append(text)
    return kept


def _some(table: Table, room: int) -> list[str]:
    """What is known of the first columns, where there is room for some only."""
    if not table.known:
        return []
    sample = f"; ~ is from a sample of {table.sample:,} rows" if table.sample else ""
    head = f"Of the first ones (no {table.word} where none is said{sample}):"
    room -= size([head])
    lines: list[str] = []
    for place in range(min(table.columns, _MOST_COLUMNS)):
        if room < 3 * _LEAST_LINE:
            break
        column = _column(table, place)
        line = f"{column.name}: {column.facts.told(2)}" if column.facts.told() else ""
        if not line:
            continue
        room -= size([line])
        if room < 0:
            break
        lines.append(line)
    return [head, *lines] if lines else []


def _rows(table: Table, room: int, most: int) -> list[str]:
    """The first rows that fit, at most so many."""
    if table.cells is None or not table.rows:
        return []
    head = "First rows:"
    room -= size([head])
    lines: list[str] = []
    for row in range(min(table.rows, most)):
        try:
            cells = table.cells(row, min(table.columns, _ROW_CELLS))
        except Exception:  # of values that cannot be looked at
            break
        line = f"{table.row_name(row)}: {', '.join(cells)}{', …' if table.columns > _ROW_CELLS else ''}"
        room -= size([line])
        if room < 0:
            break
        lines.append(line)
    return [head, *lines] if lines else []


def titled(library: str, rows: int, columns: int) -> str:
    """What a table is, such as ``A pandas.DataFrame of 10 rows × 2 columns``."""
    row, column = "row" if rows == 1 else "rows", "column" if columns == 1 else "columns"
    return (
        f"{'An' if library[:1] in 'aeiouAEIOU' else 'A'} {library} of {rows:,} {row} × {columns:,} {column}."
    )
