"""Having the weights: from a model's name to a GGUF file on this machine."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import platformdirs

from ... import files
from ...errors import ConfigurationError
from ...files import Identity
from ...secrets import Secret
from . import hub, packages
from .background_job import ProgressReporter
from .checked_file import CheckedFile

DEFAULT = "smollm2-135m"
"""The name of the model that needs nothing but the package index."""

_HEADER = struct.Struct("<4sIQQ")
_NEWEST_VERSION = 1000  # far above any there is; a file in the other byte order reads as more


def cache_folder() -> Path:
    """Where weights are kept: the user's cache folder, unless ``NOTEBOOK_CHAT_CACHE`` names another."""
    named = os.environ.get("NOTEBOOK_CHAT_CACHE", "").strip()
    base = Path(named).expanduser() if named else platformdirs.user_cache_path("notebook_chat", False)
    return base / "models"


def find(name: str, progress: ProgressReporter, proxy: Secret | None = None) -> Path:
    """As ``checked``, the path alone."""
    return checked(name, progress, proxy).path


def checked(name: str, progress: ProgressReporter, proxy: Secret | None = None) -> CheckedFile:
    """The model's file, downloaded first where it is not there yet. It blocks.

    Args:
        name: ``smollm2-135m``, the path of a GGUF file, the name of one in the cache folder, or
            ``hf:OWNER/REPO:FILE.gguf``.
        progress: Told how far a download is; it can be stopped through it.
        proxy: An HTTP proxy for a download.

    Raises:
        ConfigurationError: The name means nothing, or what it names is no GGUF file.
        DownloadError: The file could not be had.
        StoppedError: The work should stop.
    """
    if name.lower() == DEFAULT:
        return packages.checked(packages.SMOLLM2, cache_folder(), progress, proxy)
    path = hub.ensure(name, progress, proxy) if name.lower().startswith(hub.PREFIX) else _file(name)
    return check_header(path)


def names() -> list[str]:
    """The names of the models that can be used here: the default, which is downloaded if need be, and those
    that the cache folder and the hub's cache have. It reads folders, so it blocks."""
    own = {path.name for path in cache_folder().glob("*.gguf")} - {packages.SMOLLM2.file}
    return [DEFAULT, *sorted(own), *sorted(set(hub.models()))]


def check_header(path: Path) -> CheckedFile:
    """Checks that a file begins as GGUF files do (GGUF's specification, "File Structure"): the mark, the
    version, the number of tensors and the number of metadata pairs.

    Returns:
        The file that was looked at.

    Raises:
        ConfigurationError: It does not; it says what it is instead, where that can be told.
    """
    try:
        with files.open_regular(path) as file:
            found = CheckedFile(path, Identity.of(os.fstat(file.fileno())))
            head = file.read(_HEADER.size) or b""
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror or error}") from None
    if head[:4] != b"GGUF":
        raise ConfigurationError(f"{path} is not a GGUF file: {_instead(head)}")
    if len(head) < _HEADER.size:
        raise ConfigurationError(f"{path} is cut off after {len(head)} bytes", hint="Download it again.")
    _, version, tensors, _ = _HEADER.unpack(head)
    if not 2 <= version <= _NEWEST_VERSION:
        raise ConfigurationError(f"{path} is a GGUF file of a version or byte order that cannot be read")
    if tensors == 0:
        raise ConfigurationError(f"{path} has no weights in it, only a vocabulary or nothing")
    return found


def _instead(head: bytes) -> str:
    if not head:
        return "it is empty"
    if head.startswith(b"version https://git"):
        return "it is a Git LFS pointer, and `git lfs pull` fetches the file itself"
    if head.lstrip().lower().startswith((b"<!doctype", b"<html")):
        return "it is a web page"
    return f"it begins with {head[:8]!r}"


def _file(name: str) -> Path:
    try:
        path = Path(name).expanduser()
        if path.is_file():
            return path.absolute()
        if path.name == name and (cached := cache_folder() / name).is_file():
            return cached
        if path.exists() and not path.is_dir():
            files.check_regular(path.stat())
    except RuntimeError:
        raise ConfigurationError(f"there is no home folder {name.partition('/')[0]}") from None
    except OSError as error:
        raise ConfigurationError(f"{name} cannot be used: {error.strerror}") from None
    if path.is_dir():
        inside = ", ".join(sorted(file.name for file in path.glob("*.gguf"))) or "no GGUF file"
        raise ConfigurationError(f"{path} is a folder", hint=f"Name a file; it has {inside}.")
    if name.lower().endswith(".gguf"):
        raise ConfigurationError(
            f"there is no file {path}", hint=f"A relative path begins at {Path.cwd()}, and ~ at your home."
        )
    raise ConfigurationError(
        f"there is no embedded model {name!r}",
        hint=f"Write local:{DEFAULT}, local:/path/model.gguf or local:hf:OWNER/REPO:FILE.gguf.",
    )
