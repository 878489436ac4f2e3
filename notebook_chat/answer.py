"""The one place where the events of an answer become the answer.

``AnswerFold`` takes events as they come, and gives an ``AnswerSnapshot`` of what there is at any moment, from any
thread. The provider's result, the run, the renderers, the panel, the store and the exports read that snapshot;
nobody else adds pieces up.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterable, Sequence
from functools import cached_property
from importlib import import_module
from itertools import count, groupby
from typing import Any, TypeGuard

import msgspec

from .disguises import RUN
from .errors import ChatError, DataError
from .events import (
    AnotherRequest,
    Event,
    Finish,
    ModelName,
    Notice,
    ReasoningDelta,
    Remark,
    TextBlock,
    TextDelta,
    TextIsReasoning,
    ToolCall,
    Usage,
)
from .images import honest
from .messages import Message, Part, ReasoningPart, SourcePart, TextPart, ToolCallPart, ToolResultPart
from .parts import HERE, AudioPart, ImagePart, MediaPart, sources_of
from .secrets import redact
from .text import single_line

_TOGETHER = 4096
"""How many pieces are joined into one once they are there: a small one takes ten times as much memory as it is long."""

_PART = 200
"""What a part weighs besides what is in it, in characters, where there are more of them than usual."""

_USUAL_PARTS = 100

_MOST_REMARKS = 8

_LONGEST_NAME = 1000
_LONGEST_WAIT = 1e6  # seconds that a provider is believed
"""How much is kept of what only names something: a model, a tool, a reason. In characters."""


class _Growing:
    """A part that pieces are still added to. Its snapshots share the list of pieces, which only grows, and know
    how many of them are theirs, so neither a piece nor a snapshot costs more as the answer gets longer.

    When many pieces have come, a new list takes the old one's place, in which they are one; earlier snapshots keep
    theirs."""

    __slots__ = ("id", "joined", "kind", "name", "pieces")

    def __init__(self, kind: type[TextPart | ReasoningPart] | None) -> None:
        self.kind = kind  # None for a tool call, which has an id and a name besides
        self.id = self.name = ""
        self.pieces: list[str] = []
        self.joined = 0  # how many of them are joined ones

    def part(self, text: str) -> Part:
        if self.kind is None:
            return ToolCallPart(self.id, self.name, text)
        return self.kind(text)

    def join(self) -> None:
        """Makes one piece of those that are not joined yet, if they are many."""
        pieces, joined = self.pieces, self.joined
        if len(pieces) - joined >= _TOGETHER:
            self.pieces = [*pieces[:joined], "".join(pieces[joined:])]
            self.joined += 1


def _after(pieces: Sequence[str], had: Sequence[str]) -> str:
    """What pieces have that begin with the same text as others, behind that text."""
    skipped = sum(map(len, had))
    for place, piece in enumerate(pieces):
        if skipped < len(piece):
            return piece[skipped:] + "".join(pieces[place + 1 :])
        skipped -= len(piece)
    return ""


_WHOLE: list[str] = [""]
"""In the place of the pieces of a part that comes whole."""


class _Telling:
    """The parts in the order they came. Another telling takes its place where this one has turned out to be wrong."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[_Growing | Part]) -> None:
        self.parts = parts


class AnswerSnapshot:
    """An answer as it was at one moment. It does not change; what it holds is made when it is first read.

    Attributes:
        usage: The tokens used, where the service has told.
        last_usage: Those of the last answer alone, where tools were run before it.
        requests: How many requests the last answer took: more than one where the service was asked on or once more.
        finish_reason: Why the answer ended: ``stop``, ``length``, ``tool_calls``, ``content_filter`` or a word
            of the service's own; ``None`` while it comes, or when it was cut off.
        model: The model that answers, as the service names it; until it has, as the caller did.
        notice: What was told last of what goes on beside the answer, such as a retry that waits.
        remarks: What the reader should know of how the answer was asked for.
        size: How many characters of text, reasoning and arguments there are, and one for each whole part: it
            grows whenever there is more to show.
    """

    def __init__(
        self,
        telling: _Telling,
        *,
        size: int,
        model: str,
        usage: Usage | None,
        finish_reason: str | None,
        notice: Notice | None,
        remarks: tuple[Remark, ...] = (),
        last_usage: Usage | None = None,
        requests: int = 1,
    ) -> None:
        self._telling = telling
        self._parts = tuple(telling.parts)
        self._pieces = tuple(part.pieces if isinstance(part, _Growing) else _WHOLE for part in self._parts)
        self._counts = tuple(map(len, self._pieces))
        self.size = size
        self.model = model
        self.usage = usage
        self.last_usage = last_usage
        self.requests = requests
        self.finish_reason = finish_reason
        self.notice = notice
        self.remarks = remarks

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts in the order they came, neighboring pieces of one kind joined."""
        return tuple(self._new(place) for place in range(len(self._parts)))

    @cached_property
    def text(self) -> str:
        """The text, without the reasoning and all other parts."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    @cached_property
    def final_text(self) -> str:
        """The text behind the last result of a tool; all of it where no tool was run."""
        parts = self.parts
        results = [place for place, part in enumerate(parts) if isinstance(part, ToolResultPart)]
        if not results:
            return self.text
        last = "".join(part.text for part in parts[results[-1] + 1 :] if isinstance(part, TextPart))
        return last.removeprefix("\n\n")

    @cached_property
    def reasoning(self) -> str:
        """The model's reasoning, which is no part of the text."""
        return "".join(part.text for part in self.parts if isinstance(part, ReasoningPart))

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        """The tool calls, their pieces joined."""
        return tuple(part for part in self.parts if isinstance(part, ToolCallPart))

    @property
    def unanswered(self) -> tuple[ToolCallPart, ...]:
        """The tool calls that have no result: those that are on their way, or were never run."""
        answered = {part.id for part in self.parts if isinstance(part, ToolResultPart)}
        return tuple(call for call in self.tool_calls if call.id not in answered)

    @property
    def sources(self) -> tuple[SourcePart, ...]:
        """Where the answer comes from, as far as the service has told, each source once."""
        return sources_of(self.parts)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The answer as the messages of an exchange: each tool result is a message of its own, what stands
        between them are the model's. Results stand in the order of their calls. None where nothing has come."""
        messages: list[Message] = []
        calls: list[str] = []
        for is_result, group in groupby(self.parts, lambda part: isinstance(part, ToolResultPart)):
            parts = list(group)
            if not is_result:
                messages.append(_assistant(parts))
                calls = [part.id for part in parts if isinstance(part, ToolCallPart)]
                continue
            results = [part for part in parts if isinstance(part, ToolResultPart)]
            results.sort(key=lambda part: calls.index(part.id) if part.id in calls else len(calls))
            messages += [Message("tool", (part,)) for part in results]
        return tuple(messages)

    def continues(self, earlier: AnswerSnapshot | None) -> bool:
        """Whether this is the same answer as ``earlier``, later on, and has only more than that: not the answer of a
        question that was asked once more, and not one whose text has turned out to be reasoning."""
        return earlier is not None and earlier._telling is self._telling

    def since(self, earlier: AnswerSnapshot | None) -> tuple[Part, ...]:
        """What has come after an earlier snapshot.

        Args:
            earlier: A snapshot of the same answer; with ``None``, or one of another answer, all parts are new.

        Returns:
            The parts that are new; of one that has grown, a part with what was added to it.
        """
        if earlier is None or not self.continues(earlier):
            return self.parts
        last = len(earlier._parts) - 1
        new: list[Part] = []
        for place in range(max(last, 0), len(self._parts)):
            same = place == last and self._pieces[place] is earlier._pieces[place]
            if not same or self._counts[place] > earlier._counts[place]:
                new.append(self._new(place, earlier if place == last else None))
        return tuple(new)

    def _new(self, place: int, earlier: AnswerSnapshot | None = None) -> Part:
        """A part, or what it has more than an earlier snapshot has of it."""
        part, pieces, count = self._parts[place], self._pieces[place], self._counts[place]
        if not isinstance(part, _Growing):
            return part
        if earlier is None:
            return part.part("".join(pieces[:count]))
        start = earlier._counts[place]
        if pieces is earlier._pieces[place]:
            return part.part("".join(pieces[start:count]))
        return part.part(_after(pieces[:count], earlier._pieces[place][:start]))

    def __repr__(self) -> str:
        return f"<AnswerSnapshot of {self.model or '?'}, {self.size} characters>"


class AnswerFold:
    """Folds the events of one answer. Events are added by one thread; snapshots may be taken by any.

    Args:
        model: The model's name, until the service tells how it calls it.

    Attributes:
        waited: How many seconds were waiting for a turn at the service.
    """

    def __init__(self, model: str = "") -> None:
        self.waited = 0.0
        self._telling = _Telling([])
        self._open: _Growing | None = None  # the text or reasoning at the end, which the next piece may join
        self._calls: dict[int, _Growing] = {}
        self._size = 0
        self._beside = 0
        self._untexted = 0  # how much of the size is no text
        self._block = 0  # how much text there was before the block of it that comes
        self._first = 0  # where the parts of the answer begin that comes, behind those of earlier rounds
        self._apart = False  # whether the next text stands apart from that of the round before
        self._spent: Usage | None = None  # in earlier rounds
        self._earlier: Usage | None = None  # in earlier requests for the answer that comes
        self._requests = 1  # for the answer that comes
        # What is no text is refused in words, where it is asked for.
        self._model = model[:_LONGEST_NAME] if isinstance(model, str) else ""
        self._usage: Usage | None = None
        self._finish_reason: str | None = None
        self._words: dict[str, str] = {}  # some services tell the model's name with every piece
        self._notice: Notice | None = None
        self._remarks: tuple[Remark, ...] = ()

    @classmethod
    def behind(cls, before: AnswerSnapshot) -> AnswerFold:
        """A fold that goes on behind what has come in earlier rounds of the same exchange.

        Args:
            before: What has come.
        """
        fold = cls(before.model)
        fold.add(before.parts)
        fold._usage, fold._remarks = before.usage, before.remarks
        fold.begin()
        return fold

    def begin(self) -> None:
        """Another answer of the same exchange is to come, behind the results of the tools that the one before has
        called. Its text stands apart from the text before; what both used is added."""
        text = self._size - self._untexted
        self._open = None
        self._calls = {}
        self._finish_reason = self._notice = None
        self._first = len(self._telling.parts)
        self._apart, self._block = bool(text), text + 2 * bool(text)
        self._spent, self._earlier = _sum(self._spent, self._last_usage), None
        self._usage, self._requests = None, 1

    @property
    def _last_usage(self) -> Usage | None:
        """What the answer that comes has used."""
        return _sum(self._earlier, self._usage)

    def calls(self) -> tuple[ToolCallPart, ...]:
        """The tool calls of the answer that has come last. Each gets an id of its own, where the service gave none, or
        one that another call has."""
        parts, found = self._telling.parts, []
        taken = {part.id for part in parts[: self._first] if _is_call(part)}
        for place in range(self._first, len(parts)):
            part = parts[place]
            if not _is_call(part):
                continue
            if not part.id or part.id in taken:
                own = next(name for n in count(len(taken) + 1) if (name := f"call_{n}") not in taken)
                if isinstance(part, _Growing):
                    part.id = own
                else:
                    parts[place] = part = msgspec.structs.replace(part, id=own)
            taken.add(part.id)
            whole = part.part("".join(part.pieces)) if isinstance(part, _Growing) else part
            assert isinstance(whole, ToolCallPart)
            found.append(whole)
        return tuple(found)

    @property
    def finished(self) -> bool:
        """Whether the service has said that the answer is whole."""
        return self._finish_reason is not None

    @property
    def weight(self) -> int:
        """How large the answer is, in characters. What weighs besides its text: what is in its other parts, a tenth of
        the bytes of a file, and a few hundred for each of very many parts."""
        parts = len(self._telling.parts)
        return self._size + self._beside if parts <= _USUAL_PARTS else self._weighing(parts)

    def _weighing(self, parts: int) -> int:
        return self._size + self._beside + _PART * max(parts - _USUAL_PARTS, 0)

    def add(self, events: Iterable[Event]) -> None:
        """Takes the next events, in the order they came."""
        for event in events:
            if type(event) is TextDelta:  # as nearly every event is
                last = self._open
                if last is not None and last.kind is TextPart:
                    last.pieces.append(event.text)
                    self._size += len(event.text)
                else:
                    self._grow(TextPart, event.text)
            else:
                self._take(event)
        growing = self._open
        if growing is not None and len(growing.pieces) - growing.joined >= _TOGETHER:
            growing.join()

    def cut(self, most: int) -> None:
        """Takes from the end what makes the answer heavier than it may be. Snapshots of before stay as they are.

        Args:
            most: The most that it may weigh, as ``weight`` tells it.
        """
        parts = list(self._telling.parts)
        while parts and (over := self._weighing(len(parts)) - most) > 0:
            last = parts.pop()
            if not isinstance(last, _Growing):
                self._size -= 1
                self._beside -= _weight(last)
                continue
            text = "".join(last.pieces)
            self._size -= min(over, len(text))
            if over < len(text):
                shorter = _Growing(last.kind)
                shorter.id, shorter.name, shorter.pieces = last.id, last.name, [text[:-over]]
                parts.append(shorter)
            else:
                self._size -= last.kind is None
        self._telling = _Telling(parts)
        self._open = None
        self._calls.clear()

    def snapshot(self) -> AnswerSnapshot:
        """The answer as it is now."""
        return AnswerSnapshot(
            self._telling,
            size=self._size,
            model=self._model,
            usage=_sum(self._spent, self._last_usage),
            finish_reason=self._finish_reason,
            notice=self._notice,
            remarks=self._remarks,
            last_usage=self._last_usage,
            requests=self._requests,
        )

    def _grow(self, kind: type[TextPart | ReasoningPart], text: str) -> None:
        last = self._open
        if last is None or last.kind is not kind:
            if not text:
                return
            last = self._open = _Growing(kind)
            self._telling.parts.append(last)
            if kind is TextPart and self._apart:
                self._apart = False
                text = f"\n\n{text}"
        last.pieces.append(text)
        self._size += len(text)
        if kind is ReasoningPart:
            self._untexted += len(text)

    def _take(self, event: Event) -> None:
        match event:
            case ReasoningDelta() | ReasoningPart():
                self._grow(ReasoningPart, event.text)
            case TextDelta() | TextPart():
                self._grow(TextPart, event.text)
            case ToolCall():
                self._call(event)
            case TextIsReasoning():
                self._reclassify()
            case TextBlock():
                self._block = self._size - self._untexted
            case Usage():
                figures = event.plausible()
                self._usage = figures if self._usage is None else self._usage.merged(figures)
            case Finish():
                self._finish_reason = self._told(event.reason or self._finish_reason or "stop")
            case ModelName():
                self._model = self._told(event.name)
            case Notice():
                self._notice = event
                if 0 < event.waited < _LONGEST_WAIT:
                    self.waited += event.waited
                if isinstance(event, AnotherRequest):
                    self._earlier, self._usage = self._last_usage, None
                    self._requests += 1
            case Remark():
                if event not in self._remarks and len(self._remarks) < _MOST_REMARKS:
                    self._remarks += (Remark(self._told(event.text), event.option),)
            case _:
                if isinstance(event, SourcePart):
                    event = msgspec.structs.replace(event, marks=self._places(event.marks))
                elif isinstance(event, ImagePart):
                    event = honest(event)
                self._open = None
                self._telling.parts.append(event)
                self._size += 1
                self._untexted += 1
                self._beside += _weight(event)

    def _places(self, marks: tuple[int, ...]) -> tuple[int, ...]:
        """Marks of a source as places in the whole text, as far as it has come."""
        if not marks:
            return ()
        end = self._size - self._untexted
        return tuple(sorted({end if mark == HERE else self._block + max(mark, 0) for mark in marks}))

    def _told(self, words: str) -> str:
        """A name or a reason as the service tells it: shown and kept, so without secrets, short and in one line."""
        words = words[:_LONGEST_NAME]
        if len(words) < RUN and words.isprintable():
            return words  # too short to give a secret away
        if words not in self._words:
            self._words = {**self._words, words: single_line(redact(words))} if len(self._words) < 16 else {}
        return self._words.get(words) or single_line(redact(words))

    def _call(self, piece: ToolCall) -> None:
        call = self._calls.get(piece.index)
        if call is None or (
            piece.name and piece.id not in ("", call.id)
        ):  # servers that number all calls alike
            call = self._calls[piece.index] = _Growing(None)
            self._open = None
            self._telling.parts.append(call)
            self._size += 1
            self._untexted += 1
        call.id = call.id or piece.id[:_LONGEST_NAME]
        call.name = call.name or piece.name[:_LONGEST_NAME]
        if piece.arguments:
            call.pieces.append(piece.arguments)
            call.join()
            self._size += len(piece.arguments)
            self._untexted += len(piece.arguments)

    def _reclassify(self) -> None:
        joined = _Growing(ReasoningPart)
        others: list[_Growing | Part] = []
        for part in self._telling.parts:
            if isinstance(part, _Growing) and part.kind is not None:
                joined.pieces += part.pieces
            else:
                others.append(part)
        joined.pieces = [thought] if (thought := "".join(joined.pieces).strip()) else []
        self._telling = _Telling([joined, *others] if thought else others)
        self._untexted = self._size
        self._open = joined if thought and not others else None


def _sum(one: Usage | None, other: Usage | None) -> Usage | None:
    """What two of them used together; ``None`` where neither is known."""
    return other if one is None else one.added(other)


def _is_call(part: _Growing | Part) -> TypeGuard[_Growing | ToolCallPart]:
    return part.kind is None if isinstance(part, _Growing) else isinstance(part, ToolCallPart)


def _weight(part: Part) -> int:
    """What a part weighs that came whole, in characters."""
    if isinstance(part, MediaPart):
        return len(part.data) // 10
    if isinstance(part, ToolResultPart):
        return sum(len(one.text) if isinstance(one, TextPart) else _weight(one) for one in part.parts)
    return sum(len(value) for value in msgspec.structs.astuple(part) if isinstance(value, str))


_NOT_ASKED = "no data were asked for"


class Answer(str):
    """The text of an answer, which also knows what came with it. A copy and a pickle of it know it, too.

    As a cell's last line it is shown as an answer; printed, compared or sliced it is a text like any other.

    Attributes:
        model: Who answered, as ``provider:model``.
        usage: The tokens used, where the service told.
        finish_reason: Why it ended, such as ``stop`` or ``length``; ``None`` where the service did not say.
        seconds: How long it took, in seconds.
        cost: What it cost in US dollars, where that is known; ``None`` else.
        parts: All that the model gave, in order: text, reasoning, tool calls, sources, images.
        replayed: Whether it is an answer from before, for which nobody was asked.
        error: Why it failed, where it is one of several that were asked for at once; ``None`` where it did not.

    Args:
        text: The text.
        model, usage, finish_reason, seconds, cost, parts: As the attributes.
        data: The data that it is, where it was asked to be some.
        problem: Why it is none, in words or as an error; ``""`` where it is.
        columns: The columns of a table of the data, where it has no rows.
    """

    model: str
    usage: Usage | None
    finish_reason: str | None
    seconds: float
    parts: tuple[Part, ...]
    replayed: bool = False
    cost: float | None = None
    error: ChatError | None = None
    _data: Any = None
    _problem: str = _NOT_ASKED
    _columns: tuple[str, ...] = ()

    def __new__(
        cls,
        text: str = "",
        *,
        model: str = "",
        usage: Usage | None = None,
        finish_reason: str | None = None,
        seconds: float = 0.0,
        cost: float | None = None,
        parts: tuple[Part, ...] = (),
        data: Any = None,
        problem: object = _NOT_ASKED,
        columns: tuple[str, ...] = (),
    ) -> Answer:
        answer = super().__new__(cls, text)
        answer.model = model
        answer.usage = usage
        answer.finish_reason = finish_reason
        answer.seconds = seconds
        answer.cost = cost
        answer.parts = parts
        answer._data = data
        answer._problem = str(problem)
        answer._columns = columns
        return answer

    @property
    def data(self) -> Any:
        """The data that it is, of the type that was asked for with ``schema=``: an instance of the class, a dict, a
        list.

        Raises:
            DataError: It is none: no data were asked for, or the answer does not fit.
        """
        if self._problem:
            hint = "" if self._problem != _NOT_ASKED else "Ask with schema=."
            raise DataError(self._problem, hint=hint, partial=str(self))
        return self._data

    @property
    def is_data(self) -> bool:
        """Whether it is data that were asked for, and fits."""
        return not self._problem

    def table(self) -> Any:
        """The data as a DataFrame, of pandas or polars, where they are a list of objects.

        Raises:
            DataError: They are none.
            MissingDependencyError: Neither pandas nor polars is installed.
        """
        return import_module(".schemas.rows", __package__).table_of(self.data, self._columns)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        try:
            pickle.dumps(state["_data"])
        except Exception:  # such as of a class that was made within a function
            state |= {"_data": None, "_problem": "the data could not be pickled with the answer"}
        return state

    def __copy__(self) -> Answer:
        return self._like(self._data)

    def __deepcopy__(self, memo: dict[int, Any]) -> Answer:
        return self._like(copy.deepcopy(self._data, memo))

    def _like(self, data: Any) -> Answer:
        same = type(self)(str(self))
        same.__dict__.update(self.__dict__)
        same._data = data
        return same

    @property
    def sources(self) -> tuple[SourcePart, ...]:
        """Where the answer comes from, as far as the service told, each source once; ``marks`` are places in it."""
        return sources_of(self.parts)

    @property
    def images(self) -> tuple[ImagePart, ...]:
        """The images that the model made."""
        return tuple(part for part in self.parts if isinstance(part, ImagePart))

    @property
    def recordings(self) -> tuple[AudioPart, ...]:
        """The sound that the model made."""
        return tuple(part for part in self.parts if isinstance(part, AudioPart))

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        """The tools that the model has called, with what arguments, in order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCallPart))

    @property
    def tool_results(self) -> tuple[ToolResultPart, ...]:
        """What came of the calls: each result has the ``id`` of its call, and ``seconds``; ``is_error`` where it
        failed."""
        return tuple(part for part in self.parts if isinstance(part, ToolResultPart))

    # What reads the Markdown of answers and what shows them is in layers above this one, and is loaded when it is used.

    @property
    def code(self) -> str:
        """The Python code in it: all blocks of it in order, with nothing invisible; ``""`` where there is none. It may
        do anything: read it before you run it."""
        found = import_module(".markup.answer_code", __package__).code_of(self)
        return found.text if found is not None else ""

    # IPython's two protocols: what notebooks show, and what terminals do.

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        bundle: dict[str, str] = import_module(".renderers.value", __package__).mimebundle(self)
        return bundle

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        inside_another = len(printer.stack) > 1  # such as a list, which shows its items as Python writes them
        plain = import_module(".renderers.value", __package__).plain_text
        printer.text(repr(self) if inside_another else plain(self))


def _assistant(parts: list[Part]) -> Message:
    [first, *others] = parts
    return Message("assistant", first.text if isinstance(first, TextPart) and not others else tuple(parts))
