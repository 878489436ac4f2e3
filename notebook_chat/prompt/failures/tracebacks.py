"""The way of an exception through the user's code, and through libraries."""

from __future__ import annotations

import linecache
import sysconfig
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePath
from types import CodeType, FrameType, TracebackType
from typing import Any

_OUTERMOST = 30  # frames that are kept of a traceback's beginning
_INNERMOST = 200  # and of its end
_MACHINERY = frozenset({"IPython", "ipykernel", "notebook_chat", "ipywidgets", "tornado", "asyncio"})
_LONGEST_LINE = 240
_REPEATS = 2  # how often the same line is shown of a function that calls itself


@dataclass(frozen=True, slots=True)
class Source:
    """Where code stands that a traceback names by the name of a file.

    Attributes:
        name: What the reader calls it, such as ``In[7]``.
        text: What stands in the cell, as it was typed.
        above: How many lines of it stand above what was compiled under that name: one for the cell of a magic such as
            ``%%time``, which compiles what is beneath it.
    """

    name: str
    text: str = ""
    above: int = 0


Sources = Callable[[str], Source | None]
"""Gives the cell for the name of a file under which it was compiled; ``None`` for what is no cell."""


def no_cells(filename: str) -> Source | None:
    """The cells where nothing is known of any: in a terminal they have a number, in a kernel none."""
    begun = filename.removeprefix("<ipython-input-")
    if begun != filename:
        return Source(f"In[{begun.partition('-')[0]}]")
    return Source("a cell") if "ipykernel_" in filename else None


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a traceback.

    Attributes:
        scope: Python's own frame, which has the variables.
        at: The line of its code that it was in when the exception passed.
        line: That line, in the text that the reader sees.
        place: What the reader calls the place of its code: ``In[7]``, a file's path, a library's module.
        cell: Whether its code is in a cell.
        folded: How many more frames of the same line there are.
    """

    scope: FrameType
    at: int
    line: int
    place: str
    cell: bool = False
    folded: int = 0

    @property
    def code(self) -> CodeType:
        """The code that ran."""
        return self.scope.f_code

    @property
    def function(self) -> str:
        """What the reader calls the code; empty for that of a cell or a module."""
        return "" if self.code.co_name == "<module>" else self.code.co_name

    @property
    def told(self) -> str:
        """It in a line."""
        inside = f", in {self.function}" if self.function else ""
        return f"{self.place}, line {self.line}{inside}"


@dataclass(frozen=True, slots=True)
class Trace:
    """The frames of a traceback that matter.

    Attributes:
        own: Those of the user's code, innermost first.
        library: Those of libraries beneath the innermost of the user's, innermost first.
        cells: The names of the files of the cells that it passes, outermost first.
        left_out: How many frames it has that were not looked at.
        length: How many frames it has.
    """

    own: tuple[Frame, ...] = ()
    library: tuple[Frame, ...] = ()
    cells: tuple[str, ...] = ()
    left_out: int = 0
    length: int = 0


def trace_of(traceback: TracebackType | None, sources: Sources = no_cells) -> Trace:
    """The frames of a traceback that matter: the same line of a function that calls itself is there once or twice,
    however deep that went.

    Args:
        traceback: An exception's traceback.
        sources: Gives the cells.
    """
    kept, total = _bounded(traceback)
    own: list[Frame] = []
    library: list[Frame] = []
    seen: Counter[tuple[CodeType, int]] = Counter()
    for scope, line in reversed(kept):
        seen[scope.f_code, line] += 1
        if seen[scope.f_code, line] > _REPEATS:
            continue
        if is_own(scope, sources):
            own.append(_own(scope, line, sources))
        elif not own and _package(scope) not in _MACHINERY:
            library.append(Frame(scope, line, line, _module(scope)))
    folded = {key: count - _REPEATS for key, count in seen.items() if count > _REPEATS}
    own = [_with_folded(frame, folded) for frame in own]
    files = dict.fromkeys(scope.f_code.co_filename for scope, _ in kept)
    cells = tuple(name for name in files if sources(name) is not None)
    return Trace(tuple(own), tuple(library), cells, total - len(kept), total)


def lines_of(frame: Frame, sources: Sources = no_cells) -> list[str]:
    """The lines of the file or the cell in which a frame's code stands, as it was compiled; none where they are not
    known.

    Args:
        frame: The frame.
        sources: Gives the cells.
    """
    name = frame.code.co_filename
    source = sources(name)
    if source is not None and source.above:
        return source.text.splitlines()
    if name.startswith("<") and name not in linecache.cache:
        return []
    try:
        return [line.rstrip("\r\n") for line in linecache.getlines(name)]
    except Exception:  # whatever is in that cache
        return []


def excerpt_of(lines: list[str], line: int, before: int = 3, after: int = 2) -> str:
    """Some lines of code around one, numbered, with an arrow at that one."""
    first, last = max(1, line - before), min(len(lines), line + after)
    shown = (
        f"{'→' if number == line else ' '} {number:>4} | {_cut(lines[number - 1])}"
        for number in range(first, last + 1)
    )
    return "\n".join(shown)


def is_own(scope: FrameType, sources: Sources = no_cells) -> bool:
    """Whether the code of a frame is the user's: a cell, a file of theirs, what ``exec`` ran for them."""
    name = scope.f_code.co_filename
    if sources(name) is not None:
        return True
    if _package(scope) in _MACHINERY:
        return False
    if name.startswith("<"):
        return _package(scope) == "__main__"
    module = dict.get(
        scope.f_globals, "__file__"
    )  # compiled code names its source as it was where it was built
    return not _in_library(name) and not (isinstance(module, str) and _in_library(module))


def _in_library(path: str) -> bool:
    parts = PurePath(path).parts
    if "site-packages" in parts or "dist-packages" in parts:
        return True
    return path.startswith(_libraries())


def _bounded(traceback: TracebackType | None) -> tuple[list[tuple[FrameType, int]], int]:
    """The first and the last frames of a traceback, and how many it has."""
    first: list[tuple[FrameType, int]] = []
    last: deque[tuple[FrameType, int]] = deque(maxlen=_INNERMOST)
    total = 0
    while traceback is not None:
        total += 1
        (first if len(first) < _OUTERMOST else last).append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    return [*first, *last], total


def _own(scope: FrameType, line: int, sources: Sources) -> Frame:
    name = scope.f_code.co_filename
    source = sources(name)
    if source is None:
        return Frame(scope, line, line, _path(name))
    return Frame(scope, line, line + source.above, source.name, cell=True)


def _path(name: str) -> str:
    """A file's path as far as it tells which file it is: where the user's folders are is nobody's business."""
    path = PurePath(name)
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(PurePath(*path.parts[-2:])) if len(path.parts) > 2 else name


def _with_folded(frame: Frame, folded: dict[tuple[CodeType, int], int]) -> Frame:
    count = folded.pop((frame.code, frame.at), 0)
    return replace(frame, folded=count) if count else frame


def _module(scope: FrameType) -> str:
    name = dict.get(scope.f_globals, "__name__")
    return name if isinstance(name, str) else scope.f_code.co_filename


def _package(scope: FrameType) -> str:
    return _module(scope).partition(".")[0]


def packages_in(error: BaseException, sources: Sources = no_cells) -> Iterator[str]:
    """The packages whose code an exception has come through, innermost first."""
    kept, _ = _bounded(error.__traceback__)
    for scope, _ in reversed(kept):
        if not is_own(scope, sources) and _package(scope) not in _MACHINERY:
            yield _package(scope)


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"


@cache
def _libraries() -> tuple[str, ...]:
    paths: dict[str, Any] = sysconfig.get_paths()
    return tuple(
        {str(paths[key]) for key in ("stdlib", "platstdlib", "purelib", "platlib") if paths.get(key)}
    )
