"""Conversations: turns in order, and what running one of them again means."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from .errors import ConversationBusyError, InvalidMessagesError
from .events import Usage
from .messages import Message

Status = Literal["complete", "stopped", "failed"]


class Turn(msgspec.Struct, frozen=True, omit_defaults=True):
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
            return msgspec.convert(values, cls)
        except msgspec.ValidationError as error:
            raise InvalidMessagesError(f"this is not a turn: {error}") from None


class Draft(msgspec.Struct, frozen=True):
    """A turn whose answer is on its way: the prompt, its place, and the messages that go out for it."""

    prompt: Message
    messages: tuple[Message, ...]
    cell: str | None = None
    system: str | None = None
    fresh: bool = False


class Conversation:
    """A sequence of turns. A turn that belongs to a cell is replaced when that cell runs again, and the
    context of a turn is the turns before it, so running a notebook twice gives one conversation.

    One answer at a time: a second one is refused while the first is on its way. All methods may be called
    from any thread.

    Parameters:
        name: What it is called.
        system: The system prompt, until a turn says another.
        turns: The turns it starts with.
    """

    def __init__(
        self, name: str = "default", *, system: str | None = None, turns: Sequence[Turn] = ()
    ) -> None:
        self.name = name
        self.system = system
        self._turns = tuple(turns)
        self._past: list[tuple[Turn, ...]] = []
        self._draft: Draft | None = None
        self._lock = threading.RLock()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns, in order."""
        return self._turns

    @property
    def messages(self) -> tuple[Message, ...]:
        """What a next prompt would be sent with."""
        return self._context(None, fresh=False, system=None)

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self._draft is not None

    def begin(
        self, prompt: Message, *, cell: str | None = None, system: str | None = None, fresh: bool = False
    ) -> Draft:
        """Opens a turn. It must be ended with ``commit`` or ``discard``.

        Parameters:
            prompt: The user's message.
            cell: The cell it comes from. If there is a turn of that cell, this one will replace it.
            system, fresh: As in ``Turn``.

        Raises:
            ConversationBusyError: Another turn is open.
        """
        with self._lock:
            if self._draft is not None:
                raise ConversationBusyError(f"an answer is still coming in the conversation {self.name!r}")
            context = self._context(cell, fresh=fresh, system=system)
            self._draft = Draft(prompt, (*context, prompt), cell, system, fresh)
            return self._draft

    def commit(self, draft: Draft, turn: Turn) -> None:
        """Ends an open turn: puts ``turn`` in its place."""
        with self._lock:
            if self.discard(draft):
                place = self._place(turn.cell)
                self._change((*self._turns[:place], turn, *self._turns[place + 1 :]))

    def discard(self, draft: Draft) -> bool:
        """Ends an open turn and leaves the conversation as it was; whether that turn was open."""
        with self._lock:
            if self._draft is not draft:
                return False
            self._draft = None
            return True

    def reset(self) -> int:
        """Forgets all turns, which ``undo`` brings back; how many there were."""
        with self._lock:
            self._refuse_while_busy()
            count = len(self._turns)
            if count:
                self._change(())
            return count

    def undo(self) -> bool:
        """Takes the last change back: a turn that was added goes, one that was replaced or forgotten comes
        back. Whether there was a change."""
        with self._lock:
            self._refuse_while_busy()
            if not self._past:
                return False
            self._turns = self._past.pop()
            return True

    def _refuse_while_busy(self) -> None:
        if self._draft is not None:
            raise ConversationBusyError(f"an answer is still coming in the conversation {self.name!r}")

    def _change(self, turns: tuple[Turn, ...]) -> None:
        self._past.append(self._turns)
        self._turns = turns

    def _place(self, cell: str | None) -> int:
        """Where the turn of a cell is, or would be added."""
        if cell is not None:
            for place, turn in enumerate(self._turns):
                if turn.cell == cell:
                    return place
        return len(self._turns)

    def _context(self, cell: str | None, *, fresh: bool, system: str | None) -> tuple[Message, ...]:
        """The messages before the turn of a cell: the system prompt in force, and the turns since the last
        one that started over."""
        before = () if fresh else self._turns[: self._place(cell)]
        start = max((place for place, turn in enumerate(before) if turn.fresh), default=0)
        kept = before[start:]
        said = [turn.system for turn in kept if turn.system is not None]
        in_force = system if system is not None else said[-1] if said else self.system
        head = (Message("system", in_force),) if in_force else ()
        return (*head, *(message for turn in kept for message in turn.messages))

    def __len__(self) -> int:
        return len(self._turns)

    def __repr__(self) -> str:
        return f"<Conversation {self.name!r}, {len(self)} turns>"
