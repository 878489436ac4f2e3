"""What a notebook goes on with: the conversations that it left off with.

All that a notebook goes on with unasked comes from the history on this machine; its file only shows which of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ..conversation import Conversation, Origin, Turn, base_of
from ..errors import HistoryError
from ..store import Entry, NotebookFile, Sighting, Store, read_notebook
from .kinship import Kinship
from .recognition import recognize
from .resumed import Resumed

_MOST_NAMED = 500
"""How many conversations of the history a file may name; others are not looked for."""

_EARLIER = 5
"""How many earlier conversations of a name are looked at."""


@dataclass
class _Findings:
    """What was found so far.

    Attributes:
        own: The conversations to go on with.
        others, named, gone, unsaved, seen, foreign, broken, damaged: As in ``Resumed``.
    """

    own: list[Conversation] = field(default_factory=list)
    others: list[Conversation] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    unsaved: set[str] = field(default_factory=set)
    seen: dict[str, Sighting] = field(default_factory=dict)
    foreign: int = 0
    broken: int = 0
    damaged: list[str] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        """The names that are taken."""
        return {conversation.name for conversation in self.own}


def resume(store: Store, path: Path, *, here: Collection[str] = ()) -> Resumed:
    """Finds the conversations that a notebook left off with, and has the store keep them.

    They are those that were last had under its path, where enough of the notebook as it was seen then is in the file;
    or, where it was renamed, those of which it holds every turn. A copy, whose original is still there, goes on with a
    branch of what it holds. Where that is not certain, it goes on with none.

    Args:
        store: The history.
        path: The notebook's file.
        here: The ids of conversations that have begun already, while the history could not be read.

    Returns:
        The conversations; a history that cannot be read is told in ``problem``.
    """
    file, there = None, False
    try:
        there = path.exists()  # else it is not saved yet, or not in this kernel's file system
        file = read_notebook(path) if there else None
    except (HistoryError, OSError):
        pass
    try:
        return _resume(store, path, file, there, here)
    except HistoryError as error:
        return Resumed(problem=str(error))


def _resume(
    store: Store, path: Path, file: NotebookFile | None, there: bool, here: Collection[str]
) -> Resumed:
    found = _Findings()
    kinship = Kinship(file) if file is not None else None
    if file is not None:
        found.broken = file.broken
        found.damaged = [f"cell {number} of {path.name}" for number in file.damaged]
    entries = [entry for entry in store.of_notebook(str(path)) if entry.id not in here]
    loaded = [_loaded(store, entry, found) for entry in _newest(entries)]
    if kinship is not None:
        _take_own(store, path, kinship, loaded, found)
        _take_named(store, path, kinship, found)
    elif there:
        found.others = [conversation for conversation in loaded if len(conversation)]
    else:
        found.own = loaded
    lost: set[str] = set()
    for conversation in found.own:
        store.keep(conversation, str(path))
        if kinship is not None or not there:
            _join(store, path, conversation, _earlier(entries, conversation, found), kinship)
        turns, not_found = recognize(conversation.turns, file)
        conversation.correct(turns)
        lost |= not_found
    return Resumed(
        tuple(found.own),
        found.broken,
        found.foreign,
        others=tuple(found.others),
        named=tuple(found.named),
        lost=frozenset(lost),
        gone=frozenset(found.gone),
        unsaved=frozenset(found.unsaved),
        seen=found.seen,
        damaged=tuple(found.damaged),
    )


def _take_own(
    store: Store, path: Path, kinship: Kinship, loaded: list[Conversation], found: _Findings
) -> None:
    """Takes those conversations that were had in the notebook, and not in another one that had its path before. One
    without cells, such as a panel's, goes with those beside which it was had."""
    seen = {conversation.id: store.sighting(conversation.id) for conversation in loaded}
    own = [one for one in loaded if kinship.is_of(one.turns, seen[one.id])]
    sightings = [sighting for one in own if (sighting := seen[one.id]) is not None]
    states = {sighting.digest for sighting in sightings if kinship.has_most_of(sighting)} - {""}
    began = min(map(_began, own), default=float("inf"))
    for conversation in loaded:
        sighting = seen[conversation.id]
        with_others = sighting.digest in states if sighting is not None else _began(conversation) > began
        if conversation not in own and not with_others:
            found.others += [conversation] * bool(len(conversation))
            continue
        kept = kinship.split(conversation, sighting)
        if kept.behind:
            found.others.append(conversation)
            if kept.turns:
                found.own.append(branch_off(store, path, conversation, kept.turns))
            continue
        found.own.append(conversation)
        found.gone |= kept.gone
        if sighting is not None:
            found.seen[conversation.id] = sighting
        if kinship.is_as_seen(sighting):
            bases = {base_of(turn.cell) for turn in conversation.turns if turn.cell is not None}
            found.unsaved |= bases - kinship.file.cell_ids


def _take_named(store: Store, path: Path, kinship: Kinship, found: _Findings) -> None:
    """Takes the conversations that the outputs name, where nothing comes with them that the file does not hold."""
    known = {entry.id: entry for entry in store.named(kinship.file.ids[:_MOST_NAMED])}
    done = {conversation.id for conversation in (*found.own, *found.others)}
    for copy in kinship.file.conversations():
        if copy.name in found.names or copy.id in done:
            continue
        done.add(copy.id)
        items = [item for item in kinship.file.stored if item.name == copy.name]
        entry = known.get(copy.id)
        if entry is None:
            found.foreign += len(copy)
            continue
        conversation = _loaded(store, entry, found)
        turns = {turn.id: turn for turn in conversation.turns}
        strange = [item for item in items if not kinship.holds(turns.get(item.turn.id, item.turn))]
        strange += [item for item in items if item.turn.id not in turns]
        vouched = not strange and conversation.system in {item.system for item in items}
        if vouched and conversation.name not in found.names and _is_elsewhere(entry, path):
            held = [turn for turn in conversation.turns if kinship.holds(turn)]
            found.own.append(branch_off(store, path, conversation, _with_cells(held, copy)))
        elif vouched and conversation.name not in found.names and all(map(kinship.holds, conversation.turns)):
            store.moved(entry.id, str(path))
            conversation.correct(_with_cells(conversation.turns, copy))
            store.save(conversation)
            found.own.append(conversation)
        else:
            found.named.append(conversation.id)
            found.foreign += len(strange)


def _earlier(entries: Sequence[Entry], conversation: Conversation, found: _Findings) -> list[Entry]:
    """What was had under the notebook's path and a conversation's name before that began, and is neither another
    notebook's nor what it has branched off from."""
    left = {other.id for other in found.others} | {conversation.id}
    if conversation.origin is not None:
        left.add(conversation.origin.id)
    same = [entry for entry in entries if entry.name == conversation.name and entry.turns]
    return [entry for entry in same if entry.id not in left][:_EARLIER]


def _join(
    store: Store, path: Path, conversation: Conversation, entries: Sequence[Entry], kinship: Kinship | None
) -> None:
    """Puts what was said earlier in the same notebook under the same name before a conversation: it began anew
    while the history could not be read."""
    for entry in entries:
        earlier = store.load_all(entry.id).conversation
        seen = store.sighting(entry.id)
        if kinship is not None and not (
            kinship.is_of(earlier.turns, seen) and not kinship.split(earlier, seen).behind
        ):
            continue
        store.keep(earlier, str(path))
        began = conversation.id
        conversation.continue_from(earlier)
        store.delete(began, erase=False)


def branch_off(
    store: Store, path: Path | None, conversation: Conversation, turns: Sequence[Turn] | None = None
) -> Conversation:
    """A branch of a conversation, under an id of its own.

    Args:
        store: The history, which keeps the branch.
        path: The notebook that the branch is had in; ``None`` where it is not known.
        conversation: What it branches off from.
        turns: The turns that it begins with; all unless given.
    """
    begun = conversation.turns if turns is None else tuple(turns)
    last = max((turn.position for turn in begun), default=-1)
    branch = Conversation(
        conversation.name,
        system=conversation.system,
        turns=begun,
        id=uuid.uuid4().hex,
        origin=Origin(conversation.id, last),
    )
    store.keep(branch, str(path) if path is not None else None)
    store.save(branch)
    return branch


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
    if entry.notebook is not None and _is_elsewhere(entry, path):
        return branch_off(store, path, conversation)
    return conversation


def _loaded(store: Store, entry: Entry, found: _Findings) -> Conversation:
    """A conversation; what of it is damaged is added to the findings, by its place."""
    loaded = store.load_all(entry.id)
    found.broken += len(loaded.broken)
    found.damaged += [f"turn {number} of {entry.name!r}" for number in loaded.broken]
    found.damaged += [f"turn {number} of {entry.name!r}, but for its texts" for number in loaded.partial]
    return loaded.conversation


def _is_elsewhere(entry: Entry, path: Path | None) -> bool:
    """Whether a conversation belongs to another notebook, which is still there."""
    if entry.notebook is None or entry.notebook == str(path):
        return False
    try:
        return Path(entry.notebook).exists()
    except (OSError, ValueError):
        return True


def _began(conversation: Conversation) -> float:
    """When the first turn was asked; of a conversation without turns, whenever."""
    return min((turn.at for turn in conversation.turns), default=float("inf"))


def _newest(entries: list[Entry]) -> list[Entry]:
    """The last one of each name."""
    return list({entry.name: entry for entry in reversed(entries)}.values())


def _with_cells(turns: Sequence[Turn], copy: Conversation) -> list[Turn]:
    """The turns, each with the cell that has its output; a run without a front end had not known them."""
    cells = {turn.id: turn.cell for turn in copy.turns}
    return [msgspec.structs.replace(turn, cell=turn.cell or cells.get(turn.id)) for turn in turns]
