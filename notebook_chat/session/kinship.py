"""Whether a notebook's file is the notebook of a conversation: what this machine knows of both decides.

An id in a file proves nothing, nor do a file's times, nor its path alone: whoever made the file has chosen them. What
counts is what of the notebook's cells and outputs is in the file and is known here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

from ..conversation import Conversation, Turn, base_of
from ..store import NotebookFile, Sighting, as_in_notebook, digest_of, is_chat_cell
from .cells import MAY_ASK
from .recognition import asks


class Kinship:
    """What a notebook's file has in common with what is known on this machine.

    Args:
        file: The notebook's file.
    """

    def __init__(self, file: NotebookFile) -> None:
        self.file = file
        self._held = {item.turn.id: item.turn for item in file.stored}
        self._by_id = {cell.id: cell for cell in file.cells if cell.id is not None}
        self._digests = {id: digest_of(cell) for id, cell in self._by_id.items()}
        self._sources = {digest_of(cell) for cell in file.cells}

    def holds(self, turn: Turn) -> bool:
        """Whether the outputs hold a turn, word for word."""
        held = self._held.get(turn.id)
        return held is not None and _said(held) == _said(turn)

    def shows(self, turn: Turn) -> bool:
        """Whether the file shows by an output, or by a cell that asks the same, that a turn was had in it."""
        if turn.cell is None or self.holds(turn):
            return turn.cell is not None
        cell = self._by_id.get(base_of(turn.cell))
        return any(asks(other.prompt, turn) for other in ([cell] if cell is not None else self.file.cells))

    def has_cells(self, cells: Set[str]) -> bool:
        """Whether most of some cells are in the file, by their ids."""
        there = sum(cell in self._by_id for cell in cells)
        return there > 0 and 2 * there >= len(cells)

    def is_as_seen(self, seen: Sighting | None) -> bool:
        """Whether nobody has changed the file since it was last seen on this machine."""
        return seen is not None and bool(seen.digest) and seen.digest == self.file.digest

    def is_of(self, turns: Sequence[Turn], seen: Sighting | None) -> bool:
        """Whether it is the notebook that turns were had in, given that it is where that notebook was.

        Args:
            turns: The turns of a conversation.
            seen: How that conversation's notebook was last seen.
        """
        own = [turn for turn in turns if turn.cell is not None]
        shown, held = sum(map(self.shows, own)), sum(map(self.holds, own))
        talk = shown > 0 and 2 * shown >= len(own)
        if seen is None or not seen.cells:
            return talk or self.is_as_seen(seen)
        kept, same, count = self._cells_in_both(seen)
        if self.is_as_seen(seen) or 2 * same > count or (held > 0 and 2 * held >= len(own)):
            return True
        return talk and (2 * kept > count or not count)

    def has_most_of(self, seen: Sighting) -> bool:
        """Whether most of the cells that were last seen are still there."""
        kept, _, count = self._cells_in_both(seen)
        return self.is_as_seen(seen) or 2 * kept > count

    def _cells_in_both(self, seen: Sighting) -> tuple[int, int, int]:
        """How many of the cells that were seen are still there; how many of them say the same, or said nothing
        then; and how many were seen."""
        kept = same = count = 0
        for id, source in seen.cells:
            if id and self._by_id:
                count += 1
                kept += id in self._by_id
                same += id in self._by_id and source in ("", self._digests[id])
            elif source:
                count += 1
                kept += source in self._sources
                same += source in self._sources
        return kept, same, count

    def split(self, conversation: Conversation, seen: Sighting | None) -> Split:
        """Which turns of its conversation a notebook goes on with.

        Args:
            conversation: The conversation.
            seen: How its notebook was last seen.
        """
        if self.is_as_seen(seen):
            return Split(conversation.turns)
        sources = dict(seen.cells) if seen is not None else {}
        turns = conversation.turns
        missing = [turn for turn in turns if turn.cell is not None and not self._has_cell_of(turn, sources)]
        since = min((turn.at for turn in missing), default=float("inf"))
        left = {turn.id for turn in missing}
        cells = [turn for turn in turns if turn.cell is not None and turn.id not in left]
        if not missing or any(turn.at > since for turn in cells):
            return Split(turns, frozenset(left))
        kept = tuple(turn for turn in turns if turn.id not in left and turn.at <= since)
        return Split(kept, behind=True)

    def _has_cell_of(self, turn: Turn, sources: Mapping[str, str]) -> bool:
        """Whether the cell of a turn is in the file, as far as it can be told."""
        if self.shows(turn):
            return True
        id, prompt = base_of(turn.cell or ""), turn.asked.strip()
        cell = self._by_id.get(id)
        if cell is None:
            return any(
                prompt in other.source and MAY_ASK.search(other.source) is not None
                for other in self.file.cells
                if other.code and prompt
            )
        if not cell.code or not cell.source.strip():
            return False
        if is_chat_cell(cell.source):
            return sources.get(id) == self._digests[id]  # a panel has asked it anew
        return sources.get(id, "") in ("", self._digests[id]) or MAY_ASK.search(cell.source) is not None


class Split(NamedTuple):
    """Which turns of its conversation a notebook goes on with.

    Attributes:
        turns: The turns.
        gone: The ids of those of them whose cells are gone.
        behind: Whether the file is an earlier state of the notebook, in which later turns had not been asked.
    """

    turns: tuple[Turn, ...]
    gone: frozenset[str] = frozenset()
    behind: bool = False


def _said(turn: Turn) -> tuple[object, ...]:
    turn = as_in_notebook(turn)
    # Which of several answers is in the conversation may have changed since the file was saved.
    answers = tuple((answer.exchange, answer.status) for answer in turn.answers)
    return turn.prompt, answers, turn.system, turn.fresh
