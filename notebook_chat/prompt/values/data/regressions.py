"""Describers of statsmodels' models and results."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from ..bounds import lines_within
from ..description import Description
from .columns import listed
from .scalars import label, scalar, type_name

_FIGURES = (
    "nobs",
    "df_model",
    "df_resid",
    "rsquared",
    "rsquared_adj",
    "prsquared",
    "llf",
    "aic",
    "bic",
    "scale",
)
_MOST = 200


def describe_results(results: Any, tokens: int) -> Description:
    """The results of a fit: of which model, how good it is, each coefficient with its standard error and p-value."""
    inner = _copied(vars(results).get("_results", results))
    model = inner.model
    names, outcome = _names(model)
    lines = [
        f"The results of a statsmodels {type(model).__name__} of {outcome} on {listed(map(label, names), 300)}."
    ]
    if figures := list(_figures(inner)):
        lines.append(", ".join(figures))
    lines += _coefficients(inner, names)
    return Description(lines_within(lines, tokens), f"{type(model).__name__} results")


def describe_model(model: Any, tokens: int) -> Description:
    """A model that is not fitted: its outcome and its variables."""
    names, outcome = _names(model)
    told = listed(map(label, names), tokens * 2)
    shape = getattr(model.exog, "shape", None)
    rows = f" on {shape[0]:,} observations" if shape else ""
    return Description(f"A {type_name(model)} of {outcome} on {told}{rows}, not fitted.", "not fitted")


def _names(model: Any) -> tuple[list[str], str]:
    """The names of the variables of a model, and of its outcome."""
    data = _copied(model.data)
    outcome = data.ynames
    shown = listed(map(label, outcome), 200) if type(outcome) is list else label(outcome)
    return list(data.xnames or ()), shown


def _copied(results: Any) -> Any:
    """Results with a store of their own for what is computed of them, so that theirs stays as it is."""
    twin = copy.copy(results)
    if type(getattr(twin, "_cache", None)) is dict:
        twin._cache = dict(twin._cache)
    return twin


def _figures(results: Any) -> Iterator[str]:
    for name in _FIGURES:
        try:
            value = getattr(results, name)
        except Exception:  # not every model has each
            continue
        if isinstance(value, int | float):
            yield f"{name} {scalar(value)}"


def _coefficients(results: Any, names: Sequence[str]) -> list[str]:
    columns = {}
    for name in ("params", "bse", "pvalues"):
        try:
            columns[name] = [float(one) for one in getattr(results, name)[:_MOST]]
        except Exception:
            continue
    if "params" not in columns:
        return []
    lines = ["Coefficients (standard error, p-value):"]
    for place, value in enumerate(columns["params"]):
        name = names[place] if place < len(names) else f"parameter {place}"
        beside = [
            scalar(columns[one][place]) for one in ("bse", "pvalues") if place < len(columns.get(one, ()))
        ]
        told = f" ({', '.join(beside)})" if beside else ""
        lines.append(f"{label(name)}: {scalar(value)}{told}")
    return lines
