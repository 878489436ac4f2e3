"""Describers of scipy's sparse matrices and arrays."""

from __future__ import annotations

from typing import Any

from ..bounds import BYTES_PER_TOKEN
from ..description import Description
from .arrays import facts_of_array
from .columns import listed, shape_of, values_line
from .samples import Work, sample_size
from .scalars import scalar
from .tables import size

_ENTRIES = 30


def describe_sparse(matrix: Any, tokens: int) -> Description:
    """A sparse matrix or array: its shape, its type, its format, how many values it holds and which. It is never made
    into a dense one."""
    shape = tuple(int(one) for one in matrix.shape)
    cells = 1
    for one in shape:
        cells *= one
    stored = _stored(matrix)
    density = f", density {stored / cells:.3g}" if cells else ""
    head = (
        f"A scipy.sparse.{type(matrix).__name__} of shape {shape}, {matrix.dtype}: a sparse {_kind(matrix)}"
    )
    lines = [f"{head} in {matrix.format.upper()} format with {stored:,} stored values{density}."]
    data: Any = getattr(matrix, "data", None)
    if hasattr(data, "dtype") and data.size and data.dtype.kind != "O":
        facts = values_line(facts_of_array(data, Work()), sample_size(data.size), word="")
        lines += [f"Stored {line[0].lower()}{line[1:]}" for line in facts]
    room = int((tokens - 1) * BYTES_PER_TOKEN) - size(lines) - 12
    if (entries := _entries(matrix)) and room > 40:
        lines.append(f"First: {listed(entries, room // 2)}")
    return Description("\n".join(lines), f"{shape_of(shape)} {matrix.dtype}, {stored:,} stored")


def _kind(matrix: Any) -> str:
    return "matrix" if type(matrix).__name__.endswith("matrix") else "array"


def _stored(matrix: Any) -> int:
    return int(matrix.nnz)


def _entries(matrix: Any) -> list[str]:
    """The first values with their places, in the formats that have them at hand."""
    if matrix.format == "coo":
        places = [
            tuple(int(axis[entry]) for axis in matrix.coords)
            for entry in range(min(_ENTRIES, len(matrix.data)))
        ]
        return [f"{place}: {scalar(matrix.data[entry])}" for entry, place in enumerate(places)]
    if matrix.format not in ("csr", "csc") or len(matrix.shape) != 2:
        return []
    shown: list[str] = []
    for major in range(min(len(matrix.indptr) - 1, 1_000)):
        for entry in range(int(matrix.indptr[major]), int(matrix.indptr[major + 1])):
            place = (major, int(matrix.indices[entry]))
            shown.append(f"{place if matrix.format == 'csr' else place[::-1]}: {scalar(matrix.data[entry])}")
            if len(shown) == _ENTRIES:
                return shown
    return shown
