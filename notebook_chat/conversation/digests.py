"""The digests of a conversation's messages, remembered while it goes on."""

from __future__ import annotations

import threading

from ..message_digests import BLOCK, block_of, folded, message_digests
from .turns import Draft, Turn


class ContextDigests:
    """Digests of what goes out with a prompt. Those of the turns before it are remembered, so that a long conversation
    costs no more than what is new in it. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._context: tuple[Turn, ...] = ()
        self._digests: list[str] = []
        self._ends: list[int] = []  # how many digests there are up to each turn
        self._blocks: list[str] = []

    def of(self, draft: Draft) -> tuple[str, ...]:
        """The digests of the messages of a draft, as ``message_digests.folded`` gives them. The system prompt is not in
        any block.

        Args:
            draft: The draft.
        """
        with self._lock:
            self._follow(draft.context)
            digests = [*self._digests, *message_digests((draft.prompt,))]
            return (*message_digests(draft.head), *folded(digests, self._blocks))

    def _follow(self, context: tuple[Turn, ...]) -> None:
        """Comes to know the digests of these turns, and of no others."""
        same = _shared(self._context, context)
        del self._ends[same:]
        del self._digests[self._ends[-1] if self._ends else 0 :]
        del self._blocks[len(self._digests) // BLOCK :]
        for turn in context[same:]:
            self._digests += message_digests(turn.messages)
            self._ends.append(len(self._digests))
        self._context = context
        for number in range(len(self._blocks), len(self._digests) // BLOCK):
            self._blocks.append(block_of(self._digests, number))


def _shared(one: tuple[Turn, ...], other: tuple[Turn, ...]) -> int:
    """How many turns two contexts have in common at their beginning. Those that are one and the same take no time to
    compare."""
    count = min(len(one), len(other))
    if one[:count] == other[:count]:
        return count
    return next(place for place in range(count) if one[place] != other[place])
