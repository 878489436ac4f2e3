"""Describers of models with scikit-learn's interface: how they were made, and what fitting has found."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from itertools import chain
from typing import Any

from ..bounds import counted, lines_within
from ..description import Description
from .columns import listed, shape_of
from .scalars import label, scalar, type_name

_FIRST = ("n_features_in_", "feature_names_in_", "classes_", "best_params_", "best_score_")
_UNTOLD = (
    "transformers_",
    "estimators_",
    "named_transformers_",
    "cv_results_",
    "output_indices_",
    "sparse_output_",
)
_FEW = 10  # values of a fitted array that are told
_NAMES = 400  # characters of names
_DEPTH = 3
_NAMED = ("function", "builtin_function_or_method", "ufunc", "type", "ABCMeta")  # what is told by its name


def describe_model(model: Any, tokens: int) -> Description:
    """A model, a transformer, a pipeline: its parameters that are not the default, whether it is fitted, on which
    features, and what fitting has found."""
    fitted = is_fitted(model)
    name = type(model).__name__
    state = "fitted" if fitted else "not fitted"
    lines = [f"A {type_name(model)}, {_role(model)}, {state}."]
    return Description(lines_within(chain(lines, _lines(model, _DEPTH)), tokens), f"{name}, {state}")


def is_fitted(model: Any) -> bool:
    """Whether a model was fitted: whether it has attributes that only fitting sets, or any of its parts has."""
    says = getattr(type(model), "__sklearn_is_fitted__", None)
    if inspect.isfunction(says):
        try:
            return bool(says(model))
        except Exception:  # one of its parts is not
            return False
    if any(_is_found(name) for name in _state(model)):
        return True
    return any(is_fitted(part) for _, part in _parts(model) if not isinstance(part, str) and part is not None)


def _lines(model: Any, depth: int) -> Iterator[str]:
    if parameters := list(_parameters(model)):
        yield f"Parameters that are not the default: {', '.join(parameters)}"
    elif not _parts(model):
        yield "All parameters are the default."
    state = _state(model) | _properties(model)
    found = [name for name in state if _is_found(name) and name not in _UNTOLD and state[name] is not None]
    first = [name for name in _FIRST if name in found]
    yield from (f"{name}: {_fitted_value(state[name], depth)}" for name in first)
    yield from _parts_told(model, depth)
    yield from (f"{name}: {_fitted_value(state[name], depth)}" for name in found if name not in _FIRST)
    if "estimators_" in state:
        yield f"estimators_: {len(state['estimators_']):,} of {_first_type(state['estimators_'])}"


def _parts_told(model: Any, depth: int) -> Iterator[str]:
    for name, part in _parts(model):
        if isinstance(part, str) or part is None:
            yield f"- {label(name)}: {part}"
            continue
        columns = _columns_of(model, name)
        made = ", ".join(_parameters(part)) if not _parts(part) else ""
        yield f"- {label(name)}: {type_name(part)}({made}){columns}"
        if depth > 1:
            yield from (
                f"  {line}" for line in _lines(part, depth - 1) if not line.startswith(("All", "Parameters"))
            )


def _parts(model: Any) -> list[tuple[str, Any]]:
    """The models that a model is made of, by name."""
    state = _state(model)
    for name in ("steps", "transformers_", "transformers", "transformer_list"):
        if type(state.get(name)) is list:
            entries = state[name]
            return [(one[0], one[1]) for one in entries if type(one) is tuple and len(one) >= 2]
    if type(state.get("estimators")) is list:
        return [(one[0], one[1]) for one in state["estimators"] if type(one) is tuple and len(one) == 2]
    if (inner := state.get("estimator")) is not None and not isinstance(inner, str):
        return [("estimator", inner)]
    return []


def _columns_of(model: Any, name: str) -> str:
    for entry in _state(model).get("transformers_", _state(model).get("transformers", ())):
        if type(entry) is tuple and len(entry) == 3 and entry[0] == name:
            columns = entry[2]
            return (
                f" on {listed(map(scalar, columns), 120)}"
                if type(columns) is list
                else f" on {scalar(columns)}"
            )
    return ""


def _parameters(model: Any) -> Iterator[str]:
    """The parameters whose values are not the default, as ``name=value``."""
    state = _state(model)
    for name, parameter in _signature(type(model)).items():
        value = state.get(name, inspect.Parameter.empty)
        if name in ("steps", "transformers", "estimators", "transformer_list", "estimator"):
            continue
        if not _is_default(value, parameter.default):
            yield f"{name}={_parameter(value)}"


def _signature(kind: type) -> dict[str, inspect.Parameter]:
    """The parameters that a class is made with; where it hands on what it does not know, also those of its bases."""
    wanted = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    found: dict[str, inspect.Parameter] = {}
    for base in kind.__mro__[:-1]:
        if "__init__" not in vars(base):
            continue
        try:
            parameters = inspect.signature(vars(base)["__init__"]).parameters
        except (TypeError, ValueError):
            break
        for name, one in parameters.items():
            if name != "self" and one.kind in wanted:
                found.setdefault(name, one)
        if all(one.kind != inspect.Parameter.VAR_KEYWORD for one in parameters.values()):
            break
    return found


def _is_default(value: Any, default: Any) -> bool:
    if value is default or value is inspect.Parameter.empty:
        return True
    plain = (int, float, str, bool, tuple)
    if type(value) is not type(default) or type(value) not in plain:
        return False
    return bool(value == default) or (value != value and default != default)


def _parameter(value: Any) -> str:
    if hasattr(type(value), "get_params"):
        return f"{type(value).__name__}({', '.join(_parameters(value))})"
    if type(value) is dict:
        return "{" + listed((f"{scalar(key)}: {_parameter(one)}" for key, one in value.items()), 200) + "}"
    if type(value) is list:
        return "[" + listed(map(scalar, value), 100) + "]"
    name = getattr(value, "__name__", None) if callable(value) and type(value).__name__ in _NAMED else None
    return name if type(name) is str else scalar(value, 40)


def _state(model: Any) -> dict[str, Any]:
    try:
        return dict(vars(model))
    except TypeError:
        return {}


def _is_found(name: str) -> bool:
    return name.endswith("_") and not name.startswith("_")


def _properties(model: Any) -> dict[str, Any]:
    """The features and classes, where a model has them as properties: a pipeline asks its steps for them."""
    found = {}
    for name in ("n_features_in_", "feature_names_in_", "classes_"):
        if isinstance(getattr(type(model), name, None), property):
            with contextlib.suppress(Exception):  # it is not fitted, or was fitted without names
                found[name] = getattr(model, name)
    return found


def _fitted_value(value: Any, depth: int) -> str:
    shape = getattr(value, "shape", None)
    if type(value).__module__ == "numpy" and shape is not None and hasattr(value, "dtype"):
        if not shape:
            return scalar(value)
        size = 1
        for one in shape:
            size *= one
        flat = value.reshape(-1)
        names = value.dtype.kind in "OU"
        shown = listed((scalar(one, 40) for one in flat[: 200 if names else _FEW]), _NAMES if names else 150)
        told = f" [{shown}]" if names or size <= _FEW else ""
        many = shape_of(shape) if len(shape) > 1 else counted(size, "value")
        return f"{many}{'' if names else f' {value.dtype}'}{told}"
    if hasattr(type(value), "get_params"):
        inner = ", ".join(_parameters(value))
        return f"{type(value).__name__}({inner})" if depth > 0 else type(value).__name__
    if type(value) is dict:
        return "{" + listed((f"{scalar(key)}: {_parameter(one)}" for key, one in value.items()), 200) + "}"
    if type(value) is list and len(value) <= _FEW and depth > 0:
        return "[" + listed((_fitted_value(one, 0) for one in value), 200) + "]"
    return f"<{type_name(value)} {shape_of(shape)}>" if type(shape) is tuple else scalar(value, 40)


def _first_type(values: Any) -> str:
    first = values
    while type(first) is list or type(first).__name__ == "ndarray":
        if not len(first):
            return "nothing"
        first = first[0]
    return type(first).__name__


def _role(model: Any) -> str:
    role = getattr(type(model), "_estimator_type", None)
    if type(role) is not str:
        names = {kind.__name__ for kind in type(model).__mro__}
        roles = {"ClassifierMixin": "classifier", "RegressorMixin": "regressor", "ClusterMixin": "clusterer"}
        roles |= {"TransformerMixin": "transformer"}
        role = next((told for name, told in roles.items() if name in names), "estimator")
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role}"
