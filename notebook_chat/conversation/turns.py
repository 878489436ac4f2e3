"""A turn, and a turn whose answer is on its way."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from ..errors import InvalidMessagesError
from ..events import Usage
from ..messages import IMAGE_TYPES, ROLES, ImagePart, Message
from .context import estimate

Status = Literal["complete", "stopped", "failed"]

_MOST = 2**53
"""Beyond every position that counting leads to, and within what JSON and SQLite can hold."""


class Turn(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One prompt and the answer to it.

    Parameters:
        prompt: The user's message.
        answer: The model's text, as it wrote it; of a stopped or failed turn, what had come.
        status: ``complete``, ``stopped`` by the user, or ``failed`` in the middle.
        model: Who answered, as ``provider:model``.
        cell: The notebook cell it belongs to, where the front end says so.
        system: The system prompt that holds from this turn on; empty for none, ``None`` for no change.
        fresh: Whether it starts over: the turns before it are not sent with it or after it.
        finish_reason, usage, reasoning, seconds: What the answer told, and how long it took.
        options: The options that shaped the answer, such as ``temperature``; never a key or a header.
        pinned: Whether it is sent also when the conversation has grown too long for the model.
        position: Its place among the turns, which it keeps when its cell runs again.
        revision: When it was asked, counted in the conversation's turns: of two turns, the one with the
            higher revision was asked later.
        at: When it was asked, in seconds since 1970.
        id: A name of its own.
    """

    prompt: Message
    answer: str
    status: Status = "complete"
    model: str = ""
    cell: str | None = None
    system: str | None = None
    fresh: bool = False
    finish_reason: str | None = None
    usage: Usage | None = None
    reasoning: str = ""
    seconds: float = 0.0
    options: dict[str, Any] = {}
    pinned: bool = False
    position: int = 0
    revision: int = 0
    at: float = 0.0
    id: str = msgspec.field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The turn as a model is told of it. A turn without an answer is not: roles must alternate."""
        return (self.prompt, Message("assistant", self.answer)) if self.answer else ()

    def to_dict(self) -> dict[str, Any]:
        """The turn as plain values, fit for JSON; what is at its default is left out."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Turn:
        """The turn that ``to_dict`` gave.

        Raises:
            InvalidMessagesError: The values are not those of a turn; it says where.
        """
        try:
            turn = msgspec.convert(values, cls)
        except (msgspec.ValidationError, RecursionError, ValueError) as error:
            raise InvalidMessagesError(f"this is not a turn: {error}") from None
        return turn.checked()

    def checked(self) -> Turn:
        """This turn, which came from outside, when all of it can be sent to a model.

        Raises:
            InvalidMessagesError: The role or an image's type is one that nobody knows.
        """
        role, parts = self.prompt.role, self.prompt.parts
        if role not in ROLES:
            raise InvalidMessagesError(f"this is not a turn: nobody has the role {role!r}")
        if not {"role", "content"}.isdisjoint(self.prompt.extra):
            raise InvalidMessagesError("this is not a turn: its message has a role or content twice")
        if not all(part.media_type in IMAGE_TYPES for part in parts if isinstance(part, ImagePart)):
            raise InvalidMessagesError("this is not a turn: it has an image of an unknown type")
        if not (0 <= self.position < _MOST and 0 <= self.revision < _MOST):
            raise InvalidMessagesError("this is not a turn: its position is out of bounds")
        return self


class Draft(msgspec.Struct, frozen=True):
    """A turn whose answer is on its way: the prompt, its place, and what goes out for it.

    Parameters:
        prompt: The user's message.
        context: The turns that are sent with it, in order.
        head: The system prompt in force, as a message, or nothing.
        cell, system, fresh, position, revision, at, id: As in ``Turn``.
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
    id: str = msgspec.field(default_factory=lambda: uuid.uuid4().hex)
    replaces: str | None = None
    stale: int = 0
    left_out: int = 0

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages that go out."""
        said = (message for turn in self.context for message in turn.messages)
        return (*self.head, *said, self.prompt)

    @property
    def size(self) -> int:
        """How many tokens go out, estimated."""
        return estimate(self.messages)

    def within(self, tokens: int) -> Draft:
        """The draft, without as many of the oldest turns as it takes to keep to so many tokens. The system
        prompt, the pinned turns and the prompt stay, so it may still be larger."""
        excess = self.size - tokens
        if excess <= 0:
            return self
        out: set[str] = set()
        for turn in self.context:
            if excess > 0 and not turn.pinned and turn.answer:
                excess -= estimate(turn.messages)
                out.add(turn.id)
        kept = tuple(turn for turn in self.context if turn.id not in out)
        return msgspec.structs.replace(self, context=kept, left_out=self.left_out + len(out))

    def turn(self, answer: str, status: Status, **told: Any) -> Turn:
        """The turn that it has become: the answer, and the further fields of ``Turn`` that it told."""
        return Turn(
            self.prompt,
            answer,
            status,
            cell=self.cell,
            system=self.system,
            fresh=self.fresh,
            pinned=self.pinned,
            position=self.position,
            revision=self.revision,
            at=self.at,
            id=self.id,
            **told,
        )
