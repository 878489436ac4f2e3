"""Finding an answer by its request, or by one that is like it."""

from __future__ import annotations

import operator
import sqlite3
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from . import rows
from .record import Record
from .request_key import RequestKey

_COLUMNS = ", ".join(rows.READ)
_MOST = 400  # of each kind: those of the same model, and the last ones at all


def find(connection: sqlite3.Connection, digest: str) -> Record | None:
    """The newest whole answer to a request; ``None`` where there is none.

    Args:
        connection: The connection.
        digest: What the request is known by.
    """
    found = connection.execute(
        f"SELECT {_COLUMNS} FROM exchanges WHERE request = ? AND status = 'complete' AND answer IS NOT NULL"
        " ORDER BY at DESC LIMIT 3",
        (digest,),
    )
    return next((record for row in found if (record := rows.record_of(row)) is not None), None)


def nearest(connection: sqlite3.Connection, key: RequestKey) -> Record | None:
    """The whole answer to the request that is the most like another one; ``None`` where there is none at all.

    Args:
        connection: The connection.
        key: The other request.
    """
    whole = "status = 'complete' AND size > 0 AND key IS NOT NULL"
    last = f"SELECT id, key FROM exchanges WHERE {whole} ORDER BY at DESC LIMIT {_MOST}"
    same = f"SELECT id, key FROM exchanges WHERE model = ? AND {whole} ORDER BY at DESC LIMIT {_MOST}"
    candidates = dict(connection.execute(last).fetchall())
    candidates |= dict(connection.execute(same, (f"{key.provider}:{key.model}",)).fetchall())
    ranked = sorted(
        ((likeness(known, key), id) for id, text in candidates.items() if (known := rows.key_of(text))),
        reverse=True,
    )
    for _, id in ranked[:3]:
        row = connection.execute(f"SELECT {_COLUMNS} FROM exchanges WHERE id = ?", (id,)).fetchone()
        if row is not None and (record := rows.record_of(row)) is not None:
            return record
    return None


def likeness(one: RequestKey, other: RequestKey) -> tuple[Any, ...]:
    """How much two requests have in common: the more, the greater.

    Args:
        one, other: The requests.
    """
    same = [getattr(one, name) == getattr(other, name) for name in ("provider", "base_url", "model")]
    same.append(one.options == other.options)
    shared = _shared(one.messages, other.messages)
    off = max(len(one.messages), len(other.messages)) - shared
    alike = _shared(one.prompt, other.prompt)
    return (one.prompt == other.prompt) * 2 + sum(same) - min(off, 3), shared, alike


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How much two sequences have in common at their beginning."""
    return sum(1 for _ in takewhile(bool, map(operator.eq, one, other)))
