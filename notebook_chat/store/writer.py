"""The one thread that uses the database, so that no chat waits for a disk."""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import sqlite3
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec

from .schema import connect

Work = Callable[[sqlite3.Connection, bool], Any]
"""What is done with the connection; the second value tells whether there is an index of words."""

SWEEP_SECONDS = 0.5
"""How often the answers on their way are written."""

_CLOSE_SECONDS = 5.0
_of_parent: list[object] = []  # a parent's connections; closing one here would take the parent's locks away


_writers: weakref.WeakSet[Writer] = weakref.WeakSet()


@atexit.register
def _flush_all() -> None:
    for writer in list(_writers):
        writer.flush()


def _after_fork() -> None:
    for writer in list(_writers):
        writer.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class _Job(msgspec.Struct):
    work: Work
    writes: bool
    future: Future[Any]
    passing: bool = False
    """Whether it need not be tried again: something later will write more."""
    quick: bool = False
    """Whether it is handed to the operating system only, which outlives this process, and not to the disk."""


class Writer:
    """Runs work on the database in the order it was given, on a thread of its own.

    Writes that fail are kept and tried again with the next ones, so what could not be written is not lost as
    long as the process runs: the disk may have space again, the other kernel may be done.

    Args:
        path: The database's file.
        sweep: What to write beside that, every ``SWEEP_SECONDS`` while it says that there is something.
    """

    def __init__(self, path: Path, sweep: Callable[[], Work | None]) -> None:
        self.path = path
        self._sweep = sweep
        self._reset()
        _writers.add(self)

    def _reset(self) -> None:
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._backlog: deque[_Job] = deque()
        self._connection: sqlite3.Connection | None = None
        self._words = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._swept = 0.0
        self.failure: str | None = None
        self.flushing = False  # whether somebody waits until all is written

    def write(self, work: Work, *, quick: bool = False) -> Future[None]:
        """Has something written. It may be done twice, so it must come to the same then.

        Args:
            work: Writes it.
            quick: Somebody waits for it, and the next write will bring it to the disk: it need not survive
                a loss of power until then, only the end of this process.

        Returns:
            A future that is done when it was tried; it never has an exception.
        """
        return self._put(_Job(work, True, Future(), quick=quick))

    def read(self, work: Work) -> Future[Any]:
        """Has something read, after all that was to be written before."""
        return self._put(_Job(work, False, Future()))

    def flush(self) -> None:
        """Waits until all is written that was given, for a bounded time."""
        if self._thread is not None:
            self.flushing = True
            with contextlib.suppress(Exception):
                self.write(self._sweep() or (lambda *_: None)).result(_CLOSE_SECONDS)
            self.flushing = False

    def _put(self, job: _Job) -> Future[Any]:
        with self._lock:
            self._jobs.put(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="notebook_chat store", daemon=True)
                self._thread.start()
        return job.future

    def _run(self) -> None:
        while True:
            for job in self._next():
                if job.writes:
                    self._backlog.append(job)
                else:
                    self._write()
                    self._read(job)
            self._write()

    def _next(self) -> list[_Job]:
        """The jobs that wait, together with what the sweep has when it is due."""
        jobs: list[_Job] = []
        with contextlib.suppress(queue.Empty):
            jobs.append(self._jobs.get(timeout=SWEEP_SECONDS if self._sweep() else None))
            while True:
                jobs.append(self._jobs.get_nowait())
        if time.monotonic() - self._swept >= SWEEP_SECONDS:
            self._swept = time.monotonic()
            if (sweep := self._sweep()) is not None:
                jobs.append(_Job(sweep, True, Future(), passing=True))
        return jobs

    def _write(self) -> None:
        """Writes all that waits in one transaction."""
        if not self._backlog:
            return
        try:
            connection = self._connected()
            quick = all(job.quick for job in self._backlog)
            connection.execute(f"PRAGMA synchronous = {'OFF' if quick else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            for job in self._backlog:
                self._try(connection, job)
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
            for job in self._backlog:
                _settle(job.future)
            self._backlog = deque(job for job in self._backlog if not job.passing)
            return
        done, self._backlog = self._backlog, deque()
        self.failure = None
        for job in done:
            _settle(job.future)

    def _try(self, connection: sqlite3.Connection, job: _Job) -> None:
        """Does one work; one that can never be done must not hold up the others."""
        connection.execute("SAVEPOINT job")
        try:
            job.work(connection, self._words)
        except (ValueError, TypeError, OverflowError, RecursionError, sqlite3.IntegrityError):
            connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")

    def _read(self, job: _Job) -> None:
        try:
            result = job.work(self._connected(), self._words)
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
            job.future.set_exception(error)
        except Exception as error:
            job.future.set_exception(error)
        else:
            job.future.set_result(result)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is not None and not self.path.exists():
            self._close()  # the file was taken away: what is written to it now nobody would find
        if self._connection is None:
            self._connection, self._words = connect(self.path)
        return self._connection

    def _failed(self, error: Exception) -> None:
        self.failure = str(error)
        self._close()

    def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()  # which rolls back
            self._connection = None

    def forked(self) -> None:
        """Begins anew in a forked process, which must not use its parent's connection."""
        _of_parent.append(self._connection)
        self._reset()


def _settle(future: Future[Any]) -> None:
    if not future.done():
        future.set_result(None)
