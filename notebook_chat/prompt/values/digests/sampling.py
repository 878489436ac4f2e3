"""Samples of tables and arrays for a digest: names, types, the cells at some positions, and the sums of blocks of
memory, so that nearly every change of a table that is not large is seen. Nothing is copied as a whole."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ..classes import instance_values, mro, qualified_name
from ..kinds import names
from .digesting import Digesting, Sampler, positions

_SUMMED = 4_000_000
"""How many bytes of memory are added up."""

_BLOCKS = 32
_COLUMNS = 200
_CELLS = 40_000
_WHOLE_ROWS = 100_000


def sampler_of(cls: type) -> Sampler | None:
    """How a value of a class is sampled; ``None`` for one that is no table, no array and no path."""
    for one in mro(cls):
        root = qualified_name(one).partition(".")[0]
        for name, sampler in _SAMPLERS.get(root, ()):
            if names(name, one):
                return sampler
    return None


def _array(value: Any, digest: Digesting) -> bool:
    """An array of numpy, of any class that is known not to change what it gives."""
    import numpy

    found = numpy.asarray(value)
    digest.add(str(found.dtype))
    digest.add([int(one) for one in found.shape])
    if found.size:
        _cells(found, digest, _SUMMED, 1_000)
    return True


def _cells(found: Any, digest: Digesting, summed: int, count: int) -> None:
    """The sample of an array, and the sums of blocks of what it holds.

    Args:
        found: The array.
        digest: What takes them.
        summed: How many bytes are added up.
        count: How many cells are taken about.
    """
    import numpy

    at = positions(found.size)
    at = at[:: max(1, len(at) // count)] + at[-1:]
    taken = found[numpy.unravel_index(at, found.shape)] if found.ndim else found.reshape(1)
    if found.dtype.hasobject:
        _objects(taken.tolist(), digest)
        return
    digest.add(taken.tobytes())
    if type(found) is not numpy.memmap and not isinstance(found.base, numpy.memmap):
        digest.add([int(one) for one in _sums(found, summed)])


def _objects(items: list[Any], digest: Digesting) -> None:
    if not digest.plain(items):
        for one in items:
            digest.add(one)


def _sums(found: Any, summed: int) -> list[Any]:
    import numpy

    if found.flags.c_contiguous or found.flags.f_contiguous:
        memory = found.reshape(-1, order="A").view(numpy.uint8)
        words = memory[: memory.size // 8 * 8].view(numpy.uint64)
    elif found.ndim == 1 and found.dtype.itemsize in (1, 2, 4, 8):
        words = found.view(f"u{found.dtype.itemsize}")
        summed //= max(1, min(abs(found.strides[0]), 64) // found.dtype.itemsize)
    else:
        return []
    size = summed // words.itemsize
    if words.size <= size:
        return [words.sum(dtype=numpy.uint64)]
    block = max(1, size // _BLOCKS)
    step = (words.size - block) // (_BLOCKS - 1)
    return [words[at * step : at * step + block].sum(dtype=numpy.uint64) for at in range(_BLOCKS)]


def _pandas_frame(value: Any, digest: Digesting) -> bool:
    rows, columns = value.shape
    digest.add([rows, columns])
    _pandas_index(value.columns, digest)
    _pandas_index(value.index, digest)
    digest.add([str(one) for one in value.dtypes[:_COLUMNS]])
    chosen = _spread(columns, _COLUMNS)
    for at in chosen:
        _pandas_column(value.iloc[:, at], digest, len(chosen))
    return True


def _pandas_series(value: Any, digest: Digesting) -> bool:
    digest.add([len(value), str(value.dtype), value.name if type(value.name) is str else ""])
    _pandas_index(value.index, digest)
    _pandas_column(value, digest, 1)
    return True


def _pandas_index(value: Any, digest: Digesting) -> bool:
    if type(value).__name__ == "RangeIndex":
        return digest.add([value.start, value.stop, value.step])
    digest.add(len(value))
    at = positions(len(value))
    _objects(value.take(at[:: max(1, len(at) // 300)]).tolist(), digest)
    return True


def _pandas_column(column: Any, digest: Digesting, among: int) -> None:
    import numpy

    if not len(column):
        return
    count = max(50, min(1_000, _CELLS // among))
    if isinstance(column.dtype, numpy.dtype):
        _cells(numpy.asarray(column.array), digest, _SUMMED // among, count)
        return
    if hasattr(column.array, "codes"):
        _pandas_index(column.array.categories, digest)
        _cells(column.array.codes, digest, _SUMMED // among, count)
        return
    at = positions(len(column))
    taken = column.array.take(at[:: max(1, len(at) // count)])
    if hasattr(taken, "asi8"):
        digest.add(taken.asi8.tobytes())
    elif hasattr(taken, "to_wkb"):
        _objects(list(taken.to_wkb()), digest)
    else:
        _objects([None if one is not one else _cell(one) for one in taken.tolist()], digest)


def _cell(value: Any) -> Any:
    return None if type(value).__name__ in ("NAType", "NaTType") else value


def _polars_frame(value: Any, digest: Digesting) -> bool:
    rows, columns = value.shape
    digest.add([rows, columns])
    digest.add(
        [[name, str(dtype)] for name, dtype in zip(value.columns[:2000], value.dtypes[:2000], strict=True)]
    )
    if not rows or not columns:
        return True
    if columns > _COLUMNS:
        value = value.select([value.columns[at] for at in _spread(columns, _COLUMNS)])
    if rows > max(1_000, _WHOLE_ROWS // value.width):
        value = value[_spread(rows, max(100, min(1_000, _CELLS // value.width)))]
    try:
        digest.add(value.hash_rows(seed=0).to_numpy().tobytes())
    except Exception:  # columns that polars cannot hash
        _objects([list(row) for row in value.head(200).rows()], digest)
    return True


def _polars_series(value: Any, digest: Digesting) -> bool:
    return _polars_frame(value.to_frame(), digest)


def _arrow_table(value: Any, digest: Digesting) -> bool:
    digest.add([value.num_rows, str(value.schema)[:100_000]])
    if value.num_columns > _COLUMNS:
        value = value.select(_spread(value.num_columns, _COLUMNS))
    if value.num_rows and value.num_columns:
        at = _spread(value.num_rows, max(50, min(1_000, _CELLS // 4 // value.num_columns)))
        for column in value.take(at).columns:
            _objects(column.to_pylist(), digest)
    return True


def _arrow_array(value: Any, digest: Digesting) -> bool:
    digest.add([len(value), str(value.type)])
    if len(value):
        _objects(value.take(_spread(len(value), 1_000)).to_pylist(), digest)
    return True


def _tensor(value: Any, digest: Digesting) -> bool:
    if value.device.type != "cpu" or value.is_sparse:
        return False
    return _array(value.detach().numpy(), digest)


def _xarray(value: Any, digest: Digesting) -> bool:
    variables = (
        dict(value.variables)
        if hasattr(value, "variables")
        else {"": value.variable, **value.coords.variables}
    )
    known = []
    for name, variable in list(variables.items())[:_COLUMNS]:
        digest.add(
            [str(name), [int(one) for one in variable.shape], str(variable.dtype), [*map(str, variable.dims)]]
        )
        held = instance_values(variable).get("_data")  # ``data`` would read what is still in a file
        if held is not None and qualified_name(type(held)) == "numpy.ndarray":
            known.append(_array(held, digest))
    return any(known)


def _path(value: Any, digest: Digesting) -> bool:
    path = str(value)
    digest.add(path)
    try:
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return digest.add("not there")
    return digest.add([status.st_size, status.st_mtime_ns, status.st_ino])


def _scalar(value: Any, digest: Digesting) -> bool:
    return (
        digest.add(str(value.dtype)) and digest.add(value.tobytes()) if not value.dtype.hasobject else False
    )


def _spread(count: int, most: int) -> Sequence[int]:
    """Some of the numbers below one: the first, the last, and some between them."""
    if count <= most:
        return list(range(count))
    return sorted({at * (count - 1) // (most - 1) for at in range(most)} | {0, 1, 2, count - 2, count - 3})


_SAMPLERS: dict[str, tuple[tuple[str, Sampler], ...]] = {
    "numpy": (("numpy.ndarray", _array), ("numpy.generic", _scalar)),
    "pandas": (
        ("pandas.DataFrame", _pandas_frame),
        ("pandas.Series", _pandas_series),
        ("pandas.Index", _pandas_index),
    ),
    "polars": (("polars.DataFrame", _polars_frame), ("polars.Series", _polars_series)),
    "pyarrow": (
        ("pyarrow.Table", _arrow_table),
        ("pyarrow.RecordBatch", _arrow_table),
        ("pyarrow.Array", _arrow_array),
        ("pyarrow.ChunkedArray", _arrow_array),
    ),
    "torch": (("torch.Tensor", _tensor),),
    "xarray": (("xarray.Dataset", _xarray), ("xarray.DataArray", _xarray)),
    "pathlib": (("pathlib.Path", _path),),
}
