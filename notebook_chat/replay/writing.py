"""Writes answers down in a file of records, beside whatever goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ..ledger import Record, RequestKey
from .library import Library
from .record_file import with_key

_MOST_KEYS = 10_000

_threads: list[ThreadPoolExecutor] = []  # one for all files of the process, once there is something to write

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_threads.clear)


def rest() -> None:
    """Ends the thread that writes, once all is written that was given; a later answer has another one."""
    while _threads:
        _threads.pop().shutdown(wait=False)


class Writer:
    """Takes answers, and writes them into the file that is meant then.

    Args:
        library: Which knows the file.
        path: Gives the file; ``None`` where nothing is written.

    Attributes:
        keys: The requests of this process, by their digests.
    """

    def __init__(self, library: Library, path: Callable[[], Path | None]) -> None:
        self.keys: dict[str, RequestKey] = {}
        self._library = library
        self._path = path
        self._problem = ""

    def note(self, record: Record) -> Future[Any] | None:
        """As ``Recorder.note``.

        Args:
            record: The answer.
        """
        if record.key is not None and len(self.keys) < _MOST_KEYS:
            self.keys[record.request] = record.key
        if (path := self._path()) is None:
            return None
        written = with_key(record, record.key)
        try:
            if not _threads:
                _threads.append(ThreadPoolExecutor(1, "notebook_chat record"))
            return _threads[0].submit(self._write, path, written)
        except RuntimeError:  # Python is ending
            self._write(path, written)
            return None

    def _write(self, path: Path, record: Record) -> None:
        self._problem = self._library.record_file(path).add(record) or self._problem

    def problems(self) -> list[str]:
        """What to tell the user, once: why an answer is not written down."""
        problem, self._problem = self._problem, ""
        return [problem] if problem else []
