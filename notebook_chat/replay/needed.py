"""The records that a notebook's cells need: those with which it runs again as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from ..conversation import Conversation, Turn, base_of
from ..errors import HistoryError
from ..ledger import Record, RequestKey
from ..store import read_notebook
from .kept import record_of_answer
from .library import Library
from .rebuilding import rebuilt


def needed(
    conversations: Iterable[Conversation],
    notebook: Path | None,
    library: Library,
    keys: Mapping[str, RequestKey],
) -> tuple[list[Record], int]:
    """The records of all answers that the notebook shows, in the order of its cells.

    Args:
        conversations: The notebook's conversations.
        notebook: Its file; ``None`` where it is not known.
        library: What knows their requests.
        keys: The requests that were made in this process, by their digests.

    Returns:
        The records; and of how many answers there are none, since they are not whole, or not known by a request.
    """
    turns = _turns(conversations, library)
    order = _order(notebook)
    if order:
        last = len(order)
        turns.sort(key=lambda turn: order.get(base_of(turn.cell), last) if turn.cell is not None else last)
    found: dict[str, Record] = {}
    lost = 0
    for turn in turns:
        for answer in turn.answers:
            if not answer.request or answer.status != "complete" or not answer.exchange:
                lost += 1
                continue
            record = record_of_answer(answer, turn.at)
            found[answer.request] = replace(record, key=_key(record, library, keys))
    return list(found.values()), lost


def _turns(conversations: Iterable[Conversation], library: Library) -> list[Turn]:
    """The turns of cells, each once: as the conversations have them, else as the file does. Where no cell is known to
    have asked, all turns."""
    own = [turn for conversation in conversations for turn in conversation.turns]
    held = {turn.id for turn in own} | {turn.cell for turn in own if turn.cell is not None}
    stored = [
        turn for notebook in library.own_notebooks() for _, some in notebook.conversations() for turn in some
    ]
    own += [turn for turn in stored if turn.id not in held and turn.cell not in held]
    of_cells = [turn for turn in own if turn.cell is not None]
    return of_cells or own


def _order(notebook: Path | None) -> dict[str, int]:
    """Where the cells of the notebook stand, as it was saved."""
    if notebook is None:
        return {}
    try:
        cells = read_notebook(notebook).cells
    except HistoryError:
        return {}
    return {cell.id: place for place, cell in enumerate(cells) if cell.id is not None}


def _key(record: Record, library: Library, keys: Mapping[str, RequestKey]) -> RequestKey | None:
    """What is told of a record's request."""
    if (key := keys.get(record.request) or library.key_of(record.request)) is not None:
        return key
    return next(_made_again(record, library, keys), None)


def _made_again(record: Record, library: Library, keys: Mapping[str, RequestKey]) -> Iterator[RequestKey]:
    provider = record.model.partition(":")[0]
    likes = {key.base_url: key for key in (*keys.values(), *library.keys()) if key.provider == provider}
    likes.setdefault("", RequestKey(provider, "", "", {}, ()))
    for like in likes.values():
        for system, turns in library.conversations():
            yield from (key for key in rebuilt(system, turns, like) if key.digest == record.request)
