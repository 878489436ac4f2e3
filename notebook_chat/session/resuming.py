"""What a notebook goes on with: the conversations that it left off with, from the history and from its file."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from ..conversation import Conversation, Origin, Turn
from ..errors import HistoryError
from ..store import Entry, NotebookFile, Store, read_notebook
from .recognition import is_same_notebook, recognize
from .resumed import Resumed

_EARLIER = 5
"""How many earlier conversations of a name are looked at."""


def resume(store: Store, path: Path, *, running: str | None, here: Collection[str] = ()) -> Resumed:
    """Finds the conversations that a notebook left off with, and has the store keep them.

    They are those that were last had under its path, where the file shows by its outputs or cells that it is
    still the same notebook, or, where it was renamed, those that its outputs name.
    A copy, whose original is still there, goes on with a branch of its own.

    Args:
        store: The history.
        path: The notebook's file.
        running: The id of the cell that runs, which the file may not have yet.
        here: The ids of conversations that have begun already, while the history could not be read.

    Returns:
        The conversations; a history that cannot be read is told in ``problem``.
    """
    try:
        file = read_notebook(path)
    except HistoryError:
        file = None  # not saved yet, or not in this kernel's file system
    try:
        return _resume(store, path, file, running, here)
    except HistoryError as error:
        return Resumed(problem=str(error))


def _resume(
    store: Store, path: Path, file: NotebookFile | None, running: str | None, here: Collection[str]
) -> Resumed:
    entries = [entry for entry in store.of_notebook(str(path)) if entry.id not in here]
    damaged: list[str] = [] if file is None else [f"cell {number} of {path.name}" for number in file.damaged]
    loaded = [_load(store, entry, damaged) for entry in _newest(entries)]
    foreign, others = 0, []
    if file is not None:
        own = _own([conversation for conversation, _ in loaded], file, running)
        others = [conversation for conversation, _ in loaded if conversation not in own and len(conversation)]
        loaded = [(conversation, broken) for conversation, broken in loaded if conversation in own]
        named, foreign = _from_outputs(
            store, path, file, {conversation.name for conversation in own}, damaged
        )
        loaded += named
        others = [other for other in others if other.id not in {conversation.id for conversation, _ in named}]
    lost: set[str] = set()
    for conversation, _ in loaded:
        store.keep(conversation, str(path))
        _join(store, path, conversation, entries, file)
        turns, not_found = recognize(conversation.turns, file)
        conversation.correct(turns)
        lost |= not_found
    broken = sum(broken for _, broken in loaded) + (file.broken if file is not None else 0)
    found = tuple(conversation for conversation, _ in loaded)
    return Resumed(found, broken, foreign, others=tuple(others), lost=frozenset(lost), damaged=tuple(damaged))


def _load(store: Store, entry: Entry, damaged: list[str]) -> tuple[Conversation, int]:
    """A conversation and how many of its turns are broken; where they are is added to ``damaged``."""
    loaded = store.load_all(entry.id)
    damaged += [f"turn {number} of {entry.name!r}" for number in loaded.broken]
    damaged += [f"turn {number} of {entry.name!r}, but for its texts" for number in loaded.partial]
    return loaded.conversation, len(loaded.broken)


def _join(
    store: Store, path: Path, conversation: Conversation, entries: Sequence[Entry], file: NotebookFile | None
) -> None:
    """Puts what was said earlier in the same notebook under the same name before a conversation: it began anew
    while the history could not be read."""
    same = [entry for entry in entries if entry.name == conversation.name and entry.turns]
    for entry in [entry for entry in same if entry.id != conversation.id][:_EARLIER]:
        earlier = store.load_all(entry.id).conversation
        if file is None or earlier.id in file.ids or is_same_notebook(earlier.turns, file, None):
            store.keep(earlier, str(path))
            began = conversation.id
            conversation.continue_from(earlier)
            store.delete(began, erase=False)


def _from_outputs(
    store: Store, path: Path, file: NotebookFile, taken: set[str], damaged: list[str]
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
        elif entry.notebook == str(path) or entry.notebook is None or not Path(entry.notebook).exists():
            found.append(_moved(store, path, entry, copy, damaged))
        else:
            found.append((branch_off(store, path, copy), 0))
    return found, foreign


def _moved(
    store: Store, path: Path, entry: Entry, copy: Conversation, damaged: list[str]
) -> tuple[Conversation, int]:
    """The conversation of a notebook that was renamed, and how many of its turns are broken."""
    conversation, broken = _load(store, entry, damaged)
    store.moved(entry.id, str(path))
    conversation.replace(_with_cells(conversation, copy))
    return conversation, broken


def branch_off(store: Store, path: Path | None, copy: Conversation) -> Conversation:
    """A branch of a conversation that another notebook goes on with, under an id of its own.

    Args:
        store: The history, which keeps the branch.
        path: The notebook that the branch is had in; ``None`` where it is not known.
        copy: The turns that the branch begins with; it becomes the branch.
    """
    last = max((turn.position for turn in copy.turns), default=-1)
    copy.id, copy.origin = uuid.uuid4().hex, Origin(copy.id, last)
    store.keep(copy, str(path) if path is not None else None)
    store.save(copy)
    return copy


def bring_back(store: Store, entry: Entry, path: Path | None) -> Conversation:
    """A conversation of the history, to go on with in a notebook; a branch of it where another notebook goes
    on with it. Its turns belong to no cell.

    Args:
        store: The history.
        entry: The conversation.
        path: The notebook; ``None`` where it is not known.

    Raises:
        HistoryError: It cannot be read.
    """
    conversation, _ = store.load(entry.id)
    conversation.correct([msgspec.structs.replace(turn, cell=None) for turn in conversation.turns])
    if entry.notebook not in (None, str(path)) and Path(str(entry.notebook)).exists():
        return branch_off(store, path, conversation)
    return conversation


def _own(loaded: list[Conversation], file: NotebookFile, running: str | None) -> list[Conversation]:
    """Those of the conversations that were had in the notebook, and not in another one that had its path
    before. Its outputs or its cells show it; a conversation without own cells there, such as a panel's, goes
    with those that began before it. A file that nobody has touched since the first turn cannot show it yet.
    """
    shown = [
        conversation
        for conversation in loaded
        if conversation.id in file.ids
        or (conversation.origin is not None and conversation.origin.id in file.ids)
        or is_same_notebook(conversation.turns, file, running)
    ]
    began = min(map(_began, shown), default=file.touched)
    return [conversation for conversation in loaded if conversation in shown or _began(conversation) > began]


def _began(conversation: Conversation) -> float:
    """When the first turn was asked; of a conversation without turns, whenever."""
    return min((turn.at for turn in conversation.turns), default=float("inf"))


def _newest(entries: list[Entry]) -> list[Entry]:
    """The last one of each name."""
    return list({entry.name: entry for entry in reversed(entries)}.values())


def _with_cells(conversation: Conversation, copy: Conversation) -> list[Turn]:
    """The turns, each with the cell that has its output; a run without a front end had not known them."""
    cells = {turn.id: turn.cell for turn in copy.turns}
    return [
        msgspec.structs.replace(turn, cell=turn.cell or cells.get(turn.id)) for turn in conversation.turns
    ]
