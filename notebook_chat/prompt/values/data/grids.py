"""Describers of xarray. What is not in memory is neither read nor computed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain
from typing import Any

from ..bounds import lines_within
from ..description import Description
from .arrays import facts_of_array
from .columns import listed, shape_of
from .samples import Work
from .scalars import label, scalar, type_name

_ATTRIBUTES = 300  # characters of them


def describe_dataset(dataset: Any, tokens: int) -> Description:
    """A Dataset: its dimensions, coordinates, variables with their units and ranges, attributes."""
    work = Work()
    sizes = dict(dataset.sizes)
    lines = chain(
        (f"An xarray.Dataset with dimensions {_sizes(sizes)}.",),
        _coordinates(dataset, work),
        (f"Data variables ({len(dataset.data_vars)}):",),
        (_variable(name, dataset.variables[name], work) for name in dataset.data_vars),
        _attributes(dataset.attrs),
    )
    short = f"{len(dataset.data_vars)} variables, {_sizes(sizes)}"
    return Description(lines_within(lines, tokens), short)


def describe_array(array: Any, tokens: int) -> Description:
    """A DataArray or Variable: its dimensions, coordinates, type, range, attributes."""
    work = Work()
    variable = getattr(array, "variable", array)
    name = getattr(array, "name", None)
    sizes = dict(zip(variable.dims, variable.shape, strict=True))
    named = f" named {label(name)}" if name is not None else ""
    lines = chain(
        (f"An {_kind(array)}{named} with dimensions {_sizes(sizes)}, {variable.dtype}.",),
        _values(variable, work),
        _coordinates(array, work) if hasattr(array, "coords") else (),
        _attributes(variable.attrs),
    )
    return Description(lines_within(lines, tokens), f"{shape_of(variable.shape)} {variable.dtype}")


def describe_tree(tree: Any, tokens: int) -> Description:
    """A DataTree: its groups, each with its variables."""
    lines = ["An xarray.DataTree."]
    for node in tree.subtree:
        names = listed((label(name) for name in node.data_vars), 200)
        lines.append(f"{node.path}: {_sizes(dict(node.sizes))}; {names or 'no variables'}")
    return Description(lines_within(lines, tokens), f"{len(lines) - 1} groups")


def _kind(array: Any) -> str:
    return type_name(array)


def _sizes(sizes: dict[Any, int]) -> str:
    return ", ".join(f"{label(name)}: {size:,}" for name, size in sizes.items()) or "none"


def _coordinates(value: Any, work: Work) -> Iterator[str]:
    if value.coords:
        yield "Coordinates:"
        yield from (_variable(name, value.coords[name].variable, work) for name in value.coords)


def _variable(name: Any, variable: Any, work: Work) -> str:
    dims = ", ".join(map(label, variable.dims))
    facts = _facts(variable, work)
    notes = [
        f"{key}: {scalar(variable.attrs[key], 60)}" for key in ("long_name", "units") if key in variable.attrs
    ]
    return (
        f"{label(name)} ({dims}) {variable.dtype}: {', '.join(filter(None, (facts, *notes)))}".removesuffix(
            ": "
        )
    )


def _facts(variable: Any, work: Work) -> str:
    array = _in_memory(variable)
    if array is not None:
        return facts_of_array(array, work).told(3) if array.size else ""
    chunks = getattr(variable._data, "chunks", None)
    if chunks:
        shape = listed((str(sizes[0]) for sizes in chunks), 60)
        return f"not computed, in chunks of ({shape})"
    return "not read"


def _values(variable: Any, work: Work) -> Iterator[str]:
    facts = _facts(variable, work)
    note = " (~ is from a sample)" if facts.startswith("~") else ""
    if facts:
        yield f"Values: {facts}{note}."


def _in_memory(variable: Any) -> Any:
    """The array beneath a variable where it is in memory."""
    numpy, pandas = sys.modules["numpy"], sys.modules["pandas"]
    data = variable._data
    inner = getattr(data, "array", None)
    if isinstance(inner, pandas.RangeIndex):
        return numpy.array([inner[0], inner[-1]]) if len(inner) else numpy.empty(0)
    if isinstance(inner, pandas.Index) and not isinstance(inner, pandas.MultiIndex):
        data = inner.to_numpy()
    return data if isinstance(data, numpy.ndarray) and not isinstance(data, numpy.memmap) else None


def _attributes(attributes: Any) -> Iterator[str]:
    if attributes:
        shown = (f"{label(name)}: {scalar(value, 60)}" for name, value in attributes.items())
        yield f"Attributes: {listed(shown, _ATTRIBUTES)}"
