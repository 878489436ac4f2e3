"""The requests that left, as the ledger's log has them."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from ..transport.no_proxy import is_own_machine
from .chain import FORGET, FORGOTTEN
from .request_key import RequestKey

_COLUMNS = (
    *("number", "exchange", "at", "method", "url", "size", "body", "status"),
    *("model", "notebook", "conversation", "turn", "cell"),
)


class Departure(msgspec.Struct, frozen=True):
    """A request that left.

    Attributes:
        number: Its number in the log.
        exchange: The id of the exchange that it is part of; empty for none.
        at: When it left, in seconds since 1970.
        method: The HTTP method; empty where a provider from elsewhere made the request.
        url: Where it went, without credentials; empty likewise.
        size: How large its body was, in bytes.
        body: The SHA-256 of its body; empty where it had none, or that is not known.
        status: The status of the response; ``None`` where none is known.
        model: Who was asked, as ``provider:model``.
        notebook, conversation, turn, cell: Where it was asked for, as in ``Origin``.
    """

    number: int
    exchange: str
    at: float
    method: str
    url: str
    size: int
    body: str
    status: int | None
    model: str
    notebook: str
    conversation: str
    turn: str
    cell: str | None

    @property
    def host(self) -> str:
        """Where it went, with a port where the address has one; empty where that is not known."""
        try:
            return urlsplit(self.url).netloc.rpartition("@")[2]
        except ValueError:  # it was made elsewhere
            return ""

    @property
    def is_known(self) -> bool:
        """Whether it is known what left. A provider from elsewhere may have sent anything anywhere."""
        return bool(self.url)

    @property
    def stayed(self) -> bool:
        """Whether it went to this machine itself, such as to an embedded model."""
        try:
            return is_own_machine(urlsplit(self.url).hostname or "")
        except ValueError:
            return False

    def went_to(self, host: str) -> bool:
        """Whether it went to a host, or to one beneath it.

        Args:
            host: The host's name, with a port or without.
        """
        own, wanted = self.host.lower(), host.lower().strip(".")
        bare = own if ":" in wanted else own.rpartition(":")[0] or own
        return bare == wanted or bare.endswith(f".{wanted}")


class Selection(NamedTuple):
    """Which requests are meant.

    Attributes:
        notebook: Those of a notebook's file; ``None`` for those of all.
        conversations: With those of the notebook those of these conversations, by their ids, wherever they were had.
        since: Those from a time on, in seconds since 1970.
        to: Those to a host, or to hosts beneath it; empty for all.
    """

    notebook: str | None = None
    conversations: Collection[str] = ()
    since: float = 0.0
    to: str = ""


def departures(connection: sqlite3.Connection, selection: Selection) -> Iterator[Departure]:
    """The requests that are meant, in order.

    Args:
        connection: The ledger's database.
        selection: Which are meant.
    """
    where, values = "method NOT IN (?, ?) AND at >= ?", [FORGET, FORGOTTEN, selection.since]
    if selection.notebook is not None:
        own = ["0", *("?" for _ in selection.conversations)]
        named = "notebook = ? OR " if selection.notebook else ""
        where += f" AND ({named}conversation IN ({', '.join(own)}))"
        values += [*([selection.notebook] if selection.notebook else []), *selection.conversations]
    query = f"SELECT {', '.join(_COLUMNS)} FROM requests WHERE {where} ORDER BY number"
    for row in connection.execute(query, values):
        one = _departure(row)
        if not selection.to or one.went_to(selection.to):
            yield one


def last_departures(
    connection: sqlite3.Connection, selection: Selection, most: int
) -> tuple[list[Departure], int]:
    """The last of the requests that are meant, in order, and how many there are altogether.

    Args:
        connection: The ledger's database.
        selection: Which are meant.
        most: How many are given at most.
    """
    last: deque[Departure] = deque(maxlen=most)
    count = 0
    for count, one in enumerate(departures(connection, selection), start=1):  # noqa: B007
        last.append(one)
    return list(last), count


def prompt_of(connection: sqlite3.Connection, exchange: str) -> str:
    """What was asked in an exchange; empty where that was not kept.

    Args:
        connection: The ledger's database.
        exchange: The exchange's id.
    """
    row = connection.execute("SELECT key FROM exchanges WHERE id = ?", (exchange,)).fetchone()
    try:
        return msgspec.json.decode(row[0], type=RequestKey).prompt if row and row[0] else ""
    except (ValueError, TypeError):
        return ""


def _departure(row: tuple[Any, ...]) -> Departure:
    """A row as a value, whatever somebody has put there."""
    values = dict(zip(_COLUMNS, row, strict=True))
    texts = {
        name: value if isinstance(value := values[name], str) else ""
        for name in ("exchange", "method", "url", "body", "model", "notebook", "conversation", "turn")
    }
    at, size, status, cell = (values[name] for name in ("at", "size", "status", "cell"))
    return Departure(
        number=values["number"],
        at=float(at) if isinstance(at, (int, float)) else 0.0,
        size=size if isinstance(size, int) else 0,
        status=status if isinstance(status, int) else None,
        cell=cell if isinstance(cell, str) else None,
        **texts,
    )
