"""What is written into the database and read from it, statement by statement."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress

import msgspec

from ..conversation import Conversation, Journaled, Origin, Turn, answered, is_lasting
from ..errors import InvalidMessagesError
from .liveness import is_dead

STREAMING = "streaming"


class Entry(msgspec.Struct, frozen=True):
    """A conversation in the store: its names, how many turns it has, and when it last went on."""

    id: str
    name: str
    notebook: str | None
    origin: str | None
    turns: int
    updated: float


class Found(msgspec.Struct, frozen=True):
    """A turn that a search has found."""

    conversation: str
    name: str
    notebook: str | None
    number: int
    prompt: str
    answer: str


def write_conversation(connection: sqlite3.Connection, conversation: Journaled, notebook: str | None) -> None:
    """Writes what is known of a conversation but its turns. A notebook once known stays."""
    origin = msgspec.json.encode(conversation.origin).decode() if conversation.origin else None
    connection.execute(
        "INSERT INTO conversations (id, name, notebook, system, origin, updated) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, system = excluded.system,"
        " origin = excluded.origin, notebook = coalesce(excluded.notebook, notebook), updated = excluded.updated",
        (conversation.id, _sound(conversation.name), notebook, conversation.system, origin, time.time()),
    )


def write_turn(
    connection: sqlite3.Connection, words: bool, conversation: str, turn: Turn, owner: str | None = None
) -> None:
    """Writes a turn, in the place of what was written of it before. One with an owner is still coming."""
    prompt, answer = _sound(turn.prompt.text), _sound(turn.answer)
    status = turn.status if owner is None else STREAMING
    data = _encoded(turn)
    [[row]] = connection.execute(
        "INSERT INTO turns (conversation, id, position, at, status, owner, touched, prompt, answer, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (conversation, id) DO UPDATE SET"
        " position = excluded.position, at = excluded.at, status = excluded.status, owner = excluded.owner,"
        " touched = excluded.touched, prompt = excluded.prompt, answer = excluded.answer,"
        " data = excluded.data"
        " RETURNING row",
        (conversation, turn.id, turn.position, turn.at, status, owner, time.time(), prompt, answer, data),
    ).fetchall()
    if words and owner is None:
        connection.execute("DELETE FROM words WHERE rowid = ?", (row,))
        connection.execute(
            "INSERT INTO words (rowid, prompt, answer) VALUES (?, ?, ?)", (row, prompt, answer)
        )


def write_answer(connection: sqlite3.Connection, conversation: str, id: str, answer: str) -> None:
    """Writes how far an answer has come."""
    connection.execute(
        "UPDATE turns SET answer = ?, touched = ? WHERE conversation = ? AND id = ? AND status = ?",
        (_sound(answer), time.time(), conversation, id, STREAMING),
    )


def remove_turns(
    connection: sqlite3.Connection,
    words: bool,
    conversation: str,
    ids: Iterable[str] | None = None,
    *,
    unfinished: bool = False,
) -> None:
    """Removes turns of a conversation: those of the ids, or all; or only if they are still coming."""
    condition = "conversation = ?" + (f" AND status = '{STREAMING}'" if unfinished else "")
    keys: list[tuple[str, ...]] = [(conversation,)] if ids is None else [(conversation, id) for id in ids]
    if ids is not None:
        condition += " AND id = ?"
    for key in keys:
        if words:
            connection.execute(
                f"DELETE FROM words WHERE rowid IN (SELECT row FROM turns WHERE {condition})", key
            )
        connection.execute(f"DELETE FROM turns WHERE {condition}", key)


def entries(connection: sqlite3.Connection, condition: str = "1", values: Iterable[str] = ()) -> list[Entry]:
    """The conversations that a condition holds for, the last one first."""
    rows = connection.execute(
        "SELECT id, name, notebook, origin, (SELECT count(*) FROM turns WHERE conversation = c.id), updated"
        f" FROM conversations AS c WHERE {condition} ORDER BY updated DESC",
        tuple(values),
    )
    return [
        Entry(id, name, notebook, _origin_id(origin), *rest) for id, name, notebook, origin, *rest in rows
    ]


def load(connection: sqlite3.Connection, words: bool, id: str) -> tuple[Conversation | None, int]:
    """A conversation with its turns, and how many of them cannot be read. Of the turns of one cell the last
    one counts, in the place of the first. A turn whose kernel ended while it was coming has failed; one that
    is still coming in another kernel is not among them."""
    row = connection.execute("SELECT name, system, origin FROM conversations WHERE id = ?", (id,)).fetchone()
    if row is None:
        return None, 0
    kept: list[Turn] = []
    places: dict[str, int] = {}
    broken = 0
    query = (
        "SELECT status, owner, touched, CASE status WHEN 'streaming' THEN answer END, data"
        " FROM turns WHERE conversation = ? ORDER BY position, at, row"
    )
    for status, owner, touched, answer, data in connection.execute(query, (id,)).fetchall():
        if status == STREAMING and not is_dead(owner, touched):
            continue
        turn = _turn(status, answer, data)
        if turn is None:
            broken += 1
            continue
        if status == STREAMING:
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
    return Conversation(str(name), system=system, turns=kept, id=id, origin=_origin(origin)), broken


def search(connection: sqlite3.Connection, words: bool, text: str, limit: int) -> list[Found]:
    """The turns that have all the words of a text, the last ones first; the last word may be the beginning
    of one. Where there are none, those that have the text as it is, which also serves scripts that write
    without spaces."""
    wanted = text.replace("\0", " ").split()
    if not wanted:
        return []
    rows: list[tuple[int]] = []
    if words:
        query = " ".join('"' + word.replace('"', '""') + '"' for word in wanted) + "*"
        rows = connection.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?", (query, limit)
        ).fetchall()
    if not rows:
        like = "%" + "".join("\\" + c if c in "\\%_" else c for c in " ".join(wanted)) + "%"
        rows = connection.execute(
            "SELECT row FROM turns WHERE prompt LIKE ? ESCAPE '\\' OR answer LIKE ? ESCAPE '\\'"
            " ORDER BY row DESC LIMIT ?",
            (like, like, limit),
        ).fetchall()
    return _found(connection, [row for [row] in rows])


def _found(connection: sqlite3.Connection, found: list[int]) -> list[Found]:
    """The turns of rows, each with its number in its conversation."""
    numbers: dict[str, dict[int, int]] = {}
    result = []
    for row in found:
        values = connection.execute(
            "SELECT c.id, c.name, c.notebook, t.prompt, t.answer FROM turns AS t"
            " JOIN conversations AS c ON c.id = t.conversation WHERE t.row = ?",
            (row,),
        ).fetchone()
        if values is None:
            continue
        id, name, notebook, prompt, answer = values
        if id not in numbers:
            ordered = connection.execute(
                "SELECT row FROM turns WHERE conversation = ? ORDER BY position, at, row", (id,)
            )
            numbers[id] = {each: number for number, [each] in enumerate(ordered, start=1)}
        result.append(Found(id, name, notebook, numbers[id].get(row, 0), prompt, answer))
    return result


def _turn(status: str, answer: object, data: str) -> Turn | None:
    """The turn of a row; ``None`` if it cannot be read, since SQLite keeps whatever somebody puts there."""
    try:
        turn = Turn.from_dict(msgspec.json.decode(data))
        if status == STREAMING:
            turn = msgspec.structs.replace(turn, exchange=answered(str(answer)), status="failed")
    except (msgspec.MsgspecError, InvalidMessagesError, ValueError, TypeError, RecursionError):
        return None
    return turn


def _encoded(turn: Turn) -> str:
    try:
        return msgspec.json.encode(turn.to_dict()).decode()
    except (UnicodeEncodeError, OverflowError):  # half of a surrogate pair, or a number beyond 64 bits
        return _sound(json.dumps(turn.to_dict(), ensure_ascii=False))


def _sound(text: str) -> str:
    """The text, as UTF-8 can hold it."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _origin(text: str | None) -> Origin | None:
    try:
        return msgspec.json.decode(text, type=Origin) if text else None
    except (msgspec.MsgspecError, TypeError, RecursionError):
        return None


def _origin_id(text: str | None) -> str | None:
    origin = _origin(text)
    return origin.id if origin else None
