"""What answers used and cost, on the command line: ``python -m notebook_chat usage``."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from .. import export_files
from ..errors import ChatError, HistoryError
from ..ledger.ledger import Ledger
from ..spending import sums
from ..spending.sums import Scope
from ..spending.usage_csv import csv_of
from .output import show_problem, show_table, show_text
from .times import point
from .usage_rows import HEAD, counted, named, nothing, price_problem, row

_WORDS = ("today", "month", "all")


def declare(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments.

    Args:
        parser: The parser of what follows ``usage``.
    """
    parser.add_argument("what", nargs="?", choices=_WORDS, help="what to show; all three unless it is given")
    parser.add_argument("--by", choices=tuple(sums.GROUPS), help="group it, by model, notebook or day")
    parser.add_argument("--since", type=point, metavar="TIME", help="since when: 2026-10-01, 7d, 2h, today")
    parser.add_argument("--notebook", type=Path, metavar="FILE", help="only what this notebook has asked")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write it into a file instead of showing it")


def run(arguments: argparse.Namespace) -> int:
    """Shows the figures of the ledger, or writes them down.

    Args:
        arguments: What was declared.

    Returns:
        The exit code: 0, or 2 where the ledger cannot be read or the file not be written.
    """
    show_problem(price_problem())
    ledger = Ledger()
    if not ledger.path.exists():
        show_text(nothing("all"))
        return 0
    try:
        _show(ledger, arguments)
    except ChatError as error:
        print(f"{error}", file=sys.stderr)  # noqa: T201
        return 2
    finally:
        ledger.close()
    return 0


def _show(ledger: Ledger, arguments: argparse.Namespace) -> None:
    usual = "all" if arguments.since is not None else "month"
    scope = _narrowed(_scope(arguments.what or usual), arguments)
    if arguments.csv is not None:
        rows, columns = _read(ledger, lambda connection: sums.table(connection, scope, arguments.by))
        written = export_files.write(arguments.csv, csv_of(rows, columns))
        spared = f": {arguments.csv} {written.spared}, and stays as it is" if written.spared else ""
        return show_text(f"{counted(rows)} written to {written.path}{spared}.")
    if arguments.by is not None:
        found = _read(ledger, lambda connection: sums.grouped(connection, scope, arguments.by))
        if not found:
            return show_text(nothing(scope.name))
        return show_table(None, (arguments.by, *HEAD), [row(named(one, arguments.by)) for one in found])
    one_only = arguments.what is not None or arguments.since is not None
    scopes = [scope] if one_only else [_narrowed(_scope(word), arguments) for word in _WORDS]
    found = _read(ledger, lambda connection: [sums.sums(connection, one) for one in scopes])
    return show_table(None, ("", *HEAD), list(map(row, found)))


def _scope(word: str) -> Scope:
    match word:
        case "today":
            return Scope.today(datetime.now())
        case "month":
            return Scope.month(datetime.now())
    return Scope("all")


def _narrowed(scope: Scope, arguments: argparse.Namespace) -> Scope:
    """As much of a scope as is meant."""
    if arguments.since is not None:
        scope = scope.also("at >= ?", arguments.since, name="since then")
    if arguments.notebook is not None:
        scope = scope.also("notebook = ?", str(arguments.notebook.absolute()))
    return scope


def _read(ledger: Ledger, work: Any) -> Any:
    try:
        return ledger.read(work).result()
    except (sqlite3.Error, OSError) as error:
        raise HistoryError(f"the ledger cannot be read: {error} ({ledger.path})") from None
