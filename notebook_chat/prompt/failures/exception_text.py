"""What an exception says, whatever its own code does."""

from __future__ import annotations

import linecache
import types
from typing import Any

from ...text import replace_surrogates
from ..values.bounds import cut_end
from ..values.patience import FailedError, GaveUpError, within
from .frame_values import is_plain
from .tracebacks import Sources, excerpt_of

_SECONDS = 1.0
_MOST_NOTES = 5
_NOTE_TOKENS = 100
_LONGEST = 100_000  # characters that are looked at
_BUILT_IN = (types.WrapperDescriptorType, types.MethodDescriptorType)


def message_of(error: BaseException) -> str:
    """What an exception says. Where its own code does not end or fails, that is said in its place."""
    if (
        isinstance(error, SyntaxError)
        and type(error).__str__ is SyntaxError.__str__
        and type(error.msg) is str
    ):
        return error.msg
    try:
        if isinstance(type(error).__str__, _BUILT_IN) and all(map(is_plain, error.args)):
            return _clean(str(error))
        return _clean(within(_SECONDS, lambda: str(error)))
    except GaveUpError:
        return "(what it says cannot be had: its __str__ does not end)"
    except (FailedError, Exception):
        return "(what it says cannot be had: its __str__ fails)"


def said(error: BaseException, message: str) -> str:
    """What an exception is, and what it says, in one text.

    Args:
        error: The exception.
        message: What it says.
    """
    kind = type(error).__name__
    return f"{kind}: {message}" if message else kind


def notes_of(error: BaseException) -> list[str]:
    """The notes that were added to an exception."""
    notes: Any = getattr(error, "__notes__", None)
    if type(notes) is not list:
        return []
    texts = [note for note in notes if type(note) is str]
    told = [f"Note: {cut_end(_clean(note), _NOTE_TOKENS)}" for note in texts[:_MOST_NOTES]]
    more = len(texts) - _MOST_NOTES
    return [*told, f"(and {more:,} more notes)"] if more > 0 else told


def place_in_code(error: BaseException, sources: Sources) -> str:
    """Where code cannot be read as Python; empty for what is no such error."""
    if not isinstance(error, SyntaxError) or type(error.lineno) is not int:
        return ""
    name = error.filename if isinstance(error.filename, str) else ""
    source = sources(name)
    above = source.above if source is not None else 0
    where = source.name if source is not None else name or "the text"
    lines = [line.rstrip("\r\n") for line in linecache.getlines(name)] if source is not None or name else []
    if source is not None and above:
        lines = source.text.splitlines()
    line = error.lineno + above
    if not 0 < line <= len(lines):
        text = error.text if isinstance(error.text, str) else ""
        return f"In {where}, line {line}{_caret(text, error.offset)}"
    excerpt = excerpt_of(lines, line)
    return f"In {where}, line {line}, column {error.offset}:\n{excerpt}"


def _caret(text: str, offset: object) -> str:
    if not text.strip() or len(text) > 500:
        return ""
    text = text.rstrip("\n")
    mark = f"\n    {' ' * (offset - 1)}^" if isinstance(offset, int) and 0 < offset <= len(text) + 1 else ""
    return f":\n    {text}{mark}"


def _clean(text: str) -> str:
    return replace_surrogates(text[:_LONGEST]).strip()
