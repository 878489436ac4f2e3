"""What is on its way into the ledger, in a file of this process beside it. Once it is there it outlives the process, so
that nobody has to wait for the database; what a process leaves there that is gone, another one takes over."""

from __future__ import annotations

import io
import os
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from .. import files
from .entries import Entry

_MOST = 64_000_000  # bytes: what the database cannot take for so long is kept in memory only
_FAR = 1 << 40  # the byte that stands for the file where a lock keeps others from reading what it is of
_FLAGS = (
    os.O_RDWR | os.O_APPEND | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
)
_decoder: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)


class Spool:
    """The entries of this process that are not in the database yet. All methods may be called from any thread.

    Args:
        path: The database's file, beside which it lies.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: Path | None = None
        self._descriptor: int | None = None
        self._size = 0
        self._broken = False

    def add(self, entry: Entry) -> bool:
        """Hands an entry to the operating system; whether that could be done.

        Args:
            entry: The entry.
        """
        try:
            data = msgspec.json.encode(entry) + b"\n"
        except (UnicodeEncodeError, OverflowError, TypeError, ValueError, RecursionError):
            return False
        with self._lock:
            if self._broken or self._size + len(data) > _MOST:
                return False
            try:
                if self._descriptor is None:
                    self._descriptor = self._opened()
                written = os.write(self._descriptor, data)
            except OSError:
                self._broken = True
                return False
            self._size += written
            if written == len(data):
                return True
            with suppress(OSError):  # the disk is full
                os.write(self._descriptor, b"\n")
            return False

    def clear(self) -> None:
        """Forgets all entries: they are in the database."""
        with self._lock:
            if self._descriptor is not None and self._size:
                with suppress(OSError):
                    os.ftruncate(self._descriptor, 0)
                    if not os.fstat(self._descriptor).st_nlink:  # somebody has taken it away
                        os.close(self._descriptor)
                        self._descriptor = None
                self._size = 0
            self._broken = False  # there may be space again

    def close(self, *, empty: bool) -> None:
        """Closes the file.

        Args:
            empty: Whether all entries are in the database: then it goes. Else another process takes them over.
        """
        with self._lock:
            descriptor, self._descriptor = self._descriptor, None
            if descriptor is not None:
                _close(descriptor, self._file if empty else None)
            self._size = 0

    def forked(self) -> None:
        """Leaves the parent's file to the parent."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.close(self._descriptor)
        self._lock = threading.Lock()
        self._descriptor, self._size, self._broken = None, 0, False

    def _opened(self) -> int:
        files.make_private_folder(self._path.parent)
        for _ in range(5):
            file = self._path.with_name(f"{self._path.stem}-{uuid.uuid4().hex}.spool")
            descriptor = os.open(file, _FLAGS | os.O_CREAT | os.O_EXCL, files.PRIVATE)
            if _locked(descriptor) and file.exists():  # nobody has taken it for one that was left
                self._file = file
                return descriptor
            os.close(descriptor)
            with suppress(OSError):  # where there are no locks, nobody else would take it away
                file.unlink()
        raise OSError("no file of its own could be had")


class Left:
    """What a process has left that is gone; nobody else takes it as long as it is held.

    Args:
        file: The file.
        descriptor: It, open and locked.
    """

    def __init__(self, file: Path, descriptor: int) -> None:
        self._file = file
        self._descriptor = descriptor

    def entries(self) -> Iterator[Entry]:
        """The entries. One that broke off in the middle is none."""
        with suppress(OSError):
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            with io.FileIO(self._descriptor, "rb", closefd=False) as file:
                for line in files.read_rest(file, 2 * _MOST).splitlines(keepends=True):
                    with suppress(ValueError, TypeError, RecursionError):
                        if line.endswith(b"\n"):
                            yield _decoder.decode(line)

    def end(self, *, taken: bool) -> None:
        """Lets go of it.

        Args:
            taken: Whether its entries are in the database.
        """
        _close(self._descriptor, self._file if taken else None)


def left_beside(path: Path) -> list[Left]:
    """What processes have left that are gone.

    Args:
        path: The database's file, beside which it lies.
    """
    found = []
    with suppress(OSError), os.scandir(path.parent) as entries:
        names = [
            one.path
            for one in entries
            if one.name.startswith(f"{path.stem}-") and one.name.endswith(".spool")
        ]
        for name in sorted(names):
            with suppress(OSError):
                files.check_regular(os.lstat(name))
                descriptor = os.open(name, _FLAGS)
                if _locked(descriptor) and os.fstat(descriptor).st_nlink:
                    found.append(Left(Path(name), descriptor))
                else:
                    os.close(descriptor)
    return found


def _locked(descriptor: int) -> bool:
    """Locks a file for as long as it is open, or its process lives; whether nobody else has."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _close(descriptor: int, file: Path | None) -> None:
    """Closes a file, and takes it away where it is given."""
    with suppress(OSError):
        if file is not None and sys.platform != "win32":  # there, a file that is open stays
            file.unlink(missing_ok=True)
        os.close(descriptor)
        if file is not None:
            file.unlink(missing_ok=True)
