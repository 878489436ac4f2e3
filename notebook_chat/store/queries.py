"""What is written into the database and read from it, statement by statement."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import overload

import msgspec

from ..conversation import Journaled, Origin, Turn, answered, finite
from ..messages import Message

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
    origin = json.dumps(msgspec.to_builtins(conversation.origin)) if conversation.origin else None
    connection.execute(
        "INSERT INTO conversations (id, name, notebook, system, origin, updated) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, system = excluded.system,"
        " origin = excluded.origin, notebook = coalesce(excluded.notebook, notebook), updated = excluded.updated",
        (
            *(_sound(conversation.id), _sound(conversation.name), _sound(notebook)),
            *(_sound(conversation.system), _sound(origin), time.time()),
        ),
    )


def write_turn(
    connection: sqlite3.Connection, words: bool, conversation: str, turn: Turn, owner: str | None = None
) -> bool:
    """Writes a turn, in the place of what was written of it before. One with an owner is still coming.

    Returns:
        Whether it was written as a whole: of one with values that nothing can hold, the texts are.
    """
    prompt, answer = _sound(turn.asked), _sound(turn.answer)
    status = turn.status if owner is None else STREAMING
    data, whole = _encoded(turn)
    [[row]] = connection.execute(
        "INSERT INTO turns (conversation, id, position, at, status, owner, touched, prompt, answer, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (conversation, id) DO UPDATE SET"
        " position = excluded.position, at = excluded.at, status = excluded.status, owner = excluded.owner,"
        " touched = excluded.touched, prompt = excluded.prompt, answer = excluded.answer,"
        " data = excluded.data"
        " RETURNING row",
        (
            *(_sound(conversation), _sound(turn.id), turn.position, finite(turn.at), _sound(status), owner),
            *(time.time(), prompt, answer, data),
        ),
    ).fetchall()
    if words and owner is None:
        connection.execute("DELETE FROM words WHERE rowid = ?", (row,))
        connection.execute(
            "INSERT INTO words (rowid, prompt, answer) VALUES (?, ?, ?)", (row, prompt, answer)
        )
    return whole


def write_answer(connection: sqlite3.Connection, conversation: str, id: str, answer: str) -> None:
    """Writes how far an answer has come."""
    connection.execute(
        "UPDATE turns SET answer = ?, touched = ? WHERE conversation = ? AND id = ? AND status = ?",
        (_sound(answer), time.time(), _sound(conversation), _sound(id), STREAMING),
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
    own = _sound(conversation)
    keys: list[tuple[str, ...]] = [(own,)] if ids is None else [(own, _sound(id)) for id in ids]
    if ids is not None:
        condition += " AND id = ?"
    for key in keys:
        if words:
            connection.execute(
                f"DELETE FROM words WHERE rowid IN (SELECT row FROM turns WHERE {condition})", key
            )
        connection.execute(f"DELETE FROM turns WHERE {condition}", key)


def entries(connection: sqlite3.Connection, condition: str = "1", values: Iterable[str] = ()) -> list[Entry]:
    """The conversations that a condition holds for, the last one first. No index is asked: one that is damaged
    would hide some."""
    rows = connection.execute(
        "SELECT id, name, notebook, origin, (SELECT count(*) FROM turns WHERE conversation = c.id), updated"
        f" FROM conversations AS c NOT INDEXED WHERE {condition} ORDER BY updated DESC",
        [_sound(value) for value in values],
    )
    return [
        Entry(
            as_text(id),
            as_text(name),
            notebook and as_text(notebook),
            _origin_id(origin),
            count,
            _time(updated),
        )
        for id, name, notebook, origin, count, updated in rows
    ]


def in_others(connection: sqlite3.Connection, conversation: str) -> list[Entry]:
    """The conversations that have turns of another one, or its prompts: its branches, and copies of it."""
    own = connection.execute(
        "SELECT id FROM turns WHERE conversation = ?", (_sound(conversation),)
    ).fetchall()
    ids = {id for [id] in own}
    others = {other for other, id in connection.execute("SELECT conversation, id FROM turns") if id in ids}
    return [
        entry
        for entry in entries(connection)
        if entry.id != conversation and (entry.id in others or (entry.origin == conversation and entry.turns))
    ]


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


def _encoded(turn: Turn) -> tuple[str, bool]:
    """A turn as JSON, and whether it is all there."""
    with suppress(UnicodeEncodeError, OverflowError, TypeError, ValueError, RecursionError):
        return msgspec.json.encode(turn.to_dict()).decode(), True
    with suppress(
        TypeError, ValueError, RecursionError
    ):  # half of a surrogate pair, or a number beyond 64 bits
        return _sound(json.dumps(turn.to_dict(), ensure_ascii=False)), True
    texts = msgspec.structs.replace(
        turn,
        prompt=Message(turn.prompt.role, turn.prompt.text),
        exchange=answered(turn.answer, turn.reasoning),
        usage=None,
        seconds=finite(turn.seconds),
        options={},
        alternatives=(),
        kept=0,
    )
    return _sound(json.dumps(texts.to_dict(), ensure_ascii=False)), False


def as_text(value: object) -> str:
    """What stands in a column of texts, whatever somebody has put there."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else str(value)


def _time(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


@overload
def _sound(text: str) -> str: ...
@overload
def _sound(text: None) -> None: ...
def _sound(text: str | None) -> str | None:
    """The text, as UTF-8 can hold it."""
    return text if text is None or text.isascii() else text.encode("utf-8", "replace").decode()


def read_origin(text: str | None) -> Origin | None:
    """Where a conversation branched off from, as its row tells; ``None`` also where that cannot be read."""
    try:
        return msgspec.json.decode(text, type=Origin) if text else None
    except (ValueError, TypeError, RecursionError):
        return None


def _origin_id(text: str | None) -> str | None:
    origin = read_origin(text)
    return origin.id if origin else None
