"""Texts between marks that nothing in them can pass for."""

from __future__ import annotations

import re
from typing import Final

_BACKTICKS: Final = re.compile(r"`++")


def fenced(text: str, language: str = "") -> str:
    """A text in a fence that nothing within it ends.

    Args:
        text: Any text.
        language: What the fence is marked with.
    """
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    marks = "`" * max(longest + 1, 3)
    end = "" if text.endswith("\n") or not text else "\n"
    return f"{marks}{language}\n{text}{end}{marks}"
