"""What becomes of the notebook's cells, and of their turns with them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection, Mapping, Set
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConversationBusyError
from .cell_names import CellNames
from .cells import MAY_ASK, CellIdentity
from .departures import Departures, Reason
from .saved_notebook import Snapshot, look

if TYPE_CHECKING:
    from ..conversation import Conversation, Turn
    from ..store import NotebookFile

_LOADS = re.compile(r"load_ext\s+notebook_chat")

_STILL_SENT = "still sent: a cell that was deleted and is in the saved notebook"
_MOVED = "in the order of the notebook as it was saved"
_UNSAVED = "this cell counts as the last one until the notebook is saved"
_NO_FILE = "cells count in the order in which they first ran"


class NotebookCells:
    """Has the turns follow their cells: in the order of the notebook as it was saved, and out of the
    conversations when their cells are deleted, become text, or run something else.

    What the front end tells and what the file tells are taken together: JupyterLab names cells as deleted that
    were brought back, the file may be older than the notebook. A conversation in which an answer is coming
    waits; what is to be done is done with the next cell.

    Args:
        identity: Which cell runs.
        saw: Called with conversations and their notebook's file, as it is now, once for each state; and with the
            cells that have run in this kernel.
    """

    def __init__(
        self,
        identity: CellIdentity,
        saw: Callable[[list[Conversation], NotebookFile, Set[str]], object] = lambda those, file, cells: None,
    ) -> None:
        self._identity = identity
        self._saw = saw
        self._noted: dict[str, Snapshot] = {}
        self._names = CellNames()
        self._departures = Departures()
        self._snapshot = Snapshot()
        self._followed: Snapshot | None = None
        self._ordered: dict[str, Mapping[str, int]] = {}
        self._ids: frozenset[str] = frozenset()
        self._lost: set[str] = set()
        self._running: tuple[object, str] = (None, "")
        self._named: frozenset[str] = frozenset()
        self._batch: list[str] = []
        self._loader: str | None = None
        self._seen: set[str] = set()
        self._asked: dict[str, Snapshot] = {}
        self._deleted: dict[str, bool] = {}
        self._changed: dict[str, int] = {}
        self._order_told = False

    def before(self, path: Path | None, source: str) -> None:
        """Takes in what the front end and the file system tell before a cell runs.

        Args:
            path: The notebook's file; ``None`` where it is not known.
            source: What the cell runs; ``""`` where that is not known.
        """
        before, self._snapshot = self._snapshot, look(path, self._snapshot)
        saved_since = before.path is not None and self._snapshot is not before
        execution, cell = self._identity.execution, self._identity.current
        if execution is None or execution != self._running[0]:  # else a cell that is run by the one that runs
            self._running = (execution, source)
            named = frozenset(self._identity.deleted)
            self._deleted |= dict.fromkeys(named - self._named - {cell}, saved_since)
            self._batch = [*self._batch, *([cell] if cell else [])] if named == self._named else [cell or ""]
            self._named = named
            if not self._loader or _LOADS.search(source):
                if self._loader not in (None, cell):
                    self._names.reopened()  # the page was loaded anew, with names anew for cells without ids
                self._loader = cell
        if cell is not None:
            self._seen.add(cell)
            self._deleted.pop(cell, None)

    @property
    def snapshot(self) -> Snapshot:
        """The notebook as it was saved when the cell began that ran last."""
        return self._snapshot

    def known_name(self, cell: str) -> str:
        """The name of a cell in the saved notebook, as far as it was found already.

        Args:
            cell: What the front end calls it.
        """
        return self._names.known(cell)

    @property
    def pending(self) -> bool:
        """Whether there is something to do before this cell runs, and not only before one asks."""
        return bool(self._deleted or self._changed) or self._identity.current in self._departures.cells

    def after(self, conversations: Collection[Conversation], source: str, succeeded: bool) -> None:
        """Notes what a cell has run: one that did not ask has no turn any more.

        Args:
            conversations: All of the notebook's.
            source: What it ran.
            succeeded: Whether it came to its end. One that failed before it asked keeps its turn.
        """
        from ..store import is_chat_cell

        cell, asked = self._identity.current, self._identity.asked
        if cell is None or (self._identity.execution, source) != self._running:
            return
        if asked == 0 and (is_chat_cell(source) or (not succeeded and MAY_ASK.search(source))):
            return
        name = self._names.known(cell)
        is_gone = _of(name, beyond=asked)
        if (asked == 0 or succeeded) and any(any(map(is_gone, one.turns)) for one in conversations):
            self._changed[name] = asked

    def follow(self, conversations: Collection[Conversation]) -> None:
        """Brings the conversations up to date with the cells.

        Args:
            conversations: All of the notebook's.
        """
        if any(conversation.busy for conversation in conversations):
            return
        with contextlib.suppress(ConversationBusyError):  # a panel was faster
            self._bring_back(conversations)
            if self._snapshot is not self._followed:
                if self._snapshot.file is not None:
                    self._take(self._snapshot.file, conversations)
                self._followed = self._snapshot
            self._forget_deleted(conversations)
            for name, asked in self._changed.items():
                self._departures.leave(conversations, _of(name, beyond=asked), Reason.CHANGED, anew=True)
            self._changed.clear()
            for conversation in conversations:
                self._put_in_order(conversation)
        self.note(conversations)

    def next_in(self, conversation: Conversation, conversations: Collection[Conversation]) -> str | None:
        """The identity of one more turn of the cell that runs, as ``CellIdentity.next`` gives it, by the name
        that the cell has in the saved notebook.

        Args:
            conversation: Where it asks.
            conversations: All of the notebook's.
        """
        from ..conversation import numbered

        cell = self._identity.current
        if self._identity.next() is None or cell is None:
            return None
        self.follow(conversations)
        execution, source = self._running
        name = self._names.name(cell, source if execution == self._identity.execution else "")
        turn_name = numbered(name, self._identity.asked)
        self._asked[name] = self._snapshot
        with contextlib.suppress(ConversationBusyError):
            self._claim(conversation, turn_name, source)
            self._put_in_order(conversation)
        self._tell_order(conversation, name)
        return turn_name

    def this_in(self, conversation: Conversation, conversations: Collection[Conversation]) -> str | None:
        """The identity that ``next_in`` would give, without counting a turn.

        Args:
            conversation: Where it would ask.
            conversations: All of the notebook's.
        """
        from ..conversation import numbered

        cell = self._identity.current
        if cell is None:
            return None
        self.follow(conversations)
        execution, source = self._running
        name = self._names.name(cell, source if execution == self._identity.execution else "")
        with contextlib.suppress(ConversationBusyError):
            self._put_in_order(conversation)
        return numbered(name, self._identity.asked + 1)

    def place_in(self, conversation: Conversation) -> int | None:
        """The position of the last turn above the cell that runs, -1 where it is the first one; ``None`` where
        the order is not known."""
        from ..conversation import base_of

        cell = self._identity.current
        place = self._names.order.get(self._names.known(cell)) if cell is not None else None
        if place is None:
            return None
        above = -1
        for turn in conversation.turns:
            if turn.cell is not None and self._names.order.get(base_of(turn.cell), -1) > place:
                break
            above = turn.position
        return above

    def recognize(self, lost: Collection[str], unsaved: Collection[str] = ()) -> None:
        """Notes what is known of the turns of an earlier kernel.

        Args:
            lost: The ids of those whose cells are not known.
            unsaved: The names of the cells that the notebook, as it was saved, cannot have yet.
        """
        self._lost.update(lost)
        self._asked |= dict.fromkeys(unsaved, self._snapshot)

    def leave(self, conversations: Collection[Conversation], gone: Collection[str]) -> None:
        """Takes turns out whose cells were deleted before this kernel began.

        Args:
            conversations: All of the notebook's.
            gone: The ids of the turns.
        """
        self._departures.leave(conversations, lambda turn: turn.id in gone, Reason.DELETED, every=True)

    def take_news(self, conversation: Conversation) -> list[str]:
        """What there is to tell under the next answer in a conversation, once."""
        return self._departures.take_news(conversation)

    def note(self, conversations: Collection[Conversation]) -> None:
        """Has it remembered how the notebook is now, by which it is known again.

        Args:
            conversations: All of the notebook's.
        """
        file = self._snapshot.file if self._snapshot is self._followed else None
        new = [one for one in conversations if self._noted.get(one.id) is not self._snapshot]
        if file is not None and new:
            self._noted |= {one.id: self._snapshot for one in new}
            self._saw(new, file, self._seen)

    # --- how it is done

    def _bring_back(self, conversations: Collection[Conversation]) -> None:
        """A cell that runs is there, also if it was named as deleted: cut and pasted, or brought back. Run in
        one go with others, a pasted one stands behind the one that ran before it."""
        from ..conversation import behind

        cell = self._identity.current
        if cell is None or cell not in self._departures.cells:
            return
        self._departures.come_back(cell)
        before = [other for other in self._batch[:-1] if other != cell] if cell in self._named else []
        for conversation in conversations:
            there = {_base(turn) for turn in conversation.turns}
            if above := [other for other in before if other in there]:
                conversation.correct(behind(conversation.turns, cell, above[-1]))

    def _take(self, file: NotebookFile, conversations: Collection[Conversation]) -> None:
        """Takes in what a notebook tells that was saved."""
        self._rename(file, conversations)
        code = {cell.id for cell in file.cells if cell.code}
        for cell in self._departures.cells & code:
            self._departures.come_back(cell)
        self._departures.leave(conversations, self._vanished_from(file, conversations), Reason.DELETED)
        texts = file.cell_ids - code
        self._departures.leave(
            conversations,
            lambda turn: _base(turn) in texts and self._is_older(turn, file),
            Reason.NO_CODE,
        )
        self._names.read(file, [turn for conversation in conversations for turn in conversation.turns])
        self._ids = file.cell_ids
        self._order_told = False

    def _vanished_from(
        self, file: NotebookFile, conversations: Collection[Conversation]
    ) -> Callable[[Turn], bool]:
        """What tells the turns whose cells were in the notebook and are not any more."""
        ids, before, seen = file.cell_ids, self._ids, self._seen
        bases = {_base(turn) for conversation in conversations for turn in conversation.turns}
        shown = {id for cell in file.cells for id in cell.turns}
        told = not (ids | before).isdisjoint(seen | bases)  # else the front end has other names than the file

        def vanished(turn: Turn) -> bool:
            base = _base(turn)
            if not told or not ids or base in ids or turn.id in shown or turn.id in self._lost or ":" in base:
                return False
            return base != self._identity.current and (base in before or self._is_older(turn, file))

        return vanished

    def _is_older(self, turn: Turn, file: NotebookFile) -> bool:
        """Whether the notebook was saved since a turn was asked."""
        asked = self._asked.get(_base(turn))
        return asked is not self._snapshot if asked is not None else turn.at < file.saved

    def _rename(self, file: NotebookFile, conversations: Collection[Conversation]) -> None:
        """Gives cells that have passing names those that they have in the saved notebook."""
        from .recognition import rename

        for conversation in conversations:
            turns, names = rename(conversation.turns, file)
            conversation.correct(turns)
            for cell, name in names.items():
                self._names.rename(cell, name)

    def _forget_deleted(self, conversations: Collection[Conversation]) -> None:
        gone: set[str] = set()
        for cell, saved_since in self._deleted.items():
            name = self._names.known(cell)
            file = self._snapshot.file if saved_since else None
            if file is None or name not in file.cell_ids:
                gone.add(name)
                continue
            for conversation in conversations:
                if any(map(_of(name), conversation.turns)):
                    self._departures.tell(conversation, _STILL_SENT)
        self._departures.leave(conversations, lambda turn: _base(turn) in gone, Reason.DELETED, anew=True)
        self._deleted.clear()

    def _put_in_order(self, conversation: Conversation) -> None:
        """Once for each order: what is known better since then is not undone by an old file."""
        order = self._names.order
        if self._ordered.get(conversation.id) is not order:
            self._ordered[conversation.id] = order
            if conversation.follow_cells(order):
                self._departures.tell(conversation, _MOVED)

    def _claim(self, conversation: Conversation, name: str, source: str) -> None:
        """Finds the turn of an earlier kernel that a cell asks again, by what it asks."""
        from .recognition import claim

        if self._lost and not any(turn.cell == name for turn in conversation.turns):
            turns, found = claim(conversation.turns, self._lost, name, source)
            self._lost.discard(found)
            conversation.correct(turns)

    def _tell_order(self, conversation: Conversation, name: str) -> None:
        """Says where a cell counts whose place is not known, unless the answer before was told the same."""
        if name in self._names.order:
            self._order_told = False
        elif not self._order_told and conversation.turns and not any(map(_of(name), conversation.turns)):
            self._order_told = True
            self._departures.tell(conversation, _NO_FILE if self._snapshot.file is None else _UNSAVED)


def _base(turn: Turn) -> str:
    from ..conversation import base_of

    return base_of(turn.cell) if turn.cell is not None else ""


def _of(name: str, beyond: int = 0) -> Callable[[Turn], bool]:
    """What tells the turns of a cell, those behind a number of them."""
    from ..conversation import number_of

    def is_one(turn: Turn) -> bool:
        return turn.cell is not None and _base(turn) == name and number_of(turn.cell) > beyond

    return is_one
