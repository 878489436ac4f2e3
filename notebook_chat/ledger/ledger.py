"""The ledger: what every exchange with a service asked, answered, used and cost, in a database of its own."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from ..database import SweepPace, Work, Writer, in_words
from ..environment import home
from ..errors import HistoryError
from . import forgetting, lost, searching, summary
from .accounts import LedgerAccount, LedgerAccounts
from .bounds import Bounds, is_hollow, trim
from .entries import Cost, Entry
from .forgetting import Selection
from .record import Record
from .request_key import RequestKey
from .schema import LEDGER
from .spool import Left, Spool, left_beside

_READ_SECONDS = 15.0
_FORGET_SECONDS = 15.0
_TRIM_SECONDS = 3600.0

_LOOK_SECONDS = 5.0

T = TypeVar("T")

_DONE: Future[Any] = Future()
_DONE.set_result(None)

_ledgers: weakref.WeakSet[Ledger] = weakref.WeakSet()


def _after_fork() -> None:
    for ledger in list(_ledgers):
        ledger.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def default_path() -> Path:
    """The database's file: in ``NOTEBOOK_CHAT_HOME``, else in the user's data folder."""
    return home() / "ledger.sqlite3"


class Ledger:
    """The exchanges of this user, in one SQLite file that several kernels write at once.

    Nothing here may break a chat: what cannot be written is tried again later, and ``warning`` tells.

    Args:
        path: The database's file; nothing is opened or made before something is written or read.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()
        self._open: dict[str, LedgerAccount] = {}
        self._pace = SweepPace()
        self._lock = threading.Lock()
        self._spool = Spool(self.path)
        self._cost: Cost | None = None
        self._looked = float("-inf")
        self._bounds = Bounds()
        self._trimmed = float("-inf")
        self._writer = Writer(self.path, LEDGER, self._sweep, self._settled)
        self._warned = False
        self._looks: list[Callable[[sqlite3.Connection, Path], object]] = []
        _ledgers.add(self)

    # --- writing

    def accounts(self, cost: Cost | None = None, *, contents: bool = True) -> LedgerAccounts:
        """Who keeps account of exchanges here.

        Args:
            cost: What a request costs; ``None`` where nobody knows.
            contents: Whether what was asked and answered is kept, and not only what it used.
        """
        self._cost = cost
        return LedgerAccounts(self, cost, contents)

    def put(self, entry: Entry, cost: Cost | None = None) -> Future[Any]:
        """Has something written of an exchange. It outlives this process as soon as this returns, unless its disk is
        full, and is in the database soon after.

        Args:
            entry: What is written.
            cost: What a request costs; ``None`` where nobody knows.

        Returns:
            A future that is done when it outlives this process, or that was tried.
        """

        def work(connection: sqlite3.Connection, _: bool) -> None:
            entry.write(connection, cost)

        with self._lock:
            if self._spool.add(entry):
                self._writer.write_soon(work)
                return _DONE
            return self._writer.write(work, quick=True)

    def write(self, work: Callable[[sqlite3.Connection], Any]) -> Future[Any]:
        """Has something written, and handed to the operating system: it outlives this process. What cannot be written
        is tried again, so it must come to the same if it is done twice.

        Args:
            work: Writes it.

        Returns:
            A future that is done when it was tried; it never has an exception.
        """

        def written(connection: sqlite3.Connection, _: bool) -> None:
            work(connection)

        return self._writer.write(written, quick=True)

    def write_soon(self, work: Callable[[sqlite3.Connection], Any]) -> Future[Any]:
        """As ``write``, for what nobody waits for, and what need not outlive this process.

        Args:
            work: Writes it.
        """
        return self._writer.write_soon(lambda connection, _: work(connection))

    def transact(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Has something done in one transaction, which no other kernel's comes between.

        Args:
            work: What is done. It is done once.

        Returns:
            A future that has its result, or what it has raised; nothing of it is written then.
        """
        self._look()
        return self._writer.transact(lambda connection, _: work(connection))

    def read(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Has something read, after all that was to be written before.

        Args:
            work: Reads it.

        Returns:
            A future that has its result, or what it has raised.
        """
        self._look()
        return self._writer.read(lambda connection, _: work(connection))

    def opened(self, account: LedgerAccount) -> None:
        """An account is open: what comes is written now and then."""
        self._open[account.id] = account

    def closed(self, account: LedgerAccount) -> None:
        """An account is closed."""
        self._open.pop(account.id, None)
        self._pace.forget(account.id)
        self._trim()

    def keep_within(self, bounds: Bounds) -> None:
        """Has it keep no more than this from now on; what is beyond goes now and then, and nobody waits for that.

        Args:
            bounds: What is kept.
        """
        if bounds != self._bounds:
            self._bounds, self._trimmed = bounds, float("-inf")

    def _sweep(self) -> Work | None:
        open_ = list(self._open.values())
        if not open_:
            return None

        def work(connection: sqlite3.Connection, _: bool) -> None:
            for account in open_:
                if account.id in self._open:
                    account.touch(connection, self._due)

        return work

    def _due(self, id: str, size: int) -> bool:
        return self._writer.flushing or self._pace.due(id, size)

    def _settled(self) -> None:
        """All is written that was put."""
        if self._lock.acquire(blocking=False):
            try:
                if self._writer.idle:
                    self._spool.clear()
            finally:
                self._lock.release()
        if self._writer.running:
            self._look()
        with self._writer.using:
            if (connection := self._writer.connection) is not None:
                for look in self._looks:
                    with contextlib.suppress(sqlite3.Error, OSError):
                        look(connection, self.path)

    def on_rest(self, look: Callable[[sqlite3.Connection, Path], object]) -> None:
        """Has something looked at, each time when all is written that was put.

        Args:
            look: Looks at it, on the ledger's thread; it is given the connection, which is in no transaction, and the
                file.
        """
        self._looks.append(look)

    def _look(self) -> None:
        """Takes over what processes have left that are gone, now and then."""
        if time.monotonic() - self._looked < _LOOK_SECONDS:
            return
        self._looked, found = time.monotonic(), list[Left]()

        def work(connection: sqlite3.Connection, _: bool) -> None:
            found.extend(left_beside(self.path))
            lost.take_over(connection, found, self._cost)
            lost.mark_lost(connection)

        def end(done: Future[Any]) -> None:
            for left in found:
                left.end(taken=done.exception() is None)

        self._writer.transact(work).add_done_callback(end)

    # --- reading

    def find(self, digest: str) -> Future[Record | None]:
        """The newest whole answer to a request.

        Args:
            digest: What the request is known by.

        Returns:
            A future that has it; ``None`` where there is none.
        """
        return self.read(lambda connection: searching.find(connection, digest))

    def nearest(self, key: RequestKey) -> Future[Record | None]:
        """The whole answer to the request that is the most like another one.

        Args:
            key: The other request.

        Returns:
            A future that has it; ``None`` where there is none at all.
        """
        return self.read(lambda connection: searching.nearest(connection, key))

    # --- what it holds

    @property
    def is_there(self) -> bool:
        """Whether anything was ever recorded, here or by another process."""
        there = self.path.exists() or bool(self._open) or not self._writer.idle
        return there or any(self.path.parent.glob(f"{self.path.stem}-*.spool"))

    def summary(self) -> summary.Summary:
        """What it holds, in figures.

        Raises:
            HistoryError: The database cannot be read.
        """
        return self._now(self.read(summary.summary))

    def names(self, column: str) -> list[str]:
        """What stands in a column, each once.

        Args:
            column: ``notebook``, ``conversation`` or ``model``.

        Raises:
            HistoryError: The database cannot be read.
        """
        return self._now(self.read(lambda connection: summary.names(connection, column)))

    def count(self, selection: Selection) -> int:
        """How many exchanges are meant.

        Args:
            selection: Which.

        Raises:
            HistoryError: The database cannot be read.
        """
        return self._now(self.read(lambda connection: forgetting.count(connection, selection)))

    def lines(self, selection: Selection) -> Iterator[bytes]:
        """Exchanges as lines of JSON, with nothing secret in them.

        Args:
            selection: Which.

        Raises:
            HistoryError: The database cannot be read.
        """
        after = ""
        while True:
            rows = self._now(
                self.read(lambda connection, last=after: summary.page(connection, selection, last))  # type: ignore[misc]
            )
            if not rows:
                return
            yield from map(summary.line, rows)
            after = rows[-1]["id"]

    def forget(self, selection: Selection, *, contents: bool = False) -> bool:
        """Forgets exchanges, of which no byte is left in the file. It waits for that, for a bounded time.

        Args:
            selection: Which.
            contents: Whether only what was asked and answered is forgotten, while the accounts stay.

        Returns:
            Whether nothing of them is left. Else another program holds the file, and it goes as soon as that is free.
        """
        self._looked = float("-inf")
        self._look()  # for what has been left goes, too
        forgets = forgetting.forget_contents if contents else forgetting.forget

        def work(connection: sqlite3.Connection, _: bool) -> None:
            forgets(connection, selection)

        if self.is_there:
            with contextlib.suppress(TimeoutError):
                self._writer.write(work, erases=True).result(_FORGET_SECONDS)
        return not self._writer.erasing and self.failure is None

    def moved(self, conversation: str, to: str) -> None:
        """Notes that what was asked in a conversation belongs to another one now.

        Args:
            conversation: The id that it had.
            to: The id that it has.
        """
        if self.is_there:
            change = "UPDATE exchanges SET conversation = ? WHERE conversation = ?"
            self.write(lambda connection: connection.execute(change, (to, conversation)))

    @property
    def set_aside(self) -> list[Path]:
        """The damaged files in whose place new ones were made."""
        return sorted(self.path.parent.glob(f"{self.path.stem}-damaged-*{self.path.suffix}"))

    def _now(self, future: Future[T]) -> T:
        """What a future has, soon.

        Raises:
            HistoryError: The database cannot be read.
        """
        try:
            return future.result(_READ_SECONDS)
        except (TimeoutError, sqlite3.Error, OSError) as error:
            raise HistoryError(f"the ledger cannot be read: {in_words(error)} ({self.path})") from None

    def _trim(self) -> None:
        """Has what is beyond the bounds go, a little at a time, once an hour."""
        if time.monotonic() - self._trimmed < _TRIM_SECONDS or not self._writer.running:
            return
        self._trimmed = time.monotonic()
        bounds = self._bounds

        def step(connection: sqlite3.Connection, _: bool) -> None:
            if trim(connection, bounds):
                if self._writer.running:
                    self._writer.transact(step)  # behind what has been asked for meanwhile
            elif is_hollow(connection):
                self._writer.write(lambda *_: None, erases=True)

        self._writer.transact(step)

    # --- what it is as a whole

    @property
    def failure(self) -> str | None:
        """Why nothing can be written now; ``None`` where it can."""
        return self._writer.failure

    def warning(self) -> str | None:
        """What to tell the user, once: that the ledger cannot be written, or what of it could not be."""
        told = [self._writer.news.pop(0) for _ in range(len(self._writer.news))]
        if self.failure is not None and not self._warned:
            self._warned = True
            told.append(
                f"The ledger cannot be written ({self.failure}: {self.path}). The chat goes on; what it uses is written"
                " down as soon as that can be done."
            )
        return " ".join(told) or None

    def flush(self) -> None:
        """Waits until all is written, for a bounded time."""
        self._writer.flush()

    def close(self) -> None:
        """Waits as ``flush`` does, and leaves neither a thread nor an open file behind. It can be used on."""
        self._writer.close()
        with self._lock:
            self._spool.close(empty=self._writer.idle)

    def forked(self) -> None:
        """Begins anew in a forked process, which leaves its parent's exchanges to that."""
        self._lock = threading.Lock()
        self._open = {}
        self._spool.forked()
