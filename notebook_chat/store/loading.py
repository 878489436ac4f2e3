"""A conversation as it is read from the database, of which each row may be damaged for itself."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec

from ..conversation import Conversation, Turn, answered, is_lasting
from ..database import is_dead
from ..errors import InvalidMessagesError
from . import damaged_json
from .queries import STREAMING, as_text, read_origin, write_turn


class Loaded(NamedTuple):
    """A conversation, and what is damaged of it.

    Attributes:
        conversation: The conversation.
        broken: The numbers of the turns that cannot be read.
        partial: The numbers of those of which the texts can be read, and nothing else.
    """

    conversation: Conversation
    broken: tuple[int, ...] = ()
    partial: tuple[int, ...] = ()


_ROWS = (
    "SELECT row, id, status, owner, touched, CASE status WHEN 'streaming' THEN answer END, CAST(data AS BLOB)"
    " FROM turns WHERE conversation = ? ORDER BY position, at, row"
)


def load(connection: sqlite3.Connection, words: bool, id: str) -> Loaded | None:
    """A conversation with its turns; ``None`` where there is none of that id. Of the turns of one cell the last
    one counts, in the place of the first. A turn whose kernel ended while it was coming has failed; one that
    is still coming in another kernel is not among them."""
    row = connection.execute("SELECT name, system, origin FROM conversations WHERE id = ?", (id,)).fetchone()
    if row is None:
        return None
    kept: list[Turn] = []
    places: dict[str, int] = {}
    broken: list[int] = []
    partial: list[int] = []
    for number, values in enumerate(connection.execute(_ROWS, (id,)).fetchall(), start=1):
        if values[2] == STREAMING and not is_dead(*values[3:5]):
            continue
        turn, whole = _turn(connection, *values)
        if turn is None:
            broken.append(number)
            continue
        if not whole:
            partial.append(number)
        if values[2] == STREAMING:
            with suppress(sqlite3.OperationalError):  # it may be a file that can only be read
                write_turn(connection, words, id, turn)
        cell = turn.cell if turn.cell is not None and is_lasting(turn.cell) else None
        place = places.get(cell) if cell is not None else None
        if place is None:
            if cell is not None:
                places[cell] = len(kept)
            kept.append(turn)
        elif turn.at >= kept[place].at and (turn.exchange or turn.status == "stopped"):
            kept[place] = msgspec.structs.replace(turn, position=kept[place].position)
    name, system, origin = row
    conversation = Conversation(
        as_text(name),
        system=None if system is None else as_text(system),
        turns=kept,
        id=id,
        origin=read_origin(origin),
    )
    _write_numbers(connection, words, conversation, kept)
    return Loaded(conversation, tuple(broken), tuple(partial))


def _write_numbers(
    connection: sqlite3.Connection, words: bool, conversation: Conversation, read: Sequence[Turn]
) -> None:
    """Writes the turns with the positions that they have now, where what was read was beyond all counting: else
    what is asked from now on would come before them."""
    last = max((abs(turn.position) for turn in read), default=0)
    if conversation.turns and last > conversation.turns[-1].position + len(read):
        with suppress(sqlite3.OperationalError):
            for turn in conversation.turns:
                write_turn(connection, words, conversation.id, turn)


def _turn(
    connection: sqlite3.Connection,
    row: int,
    id: Any,
    status: Any,
    owner: object,
    touched: object,
    answer: Any,
    data: bytes,
) -> tuple[Turn | None, bool]:
    """The turn of a row, and whether it is all there; ``None`` if nothing can be read, since SQLite keeps whatever
    somebody puts there."""
    whole = True
    try:
        turn = Turn.from_dict(_values(data))
    except (InvalidMessagesError, ValueError, TypeError, RecursionError, MemoryError):
        whole = False
        texts = "SELECT prompt, answer, position, at FROM turns WHERE row = ?"
        prompt, said, position, at = connection.execute(texts, (row,)).fetchone()
        if not (isinstance(prompt, str) and isinstance(said, str) and prompt + said):
            return None, False
        values = {
            "prompt": {"role": "user", "content": prompt},
            "answer": said,
            "position": position,
            "at": at,
        }
        turn = Turn.from_dict({**values, "status": status, "id": id})
    if status == STREAMING:
        turn = msgspec.structs.replace(turn, exchange=answered(as_text(answer or "")), status="failed")
    return _known_by(connection, row, id, turn), whole


def _values(data: bytes) -> Any:
    """What stands in a row beside its texts.

    Raises:
        ValueError: It is no JSON.
    """
    try:
        return msgspec.json.decode(data)
    except ValueError:
        return damaged_json.read(data.decode("utf-8", "strict"))


def _known_by(connection: sqlite3.Connection, row: int, id: Any, turn: Turn) -> Turn:
    """The turn by the id that its row has; a row that has another thing there gets one."""
    if id == turn.id:
        return turn
    if not (isinstance(id, str) and id):
        id = uuid.uuid4().hex
        with suppress(sqlite3.OperationalError):
            connection.execute("UPDATE turns SET id = ? WHERE row = ?", (id, row))
    return msgspec.structs.replace(turn, id=id)
