"""What a notebook goes on with: the conversations that it left off with, from the history and from its file."""

from __future__ import annotations

import uuid
from pathlib import Path

import msgspec

from ..conversation import Conversation, Origin, Turn
from ..errors import HistoryError
from ..store import Entry, NotebookFile, Store, read_notebook
from .resumed import Resumed


def resume(store: Store, path: Path, *, running: str | None) -> Resumed:
    """Finds the conversations that a notebook left off with, and has the store keep them.

    They are those that were last had under its path, or, where it was renamed, those that its outputs name.
    A copy, whose original is still there, goes on with a branch of its own.

    Args:
        store: The history.
        path: The notebook's file.
        running: The id of the cell that runs, which the file may not have yet.

    Returns:
        The conversations; a history that cannot be read is told in ``problem``.
    """
    try:
        file = read_notebook(path)
    except HistoryError:
        file = None  # not saved yet, or not in this kernel's file system
    try:
        return _resume(store, path, file, running)
    except HistoryError as error:
        return Resumed(problem=str(error))


def _resume(store: Store, path: Path, file: NotebookFile | None, running: str | None) -> Resumed:
    loaded = [store.load(entry.id) for entry in _newest(store.of_notebook(str(path)))]
    if file is None:
        found, foreign = loaded, 0
    else:
        if loaded and not _is_notebook_of(loaded, file, running):
            loaded = []
        others, foreign = _from_outputs(store, path, file, {conversation.name for conversation, _ in loaded})
        found = [*loaded, *others]
    for conversation, _ in found:
        store.keep(conversation, str(path))
    broken = sum(broken for _, broken in found) + (file.broken if file is not None else 0)
    return Resumed(tuple(conversation for conversation, _ in found), broken, foreign)


def _from_outputs(
    store: Store, path: Path, file: NotebookFile, taken: set[str]
) -> tuple[list[tuple[Conversation, int]], int]:
    """The conversations that the outputs name, each with the number of its broken turns, and how many turns
    there are of others, which the history does not know."""
    known = {entry.id: entry for entry in store.named(file.ids)}
    found: list[tuple[Conversation, int]] = []
    foreign = 0
    for copy in file.conversations():
        if copy.name in taken:
            continue
        entry = known.get(copy.id)
        if entry is None:
            foreign += len(copy)
        elif entry.notebook is None or not Path(entry.notebook).exists():
            found.append(_moved(store, path, entry, copy))
        else:
            found.append((_branch(store, path, entry, copy), 0))
    return found, foreign


def _moved(store: Store, path: Path, entry: Entry, copy: Conversation) -> tuple[Conversation, int]:
    """The conversation of a notebook that was renamed, and how many of its turns are broken."""
    conversation, broken = store.load(entry.id)
    store.moved(entry.id, str(path))
    conversation.replace(_with_cells(conversation, copy))
    return conversation, broken


def _branch(store: Store, path: Path, entry: Entry, copy: Conversation) -> Conversation:
    """The conversation of a notebook that was copied: a branch, since the original goes on with its own."""
    last = max((turn.position for turn in copy.turns), default=-1)
    copy.id, copy.origin = uuid.uuid4().hex, Origin(entry.id, last)
    store.keep(copy, str(path))
    store.save(copy)
    return copy


def _is_notebook_of(loaded: list[tuple[Conversation, int]], file: NotebookFile, running: str | None) -> bool:
    """Whether the file is the notebook that the conversations were had in, and not another one that has got
    its path since."""
    conversations = [conversation for conversation, _ in loaded]
    named = {conversation.id for conversation in conversations}
    named |= {conversation.origin.id for conversation in conversations if conversation.origin}
    if not named.isdisjoint(file.ids):
        return True
    turns = [turn for conversation in conversations for turn in conversation.turns]
    cells = {turn.cell.partition("#")[0] for turn in turns if turn.cell}
    if any(":" in cell for cell in cells):
        return True  # VS Code's own names for cells are not in the file
    if not cells.isdisjoint({*file.cells, running or ""}):
        return True
    return max((turn.at for turn in turns), default=0.0) > file.saved  # not saved since


def _newest(entries: list[Entry]) -> list[Entry]:
    """The last one of each name."""
    return list({entry.name: entry for entry in reversed(entries)}.values())


def _with_cells(conversation: Conversation, copy: Conversation) -> list[Turn]:
    """The turns, each with the cell that has its output; a run without a front end had not known them."""
    cells = {turn.id: turn.cell for turn in copy.turns}
    return [
        msgspec.structs.replace(turn, cell=turn.cell or cells.get(turn.id)) for turn in conversation.turns
    ]
