"""What a table in a text file holds: its columns, their types by a look, its rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from itertools import islice

from .excerpts import counted, shortened
from .texts import Text

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_LOOKED_AT = 1000  # rows, of the beginning and of the end
_MOST_COLUMNS = 100  # that are told of
_LONGEST_NAME = 80  # characters of a column's name

_WHOLE = re.compile(r"[+-]?\d{1,300}")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf)", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?|\d\d?[./]\d\d?[./]\d{2,4}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.{0,20}")
_TYPES = (("whole number", _WHOLE), ("number", _NUMBER), ("date", _DATE), ("date and time", _TIME))
_TRUTHS = frozenset(("true", "false", "yes", "no"))
_EMPTY = frozenset(("", "na", "n/a", "null", "none", "nan"))


class Table:
    """A table that a text holds.

    Args:
        text: The text.
        suffix: How the file's name ends.

    Attributes:
        rows: How many rows it has below the names of its columns; ``None`` where not all of it was read.
        columns: How many columns it has.
        named: Whether its first row names the columns.
    """

    def __init__(self, text: Text, suffix: str) -> None:
        lines = text.head.split("\n", _LOOKED_AT)[:_LOOKED_AT]
        self._delimiter = "\t" if suffix in (".tsv", ".tab") else _delimiter(lines[:20])
        first = list(islice(self._records(text.head), _LOOKED_AT))
        self.columns = max(map(len, first[:20]), default=0)
        self.named = bool(first) and _names(first[0])
        self._names = first[0] if self.named else [str(number) for number in range(1, self.columns + 1)]
        last = (text.head if text.tail is None else text.tail)[-100_000:].split("\n")[1:]
        self._seen = first[self.named :] + [row for row in self._read(last) if len(row) == self.columns]
        self.rows = None
        if text.tail is None:
            self.rows = sum(1 for _ in self._records(text.head)) - self.named

    @property
    def shape(self) -> str:
        """How many rows and columns it has."""
        return (
            f"{self.rows:,} × {self.columns:,}" if self.rows is not None else counted(self.columns, "column")
        )

    @property
    def summary(self) -> str:
        """The delimiter, and the columns with their types by a look at some rows."""
        told = [self._told(place) for place in range(min(len(self._names), _MOST_COLUMNS))]
        more = len(self._names) - len(told)
        listed = ", ".join(told) + (f" and {counted(more, 'more column')}" if more > 0 else "")
        kinds = f"Fields separated by {_DELIMITERS[self._delimiter]}. "
        return f"{kinds}Columns: {listed}." if self.named else f"{kinds}Columns without names: {listed}."

    def _told(self, place: int) -> str:
        values = [row[place].strip() for row in self._seen if place < len(row)]
        filled = [value for value in values if value.lower() not in _EMPTY]
        kind = _kind(filled)
        gaps = ", some empty" if len(filled) < len(values) and filled else ""
        name = shortened(" ".join(self._names[place].split()), _LONGEST_NAME) or f"number {place + 1}"
        return f"{name} ({kind}{gaps})"

    def _records(self, text: str) -> Iterable[list[str]]:
        return self._read(line for line in _lines(text))

    def _read(self, lines: Iterable[str]) -> Iterable[list[str]]:
        reader = csv.reader(lines, delimiter=self._delimiter)
        while True:
            try:
                row = next(reader, None)
            except csv.Error:  # such as a field without an end
                continue
            if row is None:
                return
            if row:
                yield row


def _lines(text: str) -> Iterable[str]:
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start : end + 1]
        start = end + 1
    if start < len(text):
        yield text[start:]


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter that the lines have most regularly."""
    filled = [line for line in lines if line.strip()]
    best, most = ",", 0.0
    for one in _DELIMITERS:
        counts = [len(next(csv.reader([line[:100_000]], delimiter=one), [])) - 1 for line in filled]
        usual = max(set(counts), key=counts.count, default=0)
        score = usual * counts.count(usual) / len(counts) if counts else 0.0
        if score > most:
            best, most = one, score
    return best


def _names(row: Sequence[str]) -> bool:
    """Whether a row names the columns: no two alike, and no number among them."""
    named = [cell.strip() for cell in row]
    return len(set(named)) == len(named) and not any(_NUMBER.fullmatch(cell[:400]) for cell in named)


def _kind(values: Sequence[str]) -> str:
    if not values:
        return "empty"
    if all(value.lower() in _TRUTHS for value in values):
        return "true or false"
    for name, pattern in _TYPES:
        if all(pattern.fullmatch(value[:400]) for value in values):
            return name
    return "text"
