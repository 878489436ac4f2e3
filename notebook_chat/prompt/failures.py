"""Exceptions: what they say, what caused them, and where they came from, with what the variables held there."""

from __future__ import annotations

import inspect
import linecache
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any

from ..text import single_line
from .bounds import counted, lines_within
from .classes import is_a, type_name
from .description import Description
from .patience import said_by
from .short_repr import cut, short_repr

_CHAIN = 5
_FRAMES = 50
_VARIABLES = 12
_AROUND = 2  # lines of source before the one that failed
_LIBRARIES = tuple(
    path
    for name in ("stdlib", "platstdlib", "purelib", "platlib")
    if (path := sysconfig.get_paths().get(name))
)
_OURS = str(Path(__file__).parents[1])


@dataclass(frozen=True, slots=True)
class Frame:
    """A place that an exception came through.

    Attributes:
        code: What ran there.
        line: The line, counted from 1.
        variables: The local variables, as they are now.
        own: Whether it is code of the user, and not of a library.
    """

    code: CodeType
    line: int
    variables: dict[str, Any]
    own: bool

    @property
    def place(self) -> str:
        """Where it is, in a few words."""
        name = self.code.co_qualname.rpartition("<locals>.")[2]
        file = _file(self.code.co_filename)
        return f"{file}, line {self.line}" + (f", in {name}" if name != "<module>" else "")


def frames_of(error: BaseException) -> list[Frame]:
    """The places that an exception came through, the innermost first, without those that a notebook adds."""
    found = []
    at: TracebackType | None = BaseException.__dict__["__traceback__"].__get__(error)
    while at is not None:
        found.append(_frame(at.tb_frame, at.tb_lineno))
        at = at.tb_next
    return found[-_FRAMES:][::-1]


def _frame(frame: FrameType, line: int) -> Frame:
    return Frame(frame.f_code, line, frame.f_locals, is_own(frame.f_code.co_filename))


def is_own(filename: str) -> bool:
    """Whether a file is the user's: a cell or a module of theirs, and no library."""
    if filename.startswith(("<frozen", "<__array_function__", "<attrs generated", "<string>")):
        return False
    # The cells of a kernel may lie in a temporary folder beneath any of them.
    return "ipykernel_" in filename or not filename.startswith((*_LIBRARIES, _OURS))


def _file(filename: str) -> str:
    if "ipykernel_" in filename or filename.startswith("<ipython-input"):
        return "a cell"
    return single_line(filename if filename.startswith("<") else Path(filename).name)


def describe_exception(value: BaseException, tokens: int) -> Description:
    """An exception: its words and notes, its causes, and the user's frames, the innermost first."""
    lines = [f"The exception {line}" for line in _said(value)[:1]] + _said(value)[1:]
    for how, cause in _causes(value):
        lines.append(cut(f"{how} {_words(cause)}", 400))
    frames = frames_of(value)
    own = [frame for frame in frames if frame.own]
    if frames and not frames[0].own:
        lines.append(f"It was raised in {frames[0].place}.")
    text = lines_within([*lines, *_lines(own or frames[:1])], tokens)
    return Description(text, type_name(type(value)))


def describe_traceback(value: TracebackType, tokens: int) -> Description:
    """A traceback: its frames, the innermost first."""
    found = []
    at: TracebackType | None = value
    while at is not None:
        found.append(_frame(at.tb_frame, at.tb_lineno))
        at = at.tb_next
    frames = found[::-1]
    own = [frame for frame in frames if frame.own] or frames
    first = f"A traceback of {counted(len(frames), 'frame')}:"
    return Description(lines_within([first, *_lines(own[:_FRAMES])], tokens), counted(len(frames), "frame"))


def _said(error: BaseException) -> list[str]:
    lines = [cut(_words(error), 600)]
    notes = getattr(error, "__notes__", ())
    if type(notes) is list:
        lines += [cut(single_line(note), 300) for note in notes[:5] if type(note) is str]
    if is_a(error, BaseExceptionGroup):
        inner = BaseExceptionGroup.exceptions.__get__(error)
        lines += [f"  of it: {cut(_words(one), 300)}" for one in inner[:5]]
    return lines


def _words(error: BaseException) -> str:
    return said_by(error)


def _causes(error: BaseException) -> Iterator[tuple[str, BaseException]]:
    seen = {id(error)}
    for _ in range(_CHAIN):
        cause = BaseException.__dict__["__cause__"].__get__(error)
        how = "It was caused by"
        if cause is None and not BaseException.__dict__["__suppress_context__"].__get__(error):
            cause, how = BaseException.__dict__["__context__"].__get__(error), "It came while handling"
        if cause is None or id(cause) in seen:
            return
        seen.add(id(cause))
        yield how, cause
        error = cause


def _lines(frames: list[Frame]) -> Iterator[str]:
    """The frames in lines: the place, the source around the line, the variables that stand in it first."""
    for frame in frames:
        yield f"In {frame.place}:"
        source = linecache.getlines(frame.code.co_filename)
        first = max(frame.code.co_firstlineno, frame.line - _AROUND, 1)
        for number in range(first, min(frame.line, len(source)) + 1):
            yield cut(f"{'>' if number == frame.line else ' '} {source[number - 1].rstrip()}", 200)
        line = source[frame.line - 1] if 0 < frame.line <= len(source) else ""
        for name, value in list(_variables(frame, line))[:_VARIABLES]:
            yield f"  {name} = {short_repr(value, 100)}"


def _variables(frame: Frame, line: str) -> list[tuple[str, Any]]:
    """The variables of a frame that say something. Those of a notebook's or a module's top level are many: only
    those count that stand in the line."""
    top = frame.code.co_name == "<module>" or "__builtins__" in frame.variables
    names = set(_names_in(line))
    found = [
        (name, value)
        for name, value in frame.variables.items()
        if not name.startswith("__") and not inspect.ismodule(value) and (name in names or not top)
    ]
    return sorted(found, key=lambda pair: pair[0] not in names)


def _names_in(line: str) -> Iterator[str]:
    word = ""
    for character in f"{line} ":
        if character.isalnum() or character == "_":
            word += character
        elif word:
            yield word
            word = ""
