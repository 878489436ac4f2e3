"""Which answer from before a request gets, in each of the modes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Literal

from ..conversation import Draft, Turn
from ..errors import NotRecordedError
from ..events import Event
from ..ledger import Record, RequestKey
from . import playing
from .differences import differences, nearest
from .kept import Kept, kept_answer, record_of_answer
from .library import Library
from .modes import ANEW, TAKES, Mode
from .playing import Pace
from .rebuilding import rebuilt


class Replayer:
    """Finds answers from before, and plays them.

    Args:
        library: Where they are.
        mode: How they are used; ``ANEW`` where somebody wants another answer.
        pace: How fast they come.
        only: Whether nobody may be asked, where somebody wants another answer.
    """

    def __init__(
        self,
        library: Library,
        mode: Mode | Literal["anew"],
        pace: Pace = "at once",
        *,
        only: bool = False,
    ) -> None:
        self.library = library
        self.mode = mode
        self._pace = pace
        self._only = only

    @property
    def closed(self) -> bool:
        """Whether there is nothing but answers from before: nothing goes to the network."""
        return self.mode == "only" or (self.mode == ANEW and self._only)

    async def find(self, key: RequestKey, draft: Draft, shown: Turn | None) -> Record | None:
        """The answer to a request, if it is to be taken from before; ``None`` where a service is to be asked.

        Args:
            key: The request.
            draft: The turn that asks.
            shown: The turn in whose place it comes; ``None`` where there is none.

        Raises:
            NotRecordedError: No service may be asked, and there is no answer from before.
        """
        if self.mode == ANEW and self._only:
            raise NotRecordedError(
                "another answer cannot be had, since nobody may be asked: replay is 'only'",
                hint="Write %config ChatMagics.replay = 'auto' (or unset NOTEBOOK_CHAT_REPLAY) to ask.",
            )
        if self.mode not in TAKES:
            return None
        return await asyncio.to_thread(self._find, key, draft, shown)

    def _find(self, key: RequestKey, draft: Draft, shown: Turn | None) -> Record | None:
        if self.mode == "keep":
            return self.kept(key.digest, draft, shown)
        found = self.recorded(key.digest, draft, shown)
        if found is None and self.mode == "only":
            raise self.failure(key, draft, shown)
        return found

    def kept(self, request: str, draft: Draft, shown: Turn | None) -> Kept | None:
        """The answer that a cell shows, where it answers the same request; ``None`` where it does not.

        Args:
            request: The request's digest.
            draft: The turn that asks.
            shown: The turn in whose place it comes; ``None`` where there is none.
        """
        if (own := _answering(shown, request)) is not None:
            return own
        taken = {turn.id for turn in draft.context}
        found = [one for one in self.library.in_notebooks(request) if one.turn.id not in taken]
        if draft.cell is not None:
            return next((one for one in found if one.turn.cell == draft.cell), None)
        return found[0] if found else None

    def recorded(self, request: str, draft: Draft, shown: Turn | None) -> Record | None:
        """The answer from any record of a request; ``None`` where there is none.

        Args:
            request: The request's digest.
            draft: The turn that asks.
            shown: The turn in whose place it comes; ``None`` where there is none.
        """
        if (own := _answering(shown, request)) is not None:
            return record_of_answer(own.turn.answers[own.place], own.at)
        return self.library.find(request, draft.cell)

    def foretell(self, key: RequestKey, draft: Draft, shown: Turn | None) -> str:
        """What would become of a request, in words: whether it would be asked.

        Args:
            key: The request.
            draft: The turn that asks.
            shown: The turn in whose place it comes; ``None`` where there is none.
        """
        if self.mode not in TAKES:
            return ""
        try:
            found = self._find(key, draft, shown)
        except NotRecordedError as error:
            return f"it would not be sent: {error.message}"
        if found is None:
            return "it would be sent: there is no answer from before that would be taken"
        return (
            "it would not be sent: the answer from before stays"
            if self.mode == "keep"
            else ("it would not be sent: the answer from before is there")
        )

    def model_for(self, typed: str, cell: str | None) -> str | None:
        """Who has answered before what is asked; ``None`` where that is not known, or an answer from before is not
        taken.

        Args:
            typed: What is asked, as it was typed.
            cell: The cell that asks; ``None`` where that is not known.
        """
        return self.library.model_for(typed, cell) if self.mode in TAKES else None

    def play(self, record: Record) -> AsyncGenerator[Sequence[Event]]:
        """An answer from before, as events; one that stays comes at once.

        Args:
            record: What ``find`` has given.
        """
        return playing.play(record, "at once" if isinstance(record, Kept) else self._pace)

    def failure(self, key: RequestKey, draft: Draft, shown: Turn | None) -> NotRecordedError:
        """That there is no answer from before, and how the request differs from the nearest that has one.

        Args:
            key: The request.
            draft: The turn that asks.
            shown: The turn in whose place it comes; ``None`` where there is none.
        """
        told = self.nearest_difference(key, draft, shown)
        return NotRecordedError(
            f"there is no answer from before to this request: {told}",
            hint=" ".join(
                [*self.library.problems, "Replay is 'only', so nobody is asked; --replay auto does."]
            ),
        )

    def nearest_difference(self, key: RequestKey, draft: Draft, shown: Turn | None) -> str:
        """How a request differs from the nearest recorded one, in a line.

        Args:
            key: The request.
            draft: The turn that asks.
            shown: The turn in whose place it comes; ``None`` where there is none.
        """
        library = self.library
        others = [*library.keys()]
        for system, turns in library.conversations():
            others += rebuilt(system, turns, key)
        if (known := library.nearest_in_ledger(key)) is not None:
            others.append(known)
        if (other := nearest(key, others)) is None:
            return "nothing is recorded here"
        if other.digest == key.digest:
            return "its record cannot be read"
        told = differences(key, other, draft)
        return "; ".join(told) or (
            "it differs from the nearest in something that a notebook does not hold, such as the address, a tool or"
            " a field of the request"
        )


def _answering(turn: Turn | None, request: str) -> Kept | None:
    """Which of a turn's answers is one to a request; ``None`` where none is."""
    if turn is None:
        return None
    places = [turn.kept, *range(len(turn.answers))] if turn.alternatives else [turn.kept]
    for place in places:
        answer = turn.answers[place] if turn.alternatives else turn
        if answer.request == request and answer.status == "complete" and answer.exchange:
            return kept_answer(turn, place)
    return None
