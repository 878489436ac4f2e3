"""The log of all requests that left, as a table, as a file, and checked."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import ChatError, HistoryError, InvalidOptionError
from .output import show_problem, show_table, show_text
from .shown_cells import CellNames
from .subcommand import Context
from .times import when

if TYPE_CHECKING:
    from pathlib import Path

    from ..ledger.departures import Departure, Overview, Selection

T = TypeVar("T")

USUAL = 20
"""How many requests are listed unless it is said."""

_SECONDS = 30.0
_PLACES = 6
_FAULTS = 10
_HASH = re.compile(r"[0-9a-f]{64}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for one
_COLUMNS = (
    *(
        "number",
        "when",
        "method",
        "address",
        "host",
        "stayed_on_this_machine",
        "bytes",
        "body_sha256",
        "status",
    ),
    *("model", "notebook", "conversation", "turn", "cell", "cell_name"),
)


def read(context: Context, work: Callable[[sqlite3.Connection], T]) -> T:
    """What is read from the ledger.

    Args:
        context: What the subcommand works with.
        work: Reads it.

    Raises:
        HistoryError: It cannot be read.
    """
    ledger = context.session.ledger
    try:
        return ledger.read(work).result(_SECONDS)
    except (sqlite3.Error, OSError, Late) as error:
        why = str(error) or "it takes too long"
        raise HistoryError(f"the ledger cannot be read ({why}: {ledger.path})") from None


def show_list(context: Context, selection: Selection, most: int) -> bool:
    """Shows requests, the newest last; whether there were any.

    Args:
        context: What the subcommand works with.
        selection: Which are meant.
        most: How many are shown at most.
    """
    from ..ledger.departures import overview, prompt_of

    def found(connection: sqlite3.Connection) -> tuple[Overview, dict[str, str]]:
        seen = overview(connection, selection, most)
        return seen, {one.exchange: prompt_of(connection, one.exchange) for one in seen.last if one.exchange}

    seen, prompts = read(context, found)
    if not seen.count:
        return False
    cells, everywhere = CellNames(context.session), selection.notebook is None
    rows = [_row(one, cells, prompts.get(one.exchange, ""), everywhere) for one in seen.last]
    head = ("No.", "When", "To", "Bytes", "Model", *(("Notebook",) if everywhere else ()), "Cell", "Status")
    show_table(context.shell, head, rows)
    show_text(_summary(seen))
    return True


def list_if_any(context: Context, selection: Selection, most: int) -> None:
    """As ``show_list``; where the ledger cannot be read, it says so and goes on.

    Args:
        context, selection, most: As there.
    """
    try:
        show_list(context, selection, most)
    except ChatError as error:
        show_problem(str(error))


def save_list(context: Context, selection: Selection, path: Path) -> None:
    """Writes requests into a file, as comma-separated values.

    Args:
        context: What the subcommand works with.
        selection: Which are meant.
        path: The file.
    """
    from .. import export_files
    from ..ledger.departures import departures, prompt_of

    cells = CellNames(context.session)

    def table(connection: sqlite3.Connection) -> list[list[Any]]:
        return [
            _values(one, cells, prompt_of(connection, one.exchange) if one.exchange else "")
            for one in list(departures(connection, selection))
        ]

    rows = read(context, table)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_COLUMNS, *(map(_harmless, row) for row in rows)])
    written = export_files.write(path, text.getvalue().encode("utf-8", "replace"), context.session.notebook)
    spared = f": {path} {written.spared}, and stays as it is" if written.spared else ""
    show_text(f"{_count(len(rows))} written to {written.path}{spared}.")


def show_check(context: Context, head: str) -> None:
    """Shows whether the whole log is as it was written.

    Args:
        context: What the subcommand works with.
        head: A hash that was noted before; empty for none.

    Raises:
        InvalidOptionError: It is no hash.
    """
    from ..ledger import chain

    if head and not _HASH.fullmatch(head := head.strip().lower()):
        raise InvalidOptionError(f"{head!r:.80} is no hash of the log: it has 64 digits of 0-9 and a-f")
    checked, place = read(
        context, lambda connection: (chain.check(connection), head and chain.place_of(connection, head))
    )
    forgotten = f", and {checked.forgotten:,} more that were forgotten" if checked.forgotten else ""
    if not checked.faults:
        if not checked.last:
            show_text("The log is empty: nothing has left since it was begun.")
        else:
            show_text(f"The log is whole: {_count(checked.requests)}{forgotten}.")
            show_text(f"Its hash is {checked.head}, up to number {checked.last}.")
    else:
        show_text(f"The log is NOT whole: {_count(checked.requests)} are in it{forgotten}.")
        for fault in checked.faults[:_FAULTS]:
            show_text(f"- number {fault.number} {fault.what}")
        if (more := len(checked.faults) - _FAULTS) > 0:
            show_text(f"- and {more} more places" + (" at least" if more >= 90 else ""))
    if head:
        show_text(_noted(place or None, whole=not checked.faults))


def _noted(place: int | None, *, whole: bool) -> str:
    if place is None:
        return (
            "The hash that you gave stands for no part of this log: it is another log, or it was changed, or what it"
            " stood for was forgotten."
        )
    if whole:
        return f"The hash that you gave stands for it up to number {place}: until there it is as it was then."
    return f"The hash that you gave is that of number {place}; what is told above is true all the same."


def _row(one: Departure, cells: CellNames, prompt: str, everywhere: bool) -> list[str]:
    cell = cells.name(one.cell, one.notebook, prompt)
    return [
        str(one.number),
        when(one.at),
        _to(one),
        f"{one.size:,}" if one.is_known else "not known",
        one.model,
        *([_base(one.notebook)] if everywhere else []),
        cell,
        str(one.status) if one.status is not None else "none known",
    ]


def _values(one: Departure, cells: CellNames, prompt: str) -> list[Any]:
    at: Any = one.at
    with suppress(OverflowError, OSError, ValueError):
        at = datetime.fromtimestamp(one.at).astimezone().isoformat(timespec="milliseconds")
    known: list[Any] = [one.method, one.url, one.host, "yes" if one.stayed else "no", one.size, one.body]
    return [
        one.number,
        at,
        *(known if one.is_known else ["", "", "not known", "not known", "not known", "not known"]),
        one.status,
        *(one.model, one.notebook, one.conversation, one.turn, one.cell),
        cells.name(one.cell, one.notebook, prompt),
    ]


def _to(one: Departure) -> str:
    if not one.is_known:
        return "not known: its provider sends by itself"
    if not one.exchange:
        return one.url.partition("://")[2].partition("?")[0]  # such as a list of models
    return f"{one.host} (this machine)" if one.stayed else one.host


def _summary(seen: Overview) -> str:
    """How many there are, and where they went."""
    named = sorted(seen.places.items(), key=lambda item: -item[1][0])
    told = [
        f"{count:,} to {'this machine' if place is None else place or 'where it is not known'}"
        + (f" ({size:,} bytes)" if place != "" else "")
        for place, (count, size) in named[:_PLACES]
    ]
    if len(named) > _PLACES:
        rest = sum(count for _, (count, _) in named[_PLACES:])
        told.append(f"{rest:,} to {len(named) - _PLACES:,} more places")
    more = seen.count - len(seen.last)
    shown = f" {more:,} earlier ones are not shown: --last {seen.count}, or --csv FILE." if more else ""
    return f"{_count(seen.count)}: {', '.join(told)}.{shown}"


def _count(count: int) -> str:
    return "1 request" if count == 1 else f"{count:,} requests"


def _base(notebook: str) -> str:
    return re.split(r"[\\/]", notebook)[-1]


def _harmless(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def own(context: Context, *, everywhere: bool, since: float, to: str) -> Selection:
    """The requests that a line means.

    Args:
        context: What the subcommand works with.
        everywhere: Whether those of all notebooks are meant.
        since, to: As in ``Selection``.
    """
    from ..ledger.departures import Selection

    if everywhere:
        return Selection(since=since, to=to)
    ids: Iterable[str] = (one.id for one in context.session.conversations.values())
    return Selection(str(context.session.notebook or ""), tuple(ids), since, to)
