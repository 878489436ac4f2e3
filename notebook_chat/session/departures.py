"""The turns that have left their conversations, because of what became of their cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..conversation import Conversation, Turn


class Reason(Enum):
    """What became of the cells of turns that have left, in words for one and for several."""

    DELETED = ("its cell was deleted", "their cells were deleted")
    CHANGED = ("its cell runs something else now", "their cells run something else now")
    NO_CODE = ("its cell is no code any more", "their cells are no code any more")


@dataclass(frozen=True)
class Departure:
    """A turn that has left, and those that were beside it: when none of them is left, it does not come back."""

    conversation: Conversation
    turn: Turn
    beside: frozenset[str]


class Departures:
    """Takes turns out of conversations, brings those back whose cells turn out to be there, and has words for
    it, for the next answer in the conversation."""

    def __init__(self) -> None:
        self._gone: dict[str, list[Departure]] = {}
        self._judged: set[str] = set()
        self._news: dict[str, list[str]] = {}

    @property
    def cells(self) -> frozenset[str]:
        """The names of the cells whose turns have left and may come back."""
        return frozenset(self._gone)

    def leave(
        self,
        conversations: Iterable[Conversation],
        is_gone: Callable[[Turn], bool],
        why: Reason,
        *,
        anew: bool = False,
        every: bool = False,
    ) -> None:
        """Takes turns out; ``%chat undo`` brings them back.

        Args:
            conversations: Where they are.
            is_gone: Which they are.
            why: What became of their cells.
            every: Whether turns without a cell are asked about, too.
            anew: Whether that has just happened: turns leave that were brought back before, too.
        """
        for conversation in conversations:
            gone = [
                turn
                for turn in conversation.turns
                if (every or turn.cell is not None)
                and (anew or turn.id not in self._judged)
                and is_gone(turn)
            ]
            if gone:
                kept = [turn for turn in conversation.turns if turn not in gone]
                conversation.replace(kept)
                self._note(conversation, gone, why, frozenset(turn.id for turn in kept))

    def _note(
        self, conversation: Conversation, gone: list[Turn], why: Reason, beside: frozenset[str]
    ) -> None:
        from ..conversation import base_of

        self._judged.update(turn.id for turn in gone)
        if why is Reason.DELETED:
            for turn in gone:
                departure = Departure(conversation, turn, beside)
                self._gone.setdefault(base_of(turn.cell or ""), []).append(departure)
        one, several = why.value
        left = f"a turn has left: {one}" if len(gone) == 1 else f"{len(gone)} turns have left: {several}"
        self.tell(conversation, left)

    def come_back(self, cell: str) -> None:
        """Brings the turns of a cell back that was not deleted after all.

        Args:
            cell: Its name.
        """
        for departure in self._gone.pop(cell, ()):
            conversation, turn = departure.conversation, departure.turn
            here = {one.id for one in conversation.turns}
            asked = turn.cell in {one.cell for one in conversation.turns}
            forgotten = departure.beside and departure.beside.isdisjoint(here)
            self._judged.discard(turn.id)
            if turn.id not in here and not asked and not forgotten:
                conversation.correct((turn, *conversation.turns))
                self.tell(conversation, "a turn is back: its cell was not deleted")

    def tell(self, conversation: Conversation, news: str) -> None:
        """Notes something that the reader of the next answer should know."""
        told = self._news.setdefault(conversation.id, [])
        if news not in told:
            told.append(news)

    def take_news(self, conversation: Conversation) -> list[str]:
        """What there is to tell under an answer, once."""
        return self._news.pop(conversation.id, [])
