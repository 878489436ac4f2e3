"""Which exchanges are meant, and forgetting them: their contents, or all that is known of them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from typing import Any

import msgspec

from . import chain

_EMPTY = "key = NULL, answer = NULL, usage = NULL, size = 0, request = ''"
"""What an exchange is set to whose contents are forgotten: its account stays, and whatever adds up."""


_COUNTED_SECONDS = 32 * 86_400
"""For how long it still counts in budgets what was forgotten: the longest period of one."""


class Selection(msgspec.Struct, frozen=True):
    """Which exchanges are meant: those that all of this holds for; all of them where nothing is said.

    Attributes:
        before: They were asked before this time, in seconds since 1970.
        notebooks: They were asked in one of these notebooks.
        conversations: They belong to one of the conversations of these ids.
        models: They were asked of one of these models, as ``provider:model``.
        turns: They belong to one of the turns of these ids.
    """

    before: float | None = None
    notebooks: tuple[str, ...] | None = None
    conversations: tuple[str, ...] | None = None
    models: tuple[str, ...] | None = None
    turns: tuple[str, ...] | None = None

    @property
    def condition(self) -> tuple[str, list[Any]]:
        """What holds for their rows, in SQL, and the values in it; both tables have the columns."""
        terms, values = ["1"], list[Any]()
        if self.before is not None:
            terms.append("at < ?")
            values.append(self.before)
        for column, wanted in (
            ("notebook", self.notebooks),
            ("conversation", self.conversations),
            ("model", self.models),
            ("turn", self.turns),
        ):
            if wanted is not None:
                terms.append(f"{column} IN (SELECT value FROM json_each(?))")
                values.append(msgspec.json.encode(wanted).decode())
        return " AND ".join(terms), values


def count(connection: sqlite3.Connection, selection: Selection) -> int:
    """How many exchanges are meant.

    Args:
        connection: The connection.
        selection: Which.
    """
    condition, values = selection.condition
    return int(connection.execute(f"SELECT count(*) FROM exchanges WHERE {condition}", values).fetchone()[0])


def forget(connection: sqlite3.Connection, selection: Selection) -> None:
    """Forgets all that is known of exchanges, and the requests that left for them.

    Args:
        connection: The connection, in a transaction.
        selection: Which.
    """
    condition, values = selection.condition
    ids = f"SELECT id FROM exchanges WHERE {condition}"
    numbers = connection.execute(
        f"SELECT number FROM requests WHERE exchange IN ({ids}) OR ({condition})",
        [*values, *values],
    )
    chain.forget(connection, [number for (number,) in numbers.fetchall()])
    _delete(connection, condition, values)


def forget_contents(connection: sqlite3.Connection, selection: Selection) -> None:
    """Forgets what was asked and answered in exchanges. Their accounts stay.

    Args:
        connection: The connection, in a transaction.
        selection: Which.
    """
    condition, values = selection.condition
    connection.execute(f"UPDATE exchanges SET {_EMPTY} WHERE {condition}", values)


def forget_some(connection: sqlite3.Connection, ids: Iterable[str]) -> None:
    """As ``forget``, for exchanges by their ids."""
    named = [msgspec.json.encode(list(ids)).decode()]
    those = "IN (SELECT value FROM json_each(?))"
    numbers = connection.execute(f"SELECT number FROM requests WHERE exchange {those}", named).fetchall()
    chain.forget(connection, [number for (number,) in numbers])
    _delete(connection, f"id {those}", named)


def empty_some(connection: sqlite3.Connection, ids: Iterable[str]) -> None:
    """As ``forget_contents``, for exchanges by their ids."""
    connection.executemany(f"UPDATE exchanges SET {_EMPTY} WHERE id = ?", [(id,) for id in ids])


def _delete(connection: sqlite3.Connection, condition: str, values: list[Any]) -> None:
    """Deletes exchanges. What the latest have used stays, added up without anything else of them, or to forget would be
    a way to spend more than a budget allows."""
    since = time.time() - _COUNTED_SECONDS
    connection.execute("DELETE FROM forgotten WHERE ended < ?", (since,))
    connection.execute(
        "INSERT INTO forgotten SELECT CAST(coalesce(ended, at) / 900 AS INTEGER) * 900.0 AS quarter, model,"
        " total(input_tokens) + total(output_tokens) AS tokens, total(cost) FROM exchanges"
        f" WHERE coalesce(ended, at) >= ? AND status <> 'open' AND ({condition}) GROUP BY quarter, model"
        " HAVING tokens > 0 OR total(cost) > 0",
        [since, *values],
    )
    connection.execute(f"DELETE FROM exchanges WHERE {condition}", values)
