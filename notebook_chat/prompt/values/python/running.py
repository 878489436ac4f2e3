"""What is only there once: generators, coroutines and other iterators. Nothing is taken from them."""

from __future__ import annotations

from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType
from typing import Any

from ..bounds import counted, lines_within
from ..classes import type_name
from ..description import Description
from .objects import a
from .sources import source_of_code


def describe_generator(value: Any, tokens: int) -> Description:
    """A generator, a coroutine or an asynchronous generator: where it is, and its source."""
    what, code, frame, running = _of(value)
    state = "running" if running else "at its end" if frame is None else _progress(frame, code)
    name = code.co_qualname.rpartition("<locals>.")[2]
    first = f"{a(what)}, made by {name}; it is {state}. Nothing was taken from it."
    source = source_of_code(code)
    lines = [first, *(["Its source:", *source.splitlines()] if source else [])]
    return Description(lines_within(lines, tokens), f"{what}, {state}")


def _of(value: Any) -> tuple[str, CodeType, FrameType | None, bool]:
    if type(value) is GeneratorType:
        return "generator", value.gi_code, value.gi_frame, value.gi_running
    if type(value) is CoroutineType:
        return "coroutine", value.cr_code, value.cr_frame, value.cr_running
    assert type(value) is AsyncGeneratorType
    return "asynchronous generator", value.ag_code, value.ag_frame, value.ag_running


def _progress(frame: FrameType, code: CodeType) -> str:
    if frame.f_lasti < 0 or frame.f_lineno in (None, code.co_firstlineno):
        return "not started yet"
    return f"suspended in line {frame.f_lineno - code.co_firstlineno + 1}"


def describe_iterator(value: Any, tokens: int) -> Description:
    """An iterator: what it is, and how much is left where it knows."""
    left = ""
    if hasattr(type(value), "__length_hint__"):
        try:
            left = f", with {counted(value.__length_hint__(), 'item')} left"
        except Exception:
            left = ""
    name = type_name(type(value))
    return Description(f"{a(name)}, an iterator{left}. Nothing was taken from it.", name)
