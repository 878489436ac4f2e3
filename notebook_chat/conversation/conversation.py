"""The conversation itself: what is asked, replaced, forgotten and brought back."""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import msgspec

from ..errors import ConversationBusyError, InvalidMessagesError
from ..messages import Message
from .calibration import Calibration
from .cell_names import base_of
from .data import ConversationData
from .digests import ContextDigests
from .drafting import build_draft, place_of, replaced_at
from .included import Included, PromptLayout
from .journal import Answering, Journal, Origin, Progress
from .observable import Observable
from .order import by_cells, continued, difference, following, in_order, stale
from .sent_requests import SentRequests
from .turns import Draft, Turn

_CHANGES = 100
"""How many changes can be taken back."""


class Conversation(Observable):
    """A sequence of turns. A turn that belongs to a cell is replaced when that cell runs again, and the
    context of a turn is the turns before it, so running a notebook twice gives one conversation.

    One answer at a time: a second one is refused while the first is on its way. All methods may be called
    from any thread.

    Args:
        name: What it is called.
        system: The system prompt, until a turn says another.
        turns: The turns it starts with.
        id: What it is known by in a store and in notebooks; a new one unless given.
        origin: Where it branched off from.
        journal: Who is told of all that happens to it.

    Attributes:
        sent_requests: Where what goes out is kept, as long as this kernel lasts; ``None`` for nowhere.
        beside: The id of the turn of another conversation that is asked for here; ``None`` where it is one of its own.
    """

    def __init__(
        self,
        name: str = "default",
        *,
        system: str | None = None,
        turns: Sequence[Turn] = (),
        id: str | None = None,
        origin: Origin | None = None,
        journal: Journal | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.system = system
        self.id = id or uuid.uuid4().hex
        self.journal = journal
        self.sent_requests: SentRequests | None = None
        self.beside: str | None = None
        self.calibration = Calibration()
        self.digests = ContextDigests()
        self._order: Mapping[str, int] = {}
        self._turns = in_order(turns)
        self.origin = following(origin, turns, self._turns)
        self._past: deque[tuple[Turn, ...]] = deque(maxlen=_CHANGES)
        self._draft: Draft | None = None
        self._progress: Progress | None = None
        self._lock = threading.RLock()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns, in order."""
        return self._turns

    def turn(self, number: int) -> Turn:
        """The turn of a number, counted from 1.

        Raises:
            InvalidMessagesError: There is no such turn.
        """
        if not 1 <= number <= len(self._turns):
            has = "1 turn" if len(self._turns) == 1 else f"{len(self._turns)} turns"
            raise InvalidMessagesError(f"there is no turn {number}: {self.name!r} has {has}")
        return self._turns[number - 1]

    def turn_by_id(self, id: str) -> Turn:
        """The turn of an id.

        Raises:
            InvalidMessagesError: There is no such turn.
        """
        for turn in self._turns:
            if turn.id == id:
                return turn
        raise InvalidMessagesError("that turn is not in the conversation any more")

    @property
    def messages(self) -> tuple[Message, ...]:
        """What a next prompt would be sent with."""
        return build_draft(self._turns, Message("user", ""), default_system=self.system).messages[:-1]

    @property
    def system_in_force(self) -> str:
        """The system prompt that a next prompt would be sent with; ``""`` for none."""
        head = build_draft(self._turns, Message("user", ""), default_system=self.system).head
        return head[0].text if head else ""

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self._draft is not None

    @property
    def answering(self) -> Answering | None:
        """The answer that is on its way, and how far it has come."""
        with self._lock:
            if self._draft is None or self._progress is None:
                return None
            return Answering(self._draft, self._progress)

    def stop(self) -> bool:
        """Ends the answer that is on its way, whoever asked for it; what has come of it is kept. Whether there
        was one."""
        answering = self.answering
        if answering is not None:
            answering.progress.stop()
        return answering is not None

    @property
    def stale(self) -> frozenset[str]:
        """The ids of the turns that were answered before a turn they build on was asked again."""
        return stale(self._turns)

    def begin(
        self,
        prompt: Message,
        *,
        cell: str | None = None,
        system: str | None = None,
        fresh: bool = False,
        replaces: str | None = None,
        typed: str | None = None,
        included: tuple[Included, ...] = (),
        layout: PromptLayout | None = None,
    ) -> Draft:
        """Opens a turn. It must be ended with ``commit`` or ``discard``.

        Args:
            prompt: The user's message.
            cell: The cell it comes from. If there is a turn of that cell, this one will replace it.
            system, fresh, typed, included, layout: As in ``Turn``.
            replaces: The id of a turn that this one will replace, whatever its cell.

        Raises:
            ConversationBusyError: Another turn is open.
            InvalidMessagesError: The turn to replace is not there any more.
        """
        with self._lock:
            self._refuse_while_busy()
            self._draft = self.sketch(
                prompt,
                cell=cell,
                system=system,
                fresh=fresh,
                replaces=replaces,
                typed=typed,
                included=included,
                layout=layout,
            )
            return self._draft

    def sketch(
        self,
        prompt: Message,
        *,
        cell: str | None = None,
        system: str | None = None,
        fresh: bool = False,
        replaces: str | None = None,
        typed: str | None = None,
        included: tuple[Included, ...] = (),
        layout: PromptLayout | None = None,
    ) -> Draft:
        """What ``begin`` would give, while nothing is opened and nothing changes.

        Args:
            prompt, cell, system, fresh, replaces, typed, included, layout: As in ``begin``.

        Raises:
            InvalidMessagesError: The turn to replace is not there any more.
        """
        with self._lock:
            if replaces is not None:
                self.turn_by_id(replaces)
            return build_draft(
                self._turns,
                prompt,
                default_system=self.system,
                cell=cell,
                system=system,
                fresh=fresh,
                replaces=replaces,
                typed=typed,
                included=included,
                layout=layout,
                order=self._order,
            )

    def persist(self, draft: Draft) -> Future[None] | None:
        """Has the journal write an open turn down; a future that is done then, or ``None``."""
        return self.journal.begun(self, draft) if self.journal is not None else None

    def follow(self, draft: Draft, progress: Progress) -> None:
        """Lets the journal and the watchers see the answer to an open turn as it comes."""
        with self._lock:
            if self._draft is draft:
                self._progress = progress
        if self.journal is not None:
            self.journal.follow(draft, lambda: progress.snapshot.text)
        self.notify()

    def commit(self, draft: Draft, turn: Turn) -> Turn | None:
        """Ends an open turn: puts ``turn`` in its place. The turn as it was put there; ``None`` when the
        draft was not open."""
        with self._lock:
            if self._draft is not draft:
                return None
            self._draft = self._progress = None
            placed = msgspec.structs.replace(
                turn, position=draft.position, revision=draft.revision, at=draft.at, pinned=draft.pinned
            )
            at = replaced_at(self._turns, turn.cell, draft.replaces)
            if at is not None:
                place, after = at, at + 1
            else:
                place = after = place_of(
                    self._turns, turn.cell if draft.replaces is None else None, self._order
                )
            turns = in_order((*self._turns[:place], placed, *self._turns[after:]))
            self._change(turns, *difference(self._turns, turns))
            self._ended(draft)
            return turns[place]

    def discard(self, draft: Draft) -> bool:
        """Ends an open turn and leaves the conversation as it was; whether that turn was open."""
        with self._lock:
            if self._draft is not draft:
                return False
            self._draft = self._progress = None
            self._ended(draft)
            return True

    def reset(self) -> int:
        """Forgets all turns, which ``undo`` brings back; how many there were."""
        with self._lock:
            count = len(self._turns)
            self.replace(())
            return count

    def remove(self, cells: Iterable[str]) -> int:
        """Takes the turns of cells that are gone out of the conversation, which ``undo`` brings back; how
        many there were. A cell that asked several times has all its turns taken out."""
        gone = frozenset(cells)
        with self._lock:
            kept = tuple(
                turn
                for turn in self._turns
                if turn.cell is None or gone.isdisjoint((turn.cell, base_of(turn.cell)))
            )
            count = len(self._turns) - len(kept)
            if count:
                self.replace(kept)
            return count

    def delete(self, id: str) -> None:
        """Takes one turn out of the conversation, which ``undo`` brings back.

        Raises:
            ConversationBusyError: A turn is open.
            InvalidMessagesError: There is no such turn.
        """
        with self._lock:
            gone = self.turn_by_id(id)
            self.replace([turn for turn in self._turns if turn is not gone])

    def keep(self, id: str, place: int) -> Turn:
        """Puts another one of a turn's answers in force, which is sent from then on; ``undo`` takes that back. The
        turns behind it were answered to another one, and are stale.

        Args:
            id: The turn's id.
            place: Which of its ``answers``, counted from 0.

        Raises:
            ConversationBusyError: A turn is open.
            InvalidMessagesError: There is no such turn, or no such answer.
        """
        with self._lock:
            turn = self.turn_by_id(id)
            if (kept := turn.keeping(place)) is turn:
                return turn
            revision = 1 + max(one.revision for one in self._turns)
            kept = msgspec.structs.replace(kept, revision=revision)
            self.replace([kept if one is turn else one for one in self._turns])
            return self.turn_by_id(id)

    def pin(self, number: int, pinned: bool = True) -> Turn:
        """Keeps a turn, counted from 1, in the context however long the conversation grows, or not any more.

        Raises:
            InvalidMessagesError: There is no such turn.
        """
        with self._lock:
            turn = msgspec.structs.replace(self.turn(number), pinned=pinned)
            self.replace((*self._turns[: number - 1], turn, *self._turns[number:]))
            return turn

    def replace(self, turns: Sequence[Turn]) -> None:
        """Has these turns from now on; ``undo`` brings the others back.

        Raises:
            ConversationBusyError: A turn is open.
        """
        with self._lock:
            self._refuse_while_busy()
            after = in_order(turns)
            if after != self._turns:
                self._change(after, *difference(self._turns, after))

    def follow_cells(self, order: Mapping[str, int]) -> bool:
        """Puts the turns into the order of their cells, and from now on each new one where its cell stands.
        That is no change that ``undo`` takes back.

        Args:
            order: Where the cells stand in the notebook.

        Returns:
            Whether turns have moved.

        Raises:
            ConversationBusyError: A turn is open.
        """
        with self._lock:
            self._refuse_while_busy()
            self._order = order
            return self.correct(by_cells(self._turns, order))

    def correct(self, turns: Sequence[Turn]) -> bool:
        """Has these turns from now on, and had them before: what has turned out about them is no change that
        ``undo`` takes back. Whether they differ from those it had.

        Raises:
            ConversationBusyError: A turn is open.
        """
        with self._lock:
            self._refuse_while_busy()
            before, self._turns = self._turns, in_order(turns)
            if self._turns == before:
                return False
            self._tell(*difference(before, self._turns))
            return True

    def continue_from(self, earlier: Conversation) -> None:
        """Becomes what another conversation goes on as: takes over its id and system prompt, and has its turns
        before its own.

        Args:
            earlier: The other one, which is not used any more.

        Raises:
            ConversationBusyError: A turn is open.
        """
        with self._lock:
            self._refuse_while_busy()
            self.id, self.origin, self.system = earlier.id, earlier.origin, earlier.system
            self.journal = earlier.journal
            self._turns, own = earlier.turns, self._turns
            self._past = deque((continued(earlier.turns, past) for past in self._past), self._past.maxlen)
            self.correct(continued(earlier.turns, own))

    def erase(self) -> None:
        """Forgets all turns for good: nothing brings them back, and no journal is told of it.

        Raises:
            ConversationBusyError: A turn is open.
        """
        with self._lock:
            self._refuse_while_busy()
            self.journal = None
            if self.sent_requests is not None:
                self.sent_requests.forget(self)
            self._turns = ()
            self._past.clear()
            self.digests = ContextDigests()
            self.notify()

    def undo(self) -> bool:
        """Takes the last change back: a turn that was added goes, one that was replaced or forgotten comes
        back. Whether there was a change."""
        with self._lock:
            self._refuse_while_busy()
            if not self._past:
                return False
            before, self._turns = self._turns, self._past.pop()
            self._tell(*difference(before, self._turns))
            return True

    def branch(self, name: str, *, before: int | None = None) -> Conversation:
        """A conversation of its own that has had the same turns so far. They belong to no cell in it: their
        cells go on with this one.

        Args:
            name: What the branch is called.
            before: Only the turns up to this position.
        """
        with self._lock:
            last = max((turn.position for turn in self._turns), default=-1) if before is None else before
            turns = [
                msgspec.structs.replace(turn, cell=None) for turn in self._turns if turn.position <= last
            ]
        branch = Conversation(name, system=self.system, turns=turns, origin=Origin(self.id, last))
        branch.calibration = self.calibration.copy()
        return branch

    def aside(self) -> Conversation:
        """A conversation with the same turns in the same places: what is asked in it is asked as it would be here, and
        nobody is told of it."""
        with self._lock:
            other = Conversation(self.name, system=self.system, turns=self._turns, id=self.id)
            other._order = self._order
        other.calibration = self.calibration  # what is counted there is counted here
        other.digests = self.digests
        return other

    def __deepcopy__(self, memo: dict[int, Any]) -> Conversation:
        """A branch of the same name: what is said in the copy stays out of the original, and the reverse."""
        copy = self.branch(self.name)
        memo[id(self)] = copy
        return copy

    def to_dict(self) -> dict[str, Any]:
        """The conversation as plain values, fit for JSON."""
        values: dict[str, Any] = msgspec.to_builtins(
            ConversationData(
                self.name, self.id, self.system, self.origin, [turn.to_dict() for turn in self._turns]
            )
        )
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Conversation:
        """The conversation that ``to_dict`` gave.

        Raises:
            InvalidMessagesError: The values are not those of a conversation; it says where.
        """
        read, turns = ConversationData.of(values)
        return cls(read.name, system=read.system, turns=turns, id=read.id, origin=read.origin)

    def _refuse_while_busy(self) -> None:
        if self._draft is not None:
            raise ConversationBusyError(f"an answer is still coming in the conversation {self.name!r}")

    def _change(self, turns: tuple[Turn, ...], written: Sequence[Turn], removed: Sequence[str]) -> None:
        self._past.append(self._turns)
        self._turns = turns
        self._tell(written, removed)

    def _tell(self, written: Sequence[Turn], removed: Sequence[str]) -> None:
        if self.journal is not None:
            self.journal.changed(self, written, removed)
        self.notify()

    def _ended(self, draft: Draft) -> None:
        if self.journal is not None:
            self.journal.ended(self, draft)
        self.notify()

    def __len__(self) -> int:
        return len(self._turns)

    def __repr__(self) -> str:
        return f"<Conversation {self.name!r}, {len(self)} turns>"
