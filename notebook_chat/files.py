"""Files that anybody may have put there: what is opened is a regular file, what is read has a bound, and what is
written is there as a whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

PRIVATE = 0o600
"""The mode of a file that is the user's alone."""

_BLOCK = 1 << 20
_DRAFT = ".notebook_chat-"
_DRAFTS = re.compile(re.escape(_DRAFT) + r"[0-9a-f]{16}")
_LEFT = 3600.0  # seconds after which nobody writes on a draft
# An open that waits for nobody: of a pipe without a writer, of a terminal, of a lease that another process has.
_AT_ONCE = sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_BINARY"))
_READING = os.O_RDONLY | _AT_ONCE
_APPENDING = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _AT_ONCE | getattr(os, "O_NOFOLLOW", 0)
_DRAFTING = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _AT_ONCE | getattr(os, "O_NOFOLLOW", 0)
_KINDS = (
    (stat.S_ISDIR, errno.EISDIR, "a folder"),
    (stat.S_ISFIFO, errno.EINVAL, "a named pipe"),
    (stat.S_ISSOCK, errno.EINVAL, "a socket"),
)


class Identity(NamedTuple):
    """What tells a file in one state from every other: no two of them agree while both exist, and whoever changes a
    file cannot set ``changed`` back, as he can ``modified``."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, status: os.stat_result) -> Identity:
        """The identity of the file that a status is of."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def check_regular(status: os.stat_result) -> None:
    """Checks that a file is one: no folder, pipe, socket or device.

    Raises:
        OSError: It is something else; ``strerror`` says what, in words.
    """
    if stat.S_ISREG(status.st_mode):
        return
    for is_one, number, name in _KINDS:
        if is_one(status.st_mode):
            raise OSError(number, f"it is {name}, not a file")
    raise OSError(errno.EINVAL, "it is a device, not a file")


def check_named(path: str | os.PathLike[str], limit: int = 100_000_000) -> os.stat_result:
    """Checks a file that a library opens by its name: of a pipe it would wait for what never comes.

    Args:
        path: The file.
        limit: How many bytes it may have at most.

    Returns:
        Its status.

    Raises:
        OSError: It is not there, is no file, or is larger; ``strerror`` says what, in words.
    """
    try:
        status = Path(path).stat()
    except ValueError:
        raise OSError(errno.EINVAL, "no file can have such a name") from None
    check_regular(status)
    if status.st_size > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit:,} bytes")
    return status


def open_regular(path: str | os.PathLike[str]) -> io.FileIO:
    """Opens a file to read it, without a buffer, and at once: what is not a regular file, or a link to one, is
    refused and not waited for.

    Raises:
        OSError: It cannot be opened, or is none; ``strerror`` says why, in words.
    """
    try:
        check_regular(os.stat(path))  # noqa: PTH116  before it is opened: some devices act on that
        descriptor = os.open(path, _READING)
    except ValueError:
        raise OSError(errno.EINVAL, "no file can have such a name") from None
    try:
        check_regular(os.fstat(descriptor))
        return io.FileIO(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read(path: str | os.PathLike[str], limit: int) -> bytes:
    """What stands in a file.

    Args:
        path: The file.
        limit: How many bytes it may have at most. They are counted as they are read: a file may grow meanwhile, and
            some tell no size.

    Raises:
        OSError: It cannot be read, is no regular file, or is larger; ``strerror`` says why, in words.
    """
    with open_regular(path) as file:
        return read_rest(file, limit)


def read_rest(file: io.FileIO, limit: int) -> bytes:
    """As ``read``, of a file that is open, from where it is."""
    pieces: list[bytes] = []
    size = 0
    while piece := os.read(file.fileno(), min(_BLOCK, limit + 1 - size)):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise OSError(errno.EFBIG, f"it is larger than {limit:,} bytes")
    return b"".join(pieces)


@contextmanager
def draft(folder: Path, data: bytes, mode: int | None = None) -> Generator[Path]:
    """A new file in a folder, with all of the data on the disk, to be put into the place of another or linked to its
    name. What is left of it at the end is removed, and what a process left that was killed, after an hour.

    Args:
        folder: The folder, which must be that of the file to come.
        data: What stands in it.
        mode: Its mode, whatever the umask; ``None`` for that of any new file.

    Raises:
        OSError: It cannot be written, such as on a full disk.
    """
    _sweep(folder)
    path = folder / f"{_DRAFT}{os.urandom(8).hex()}"
    descriptor = os.open(path, _DRAFTING, 0o666 if mode is None else PRIVATE)
    try:
        with io.FileIO(descriptor, "wb") as file:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            if mode is not None:
                os.chmod(descriptor if os.chmod in os.supports_fd else path, mode)  # noqa: PTH101
            os.fsync(file.fileno())
        yield path
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


def _sweep(folder: Path) -> None:
    """Removes drafts of processes that were killed."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if (
                _DRAFTS.fullmatch(entry.name)
                and time.time() - entry.stat(follow_symlinks=False).st_mtime > _LEFT
            ):
                os.unlink(entry.path)  # noqa: PTH108


def replace(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """Writes a file anew, so that there is at each moment the old one or the new one, whole.

    Args:
        path: The file.
        data: What is to stand in it.
        mode: Its mode, whatever the umask.

    Raises:
        OSError: It cannot be written; the old one is as it was.
    """
    with draft(path.parent, data, mode) as written:
        written.replace(path)


def append(path: Path, data: bytes) -> None:
    """Adds to the end of a file that is the user's alone, or makes it. What several processes add stays whole.

    Raises:
        OSError: It cannot be written.
    """
    descriptor = os.open(path, _APPENDING, PRIVATE)
    try:
        check_regular(os.fstat(descriptor))
        if os.chmod in os.supports_fd:
            os.chmod(descriptor, PRIVATE)  # noqa: PTH101  whatever the umask
        os.write(descriptor, data)
    finally:
        os.close(descriptor)


def put_new(written: Path, path: Path) -> None:
    """Gives a file a name that no other has.

    Raises:
        FileExistsError: There is something of that name, which is left as it is.
        OSError: It cannot be done.
    """
    try:
        path.hardlink_to(written)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        os.close(os.open(path, _DRAFTING, PRIVATE))
        written.replace(path)


def make_private_folder(path: Path) -> None:
    """Makes a folder and those above it that are not there, for the user alone, whatever the umask. One that is there
    stays as it is.

    Raises:
        OSError: It cannot be made, or something else is there.
    """
    missing = [path]
    while not missing[-1].exists() and missing[-1].parent != missing[-1]:
        missing.append(missing[-1].parent)
    for folder in reversed(missing):
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            if not folder.is_dir():
                raise
        except OSError:
            if not folder.is_dir():  # such as a root that cannot be written to, or another process was faster
                raise
        else:
            folder.chmod(0o700)  # of a umask that takes rights from the user, too


def others_can_write(status: os.stat_result) -> bool:
    """Whether anybody but the user and the system's administrator can write to a file or a folder. Where files have
    no owners, nobody can tell."""
    if not hasattr(os, "geteuid"):
        return False
    user = os.geteuid()
    return bool(status.st_mode & 0o022) or (user != 0 and status.st_uid not in (user, 0))
