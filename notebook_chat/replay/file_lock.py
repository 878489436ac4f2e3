"""A file that one process at a time changes, at its own name."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import files

_MOST_SECONDS = 5.0
_FAR = 1 << 30  # the byte that stands for the file where a lock keeps others from reading what it is of
_OPENING = os.O_RDWR | os.O_CREAT | os.O_APPEND
_NO_LOCKS = {
    errno.ENOLCK,
    errno.ENOSYS,
    errno.EOPNOTSUPP,
}  # of a file system, such as a network's, that has none
_OPENING |= sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"))


@contextmanager
def held(path: Path) -> Iterator[int]:
    """Opens a file to add to it, makes it where it is not there, and keeps other processes from changing it.

    Args:
        path: The file. A link is not followed: whoever made it may have meant another file.

    Yields:
        Its descriptor.

    Raises:
        OSError: It cannot be opened, is no regular file, or another process does not let go of it.
    """
    give_up = time.monotonic() + _MOST_SECONDS
    while True:
        descriptor = _opened(path)
        try:
            files.check_regular(os.fstat(descriptor))
            _wait_for(descriptor, give_up)
            if _is_there(path, descriptor):  # and no other was put in its place meanwhile
                yield descriptor
                return
        finally:
            os.close(descriptor)  # which lets go of it


def _opened(path: Path) -> int:
    try:
        return os.open(path, _OPENING, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(
                errno.ELOOP, "it is a link, and what that leads to may be meant for something else"
            ) from None
        raise


def _wait_for(descriptor: int, give_up: float) -> None:
    while True:
        try:
            _lock(descriptor)
            return
        except (BlockingIOError, PermissionError):
            if time.monotonic() > give_up:
                raise OSError("another process is writing to it") from None
            time.sleep(0.005)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return  # what is added is added in one write even so


def _is_there(path: Path, descriptor: int) -> bool:
    try:
        there, here = os.lstat(path), os.fstat(descriptor)
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
