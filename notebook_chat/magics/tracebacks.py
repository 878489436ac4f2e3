"""Errors of cells as a few lines."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import PurePath

from ..mime_bundles import middle_cut, plain

_FIRST = 3  # frames that are kept of many
_LAST = 6
_CHAINED = 3  # exceptions, with those that led to them
_GROUPED = 5  # exceptions of a group
_LONGEST = 4_000  # characters of what an exception says

NameOf = Callable[[str], str]
"""Gives what a file of a frame is called, such as ``In[3]`` for a cell's."""


def compact(error: BaseException, name_of: NameOf = str) -> str:
    """What went wrong, and where, in a few lines; nothing of it keeps the frames alive.

    Args:
        error: The exception.
        name_of: Gives what a file is called in which a frame is.
    """
    try:
        found = traceback.TracebackException(type(error), error, error.__traceback__, compact=True)
    except Exception:  # an exception may do anything when it is asked what it says
        return type(error).__name__
    if hasattr(error, "_render_traceback_"):  # it says itself how it is shown, such as in one line
        found.stack.clear()
        found.__cause__ = found.__context__ = None
    return plain("\n".join(_lines(found, name_of, _CHAINED)))


def _lines(found: traceback.TracebackException, name_of: NameOf, chained: int) -> list[str]:
    lines: list[str] = []
    before = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    if before is not None and chained > 1:
        lines = [*_lines(before, name_of, chained - 1), "which led to"]
    frames = [frame for frame in found.stack if not _is_ipython(frame.filename)]
    for place, frame in enumerate(frames):
        if _FIRST <= place < len(frames) - _LAST:
            if place == _FIRST:
                lines.append(f"[… {len(frames) - _FIRST - _LAST:,} frames left out …]")
            continue
        inside = f", in {frame.name}" if frame.name not in ("<module>", "<cell line: 1>") else ""
        lines.append(f"{_named(frame.filename, name_of)}, line {frame.lineno}{inside}")
        if frame.line:
            lines.append(f"    {middle_cut(frame.line, _LONGEST // 10)}")
    if isinstance(getattr(found, "filename", None), str):  # of a SyntaxError
        found.filename = _named(found.filename, name_of)
    lines.append(middle_cut("".join(found.format_exception_only()).rstrip("\n"), _LONGEST))
    for inner in (found.exceptions or ())[:_GROUPED]:
        lines += [f"  {line}" for line in "".join(inner.format_exception_only()).rstrip("\n").split("\n")]
    return lines


def _is_ipython(file: str) -> bool:
    return "IPython" in PurePath(file).parts


def _named(file: str, name_of: NameOf) -> str:
    """What a file is called: a cell by its number, a package's file without the folder that it is installed in."""
    name = name_of(file)
    if name != file:
        return name
    parts = PurePath(file).parts
    for folder in ("site-packages", "dist-packages"):
        if folder in parts:
            return "/".join(parts[parts.index(folder) + 1 :])
    return "/".join(parts[-2:])
