"""The versions of the packages that some code uses."""

from __future__ import annotations

import ast
import platform
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_MOST = 12
_DISTRIBUTIONS = {
    "sklearn": "scikit-learn", "PIL": "pillow", "cv2": "opencv-python", "yaml": "PyYAML", "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil", "skimage": "scikit-image", "Bio": "biopython", "attr": "attrs",
}  # fmt: skip
_OURS = frozenset({"notebook_chat", "IPython", "ipykernel", "__main__", "__mp_main__"})


def versions(packages: Iterable[str]) -> str:
    """Python's version and those of some packages, in a line.

    Args:
        packages: The names under which they are imported.
    """
    told = [f"Python {platform.python_version()} ({sys.platform})"]
    for name in dict.fromkeys(packages):
        if name in _OURS or name in sys.stdlib_module_names or len(told) > _MOST:
            continue
        if version := _version(name):
            told.append(f"{_DISTRIBUTIONS.get(name, name)} {version}")
    return ", ".join(told)


def imported_by(code: str) -> Iterator[str]:
    """The packages that code imports, also code that does not parse as a whole.

    Args:
        code: What stands in a cell.
    """
    try:
        nodes: Iterable[ast.AST] = ast.walk(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        nodes = _by_lines(code)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _by_lines(code: str) -> Iterator[ast.AST]:
    for line in code.splitlines():
        if line.lstrip().startswith(("import ", "from ")):
            try:
                yield from ast.parse(line.strip()).body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue


def packages_of(values: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    """The packages of the modules that some names stand for, and of the types of the other values.

    Args:
        values: The variables.
        names: The names that some code mentions.
    """
    for name in names:
        value = values.get(name)
        module = value.__name__ if isinstance(value, types.ModuleType) else type(value).__module__
        if isinstance(module, str):
            yield module.partition(".")[0]


def _version(name: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(_DISTRIBUTIONS.get(name, name))
    except Exception:  # it is not installed under that name, or its metadata cannot be read
        found = getattr(sys.modules.get(name), "__dict__", {}).get("__version__")
        return found if isinstance(found, str) and len(found) < 50 else ""
