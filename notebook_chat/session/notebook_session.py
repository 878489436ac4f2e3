"""The session: one notebook's conversations, and all that can be done to them as a whole."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Collection, Set
from pathlib import Path
from typing import TYPE_CHECKING

from ..cell_selection import CELLS_TOKENS
from ..errors import ConversationBusyError, HistoryError
from .cell_records import CellRecords
from .cells import CellIdentity
from .ending import stop_all
from .file_conversations import FileConversations
from .front_end import FrontEnd, notebook_path
from .history import History
from .known_cells import KnownCells
from .named_conversations import check_name, name_taken
from .notebook_cells import NotebookCells
from .resumed import Resumed
from .waiting import Waiting

# What a conversation is made of is loaded with the first one: loading the extension is to cost little.
if TYPE_CHECKING:
    from ..cell_record import CellRecord
    from ..cell_selection import CellSelection
    from ..conversation import Conversation
    from ..ledger.ledger import Ledger
    from ..pace import Pace
    from ..store import NotebookFile, Sighting


class NotebookSession(FileConversations):
    """The conversations of one notebook, by their names, with their cells and their history.

    It goes on with what the notebook left off with as soon as a conversation is asked for, once. It shows
    nothing: what there is to tell it returns, or gives to ``on_resume``.

    Args:
        front_end: What tells of the cell that runs, and of the notebook.
        history: Whether conversations are kept on the disk.
        system: The system prompt of new conversations; ``""`` for none.
        new_kernel: Whether the kernel has not had another session before, whose variables are still there.
        path: The notebook's file, where it is known from a session before.
        on_resume: Called once, with what the notebook goes on with.

    Attributes:
        cells: Tells the cells apart that ask.
        history: Where conversations are kept on the disk.
        system: The system prompt of new conversations; ``""`` for none.
        records: The cells that have run, with what they gave.
        cells_tokens: How many tokens the cells may take that go along with a prompt.
        cells_figures: Whether their figures go along.
        cells_along: How many of the cells above go along with each prompt, unless it says so itself.
        pace: How fast services may be asked, unless whoever asks says so.
    """

    def __init__(
        self,
        front_end: FrontEnd,
        *,
        history: bool = True,
        system: str = "",
        new_kernel: bool = True,
        path: Path | None = None,
        on_resume: Callable[[Resumed], object] = lambda resumed: None,
    ) -> None:
        super().__init__(History(history), system)
        self.cells = CellIdentity(front_end)
        self._front_end = front_end
        self._new_kernel = new_kernel
        self._on_resume = on_resume
        self._resumed = False
        self._waiting: Waiting | None = None
        self._known = path
        self._seen: dict[str, Sighting] = {}
        self._tracker = NotebookCells(self.cells, self._saw)
        self.records = CellRecords(self.cells, lambda: self._tracker.snapshot)
        self.cells_tokens = CELLS_TOKENS
        self.cells_figures = True
        self.cells_along = 0
        self.pace: Pace | None = None
        self._ends: list[Callable[[], object]] = []

    # --- the notebook and its history

    @property
    def path(self) -> Path | None:
        """The notebook's file, as it was called when the kernel started: no front end tells of a new name.
        ``None`` where a front end sends no cells either: a kernel that was started from a notebook has that
        one's variables in its environment."""
        return notebook_path(self._front_end) if self.cells.current is not None else None

    @property
    def notebook(self) -> Path | None:
        """The notebook's file from the first cell on by which it is known, also where a console or a button
        asks; ``None`` until then."""
        self._known = self.path or self._known
        return self._known

    def _saw(self, conversations: list[Conversation], file: NotebookFile, cells: Set[str]) -> None:
        """Has it remembered how the notebook of conversations is now; not if another one was put in its place."""
        if (store := self.history.store) is None:
            return
        from ..store import Sighting
        from .kinship import Kinship

        kinship, sighting = Kinship(file), Sighting.of(file)
        here = kinship.has_cells(cells)
        own = [
            one
            for one in conversations
            if here or not len(one) or kinship.is_of(one.turns, self._seen.get(one.id))
        ]
        self._seen |= {one.id: sighting for one in own}
        store.saw([one.id for one in own], sighting)

    @property
    def ledger(self) -> Ledger:
        """What every exchange with a service asked, answered, used and cost; opened when it is first used."""
        return self.history.ledger

    def keep_history(self, on: bool) -> None:
        """Has conversations kept on the disk, those that are there already too, or has nothing touch it."""
        if on != self.history.on:
            self.history.switch(on, self._conversations.values(), self.notebook)

    def close(self) -> None:
        """Ends it, for a bounded time: answers that are coming are stopped and kept, whatever shows its conversations
        is closed, and all is written."""
        stop_all(self._conversations.values())
        for ended in tuple(self._ends):
            ended()
        self.history.close()

    def on_end(self, ended: Callable[[], object]) -> Callable[[], None]:
        """Has something called when the session ends.

        Args:
            ended: What to call.

        Returns:
            What takes that back.
        """
        self._ends.append(ended)
        return lambda: self._ends.remove(ended) if ended in self._ends else None

    @property
    def resumed(self) -> bool:
        """Whether the notebook has gone on with what it left off with."""
        return self._resumed

    def resume(self) -> None:
        """Goes on with the conversations that the notebook left off with, as soon as it is known which
        notebook this is and the history can be read; the second time it does nothing. What was said before that
        goes on with them."""
        path = self.notebook
        if self._resumed or path is None or any(one.busy for one in self._conversations.values()):
            return
        store = self.history.store
        if self._waiting is not None and store is not None and not self._waiting.is_over(store):
            return
        self._resumed = True
        gone: frozenset[str] = frozenset()
        if store is not None:
            from .resuming import resume

            begun = {conversation.id for conversation in self._conversations.values()}
            found = resume(store, path, here=begun)
            if found.problem:
                self._resumed, told = False, self._waiting is not None
                self._waiting = Waiting(store)
                if told:
                    return
                joins = "What was said before joins the conversation as soon as it can be read"
                found = dataclasses.replace(found, problem=f"{found.problem}. {joins}.")
            self._tracker.recognize(found.lost, found.unsaved)
            moved: dict[str, Sighting] = {}
            for conversation in found.conversations:
                here = self._conversations.setdefault(conversation.name, conversation)
                if here is not conversation:
                    began = here.id
                    here.continue_from(conversation)
                    store.delete(began, erase=False)
                    self.history.moved(began, here.id)
                    if (sighting := self._seen.pop(began, None)) is not None:
                        moved[here.id] = sighting
                        store.saw([here.id], sighting)
            names = {conversation.name for conversation in found.conversations}
            for own in [one for name, one in self._conversations.items() if name not in names]:
                self.history.keep(own, path, save=len(own) > 0)
            self._on_resume(dataclasses.replace(found, new_kernel=self._new_kernel))
            if found.conversations:
                self._changes.notify()
            gone = found.gone
            self._seen |= {**found.seen, **moved}
        self._tracker.follow(self._conversations.values())
        self._tracker.leave(self._conversations.values(), gone)

    def this_cell(self, conversation: Conversation) -> str | None:
        """The identity that ``next_cell`` would give now, while none is given.

        Args:
            conversation: Where it would ask.
        """
        return self._tracker.this_in(conversation, self._conversations.values())

    def shared(self, name: str) -> tuple[Conversation, Callable[[], str | None]]:
        """The conversation of a name for a ``Chat``, and what tells the cells apart that ask in it."""
        conversation = self.conversation(name)
        return conversation, lambda: self.next_cell(conversation)

    def fork(self, name: str, source: Conversation) -> int:
        """Begins a conversation with what has been said in another so far. When the cell that did so runs
        again, the branch begins with what was said until then, and keeps what it has had itself.

        Args:
            name: What the branch is called.
            source: What it branches off from.

        Returns:
            How many turns it begins with.

        Raises:
            InvalidOptionError: There is another conversation of that name, or none can be called so.
        """
        check_name(name)
        there = self._conversations.get(name)
        origin = there.origin if there is not None else None
        if there is not None and len(there) and (origin is None or origin.id != source.id):
            raise name_taken(name)
        before = origin.position if origin else None
        if origin is not None and (above := self._tracker.place_in(source)) is not None:
            before = above
        branch = source.branch(name, before=before)
        if there is not None and origin is not None:
            from ..conversation import rebased

            turns = rebased(there.turns, origin.position, branch.turns)
            there.origin = branch.origin
            there.replace(turns)
        else:
            self._add(branch, save=True)
        return len(branch)

    def restore(self, path: Path | None = None, *, whole: bool = False) -> Resumed:
        """Goes on with the conversations that a notebook's outputs hold, in place of those of their names: with the
        texts of user and assistant. All else that the file holds takes a yes.

        Args:
            path: The notebook's file; ``None`` for this notebook.
            whole: Whether the user has said yes to all that the file holds.

        Returns:
            The conversations; and in ``withheld`` what takes the yes, or what it was given for.

        Raises:
            HistoryError: The file is not known, cannot be read, or holds no conversation.
        """
        path = path or self.path
        if path is None:
            raise HistoryError(
                "the front end does not tell which notebook this is", hint="Write %chat restore FILE.ipynb."
            )
        return self._restored(path, own=self.notebook, whole=whole)

    def _set_aside(self, conversation: Conversation, taken: Collection[str]) -> Conversation:
        branch = super()._set_aside(conversation, taken)
        if (sighting := self._seen.get(conversation.id)) is not None and self.history.store is not None:
            self._seen[branch.id] = sighting
            self.history.store.saw([branch.id], sighting)
        return branch

    def bring_back(self, id: str) -> Conversation:
        """Goes on with a conversation of the history, whichever notebook it was last had in; with a branch of
        it if that notebook is still there.

        Args:
            id: Its id, or how that begins.

        Returns:
            The conversation, under its name or a numbered one that is free.

        Raises:
            InvalidOptionError: There is none, or ids of several begin so.
            HistoryError: The history is off or cannot be read.
        """
        self.resume()
        store, entry = self.history.require(), self._entry(id)
        for here in self._conversations.values():
            if here.id == entry.id:
                return here
        from .resuming import bring_back

        return self.take_in(bring_back(store, entry, self.notebook))

    # --- its cells

    def before_cell(self, source: str = "") -> None:
        """To be called before each cell runs, since the front end tells of a deletion once, with whichever cell
        runs next.

        Args:
            source: What the cell runs; ``""`` where that is not known.
        """
        self._tracker.before(self.notebook, source)
        if self._conversations and not self._resumed:
            self.resume()  # it was used before it was known which notebook this is
        if self._conversations and self._tracker.pending and self._is_settled:
            self._tracker.follow(self._conversations.values())

    def after_cell(self, source: str, succeeded: bool) -> None:
        """To be called after each cell: the turns of one that does not ask any more leave.

        Args:
            source: What the cell ran.
            succeeded: Whether it came to its end.
        """
        if self._conversations:
            self._tracker.after(self._conversations.values(), source, succeeded)

    def next_cell(self, conversation: Conversation) -> str | None:
        """The identity of one more turn of the cell that runs, as ``Turn.cell``.

        Args:
            conversation: Where it asks.
        """
        return self._tracker.next_in(conversation, self._conversations.values())

    def context(self, selection: CellSelection, *, of_cell: bool = True) -> tuple[CellRecord, ...]:
        """The cells that go along with a prompt, in the order of the notebook as far as it is known.

        Args:
            selection: Which the user wants.
            of_cell: Whether the cell that runs is the one that asks; else all cells are above.

        Raises:
            InvalidOptionError: Cells are chosen by numbers, and none of them can go along.
        """
        from .context_cells import Layout, context_cells

        records, tracker = self.records, self._tracker
        asking, source = (self.cells.current, records.running) if of_cell else (None, "")
        layout = Layout(tracker.snapshot, asking, source, records.gone, tracker.known_name)
        return context_cells(selection, records.runs, layout)

    @property
    def known_cells(self) -> KnownCells:
        """What is known of the notebook's cells now."""
        return KnownCells(self.records.runs, self._tracker.snapshot)

    def take_news(self, conversation: Conversation) -> list[str]:
        """What the reader of the next answer in a conversation should know of its turns; told once."""
        return self._tracker.take_news(conversation)

    def keep_only_in(self, conversation: Conversation, cell: str | None) -> None:
        """Takes a cell's turn out of the conversations that it asked in before its ``-c`` was changed.

        Args:
            conversation: Where the cell has asked now.
            cell: Its id, as in ``Turn``; ``None`` changes nothing.
        """
        for other in self._conversations.values():
            kept = [turn for turn in other.turns if cell is None or turn.cell != cell]
            if other is not conversation and len(kept) < len(other):
                with contextlib.suppress(ConversationBusyError):
                    other.replace(kept)

    @property
    def _is_settled(self) -> bool:
        """Whether all the turns are there that the notebook goes on with, as far as they can be read."""
        return self._resumed or self._waiting is not None or self.notebook is None

    def _come_up_to_date(self) -> None:
        self.resume()
        if self._is_settled:
            self._tracker.follow(self._conversations.values())

    def _add(self, conversation: Conversation, *, save: bool = False) -> None:
        super()._add(conversation, save=save)
        self._tracker.note(self._conversations.values())
