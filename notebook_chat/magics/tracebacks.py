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
    """What went wrong, and where, in a few lines. Nothing of it keeps the frames alive, and no value in them is asked
    anything: for what Python suggests in place of a missing attribute, it asks the object.

    Args:
        error: The exception.
        name_of: Gives what a file is called in which a frame is.
    """
    return plain("\n".join(_lines(error, name_of, _CHAINED)))


def _lines(error: BaseException, name_of: NameOf, chained: int) -> list[str]:
    if "_render_traceback_" in {**vars(type(error)), **vars(error)}:
        return [_said(error, name_of)]  # it says itself how it is shown, such as in one line
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    chain = (
        [*_lines(before, name_of, chained - 1), "which led to"] if before is not None and chained > 1 else []
    )
    lines = [*chain, *_frames(error, name_of), _said(error, name_of)]
    if isinstance(error, BaseExceptionGroup):
        inner = (line for one in error.exceptions[:_GROUPED] for line in _said(one, name_of).split("\n"))
        lines += [f"  {line}" for line in inner]
    return lines


def _frames(error: BaseException, name_of: NameOf) -> list[str]:
    """Where it was raised, and by which calls: the first ones and the last ones."""
    frames = [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not _is_ipython(frame.f_code.co_filename)
    ]
    left_out = max(len(frames) - _FIRST - _LAST, 0)
    lines: list[str] = []
    shown = [*frames[:_FIRST], *frames[_FIRST + left_out :]] if left_out else frames
    for place, frame in enumerate(traceback.StackSummary.extract(iter(shown))):
        if left_out and place == _FIRST:
            lines.append(f"[… {left_out:,} frames left out …]")
        inside = f", in {frame.name}" if frame.name not in ("<module>", "<cell line: 1>") else ""
        lines.append(f"{_named(frame.filename, name_of)}, line {frame.lineno}{inside}")
        if frame.line:
            lines.append(f"    {middle_cut(frame.line, _LONGEST // 10)}")
    return lines


def _said(error: BaseException, name_of: NameOf) -> str:
    """What an exception is and says; whatever it does when it is asked."""
    kind = type(error)
    name = (
        kind.__qualname__
        if kind.__module__ in ("builtins", "__main__")
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    try:
        if isinstance(error, SyntaxError):
            found = traceback.TracebackException(kind, error, None)
            found.filename = _named(found.filename or "", name_of)
            return middle_cut("".join(found.format_exception_only()).rstrip("\n"), _LONGEST)
        notes = [note for note in getattr(error, "__notes__", ()) if isinstance(note, str)]
        text = str(error)
    except Exception:
        return f"{name}: (it fails when it is asked what it says)"
    return middle_cut("\n".join([f"{name}: {text}" if text else name, *notes]), _LONGEST)


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
