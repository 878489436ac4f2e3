"""The front end: plain JavaScript and CSS, without a bundler and without anything from elsewhere.

The scripts are ES modules, which editors, linters and Node resolve by themselves. A widget's front end is one module,
so they are joined here: each after those that it imports, without the lines by which they find each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from graphlib import TopologicalSorter
from importlib.resources import files
from typing import Final

from ...markup import STYLE

_IMPORT: Final = re.compile(r'^import \{\s*\w+(?:,\s*\w+)*,?\s*\} from "\./([\w.]+)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async function|function|class|const) )", re.MULTILINE)
_UNKNOWN: Final = re.compile(r"^(?:import\b|export\b(?! default \{)).*", re.MULTILINE)


def read(name: str) -> str:
    """The text of a file of the front end.

    Args:
        name: The file's name, such as ``panel.js``.
    """
    return files(__package__).joinpath(name).read_text("utf-8")


def join(entry: str, read: Callable[[str], str] = read) -> str:
    """Joins ES modules into one, in which all of them share one scope.

    Args:
        entry: The name of the module whose default export the whole has.
        read: Gives a module's text for its name.

    Raises:
        ImportError: A module imports or exports in a way that is not known here; the error names it.
        graphlib.CycleError: Modules import each other in a circle.
    """
    texts: dict[str, str] = {}
    imports: dict[str, list[str]] = {}
    found = [entry]
    while found:
        name = found.pop()
        if name not in texts:
            texts[name] = read(name)
            found += imports.setdefault(name, _IMPORT.findall(texts[name]))
    parts = [
        _EXPORT.sub("", _IMPORT.sub("", texts[name])) for name in TopologicalSorter(imports).static_order()
    ]
    module = "\n".join(parts)
    if unknown := _UNKNOWN.search(module):
        raise ImportError(f"the front end's modules cannot be joined: {unknown.group()}")
    return module


MODULE: Final = join("panel.js")
"""The module that anywidget loads for a panel."""

CELL_EDITOR: Final = join("cell_editor.js")
"""The module that anywidget loads to look for cells, and to give them another text."""

NOTEBOOK_EDITOR: Final = join("notebook_editor.js")
"""The module that anywidget loads to read the cells on the screen, to change one, and to put a new one there."""

SHEET: Final = read("panel.css") + STYLE
"""The style of the panel and of the answers in it."""
