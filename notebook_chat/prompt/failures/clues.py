"""Facts about an exception that are found without running the user's code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from . import similar_names
from .frame_values import size_of, values_in
from .tracebacks import Frame

_MOST = 12  # facts
_MOST_FILES = 30
_MOST_LISTED = 2000  # entries of a folder that are looked at
_AROUND = 40  # characters or bytes around a place in a text
_QUOTED = re.compile(r"'([^'\n]{1,100})'|\"([^\"\n]{1,100})\"|`([^`\n]{1,100})`")
_MOST_QUOTED = 8
_OUTPUT = 800  # characters of what a command wrote


def clues(error: BaseException, message: str, frame: Frame | None, lines: list[str]) -> list[str]:
    """Facts that help to see why something failed: names that are alike, files that are there, sizes, places in texts.

    Args:
        error: The exception.
        message: What it says.
        frame: The user's innermost frame.
        lines: The lines of its code.
    """
    found: list[str] = []
    for search in (_names, _places, _files, _output, _keys, _sizes):
        try:
            found += search(error, message, frame, lines)
        except Exception:  # an attribute that is not what it is elsewhere: a fact less
            continue
    return list(dict.fromkeys(found))[:_MOST]


def _names(error: Any, message: str, frame: Frame | None, lines: list[str]) -> Iterator[str]:
    if isinstance(error, NameError):
        yield from similar_names.of_name(error, frame)
    elif isinstance(error, AttributeError):
        yield from similar_names.of_attribute(error)
    elif isinstance(error, ImportError):
        yield from similar_names.of_import(error)


def _keys(error: Any, message: str, frame: Frame | None, lines: list[str]) -> Iterator[str]:
    """For whatever names a key or a column: a ``KeyError``, and what libraries have in its place."""
    if isinstance(error, NameError | AttributeError | ImportError | SyntaxError | OSError):
        return
    wanted = [next(filter(None, found)) for found in _QUOTED.findall(message[:4000])[:_MOST_QUOTED]]
    if isinstance(error, KeyError) and error.args and type(error.args[0]) is str:
        wanted = [error.args[0][:100], *wanted]
    yield from similar_names.of_key(list(dict.fromkeys(wanted)), frame, lines)
    if isinstance(error, KeyError) and frame is not None:
        for named in values_in(frame, lines):
            if named.near and (keys := similar_names.keys_of(named.value)):
                yield f"{named.name} is a dict: {keys}"


def _sizes(error: Any, message: str, frame: Frame | None, lines: list[str]) -> Iterator[str]:
    if frame is None or not isinstance(
        error, IndexError | ValueError | TypeError | RuntimeError | ArithmeticError
    ):
        return
    sizes = [
        f"{named.name}: {size}"
        for named in values_in(frame, lines)
        if named.near and type(named.value) is not dict and (size := size_of(named.value))
    ]
    if sizes:
        yield f"Sizes: {'; '.join(sizes[:_MOST])}."


def _places(error: Any, message: str, frame: Frame | None, lines: list[str]) -> Iterator[str]:
    """Where in a text or in bytes something could not be read."""
    if isinstance(error, UnicodeDecodeError | UnicodeEncodeError):
        start = max(error.start - _AROUND, 0)
        around = error.object[start : error.end + _AROUND]
        yield f"Around position {error.start} of {len(error.object):,}: {around!r}."
        return
    text, place = getattr(error, "doc", None), getattr(error, "pos", None)
    if type(text) is not str:
        text = getattr(error, "pattern", None)
    if type(text) is str and type(place) is int:
        before, after = text[max(place - _AROUND, 0) : place], text[place : place + _AROUND]
        yield f"Position {place} of {len(text):,} characters: {before!r}, then {after!r}."


def _files(error: Any, message: str, frame: Frame | None, lines: list[str]) -> Iterator[str]:
    """What is in the folder of a file that is not there: names only."""
    if not isinstance(error, FileNotFoundError):
        return
    name = error.filename
    if not isinstance(name, str) or not name or "://" in name:
        return
    path = Path(name).expanduser()
    folder = path.parent
    if not folder.is_dir():
        there = next((one for one in folder.parents if one.is_dir()), Path())
        yield f"There is no folder {str(folder)!r}."
        folder, name = there, folder.relative_to(there).parts[0] if folder != there else ""
    else:
        name = path.name
    if not path.is_absolute():
        yield f"The working directory is {str(Path.cwd())!r}."
    names = sorted(
        entry.name for entry in islice(folder.iterdir(), _MOST_LISTED) if not entry.name.startswith(".")
    )
    if near := similar_names.similar(name, names):
        yield f"Names like {name!r} in {str(folder)!r}: {', '.join(map(repr, near))}."
    shown = ", ".join(map(repr, names[:_MOST_FILES])) or "nothing"
    more = f" and {len(names) - _MOST_FILES:,} more" if len(names) > _MOST_FILES else ""
    yield f"In the folder {str(folder)!r} there is: {shown}{more}."


def _output(error: Any, message: str, frame: Frame | None, lines: list[str]) -> Iterator[str]:
    """What a command wrote that failed."""
    from subprocess import SubprocessError

    if not isinstance(error, SubprocessError):
        return
    for name in ("stderr", "stdout"):
        written = getattr(error, name, None)
        if isinstance(written, bytes):
            written = written[-4 * _OUTPUT :].decode("utf-8", "replace")
        if isinstance(written, str) and written.strip():
            yield f"Its {name} ended with: {written.strip()[-_OUTPUT:]}"
