"""Modules: their version, what they say of themselves, and what they have for others."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

from ..bounds import counted, cut_end, lines_within
from ..classes import is_a
from ..description import Description

_LONGEST_NAME = 60


def describe_module(value: Any, tokens: int) -> Description:
    """A module. What it would only import when asked is not imported."""
    names: dict[str, Any] = ModuleType.__getattribute__(value, "__dict__")
    name = str(names.get("__name__"))
    version = _version(name, names)
    doc = names.get("__doc__")
    said = inspect.cleandoc(doc).partition("\n\n")[0] if isinstance(doc, str) else ""
    public = _public(names)
    lines = [
        f"The module {name}{f', version {version}' if version else ''}, with {counted(len(public), 'public name')}."
    ]
    lines += cut_end(said, tokens // 4).splitlines()
    for title, wanted in (
        ("Classes", "class"),
        ("Functions", "function"),
        ("Modules", "module"),
        ("Others", ""),
    ):
        found = [one for one in public if _sort(names.get(one)) == wanted]
        if found:
            lines.append(cut_end(f"{title}: {', '.join(found)}", max(12, tokens // 3)))
    return Description(lines_within(lines, tokens), f"module {version}".strip())


def _version(name: str, names: dict[str, Any]) -> str:
    found = names.get("__version__")
    if isinstance(found, (str, int, float)):
        return str(found)[:40]
    if found is not None or "." in name or not isinstance(names.get("__file__"), str):
        return ""
    from importlib import metadata

    try:
        return metadata.version(name)
    except Exception:  # it belongs to no distribution of that name
        return ""


def _public(names: dict[str, Any]) -> list[str]:
    listed: Any = names.get("__all__")
    if (type(listed) is list or type(listed) is tuple) and all(type(name) is str for name in listed):
        return [name[:_LONGEST_NAME] for name in listed]
    return [name[:_LONGEST_NAME] for name in names if type(name) is str and not name.startswith("_")]


def _sort(value: Any) -> str:
    if is_a(value, type):
        return "class"
    if is_a(value, ModuleType):
        return "module"
    return "function" if inspect.isroutine(value) else ""
