"""The front end: plain JavaScript and CSS, without a bundler and without anything from elsewhere.

The scripts are written as one module in parts, each of which uses the ones before it.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from ...markup import STYLE

_PARTS: Final = ("page.js", "connection.js", "growing.js", "transcript.js", "composer.js", "panel.js")


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


MODULE: Final = "\n".join(map(_read, _PARTS))
"""The module that anywidget loads."""

SHEET: Final = _read("panel.css") + STYLE
"""The style of the panel and of the answers in it."""
