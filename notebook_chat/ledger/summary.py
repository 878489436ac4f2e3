"""What the ledger holds, in figures, and row by row for an export."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from ..secrets import redact
from .forgetting import Selection

_PAGE = 200  # rows that are read at once, while which nothing is written
_OWN = frozenset({"owner", "touched", "reserved_tokens", "reserved_cost", "size"})  # of no use elsewhere
_JSON = ("usage", "key", "answer")
_REQUEST = ("number", "at", "method", "url", "size", "body", "status", "chain")


class Summary(msgspec.Struct, frozen=True):
    """What the ledger holds.

    Attributes:
        exchanges: How many exchanges.
        complete: How many of them are whole.
        open: How many of them are still coming.
        contents: Of how many it has what was asked and answered.
        requests: How many requests that left.
        since: When the first one was asked, in seconds since 1970; ``None`` where there is none.
        bytes: How large its file is.
    """

    exchanges: int
    complete: int
    open: int
    contents: int
    requests: int
    since: float | None
    bytes: int


def summary(connection: sqlite3.Connection) -> Summary:
    """What the ledger holds. It reads indexes only, not the rows.

    Args:
        connection: The connection.
    """

    def one(query: str) -> Any:
        return connection.execute(query).fetchone()[0]

    every = "SELECT count(*) FROM exchanges"
    return Summary(
        one(every),
        one(f"{every} WHERE status = 'complete'"),
        one(f"{every} WHERE status = 'open'"),
        one(f"{every} WHERE size > 0"),
        one("SELECT count(*) FROM requests WHERE exchange <> ''"),
        one("SELECT min(at) FROM exchanges"),
        one("PRAGMA page_size") * one("PRAGMA page_count"),
    )


def names(connection: sqlite3.Connection, column: str) -> list[str]:
    """What stands in a column that has an index: ``notebook``, ``conversation`` or ``model``; each once.

    Args:
        connection: The connection.
        column: The column.
    """
    query = (
        f"WITH RECURSIVE found(one) AS (SELECT min({column}) FROM exchanges"
        f" UNION ALL SELECT (SELECT min({column}) FROM exchanges WHERE {column} > one) FROM found WHERE one NOTNULL)"
        " SELECT one FROM found WHERE one <> ''"
    )
    return [str(one) for (one,) in connection.execute(query)]


def page(connection: sqlite3.Connection, selection: Selection, after: str) -> list[dict[str, Any]]:
    """Some of the exchanges as values for JSON, in the order of their ids, which is that in which they began.

    Args:
        connection: The connection.
        selection: Which.
        after: The id of the last one before; empty for the first ones.
    """
    condition, values = selection.condition
    found = connection.execute(
        f"SELECT * FROM exchanges WHERE id > ? AND {condition} ORDER BY id LIMIT {_PAGE}", (after, *values)
    )
    columns = [name for name, *_ in found.description]
    rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    for row in rows:
        sent = connection.execute(
            f"SELECT {', '.join(_REQUEST)} FROM requests WHERE exchange = ? ORDER BY number", (row["id"],)
        )
        row["sent"] = [dict(zip(_REQUEST, one, strict=True)) for one in sent]
    return rows


def line(row: dict[str, Any]) -> bytes:
    """An exchange as a line of JSON, with nothing secret in it, and without what is of use on this machine only.

    Args:
        row: It, as ``page`` gives it.
    """
    values = {
        name: _value(name, value) for name, value in row.items() if value is not None and name not in _OWN
    }
    return msgspec.json.encode(_redacted(values)) + b"\n"


def _value(name: str, value: Any) -> Any:
    if name not in _JSON:
        return value if not isinstance(value, bytes) else None
    try:
        return msgspec.json.decode(value)
    except (ValueError, TypeError, RecursionError):
        return None


def _redacted(value: Any, media: bool = False) -> Any:
    """A value without secrets in its texts; the bytes of images and files are left as they are."""
    if isinstance(value, str):
        return value if media else redact(value)
    if isinstance(value, dict):
        of_media = "media_type" in value
        return {redact(key): _redacted(one, of_media and key == "data") for key, one in value.items()}
    return [_redacted(one) for one in value] if isinstance(value, list) else value
