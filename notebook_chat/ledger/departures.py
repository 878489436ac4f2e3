"""The requests that left, as the ledger's log has them."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from ..request import HttpRequest
from ..secrets import redact_address
from ..transport.no_proxy import is_own_machine
from .chain import FORGET, FORGOTTEN, answered, append
from .request_key import RequestKey

_COLUMNS = (
    *("number", "exchange", "at", "method", "url", "size", "body", "status"),
    *("model", "notebook", "conversation", "turn", "cell"),
)


Work = Callable[[sqlite3.Connection], Any]


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
        return is_own_machine(_host(self.url))

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


class Overview(msgspec.Struct):
    """Requests, of which the last are known one by one.

    Attributes:
        last: The last of them, in order.
        count: How many there are altogether.
        places: How many of them went where, and with how many bytes together: by the host; ``""`` where that is not
            known, ``None`` for this machine.
    """

    last: list[Departure] = msgspec.field(default_factory=list)
    count: int = 0
    places: dict[str | None, tuple[int, int]] = msgspec.field(default_factory=dict)


def overview(connection: sqlite3.Connection, selection: Selection, most: int) -> Overview:
    """The requests that are meant.

    Args:
        connection: The ledger's database.
        selection: Which are meant.
        most: How many are known one by one at most.
    """
    seen = Overview()
    last: deque[Departure] = deque(maxlen=most)
    for one in departures(connection, selection):
        last.append(one)
        place = None if one.stayed else one.host
        count, size = seen.places.get(place, (0, 0))
        seen.places[place] = (count + 1, size + one.size)
        seen.count += 1
    seen.last = list(last)
    return seen


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


class OtherRequests:
    """Takes down the requests that leave this machine and are part of no exchange, such as for a list of models.

    Args:
        write: Has something written to the ledger.
        notebook: Gives the notebook's file; empty where there is none, or it is not known.
    """

    def __init__(self, write: Callable[[Work], object], notebook: Callable[[], str]) -> None:
        self._write = write
        self._notebook = notebook

    def __call__(self, request: HttpRequest) -> Callable[[int], object]:
        """As ``departures.Watcher``."""
        url, at = redact_address(request.url, *request.secrets), time.time()
        if is_own_machine(_host(url)):
            return lambda status: None
        body = request.body or b""
        hashed = hashlib.sha256(body).hexdigest() if body else ""
        values = ("", at, request.method, url, len(body), hashed, "", self._notebook(), "", "", None)
        known = "SELECT number FROM requests WHERE exchange = '' AND at = ? AND url = ?"

        def leave(connection: sqlite3.Connection) -> None:
            if connection.execute(known, (at, url)).fetchone() is None:  # it may be written twice
                append(connection, values)

        def told(status: int, connection: sqlite3.Connection) -> None:
            if row := connection.execute(known, (at, url)).fetchone():
                answered(connection, row[0], status)

        self._write(leave)
        return lambda status: self._write(partial(told, status))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # it was made elsewhere
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
