"""A new database in the place of a damaged one, with all that can still be read of it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import msgspec

from ..conversation import Turn, answered
from ..messages import Message
from .pages import PAGE, Record, Value, records
from .schema import build, repairing

_STALE_SECONDS = 120.0
_NAME = "recovered"
"""What a conversation is called whose own name cannot be read."""


class _Found:
    """What a file holds: conversations by their ids, turns by theirs, and what the indexes have of turns whose rows
    are gone."""

    def __init__(self, found: Iterable[Record]) -> None:
        self.conversations: dict[str, tuple[Value, ...]] = {}
        self.turns: dict[tuple[str, str], tuple[int, tuple[Value, ...]]] = {}
        self._words: dict[int, tuple[str, str]] = {}
        self._places: dict[int, tuple[str, int, float]] = {}
        for record in found:
            self._take(record.row, record.values)
        self._take_words()

    def _take(self, row: int | None, values: tuple[Value, ...]) -> None:
        match row, values:
            case int(), (None, str(conversation), str(id), _, _, str(), _, touched, str(), *rest) if (
                len(rest) <= 2
            ):
                known = self.turns.get((conversation, id))
                if known is None or _number(touched) >= _number(known[1][6]):
                    self.turns[conversation, id] = (row, (*values[1:], None, None)[:10])
            case None, (str(id), str(), _, _, _, float() | int() as updated):
                known_one = self.conversations.get(id)
                if known_one is None or updated >= _number(known_one[5]):
                    self.conversations[id] = values
            case int(), (None, str(prompt), str(answer)):
                self._words[row] = (prompt, answer)
            case None, (str(conversation), int(position), float() | int() as at, int(of)):
                self._places[of] = (conversation, position, float(at))

    def _take_words(self) -> None:
        """Takes those turns from the index of words whose rows are gone."""
        there = {row for row, _ in self.turns.values()}
        for row, (prompt, answer) in self._words.items():
            if row in there:
                continue
            conversation, position, at = self._places.get(row, (_NAME, row, 0.0))
            turn = Turn(Message("user", prompt), answered(answer), position=position, at=at)
            data = msgspec.json.encode(turn.to_dict()).decode()
            values = (conversation, turn.id, position, at, turn.status, None, 0.0, prompt, answer, data)
            self.turns[conversation, turn.id] = (row, values)


def repair(path: Path) -> str:
    """Puts a new database in the place of a damaged one, which is kept under another name.

    Args:
        path: The file, to which this process has no connection.

    Returns:
        What to tell the user.

    Raises:
        sqlite3.Error, OSError: It cannot be done now, or another kernel is at it. The file is as it was.
    """
    new = repairing(path)
    with contextlib.suppress(OSError):
        if time.time() - new.stat().st_mtime > _STALE_SECONDS:  # of a kernel that was killed meanwhile
            Path(f"{new}-journal").unlink(missing_ok=True)
            new.unlink()
    try:
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        raise sqlite3.OperationalError("another kernel repairs the database") from None
    try:
        with path.open("rb") as file:
            found = _Found(records(file))
            if not found.turns:
                found = _Found(records(file, PAGE))
        with closing(sqlite3.connect(new, isolation_level=None)) as connection:
            build(connection, lambda: _fill(connection, found))
        aside = _free_name(path)
        for suffix in ("-journal", "-wal", "-shm", ""):
            with contextlib.suppress(FileNotFoundError):
                os.rename(f"{path}{suffix}", f"{aside}{suffix}")  # noqa: PTH104
        with contextlib.suppress(FileNotFoundError):  # another kernel has put it there
            os.replace(new, path)  # noqa: PTH105
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    count = len(found.turns)
    saved = f"{count} turn{'s' * (count != 1)} could be read and {'is' if count == 1 else 'are'} in a new one"
    return f"The history was damaged: {saved if count else 'nothing in it could be read'}; the old file is {aside}."


def _fill(connection: sqlite3.Connection, found: _Found) -> None:
    of_turns: dict[str, tuple[Value, ...]] = {
        conversation: (conversation, _NAME, None, None, None, 0.0) for conversation, _ in found.turns
    }
    for known, values in {**of_turns, **found.conversations}.items():
        _, name, notebook, system, origin, updated = values
        connection.execute(
            "INSERT INTO conversations (id, name, notebook, system, origin, updated) VALUES (?, ?, ?, ?, ?, ?)",
            (known, name, _text(notebook), _text(system), _text(origin), _number(updated)),
        )
    for _, values in sorted(found.turns.values(), key=lambda turn: turn[0]):
        conversation, id, position, at, status, owner, touched, prompt, answer, data = values
        connection.execute(
            "INSERT INTO turns (conversation, id, position, at, status, owner, touched, prompt, answer, data)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(
                    conversation,
                    id,
                    int(_number(position)),
                    _number(at),
                    status,
                    _text(owner),
                    _number(touched),
                ),
                *(_text(prompt) or "", _text(answer) or "", _text(data) or ""),
            ),
        )


def _free_name(path: Path) -> Path:
    day = time.strftime("%Y-%m-%d")
    names = (
        path.with_name(f"{path.stem}-damaged-{day}{'-' * (n > 1)}{n if n > 1 else ''}{path.suffix}")
        for n in range(1, 1000)
    )
    return next(name for name in names if not name.exists())


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Value) -> float:
    return value if isinstance(value, (int, float)) and abs(value) < 2**62 else 0.0
