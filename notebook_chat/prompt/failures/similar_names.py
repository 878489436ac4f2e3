"""What somebody may have meant who wrote a name that is not there."""

from __future__ import annotations

import builtins
import difflib
import pkgutil
import sys
import types
from collections.abc import Iterable, Iterator
from typing import Any

from .frame_values import NOTHING, instance_dict, values_in
from .tracebacks import Frame

_MOST = 5  # that are named as similar
_MOST_TOLD = 40  # of all that there are
_MOST_COMPARED = 20_000
_LONGEST = 100  # characters of a name that is compared or told
_ALIASES = {
    "np": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot", "sns": "seaborn", "pl": "polars", "tf": "tensorflow",
    "px": "plotly.express", "go": "plotly.graph_objects", "sp": "scipy", "sm": "statsmodels.api", "nx": "networkx",
    "xr": "xarray", "gpd": "geopandas", "alt": "altair", "pa": "pyarrow",
}  # fmt: skip


def similar(name: str, names: Iterable[object]) -> list[str]:
    """The names that are most like another one, also where only blanks, case or underscores differ."""
    plain: dict[str, list[str]] = {}
    for place, one in enumerate(names):
        if place >= _MOST_COMPARED:
            break
        if type(one) is str and len(one) <= _LONGEST and one != name:
            plain.setdefault(_plain(one), []).append(one)
    wanted = _plain(name[:_LONGEST])
    found = [*([wanted] if wanted in plain else []), *difflib.get_close_matches(wanted, plain, _MOST, 0.6)]
    begun = [
        one for one in plain if wanted and len(wanted) >= 2 and (one.startswith(wanted) or wanted in one)
    ]
    return [one for key in dict.fromkeys([*found, *begun[:_MOST]]) for one in plain[key]][:_MOST]


def _plain(name: str) -> str:
    return "".join(name.lower().replace("_", " ").replace("-", " ").split())


def of_name(error: NameError, frame: Frame | None) -> Iterator[str]:
    """What is known of a variable that is not there."""
    name = error.name
    if not name or frame is None:
        return
    if isinstance(error, UnboundLocalError):
        if name in frame.scope.f_globals:
            yield f"There is a global variable {name!r}: the function makes one of its own of that name."
        return
    # At the top of a cell the two are the same.
    names = {**dict.fromkeys(frame.scope.f_globals), **dict.fromkeys(frame.scope.f_locals), **vars(builtins)}
    if near := similar(name, (one for one in names if not one.startswith("_") or name.startswith("_"))):
        yield f"Names like {name!r} that there are: {_listed(near)}."
    module = _ALIASES.get(name, name)
    if is_installed(module):
        yield f"{module} can be imported and has not been imported under the name {name!r}."


def of_attribute(error: AttributeError) -> Iterator[str]:
    """What is known of an attribute that is not there."""
    name, value = error.name, error.obj
    if not isinstance(name, str) or value is None:
        return
    near = similar(name, _attributes(value))
    if near:
        yield f"Attributes like {name!r} that there are: {_listed(near)}."
    if (columns := names_within(value)) and isinstance(columns, list):
        yield _told("It has the columns", columns)
    if isinstance(value, types.ModuleType) and (file := vars(value).get("__file__")):
        yield f"The module {value.__name__} was loaded from {file}."


def of_import(error: ImportError) -> Iterator[str]:
    """What is known of a module, or of what is in one, that is not there."""
    name = error.name
    if not isinstance(name, str) or not name:
        return
    if not isinstance(error, ModuleNotFoundError):
        module = sys.modules.get(name)
        wanted = getattr(error, "name_from", None) or _quoted_first(error)
        if module is not None and wanted and (near := similar(wanted, vars(module))):
            yield f"Names like {wanted!r} in {name}: {_listed(near)}."
        return
    top, _, rest = name.partition(".")
    if rest and top in sys.modules:
        yield f"The package {top} is installed; {name} is not in it."
        parent = sys.modules.get(name.rpartition(".")[0])
        names = [module.name for module in pkgutil.iter_modules(getattr(parent, "__path__", []))]
        if near := similar(name.rpartition(".")[2], names):
            yield f"Modules of a similar name in it: {_listed(near)}."
        return
    yield f"The package {top} {'is' if is_installed(top) else 'is not'} installed."
    if near := similar(top, (*sys.stdlib_module_names, *(module.name for module in pkgutil.iter_modules()))):
        yield f"Modules of a similar name that can be imported: {_listed(near)}."


def of_key(wanted: list[str], frame: Frame | None, lines: list[str]) -> Iterator[str]:
    """What is known of keys and columns that an exception names, in the values of the line that failed.

    Args:
        wanted: What the exception names.
        frame: Where it happened.
        lines: The lines of its code.
    """
    if frame is None:
        return
    for named in values_in(frame, lines):
        names = names_within(named.value) if named.near else None
        if not names:
            continue
        for one in wanted:
            if one not in names and (near := similar(one, names)):
                yield f"{named.name} has no {one!r}; it has {_listed(near)}."


def names_within(value: Any) -> list[object] | None:
    """The keys of a dict, or the columns of a table; ``None`` for what has neither, or would run somebody's code."""
    if type(value) is dict:
        return list(value)[:_MOST_COMPARED]
    package = type(value).__module__.partition(".")[0]
    if package not in ("pandas", "polars", "geopandas", "pyarrow"):
        return None
    try:
        if type(value).__name__ in ("DataFrameGroupBy", "DataFrameGroupByRolling"):
            value = value.obj
        if type(value).__name__ == "Series":
            return [value.name, *list(value.index[:_MOST_COMPARED])] if package == "pandas" else None
        names: Any = value.column_names if package == "pyarrow" else value.columns
        return list(names)[:_MOST_COMPARED]
    except Exception:
        return None


def keys_of(value: Any) -> str:
    """The first keys of a dict in a line; empty for what is none."""
    if type(value) is not dict:
        return ""
    plain = [key for key in list(value)[:_MOST_TOLD] if type(key) in (str, int, float, bool, tuple)]
    return _told("its keys", plain, len(value))


def is_installed(name: str) -> bool:
    """Whether a module could be imported, without importing any."""
    from importlib.machinery import PathFinder

    top = name.partition(".")[0]
    if top in sys.modules or top in sys.stdlib_module_names:
        return True
    try:
        return PathFinder.find_spec(top) is not None
    except Exception:  # a path hook of somebody's own
        return False


def _attributes(value: Any) -> Iterator[object]:
    """The names of a value's attributes, without asking it."""
    if isinstance(value, types.ModuleType):
        yield from vars(value)
        return
    yield from instance_dict(value)
    for kind in type.mro(value) if isinstance(value, type) else type(value).__mro__:
        yield from vars(kind)
    yield from names_within(value) or ()


def _quoted_first(error: ImportError) -> str:
    _, _, rest = (error.msg or "").partition("cannot import name '")
    return rest.partition("'")[0]


def _told(what: str, names: list[object], total: int = 0) -> str:
    more = max(total, len(names)) - min(len(names), _MOST_TOLD)
    return f"{what}: {_listed(names[:_MOST_TOLD])}{f' and {more:,} more' if more > 0 else ''}."


def _listed(names: Iterable[object]) -> str:
    return ", ".join(repr(name)[:_LONGEST] if name is not NOTHING else "" for name in names)
