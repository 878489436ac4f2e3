"""Exceptions as a model can read them: what they say, the frames that matter with their values, facts beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType, TracebackType

from ...secrets import redact
from ..extra import Extra
from ..values.bounds import counted, cut_end, cut_middle, tokens_of
from ..values.description import DEFAULT_TOKENS, Description
from .clues import clues
from .exception_text import message_of, notes_of, place_in_code, said
from .frame_values import values_in
from .told_values import ToldValues
from .tracebacks import Frame, Sources, Trace, excerpt_of, lines_of, no_cells, trace_of

FAILURE_TOKENS = 2000
"""How long the text of an exception may be, with the values of its frames."""

_MESSAGE = 0.25  # of the tokens, at most
_CLUES = 0.2
_REASONS = 0.35  # for the exceptions before it, or within it
_MOST_FRAMES = 6
_MOST_LIBRARY = 3
_MOST_REASONS = 4
_MOST_WITHIN = 4  # exceptions of a group
_DEEPEST = 3
_LEAST_TOKENS = 60


@dataclass(frozen=True, slots=True)
class Report:
    """An exception as a model can read it.

    Attributes:
        text: What the model is told.
        label: The exception's kind.
        values: The values that the text holds, as a reader is told of them.
        cells: The names of the files of the cells that the exception has come through, outermost first.
    """

    text: str
    label: str
    values: tuple[Extra, ...] = ()
    cells: tuple[str, ...] = ()


def describe_failure(error: BaseException, tokens: int = DEFAULT_TOKENS) -> Description:
    """An exception as a model can read it.

    Args:
        error: The exception.
        tokens: How long the text may be.
    """
    found = report(error, tokens=tokens)
    return Description(found.text, found.label)


def describe_traceback(traceback: TracebackType, tokens: int = DEFAULT_TOKENS) -> Description:
    """A traceback as a model can read it: its frames that matter, with their values.

    Args:
        traceback: The traceback.
        tokens: How long the text may be.
    """
    trace = trace_of(traceback)
    label = counted(trace.length, "frame")
    head = f"A traceback of {label}:"
    writer = _Writer(no_cells, ToldValues(tokens - tokens_of(head)), words_only=False)
    return Description(cut_end("\n\n".join((head, *writer.frames(trace))), tokens), label)


def report(
    error: BaseException,
    *,
    tokens: int = FAILURE_TOKENS,
    sources: Sources = no_cells,
    words_only: bool = False,
) -> Report:
    """An exception as a model can read it.

    Args:
        error: The exception.
        tokens: How long the text may be.
        sources: Gives the cells by the names under which they were compiled.
        words_only: Whether to leave out values and facts, so that no value is asked for anything.
    """
    values = ToldValues(0)
    writer = _Writer(sources, values, words_only)
    text = writer.told(error, tokens, depth=0)
    return Report(
        cut_end(text, tokens), type(error).__name__, tuple(values.extras), tuple(dict.fromkeys(writer.cells))
    )


class _Writer:
    """Writes exceptions down that hang together: no value and no exception twice."""

    def __init__(self, sources: Sources, values: ToldValues, words_only: bool) -> None:
        self._words_only = words_only
        self.cells: list[str] = []
        self._sources = sources
        self._values = values
        self._seen: set[int] = set()
        self._shown_code: set[CodeType] = set()

    def told(self, error: BaseException, tokens: int, depth: int) -> str:
        """An exception, with those that led to it and those within it."""
        self._seen.add(id(error))
        trace = trace_of(error.__traceback__, self._sources)
        self.cells += trace.cells
        further = list(self._further(error)) if depth < _DEEPEST else []
        own = int(tokens * (1 - _REASONS)) if further else tokens
        text = self._own(error, trace, own)
        left = tokens - tokens_of(text)
        parts = [text]
        for place, (how, one) in enumerate(further):
            share = left // (len(further) - place)
            if share < _LEAST_TOKENS:
                parts.append(f"{how} {type(one).__name__}")
                continue
            told = f"{how}\n\n{self.told(one, share - tokens_of(how) - 2, depth + 1)}"
            left -= tokens_of(told)
            parts.append(told)
        return "\n\n".join(parts)

    def _further(self, error: BaseException) -> Iterator[tuple[str, BaseException]]:
        """The exceptions that led to one, and those within it, with the words that go before each."""
        if isinstance(error, BaseExceptionGroup):
            count = len(error.exceptions)
            for number, one in enumerate(error.exceptions[:_MOST_WITHIN], start=1):
                if id(one) not in self._seen:
                    yield f"Exception {number} of {count} in this group:", one
        before, how = error.__cause__, "It was raised from this one, its cause:"
        if before is None and not error.__suppress_context__:
            before, how = error.__context__, "It was raised while this one was handled:"
        if before is None or id(before) in self._seen or len(self._seen) > _MOST_REASONS:
            return
        if trace_of(before.__traceback__, self._sources).own or type(before) is not type(error):
            yield how, before  # else it is a library's, which says the same

    def _own(self, error: BaseException, trace: Trace, tokens: int) -> str:
        """What one exception says, its frames, and facts beside it."""
        message = message_of(error)
        parts = [cut_middle(redact(said(error, message)), int(tokens * _MESSAGE)), *notes_of(error)]
        if place := place_in_code(error, self._sources):
            parts.append(place)
        inner = trace.own[0] if trace.own else None
        lines = lines_of(inner, self._sources) if inner is not None else []
        found = [] if self._words_only else clues(error, message, inner, lines)
        facts = "\n".join(f"- {redact(fact)}" for fact in found)
        facts = cut_end(facts, int(tokens * _CLUES)) if facts else ""
        self._values.tokens = tokens - tokens_of("\n".join(parts)) - tokens_of(facts)
        parts += self.frames(trace)
        if facts:
            parts.append(f"Facts:\n{facts}")
        return "\n\n".join(parts)

    def frames(self, trace: Trace) -> Iterator[str]:
        """The frames of the user's, innermost first, and beneath the first one those of libraries by their names."""
        if trace.library and not trace.own:
            yield f"It was raised in libraries: {_chain(trace.library)}"
        self._shown_code |= {frame.code for frame in trace.own}
        shown = trace.own[:_MOST_FRAMES]
        if len(trace.own) > _MOST_FRAMES:  # the cell is the last one
            shown = (*trace.own[: _MOST_FRAMES - 1], trace.own[-1])
        for place, frame in enumerate(shown):
            if place == len(shown) - 1 and (out := len(trace.own) - len(shown) + trace.left_out):
                yield f"({out:,} more frames)"
            yield self._frame(frame, innermost=place == 0)
            if place == 0 and trace.library:
                yield f"It called libraries, the last of which raised the exception: {_chain(trace.library)}"

    def _frame(self, frame: Frame, innermost: bool) -> str:
        """A frame of the user's: its lines, and the values that they name."""
        lines = lines_of(frame, self._sources)
        more = f" (and {frame.folded:,} more times at this line)" if frame.folded else ""
        head = f"{'It failed in' if innermost else 'which was called in'} {frame.told}{more}"
        excerpt = cut_end(excerpt_of(lines, frame.line), max(self._values.tokens // 2, 1))
        self._values.tokens -= tokens_of(head) + tokens_of(excerpt)
        found = [named for named in values_in(frame, lines) if not self._is_shown(named.value)]
        values = [] if self._words_only else self._values.lines(found)
        told = "\n".join((f"{head}{':' if excerpt else ''}", *filter(None, [excerpt])))
        return "\n".join((told, *(["Values there:", *values] if values else [])))

    def _is_shown(self, value: object) -> bool:
        """Whether a value is an exception that is told itself, or a function whose code is."""
        return id(value) in self._seen or (
            isinstance(value, FunctionType) and value.__code__ in self._shown_code
        )


def _chain(frames: tuple[Frame, ...]) -> str:
    """Frames of libraries in a line, outermost first: by name and line, the last one raised it."""
    shown = [frames[-1].told] if len(frames) > _MOST_LIBRARY else []
    out = len(frames) - _MOST_LIBRARY
    shown += [f"({out:,} more)"] if out > 1 else [frame.told for frame in frames[_MOST_LIBRARY:-1][::-1]]
    shown += [frame.told for frame in reversed(frames[:_MOST_LIBRARY])]
    return "; ".join(shown)
