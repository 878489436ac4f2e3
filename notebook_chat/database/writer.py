"""The one thread that uses a database, so that no chat waits for a disk."""

from __future__ import annotations

import contextlib
import os
import queue
import sqlite3
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec

from ..loop_thread import at_exit, is_over
from .connection import Schema, connect
from .damage import in_words, is_damage, is_of_values

Work = Callable[[sqlite3.Connection, bool], Any]
"""What is done with the connection; the second value is what ``Schema.prepare`` has said."""

SWEEP_SECONDS = 0.5
"""How often the answers on their way are written."""

RETRY_SECONDS = 5.0
"""How often what could not be written is tried again while nothing else is to be done."""

SETTLE_SECONDS = 2.0
"""After how long without work what was handed to the operating system only is brought to the disk."""

_CLOSE_SECONDS = 5.0
_SOON_SECONDS = 0.05
_REPAIR_SECONDS = 60.0  # a file that is damaged again so soon is not for us to repair
_FORK_SECONDS = 1.0  # for which a fork waits for the end of a transaction
_held: list[Writer] = []
_of_parent: list[object] = []  # a parent's connections; closing one here would take the parent's locks away


_writers: weakref.WeakSet[Writer] = weakref.WeakSet()


@at_exit
def _close_all() -> None:
    for writer in list(_writers):
        writer.close()


def _before_fork() -> None:
    """Lets no process be forked in the middle of a transaction: SQLite would take its lock for the child's own, and the
    child could never use the file."""
    until = time.monotonic() + _FORK_SECONDS
    for writer in list(_writers):
        if writer.using.acquire(timeout=max(until - time.monotonic(), 0.0)):
            _held.append(writer)  # noqa: PERF401  # what is held is known also where the next one fails


def _after_fork_here() -> None:
    while _held:
        _held.pop().using.release()


def _after_fork() -> None:
    _held.clear()
    for writer in list(_writers):
        writer.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_here, after_in_child=_after_fork)


class _Job(msgspec.Struct):
    work: Work
    writes: bool
    future: Future[Any]
    passing: bool = False
    """Whether it need not be tried again: something later will write more."""
    quick: bool = False
    """Whether it is handed to the operating system only, which outlives this process, and not to the disk."""
    erases: bool = False
    """Whether no byte of what it deletes is to be left in the file."""
    once: bool = False
    """Whether it is done in a transaction of its own, and never again."""


class Writer:
    """Runs work on the database in the order it was given, on a thread of its own, which nothing ends.

    Writes that fail are kept and tried again with the next ones and now and then, so what could not be written is not
    lost as long as the process runs: the disk may have space again, the other kernel may be done. In the place of a
    damaged file a new one is made, once, with all that can be read of it.

    Args:
        path: The database's file.
        schema: What it is made of.
        sweep: What to write beside that, every ``SWEEP_SECONDS`` while it says that there is something.
        settled: Called in its thread whenever all that was given is written.

    Attributes:
        failure: Why nothing can be written at the moment; ``None`` when it can.
        news: What the user should be told, each line once.
        using: Held while the connection is used.
    """

    def __init__(
        self,
        path: Path,
        schema: Schema,
        sweep: Callable[[], Work | None],
        settled: Callable[[], object] = lambda: None,
    ) -> None:
        self.path = path
        self.schema = schema
        self._sweep = sweep
        self._settled = settled
        self.news: list[str] = []
        self._reset()
        _writers.add(self)

    def _reset(self) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()  # with None it only wakes
        self._backlog: deque[_Job] = deque()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._prepared = False
        self._thread: threading.Thread | None = None
        self._lock = threading.RLock()
        self.using = threading.Lock()
        self._soon: deque[_Job] = deque()  # what waits for what comes with it
        self._soon_due: float | None = None
        self._loose = False  # whether something is not on the disk yet
        self._swept = 0.0
        self._repaired = float("-inf")
        self._to_erase = 0
        self._erasures = [0, 0]  # asked for, done
        self._erase_again = 0.0
        self._resting = False
        self.failure: str | None = None
        self.flushing = False  # whether somebody waits until all is written

    def write(self, work: Work, *, quick: bool = False, erases: bool = False) -> Future[None]:
        """Has something written. It may be done twice, so it must come to the same then.

        Args:
            work: Writes it.
            quick: Somebody waits for it, and the next write will bring it to the disk: it need not survive
                a loss of power until then, only the end of this process.
            erases: Whether no byte of what it deletes is to be left in the file: ``erasing`` tells when that is so.

        Returns:
            A future that is done when it was tried; it never has an exception.
        """
        self._erasures[0] += erases
        return self._put(_Job(work, True, Future(), quick=quick, erases=erases))

    def write_soon(self, work: Work) -> Future[None]:
        """As ``write``, quickly, for what nobody waits for: with whatever else comes within a moment, so that whoever
        goes on meanwhile has the processor."""
        job = _Job(work, True, Future(), quick=True)
        with self._lock:
            first = not self._soon
            self._soon.append(job)
        if first:
            self._put(None)
        return job.future

    @property
    def idle(self) -> bool:
        """Whether all is written that was given; to be asked in its thread, or when that has ended."""
        with self._lock:
            return not (self._soon or self._backlog) and self._jobs.empty()

    @property
    def connection(self) -> sqlite3.Connection | None:
        """The connection that is open, for its thread alone."""
        return self._connection

    @property
    def running(self) -> bool:
        """Whether its thread runs."""
        return self._thread is not None

    @property
    def erasing(self) -> bool:
        """Whether something that was to be erased may still be in the file."""
        return self._erasures[0] > self._erasures[1]

    def read(self, work: Work) -> Future[Any]:
        """Has something read, after all that was to be written before."""
        return self._put(_Job(work, False, Future()))

    def transact(self, work: Work) -> Future[Any]:
        """Has something done in a transaction of its own, after all that was to be written before. It is handed to the
        operating system, as what is written quickly. What fails is undone, and not tried again.

        Returns:
            A future that has the work's result, or what it has raised.
        """
        return self._put(_Job(work, False, Future(), once=True))

    def flush(self) -> None:
        """Waits until all is written that was given, for a bounded time."""
        if self._thread is not None:
            self.flushing = True
            with contextlib.suppress(Exception):
                self.write(self._sweep() or (lambda *_: None)).result(_CLOSE_SECONDS)
            self.flushing = False

    def tell(self, line: str) -> None:
        """Has a line told to the user, unless it waits to be told already."""
        if line not in self.news:
            self.news.append(line)

    def close(self) -> None:
        """Waits until all is written that was given, for a bounded time, ends the thread and closes the file. What is
        given later is written, too, and the file closed after it."""
        self.flush()
        self._resting = True
        with self._lock:  # a thread that rests already is not followed by another one
            if (thread := self._thread) is not None:
                self._jobs.put(None)
        if thread is not None:
            thread.join(_CLOSE_SECONDS)

    def _put(self, job: _Job | None) -> Future[Any]:
        future: Future[Any] = Future() if job is None else job.future
        with self._lock:
            try:
                self._start()
            except RuntimeError as error:
                if is_over() or "shutdown" in str(error):  # Python is ending, and starts no thread any more
                    self._end_waiting()
                    self._jobs.put(job)
                    self._round()
                    self._close()
                    return future
                self.failure = str(error)  # what is to be written waits for a thread
                if job is not None and not job.writes:
                    future.set_exception(OSError(str(error)))
                    return future
                _settle(future)
            if job is not None:
                self._end_waiting()
            self._jobs.put(job)
        return future

    def _end_waiting(self) -> None:
        """Puts what was to be written soon before whatever comes now."""
        while self._soon:
            self._jobs.put(self._soon.popleft())

    def _start(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._run, name=f"notebook_chat {self.schema.name}", daemon=True)
            thread.start()
            self._thread = thread

    def _run(self) -> None:
        while True:
            try:
                self._round()
                if self._resting and self._rests():
                    return
            except BaseException as error:  # a thread that ends takes all that is to be written along
                self.failure = in_words(error)
                time.sleep(SWEEP_SECONDS)

    def _rests(self) -> bool:
        """Ends the thread's work where there is none; a later one may begin at once."""
        with self._lock:
            if self._soon or not self._jobs.empty():
                return False
            self._close()
            self._thread = None
            return True

    def _round(self) -> None:
        jobs, settles = self._next()
        with self.using:
            for job in jobs:
                if job.writes:
                    self._backlog.append(job)
                else:
                    if not job.once or any(one.erases for one in self._backlog):
                        self._write()
                    self._read(job)
            self._write()
            if settles and not self._backlog:
                self._settle_file()
        if self.idle:
            self._settled()

    def _next(self) -> tuple[list[_Job], bool]:
        """The jobs that wait, together with what the sweep has when it is due; and whether there was time for what else
        is to be done."""
        jobs: list[_Job] = []
        idle = SETTLE_SECONDS if self._loose else None
        waiting = RETRY_SECONDS if self._backlog or self._to_erase else idle
        if self._sweep():
            waiting, idle = SWEEP_SECONDS, None
        if self._soon_due is not None:
            waiting, idle = max(self._soon_due - time.monotonic(), 0.0), None
        with contextlib.suppress(queue.Empty):
            first = self._jobs.get(timeout=waiting)
            jobs += [] if first is None else [first]
            idle = None
        with self._lock:
            with contextlib.suppress(queue.Empty):
                while True:
                    if (job := self._jobs.get_nowait()) is not None:
                        jobs.append(job)
            jobs += self._taken_soon(bool(jobs))
        settles = idle is not None and not jobs
        if time.monotonic() - self._swept >= SWEEP_SECONDS:
            self._swept = time.monotonic()
            if (sweep := self._sweep()) is not None:
                jobs.append(_Job(sweep, True, Future(), passing=True))
        return jobs, settles

    def _taken_soon(self, others: bool) -> list[_Job]:
        """What was to be written soon, where it is time for it; it is where others are done anyway."""
        if not self._soon:
            self._soon_due = None
            return []
        if self._soon_due is None:
            self._soon_due = time.monotonic() + _SOON_SECONDS
        if not others and time.monotonic() < self._soon_due and not self._resting:
            return []
        taken, self._soon_due = list(self._soon), None
        self._soon.clear()
        return taken

    def _write(self) -> None:
        """Writes all that waits in one transaction."""
        if not self._backlog and not self._to_erase:
            return
        if self._backlog:
            try:
                self._whole(self._transact)
            except BaseException as error:
                self._failed(error)
                for job in self._backlog:
                    _settle(job.future)
                self._backlog = deque(job for job in self._backlog if not job.passing)
                return
        done, self._backlog = self._backlog, deque()
        self.failure = None
        if erased := sum(job.erases for job in done):
            self._to_erase, self._erase_again = self._to_erase + erased, 0.0
        if self._to_erase and time.monotonic() >= self._erase_again:
            self._erase()
        for job in done:
            _settle(job.future)

    def _transact(self) -> None:
        quick = all(job.quick for job in self._backlog)
        self._write_all(self._begun(quick), self._backlog)
        self._loose = quick

    def _begun(self, quick: bool) -> sqlite3.Connection:
        """A connection in whose hands the file is, and not one that has been put aside since it was opened."""
        while True:
            connection = self._connected()
            connection.execute(f"PRAGMA synchronous = {'OFF' if quick else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            if self._file == _identity(self.path):
                return connection
            self._close()

    def _write_all(self, connection: sqlite3.Connection, jobs: Iterable[_Job]) -> None:
        """Ends a transaction that has begun with some works."""
        for job in jobs:
            self._try(connection, job)
        connection.execute("COMMIT")

    def _settle_file(self) -> None:
        """Brings to the disk what was handed to the operating system only, by a write that changes nothing."""
        self._loose = False
        with contextlib.suppress(sqlite3.Error, OSError):
            connection = self._begun(quick=False)
            connection.execute(f"PRAGMA user_version = {self.schema.version}")
            connection.execute("COMMIT")

    def _try(self, connection: sqlite3.Connection, job: _Job) -> None:
        """Does one work; one that can never be done must not hold up the others."""
        connection.execute("SAVEPOINT job")
        try:
            job.work(connection, self._prepared)
        except BaseException as error:
            if not (is_of_values(error) and connection.in_transaction):
                raise
            connection.execute("ROLLBACK TO job")
            self.tell(
                f"Something could not be written to the {self.schema.name} ({in_words(error)}); all else was."
            )
        connection.execute("RELEASE job")

    def _erase(self) -> None:
        """Writes the file anew, so that nothing of what was deleted is left in it, its index or its journals; later
        where another program reads it now."""
        try:
            busy = self._whole(self._rewrite)
        except (sqlite3.Error, OSError):
            busy = True
            self._close()
        if busy:
            self._erase_again = time.monotonic() + RETRY_SECONDS
        else:
            self._erasures[1] += self._to_erase
            self._to_erase = 0

    def _rewrite(self) -> bool:
        """Writes the file anew; whether another program keeps what was there before."""
        connection = self._connected()
        self.schema.optimize(connection)
        connection.execute("VACUUM")
        return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])

    def _read(self, job: _Job) -> None:
        try:
            result = self._whole(lambda: self._done(job))
        except BaseException as error:
            if isinstance(error, (sqlite3.Error, OSError)):
                self._failed(error)
            job.future.set_exception(error)
        else:
            if not self._backlog:
                self.failure = None
            job.future.set_result(result)

    def _done(self, job: _Job) -> Any:
        """The result of a work that does not wait for others."""
        if not job.once:
            return job.work(self._connected(), self._prepared)
        before, quick = list(self._backlog), all(one.quick for one in self._backlog)
        connection = self._begun(quick)
        try:  # with all that waits to be written before it: one transaction takes half the time of two
            for one in before:
                self._try(connection, one)
            connection.execute("SAVEPOINT once")
            try:
                result, error = job.work(connection, self._prepared), None
            except BaseException as raised:
                if not connection.in_transaction:
                    raise
                result, error = None, raised
                connection.execute("ROLLBACK TO once")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._loose, self._backlog = quick, deque()
        for one in before:
            _settle(one.future)
        if error is not None:
            raise error
        return result

    def _whole(self, work: Callable[[], Any]) -> Any:
        """Does something; once more with a new file, where the one that is there turns out to be damaged."""
        try:
            return work()
        except Exception as error:
            if not is_damage(error) or time.monotonic() - self._repaired < _REPAIR_SECONDS:
                raise
            self._close()
            self._repaired = time.monotonic()
            from .repair import repair

            self.tell(repair(self.path, self.schema))
            return work()

    def _connected(self) -> sqlite3.Connection:
        if self._connection is not None and self._file != _identity(self.path):
            self._close()  # the file was taken away: what is written to it now nobody would find
        if self._connection is None:
            self._connection, self._prepared = connect(self.path, self.schema)
            self._file = _identity(self.path)
        return self._connection

    def _failed(self, error: BaseException) -> None:
        self.failure = in_words(error)
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


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one of its name."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _settle(future: Future[Any]) -> None:
    if not future.done():
        future.set_result(None)
