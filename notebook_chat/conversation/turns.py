"""A turn, and a turn whose answer is on its way."""

from __future__ import annotations

import operator
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ..errors import InvalidMessagesError
from ..events import Usage
from ..images import honest
from ..messages import (
    IMAGE_TYPES,
    ONLY_SHOWN,
    ROLES,
    CodePart,
    CodeResultPart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    ReplayPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from ..text import fenced
from .alternatives import MOST_ANSWERS, Alternative, Status, as_markdown
from .included import Included, PromptLayout
from .leniency import finite, fitting_fields, fitting_items, past
from .token_budget import estimate

_TEXTS = ("prompt", "exchange", "answer", "reasoning")
"""What a turn is made of; all else in its values may be missing."""

_KEPT_TURNS = 2
"""How many of the newest turns are left out only where a conversation is too long with them."""


class Turn(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One prompt and what followed it.

    Attributes:
        prompt: The user's message.
        exchange: What followed it: the model's message; where tools were used, the model's messages and the
            tools' results in turns. Of a stopped or failed turn, what had come.
        status: ``complete``, ``stopped`` by the user, or ``failed`` in the middle.
        model: Who answered, as ``provider:model``.
        cell: The notebook cell it belongs to, where the front end says so.
        system: The system prompt that holds from this turn on; empty for none, ``None`` for no change.
        fresh: Whether it starts over: the turns before it are not sent with it or after it.
        finish_reason: Why the answer ended, such as ``stop`` or ``length``, where the service told.
        usage: The tokens used, where the service told.
        seconds: How long the answer took, in seconds.
        options: The options that shaped the answer, such as ``temperature``; never a key or a header.
        pinned: Whether it is sent also when the conversation has grown too long for the model.
        position: Its place among the turns, which it keeps when its cell runs again.
        revision: When it was asked, counted in the conversation's turns: of two turns, the one with the
            higher revision was asked later.
        at: When it was asked, in seconds since 1970.
        typed: What the user typed, where the prompt holds more than that or something else.
        included: What went along with the prompt.
        layout: Where in the prompt what was typed stands; ``None`` where that is all of it, or not known.
        id: A name of its own.
        alternatives: What other models answered that were asked side by side with this one, in the order in which
            they were asked.
        kept: Where this answer stands among all of them, counted from 0.
        request: What the request is known by that it answers, as ``RequestKey.digest``; empty where that is not known.
        replayed: Whether it is an answer from before, for which nobody was asked.
        first_text: After how many seconds the first text came; ``None`` where that is not known.
        cost: What it cost in US dollars, where that was known when it was asked; ``None`` else.
    """

    prompt: Message
    exchange: tuple[Message, ...] = ()
    status: Status = "complete"
    model: str = ""
    cell: str | None = None
    system: str | None = None
    fresh: bool = False
    finish_reason: str | None = None
    usage: Usage | None = None
    seconds: float = 0.0
    options: dict[str, Any] = {}
    pinned: bool = False
    position: int = 0
    revision: int = 0
    at: float = 0.0
    typed: str | None = None
    included: tuple[Included, ...] = ()
    layout: PromptLayout | None = None
    id: str = msgspec.field(default_factory=lambda: uuid.uuid4().hex)
    alternatives: tuple[Alternative, ...] = ()
    kept: int = 0
    request: str = ""
    replayed: bool = False
    first_text: float | None = None
    cost: float | None = None

    @property
    def asked(self) -> str:
        """What the user typed: what a reader is shown as the prompt."""
        return self.prompt.text if self.typed is None else self.typed

    @property
    def parts(self) -> tuple[Part, ...]:
        """All that followed the prompt, in order."""
        return tuple(part for message in self.exchange for part in message.parts)

    @property
    def answer(self) -> str:
        """The model's text, as it wrote it."""
        return "".join(message.text for message in self.exchange if message.role == "assistant")

    @property
    def shown(self) -> tuple[Part, ...]:
        """The parts as they are rendered: the model's text as Markdown, in a fence where it was asked to be data."""
        return as_markdown(self.parts, self.options)

    @property
    def reasoning(self) -> str:
        """What the model thought, as far as the service told."""
        return "".join(part.text for part in self.parts if isinstance(part, ReasoningPart))

    @property
    def messages(self) -> tuple[Message, ...]:
        """The turn as a model is told of it. A turn without an answer is not: roles must alternate."""
        sent = going_out(self.exchange)
        return (self.prompt, *sent) if sent else ()

    @property
    def answers(self) -> tuple[Alternative, ...]:
        """All answers to the prompt, in the order in which the models were asked: this one, and the alternatives."""
        own = Alternative(**{name: getattr(self, name) for name in _OF_ANSWER}, id=self.id)
        return (*self.alternatives[: self.kept], own, *self.alternatives[self.kept :])

    def keeping(self, place: int) -> Turn:
        """The turn with another one of its answers in force; this one becomes an alternative.

        Args:
            place: Which of ``answers``, counted from 0.

        Raises:
            InvalidMessagesError: There is no such answer.
        """
        answers = list(self.answers)
        if not 0 <= place < len(answers):
            raise InvalidMessagesError(f"there is no answer {place + 1}: the turn has {len(answers)}")
        if place == self.kept:
            return self
        answers[self.kept] = msgspec.structs.replace(answers[self.kept], id=uuid.uuid4().hex)
        chosen = answers.pop(place)
        changes = {name: getattr(chosen, name) for name in _OF_ANSWER}
        return msgspec.structs.replace(self, **changes, alternatives=tuple(answers), kept=place)

    def to_dict(self) -> dict[str, Any]:
        """The turn as plain values, fit for JSON; what is at its default is left out. An answer of text alone
        is written as ``answer`` and ``reasoning``, which every version reads."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        _write_numbers(values)
        if self.exchange == answered(self.answer, self.reasoning):
            values.pop("exchange", None)
            values["answer"] = self.answer
            if self.reasoning:
                values["reasoning"] = self.reasoning
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Turn:
        """The turn that ``to_dict`` gave, in this version or an earlier one. What stands beside its texts and is of
        another type, or no number that there can be, counts as absent: nobody's words are lost for it.

        Raises:
            InvalidMessagesError: The values are not those of a turn; it says where.
        """
        try:
            turn = _converted(values)
        except (msgspec.ValidationError, RecursionError, ValueError, OverflowError) as error:
            try:
                if not isinstance(values, Mapping):
                    raise
                others = fitting_items(values.get("alternatives"), Alternative)
                turn = _converted(fitting_fields({**values, "alternatives": others}, cls, _TEXTS))
            except (msgspec.ValidationError, RecursionError, ValueError, OverflowError):
                raise InvalidMessagesError(f"this is not a turn: {error}") from None
        at, seconds = past(turn.at), finite(turn.seconds)
        if (at, seconds) != (turn.at, turn.seconds):
            turn = msgspec.structs.replace(turn, at=at, seconds=seconds)
        return turn.checked()

    def checked(self) -> Turn:
        """This turn, which came from outside, when all of it can be sent to a model. An image of the model's own that
        no service takes is a file. Alternatives that cannot be sent are left out.

        Raises:
            InvalidMessagesError: A role or an image's type is one that nobody knows, or one that has no place
                where it stands.
        """
        if self.prompt.role not in ROLES:
            raise InvalidMessagesError(f"this is not a turn: nobody has the role {self.prompt.role!r}")
        _check_answer(self.exchange)
        _check_messages((self.prompt,))
        turn = self
        if not all(map(_is_honest, self.parts)):
            turn = msgspec.structs.replace(self, exchange=tuple(map(_honest, self.exchange)))
        if not self.alternatives and not self.kept:
            return turn
        others = tuple(map(_sane, filter(_is_sound, self.alternatives[: MOST_ANSWERS - 1])))
        return msgspec.structs.replace(turn, alternatives=others, kept=min(max(self.kept, 0), len(others)))


_OF_ANSWER = (
    *("exchange", "status", "model", "finish_reason", "usage", "seconds", "options"),
    *("request", "replayed", "first_text", "cost"),
)
"""What a turn and an alternative have both."""


_WHOLE = 1 << 53  # up to here a whole number is the same in every reader of JSON


def _write_numbers(values: dict[str, Any]) -> None:
    """Writes whole numbers without a point, as JavaScript does, so that a notebook is the same whoever saved it."""
    for answer in (values, *values.get("alternatives", ())):
        for named in (answer, answer.get("usage") or {}, answer.get("options") or {}):
            for name, value in named.items():
                if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE:
                    named[name] = int(value)


def _check_answer(exchange: tuple[Message, ...]) -> None:
    for message in exchange:
        if message.role not in ("assistant", "tool"):
            raise InvalidMessagesError(f"this is not a turn: {message.role!r} does not answer a prompt")
    _check_messages(exchange)


def _check_messages(messages: tuple[Message, ...]) -> None:
    for message in messages:
        if message.extra and not {"role", "content"}.isdisjoint(message.extra):
            raise InvalidMessagesError("this is not a turn: its message has a role or content twice")
        if isinstance(message.content, str):
            continue
        if message.role != "assistant" and not all(map(_is_honest, _images(message))):
            raise InvalidMessagesError("this is not a turn: it has an image of an unknown type")


def _is_sound(other: Alternative) -> bool:
    """Whether an alternative from outside can be put in force."""
    try:
        _check_answer(other.exchange)
    except InvalidMessagesError:
        return False
    return bool(other.exchange)


def _sane(other: Alternative) -> Alternative:
    seconds = finite(other.seconds)
    exchange = (
        tuple(map(_honest, other.exchange)) if not all(map(_is_honest, other.parts)) else other.exchange
    )
    return msgspec.structs.replace(other, seconds=seconds, exchange=exchange)


def _is_honest(part: Part) -> bool:
    """Whether a part is no image of a type that no service takes."""
    return not isinstance(part, ImagePart) or part.media_type in IMAGE_TYPES


def _honest(message: Message) -> Message:
    """A message of the model in which images that are of no type for it are files."""
    if message.role != "assistant":
        return message
    parts = (honest(part) if isinstance(part, ImagePart) else part for part in message.parts)
    return msgspec.structs.replace(message, content=tuple(parts))


def _images(message: Message) -> Iterator[ImagePart]:
    for part in message.parts:
        inner = part.parts if isinstance(part, ToolResultPart) else (part,)
        yield from (one for one in inner if isinstance(one, ImagePart))


def _converted(values: Mapping[str, Any]) -> Turn:
    if isinstance(values, Mapping) and "exchange" not in values:
        if type(values.get("answer")) is str and values.get("reasoning", "") == "":
            # Nearly every turn: read in one go, since a notebook may go on with thousands.
            said = [{"role": "assistant", "content": values["answer"]}] if values["answer"] else []
            return msgspec.convert({**values, "exchange": said}, Turn)
        plain = msgspec.convert(values, _Plain)
        return msgspec.structs.replace(
            msgspec.convert(values, Turn), exchange=answered(plain.answer, plain.reasoning)
        )
    return msgspec.convert(values, Turn)


class _Plain(msgspec.Struct, frozen=True):
    """An answer as it is written where it is text alone."""

    answer: str
    reasoning: str = ""


def answered(text: str, reasoning: str = "") -> tuple[Message, ...]:
    """The exchange of an answer that is text alone.

    Args:
        text: The model's text.
        reasoning: What it thought before.
    """
    if reasoning:
        parts: tuple[Part, ...] = (ReasoningPart(reasoning), *((TextPart(text),) if text else ()))
        return (Message("assistant", parts),)
    return (Message("assistant", text),) if text else ()


def going_out(exchange: tuple[Message, ...]) -> list[Message]:
    """An exchange as it goes out again: without what is only shown, and with what the service ran in words. A call that
    was never answered goes out in words, since services refuse calls without a result: in the vendor's own form, too,
    which therefore stays behind."""
    results = {part.id for message in exchange for part in message.parts if isinstance(part, ToolResultPart)}
    sent: list[Message] = []
    behind_results = False
    for message in exchange:
        if behind_results and message.role == "assistant":
            message = _without_gap(message)  # which only sets the texts of two rounds apart for a reader
        behind_results = message.role == "tool"
        if isinstance(message.content, str):
            sent += [message] * bool(message.content)
            continue
        unanswered = any(
            isinstance(part, ToolCallPart) and part.id not in results for part in message.content
        )
        given = (part for part in message.content if not (unanswered and isinstance(part, ReplayPart)))
        parts = _merged(_spoken(part, results) for part in given)
        texts = [part.text for part in parts if isinstance(part, TextPart)]
        if len(texts) == len(parts):
            text = "".join(texts)
            if any(isinstance(part, _RETOLD) for part in message.content):
                text = text.strip("\n")
            sent += [msgspec.structs.replace(message, content=text)] * bool(text)
        else:
            sent.append(msgspec.structs.replace(message, content=parts))
    return sent


def _without_gap(message: Message) -> Message:
    """A message without the empty line that its text begins with."""
    if isinstance(message.content, str):
        return msgspec.structs.replace(message, content=message.content.removeprefix("\n\n"))
    parts = list(message.content)
    for place, part in enumerate(parts):
        if isinstance(part, TextPart):
            parts[place] = TextPart(part.text.removeprefix("\n\n"))
            break
    return msgspec.structs.replace(message, content=tuple(parts))


_RETOLD = (ToolCallPart, CodePart, CodeResultPart)


def _spoken(part: Part, results: set[str]) -> Part | None:
    """A part as it goes out again; ``None`` where it does not."""
    match part:
        case ToolCallPart() if part.id not in results:
            return _in_words(part)
        case CodePart():
            return TextPart(f"\n\n{fenced(part.code, part.language)}\n\n")
        case CodeResultPart():
            return TextPart(f"\n\n{'It failed' if part.is_error else 'It gave'}:\n\n{fenced(part.text)}\n\n")
        case ReplayPart():
            return part
    return None if isinstance(part, ONLY_SHOWN) else part


def _merged(parts: Iterable[Part | None]) -> tuple[Part, ...]:
    """Parts with neighboring texts as one, as a model reads them."""
    merged: list[Part] = []
    for part in parts:
        if isinstance(part, TextPart) and merged and isinstance(last := merged[-1], TextPart):
            merged[-1] = TextPart(last.text + part.text)
        elif part is not None:
            merged.append(part)
    return tuple(merged)


def _in_words(call: ToolCallPart) -> TextPart:
    return TextPart(
        f"\n\n(It asked for the tool {call.name} with {call.arguments or '{}'}, which was not run.)\n\n"
    )


def _texts_of(message: Message) -> Message:
    """A message without its images, its texts as one; itself where it has none."""
    if not any(isinstance(part, ImagePart) for part in message.parts):
        return message
    rest = tuple(part for part in message.parts if not isinstance(part, ImagePart))
    texts = [part.text for part in rest if isinstance(part, TextPart)]
    content = "\n\n".join(texts) if len(texts) == len(rest) else rest
    return msgspec.structs.replace(message, content=content)


class Draft(msgspec.Struct, frozen=True):
    """A turn whose answer is on its way: the prompt, its place, and what goes out for it.

    Args:
        prompt: The user's message.
        context: The turns that are sent with it, in order.
        head: The system prompt in force, as a message, or nothing.
        cell, system, fresh, position, revision, at, typed, included, layout, id: As in ``Turn``.
        pinned: As in ``Turn``, from the turn that it replaces.
        replaces: The id of the turn in whose place it will be put; ``None`` when it is added at the end.
        stale: How many turns of the context were asked before one that precedes them was asked again.
        left_out: How many turns are not sent, since the model's context would not hold them.
    """

    prompt: Message
    context: tuple[Turn, ...] = ()
    head: tuple[Message, ...] = ()
    cell: str | None = None
    system: str | None = None
    fresh: bool = False
    pinned: bool = False
    position: int = 0
    revision: int = 0
    at: float = msgspec.field(default_factory=time.time)
    typed: str | None = None
    included: tuple[Included, ...] = ()
    layout: PromptLayout | None = None
    id: str = msgspec.field(default_factory=lambda: uuid.uuid4().hex)
    replaces: str | None = None
    stale: int = 0
    left_out: int = 0

    @property
    def asked(self) -> str:
        """As ``Turn.asked``."""
        return self.prompt.text if self.typed is None else self.typed

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages that go out."""
        said = (message for turn in self.context for message in turn.messages)
        return (*self.head, *said, self.prompt)

    @property
    def size(self) -> int:
        """How many tokens go out, estimated."""
        return estimate(self.messages)

    def without_images(self) -> Draft:
        """The draft with the texts of all that is sent; itself where there are no images."""
        context = tuple(
            turn
            if (prompt := _texts_of(turn.prompt)) is turn.prompt
            else msgspec.structs.replace(turn, prompt=prompt)
            for turn in self.context
        )
        prompt = _texts_of(self.prompt)
        if prompt is self.prompt and all(map(operator.is_, context, self.context)):
            return self
        return msgspec.structs.replace(self, prompt=prompt, context=context)

    def within(self, tokens: int, step: int = 1) -> Draft:
        """The draft, without as many of the oldest turns as it takes to keep to so many tokens. The system
        prompt, the pinned turns and the prompt stay, so it may still be larger.

        Args:
            tokens: How many tokens may go out.
            step: What is left out, in tokens, as the multiple of which: with a large one the next prompts leave out the
                same turns, so that what a service has in its cache of their beginning, and what it must get back
                unchanged, holds for a while. The last turns go only where they must.
        """
        excess = self.size - tokens
        if excess <= 0:
            return self
        more = -(-excess // step) * step - excess
        droppable = [turn for turn in self.context if not turn.pinned and turn.messages]
        newest = {turn.id for turn in droppable[-_KEPT_TURNS:]}
        out: set[str] = set()
        for turn in droppable:
            if excess <= (0 if turn.id in newest else -more):
                break
            excess -= estimate(turn.messages)
            out.add(turn.id)
        kept = tuple(turn for turn in self.context if turn.id not in out)
        return msgspec.structs.replace(self, context=kept, left_out=self.left_out + len(out))

    def turn(self, exchange: tuple[Message, ...], status: Status, **told: Any) -> Turn:
        """The turn that it has become.

        Args:
            exchange: What followed the prompt.
            status: How it ended.
            **told: Further fields of ``Turn``, such as ``usage`` and ``seconds``.
        """
        return Turn(
            self.prompt,
            exchange,
            status,
            cell=self.cell,
            system=self.system,
            fresh=self.fresh,
            pinned=self.pinned,
            position=self.position,
            revision=self.revision,
            at=self.at,
            typed=self.typed,
            included=self.included,
            layout=self.layout,
            id=self.id,
            **told,
        )
