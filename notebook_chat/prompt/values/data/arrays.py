"""Describers of numpy: arrays of all kinds, single numbers, types."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..bounds import BYTES_PER_TOKEN, cut_end
from ..description import Description
from .columns import Column, Facts, listed, shape_of, values_line
from .objects import facts_of_objects
from .ranges import facts_of_all, facts_of_numbers, is_ordered
from .samples import Work, positions, sample_size
from .scalars import file_label, label, scalar
from .tables import Table, size, told

_ON_DISK = 1_000  # values of a file that are looked at
_MOST_LINES = 10
_LONGEST_LINE = 200
_MOST_IN_LINE = 40


def describe_array(array: Any, tokens: int) -> Description:
    """An array: its shape, its type, the range of its values, the first of them. A file behind it is not read but
    for its beginning."""
    numpy = sys.modules["numpy"]
    masked = isinstance(array, getattr(getattr(numpy, "ma", None), "MaskedArray", ()))
    file = _file(array)
    plain = numpy.ndarray.view(array, numpy.ndarray)
    short = f"{shape_of(plain.shape) or '0-d'} {_dtype(plain.dtype)}"
    if plain.dtype.names and plain.ndim == 1 and (file is None or file.whole):
        return Description(told(_records(plain, file), tokens), short)
    kind = "numpy.ma.MaskedArray" if masked else "numpy.memmap" if file is not None else "numpy.ndarray"
    lines = [f"A {kind} of shape {plain.shape}, {_dtype(plain.dtype)}{_size(plain)}."]
    if file is not None:
        read = "only its beginning" if file.whole else "nothing of it"
        lines.append(f"On disk: {file_label(file.name)}; {read} was read.")
        if not file.whole:
            return Description("\n".join(lines), short)
    if masked:
        lines += _mask_line(array, plain)
    lines += _values_line(array if masked else plain, file is not None, masked)
    return Description(
        "\n".join([*lines, *_corner(plain, array if masked else None, tokens, size(lines))]), short
    )


def describe_number(value: Any, tokens: int) -> Description:
    """A single number, truth value or time: itself."""
    if value.dtype.names:
        fields = ", ".join(f"{name}={scalar(value[name])}" for name in value.dtype.names)
        return Description(cut_end(f"A numpy record: {fields} (types: {_dtype(value.dtype)})", tokens))
    return Description(scalar(value, tokens * 3), inline=True)


def describe_dtype(dtype: Any, tokens: int) -> Description:
    """A dtype: its name, its size, its fields."""
    if not dtype.names:
        return Description(f"The numpy dtype {_dtype(dtype)}, {dtype.itemsize} bytes an item.")
    fields = (f"{label(name)} {_dtype(dtype.fields[name][0])}" for name in dtype.names)
    room = int(tokens * BYTES_PER_TOKEN) - 60
    return Description(
        f"A numpy dtype with {len(dtype.names)} fields, {dtype.itemsize} bytes an item: {listed(fields, room)}"
    )


def facts_of_array(array: Any, work: Work) -> Facts:
    """What is known of an array of any shape that is in memory.

    Args:
        array: A plain array of numpy.
        work: What looking at it may cost.
    """
    flat = _flat(array)
    if is_ordered(array.dtype):
        if flat is not None:
            return facts_of_numbers(flat, work, word="NaN" if array.dtype.kind == "f" else "missing")
        return facts_of_all(_sampled(array), sampled=array.size > sample_size(array.size), word="NaN")
    if array.dtype.kind in "OSUT":
        values = _sampled(array).tolist()
        return facts_of_objects(values, sampled=len(values) < array.size)
    return Facts()


def _records(array: Any, file: _File | None) -> Table:
    """A flat array of records, as a table."""
    names = array.dtype.names
    work = Work()
    note = [f"On disk: {file_label(file.name)}; only its beginning was read."] if file is not None else []
    looked = array[:_ON_DISK] if file is not None else array
    shape = f"({len(array)},)"

    def column(place: int) -> Column:
        part = looked[names[place]]
        facts = facts_of_array(part, work) if part.dtype.names is None else Facts()
        return Column(label(names[place]), _dtype(array.dtype.fields[names[place]][0]), facts)

    def cells(row: int, limit: int) -> Sequence[str]:
        return [scalar(array[names[place]][row]) for place in range(limit)]

    return Table(
        f"A numpy structured array of shape {shape} with {len(names)} fields.",
        len(names),
        name=lambda place: label(names[place]),
        dtype=lambda place: _dtype(array.dtype.fields[names[place]][0]),
        column=column,
        notes=note,
        cells=cells,
        rows=len(array),
        sample=sample_size(len(array)) if len(array) > sample_size(len(array)) else 0,
        word="NaN",
    )


@dataclass(frozen=True, slots=True)
class _File:
    """The file that an array's values are in.

    Attributes:
        name: Its name; empty where it has none.
        whole: Whether it is still as long as the array: to read what is not there ends the process.
    """

    name: str
    whole: bool


def _file(array: Any) -> _File | None:
    """The file that the values are in, where they are not in memory."""
    memmap = getattr(sys.modules["numpy"], "memmap", ())
    while array is not None:
        if isinstance(array, memmap):
            name = str(getattr(array, "filename", None) or "")
            needed = int(getattr(array, "offset", 0) or 0) + int(array.nbytes)
            try:
                return _File(name, not name or Path(name).stat().st_size >= needed)
            except OSError:  # it was deleted, and is there for us all the same
                return _File(name, True)
        array = getattr(array, "base", None)
    return None


def _dtype(dtype: Any) -> str:
    text = str(dtype)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _size(array: Any) -> str:
    size = float(array.nbytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f", {size:,.0f} {unit}" if unit == "bytes" else f", {size:,.1f} {unit}"
        size /= 1000
    return ""


def _flat(array: Any) -> Any:
    """The array as a flat one, where that needs no copy."""
    if array.flags.c_contiguous:
        return array.reshape(-1)
    if array.flags.f_contiguous:
        return array.reshape(-1, order="F")
    return array if array.ndim == 1 else None


def _sampled(array: Any) -> Any:
    flat = _flat(array)
    rows = positions(array.size, sample_size(array.size))
    if flat is not None:
        return flat[rows]
    numpy = sys.modules["numpy"]
    return array[numpy.unravel_index(rows, array.shape)]


def _mask_line(array: Any, plain: Any) -> list[str]:
    numpy = sys.modules["numpy"]
    mask = numpy.ma.getmask(array)
    hidden = int(numpy.count_nonzero(mask)) if mask is not numpy.ma.nomask and not plain.dtype.names else 0
    return [f"Masked: {hidden:,} of {plain.size:,} values. Fill value: {scalar(array.fill_value)}."]


def _values_line(array: Any, on_disk: bool, masked: bool) -> list[str]:
    if not array.size:
        return []
    if on_disk:
        flat = _flat(sys.modules["numpy"].ndarray.view(array, sys.modules["numpy"].ndarray))
        if flat is None or array.dtype.names:
            return []
        beginning = sys.modules["numpy"].array(flat[:_ON_DISK])
        told_facts = facts_of_array(beginning, Work()).told()
        return [f"Its first {len(beginning):,} values: {told_facts}."] if told_facts else []
    if masked:
        return _shown_values(array)
    facts = facts_of_array(array, Work())
    return values_line(facts, sample_size(array.size), word="NaN" if array.dtype.kind == "f" else "")


def _shown_values(array: Any) -> list[str]:
    """What is known of the values of a masked array that are not hidden."""
    numpy = sys.modules["numpy"]
    plain, mask = numpy.ndarray.view(array, numpy.ndarray), numpy.ma.getmask(array)
    if plain.dtype.names or not is_ordered(plain.dtype):
        return []
    sampled = plain.size > sample_size(plain.size)
    values = _sampled(plain)
    if mask is not numpy.ma.nomask:
        values = values[~_sampled(mask)]
    if not values.size:
        return ["Values: all masked."]
    return values_line(facts_of_all(values, sampled=sampled, word="NaN"), sample_size(plain.size), word="")


def _corner(array: Any, masked: Any, tokens: int, used: int) -> list[str]:
    """The first values along the last axis, line by line, as many as fit."""
    if not array.size:
        return []
    room = int((tokens - 1) * BYTES_PER_TOKEN) - used - 12
    shown = array if masked is None else masked
    if array.ndim == 0:
        return [f"Value: {scalar(shown[()], 200)}"]
    while shown.ndim > 2:
        shown = shown[0]
    lines = ["First:" if array.ndim <= 2 else f"First along the last two axes, at {(0,) * (array.ndim - 2)}:"]
    room -= size(lines)
    for line in [shown] if shown.ndim == 1 else shown[:_MOST_LINES]:
        cells = [
            scalar(one) if one is not sys.modules["numpy"].ma.masked else "--" for one in line[:_MOST_IN_LINE]
        ]
        more = ["…"] if len(line) > _MOST_IN_LINE else []
        text = f"[{listed([*cells, *more], min(room - 8, _LONGEST_LINE))}]"
        room -= size([text])
        if room < 0 or len(text) < 4:
            break
        lines.append(text)
    return lines if len(lines) > 1 else []
