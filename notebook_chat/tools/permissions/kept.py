"""The rules that last: a file in the user's own folder, never in a notebook."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from ... import files
from ...errors import ConfigurationError, InvalidOptionError
from .rules import Rule, pattern_of

NAME = "permissions.json"

_LARGEST = 10_000_000  # bytes
_MOST_SECONDS = 5.0  # for which another process may hold the file

Rules = tuple[Rule, ...]


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file holds.

    Attributes:
        version: The form of the file.
        always: The rules for all notebooks.
        notebooks: Those for one notebook each, by its path.
    """

    version: Literal[1] = 1
    always: Rules = ()
    notebooks: dict[str, Rules] = {}

    def of(self, notebook: str | None) -> Rules:
        """The rules of a notebook; those for all notebooks where it is ``None``."""
        return self.always if notebook is None else self.notebooks.get(notebook, ())

    def with_rules(self, notebook: str | None, rules: Rules) -> Kept:
        """The same with other rules of a notebook, or for all."""
        if notebook is None:
            return msgspec.structs.replace(self, always=rules)
        others = {path: one for path, one in self.notebooks.items() if path != notebook}
        return msgspec.structs.replace(self, notebooks=others | ({notebook: rules} if rules else {}))


NOTHING = Kept()


def place() -> Path:
    """The file: in ``NOTEBOOK_CHAT_HOME``, else in the user's folder for settings."""
    named = os.environ.get("NOTEBOOK_CHAT_HOME")
    if named:
        return Path(named).expanduser() / NAME
    import platformdirs

    return platformdirs.user_config_path("notebook_chat", appauthor=False) / NAME


def read() -> Kept:
    """What the file holds; nothing where there is none.

    Raises:
        ConfigurationError: It cannot be read, is damaged, or others can write to it.
    """
    path = place()
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return NOTHING
    except (OSError, ValueError) as error:
        raise _unusable(path, getattr(error, "strerror", None) or str(error)) from None
    if files.others_can_write(status) or _others_can_replace(path):
        raise _unusable(path, "others can write to it")
    return _read(path, files.Identity.of(status))


def _others_can_replace(path: Path) -> bool:
    """Whether somebody else may have put the file, or a link to another one of the user's, in its place."""
    try:
        link, folder = path.lstat(), path.parent.stat()
    except OSError:  # which is gone this very moment
        return True
    own = not hasattr(os, "geteuid") or link.st_uid in (os.geteuid(), 0)
    return not own or (os.name == "posix" and bool(folder.st_mode & stat.S_IWOTH))


def change(notebook: str | None, changed: Callable[[Rules], Rules]) -> Rules:
    """Changes the rules of a notebook, or for all. What the file holds that cannot be read is not written over.

    Args:
        notebook: Its path; ``None`` for all notebooks.
        changed: Gives the new rules from the old ones.

    Returns:
        The rules as they were.

    Raises:
        ConfigurationError: The file cannot be read or written.
    """
    path = place()
    try:
        files.make_private_folder(path.parent)
        with _held(path.with_name(f".{NAME}.lock")):
            kept = read()
            before = kept.of(notebook)
            after = changed(before)
            if after != before:
                data = msgspec.json.format(msgspec.json.encode(kept.with_rules(notebook, after)), indent=2)
                files.replace(path, data)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from None
    return before


@lru_cache(maxsize=4)
def _read(path: Path, state: files.Identity) -> Kept:
    try:
        kept = msgspec.json.decode(files.read(path, _LARGEST), type=Kept)
        for rule in (*kept.always, *(rule for rules in kept.notebooks.values() for rule in rules)):
            pattern_of(rule.pattern)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from None
    except InvalidOptionError as error:
        raise _unusable(path, error.message) from None
    except (ValueError, RecursionError) as error:
        raise _unusable(path, str(error)) from None
    return kept


def _unusable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"the rules in {path} are not usable: {why}",
        hint="Nothing is allowed by them, and every call asks: repair the file, or move it away.",
    )


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Keeps other processes from changing the rules for the length of a block.

    Raises:
        OSError: Another one does not let go.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), files.PRIVATE)
    try:
        give_up = time.monotonic() + _MOST_SECONDS
        while True:
            try:
                _lock(descriptor)
                break
            except (BlockingIOError, PermissionError):
                if time.monotonic() > give_up:
                    raise OSError("another process is writing to it") from None
                time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)  # which lets go of it


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
