"""Where an export goes: it takes the place of an earlier one that nobody has changed since, and of nothing else."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from . import environment, files
from .errors import HistoryError

_FOLDER = "exports"
"""In the folder of what is kept: a small file for each exported one, which has the checksums of its last states."""

_STATES = 8
"""How many states of a file are known: of several kernels that export to it, and of one that came back."""

_MOST_FILES = 1000
_MOST_NAMES = 1000
_LOOKS = 5
_LONG, _RECORD = (
    10_000,
    1_000_000,
)  # bytes of a record: from which on it is shortened, and that are read at most


class Written(NamedTuple):
    """Where an export went.

    Attributes:
        path: The file.
        spared: The reason why it is not the one that was named, which is as it was; ``""`` where it is.
    """

    path: Path
    spared: str = ""


def write(path: Path, data: bytes, notebook: Path | None = None) -> Written:
    """Writes an export. A file that is there is replaced while it is, byte for byte, what was exported to it from
    here; else the export is put beside it, as ``NAME-2``. It is written whole, or the old file stays.

    Args:
        path: The file.
        data: What is to stand in it.
        notebook: The notebook that the export is made in, which is never replaced.

    Raises:
        HistoryError: It cannot be written.
    """
    spared = ""
    try:
        for place in _names(path):
            reason = _put(place, data, notebook)
            if not reason:
                return Written(place, spared)
            spared = spared or reason
    except ValueError:
        raise HistoryError(f"{str(path)!r} cannot be a file's name") from None
    except OSError as error:
        raise HistoryError(f"{path} cannot be written: {error.strerror or error}") from None
    raise HistoryError(f"{path} {spared}, and so it is with all names beside it", hint="Choose another name.")


def _names(path: Path) -> Iterator[Path]:
    yield path
    for number in range(2, _MOST_NAMES):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def _put(place: Path, data: bytes, notebook: Path | None) -> str:
    """Writes the file, or gives the reason why what is there must stay."""
    if not os.path.lexists(place):
        _remember(place, data)
        with files.draft(place.parent, data) as written, suppress(FileExistsError):
            files.put_new(written, place)
            return ""
    if not place.exists():
        return "is a link to nothing"
    files.check_regular(place.stat())  # the operating system's own links lead where no path does
    file = place.resolve()
    if reason := _refusal(file, notebook):
        return reason
    mode = stat.S_IMODE(file.stat().st_mode) & 0o777
    with files.draft(file.parent, data, mode) as written:
        if reason := _refusal(file, notebook):  # somebody may have saved it meanwhile
            return reason
        _remember(file, data)
        written.replace(file)
    return ""


def _refusal(file: Path, notebook: Path | None) -> str:
    """Why a file must not be replaced; ``""`` where it may be.

    Raises:
        OSError: It is no file, or cannot be read.
    """
    status = file.stat()
    files.check_regular(status)
    if notebook is not None and notebook.exists() and file.samefile(notebook):
        return "is this notebook"
    if not status.st_mode & 0o222:
        return "is read-only"
    for _ in range(_LOOKS):
        states = _states(file)
        if not states:
            return "is there and was not exported from here"
        if _is_one_of(file, states):
            return ""
        if _states(file) == states:  # else another kernel has just exported to it
            break
    return "has changed since it was exported"


def _is_one_of(file: Path, states: list[str]) -> bool:
    """Whether a file is, byte for byte, in one of some states."""
    sizes = [int(size) for state in states if (size := state.partition("-")[0]).isdecimal()]
    try:
        return file.stat().st_size in sizes and _state(files.read(file, max(sizes))) in states
    except OSError as error:
        if error.errno != errno.EFBIG:  # it has grown since
            raise
        return False


def _state(data: bytes) -> str:
    """What a file's bytes are known by."""
    return f"{len(data)}-{hashlib.sha256(data).hexdigest()}"


# --- the checksums


def _record(file: Path) -> Path:
    """The file that has the checksums for another one. Where it is, and not what it is called there: names that some
    file system takes for one and the same have one record."""
    name = unicodedata.normalize("NFC", str(file.resolve())).casefold()
    key = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return environment.home() / _FOLDER / key


def _states(file: Path) -> list[str]:
    try:
        return files.read(_record(file), _RECORD).decode("ascii", "replace").split()[-_STATES:]
    except OSError:
        return []


def _remember(file: Path, data: bytes) -> None:
    """Notes what is about to be written: before it is, since a file that is not known is never replaced. Where that
    cannot be done, the next export is put beside this one."""
    record, state = _record(file), _state(data)
    if state in _states(file):
        return
    with suppress(OSError):
        files.make_private_folder(record.parent)
        files.append(record, f"{state}\n".encode())  # what another kernel notes at the same time stays
        if record.stat().st_size > _LONG:
            files.replace(record, "\n".join([*_states(file), ""]).encode())
        _forget_oldest(record.parent)


def _forget_oldest(folder: Path) -> None:
    with os.scandir(folder) as entries:
        ages = sorted((entry.stat().st_mtime_ns, entry.path) for entry in entries)
    for _, path in ages[:-_MOST_FILES]:
        Path(path).unlink(missing_ok=True)
