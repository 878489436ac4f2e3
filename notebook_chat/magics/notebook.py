"""Which notebook the kernel serves, and the conversations that it left off with."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Any

import msgspec

from ..conversation import Conversation, Origin
from ..errors import HistoryError
from ..store import Entry, NotebookFile, Store, read_notebook
from .cell import CellIdentity


class Resumed(msgspec.Struct):
    """What a notebook goes on with.

    Parameters:
        conversations: Its conversations.
        broken: How many turns could not be read.
        foreign: How many turns its outputs hold of conversations that the history does not know.
        problem: Why the history could not be looked at.
    """

    conversations: list[Conversation] = []
    broken: int = 0
    foreign: int = 0
    problem: str = ""


class Notebook:
    """The notebook of a shell, as far as the front end tells."""

    def __init__(self, shell: Any, cells: CellIdentity) -> None:
        self._shell = shell
        self._cells = cells

    @property
    def path(self) -> Path | None:
        """Its file, as it was when the kernel started: no front end tells of a new name. ``None`` where a
        front end sends no cells either: a kernel that was started from a notebook has that one's variables
        in its environment."""
        if self._cells.current is None:
            return None
        told = self._shell.user_ns.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
        if not isinstance(told, str) or not told.endswith(".ipynb"):
            return None
        try:
            return Path(told).resolve()
        except (OSError, ValueError):
            return None

    def resume(self, store: Store) -> Resumed:
        """The conversations that the notebook left off with.

        They are those that were last had under its path, or, where it was renamed, those that its outputs
        name. A copy, whose original is still there, goes on with a branch of its own.
        """
        path = self.path
        if path is None:
            return Resumed()
        try:
            file = read_notebook(path)
        except HistoryError:
            file = None  # not saved yet, or not in this kernel's file system
        try:
            return self._resumed(store, path, file)
        except HistoryError as error:
            return Resumed(problem=str(error))

    def _resumed(self, store: Store, path: Path, file: NotebookFile | None) -> Resumed:
        resumed = Resumed()
        loaded = [store.load(entry.id) for entry in _newest(store.of_notebook(str(path)))]
        if loaded and file is not None and not self._same(loaded, file):
            loaded = []
        for conversation, broken in loaded:
            resumed.conversations.append(conversation)
            resumed.broken += broken
        if file is not None:
            self._from_outputs(store, path, file, resumed)
        for conversation in resumed.conversations:
            store.keep(conversation, str(path))
        return resumed

    def _from_outputs(self, store: Store, path: Path, file: NotebookFile, resumed: Resumed) -> None:
        known = {entry.id: entry for entry in store.named(file.ids)}
        for copy in file.conversations():
            if any(copy.name == conversation.name for conversation in resumed.conversations):
                continue
            entry = known.get(copy.id)
            if entry is None:
                resumed.foreign += len(copy)
            elif entry.notebook is None or not Path(entry.notebook).exists():
                conversation, broken = store.load(entry.id)
                store.moved(entry.id, str(path))
                conversation.replace(_with_cells(conversation, copy))
                resumed.conversations.append(conversation)
                resumed.broken += broken
            else:
                last = max((turn.position for turn in copy.turns), default=-1)
                copy.id, copy.origin = uuid.uuid4().hex, Origin(entry.id, last)
                store.keep(copy, str(path))
                store.save(copy)
                resumed.conversations.append(copy)
        resumed.broken += file.broken

    def _same(self, loaded: list[tuple[Conversation, int]], file: NotebookFile) -> bool:
        """Whether the file is the notebook that the conversations were had in, and not another one that has
        got its path since."""
        conversations = [conversation for conversation, _ in loaded]
        named = {conversation.id for conversation in conversations}
        named |= {conversation.origin.id for conversation in conversations if conversation.origin}
        if not named.isdisjoint(file.ids):
            return True
        turns = [turn for conversation in conversations for turn in conversation.turns]
        cells = {turn.cell.partition("#")[0] for turn in turns if turn.cell}
        if any(":" in cell for cell in cells):
            return True  # VS Code's own names for cells are not in the file
        if not cells.isdisjoint({*file.cells, self._cells.current or ""}):
            return True
        return max((turn.at for turn in turns), default=0.0) > file.saved  # not saved since


def _newest(entries: list[Entry]) -> list[Entry]:
    """The last one of each name."""
    return list({entry.name: entry for entry in reversed(entries)}.values())


def _with_cells(conversation: Conversation, copy: Conversation) -> list[Any]:
    """The turns, each with the cell that has its output; a run without a front end had not known them."""
    cells = {turn.id: turn.cell for turn in copy.turns}
    return [
        msgspec.structs.replace(turn, cell=turn.cell or cells.get(turn.id)) for turn in conversation.turns
    ]
