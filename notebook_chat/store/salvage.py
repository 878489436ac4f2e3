"""What can still be read of a damaged history."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import msgspec

from ..conversation import Turn, answered
from ..database import Record, Value
from ..messages import Message

_NAME = "recovered"
"""What a conversation is called whose own name cannot be read."""


class Found:
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

    @property
    def count(self) -> int:
        """How many turns there are."""
        return len(self.turns)

    def fill(self, connection: sqlite3.Connection) -> None:
        """Writes them into a new file."""
        of_turns: dict[str, tuple[Value, ...]] = {
            conversation: (conversation, _NAME, None, None, None, 0.0) for conversation, _ in self.turns
        }
        for known, values in {**of_turns, **self.conversations}.items():
            _, name, notebook, system, origin, updated = values
            connection.execute(
                "INSERT INTO conversations (id, name, notebook, system, origin, updated) VALUES (?, ?, ?, ?, ?, ?)",
                (known, name, _text(notebook), _text(system), _text(origin), _number(updated)),
            )
        for _, values in sorted(self.turns.values(), key=lambda turn: turn[0]):
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


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Value) -> float:
    return value if isinstance(value, (int, float)) and abs(value) < 2**62 else 0.0
