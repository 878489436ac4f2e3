"""What a user names as a file: paths and patterns of paths, addresses, bytes, open files."""

from __future__ import annotations

import difflib
import glob
import os
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from ...errors import InvalidMessagesError
from ...secrets import redact
from ...text import single_line
from . import content
from .content import Content
from .fetching import is_address, shown_address

MOST = 50
"""How many files may go along with a prompt: a pattern may match any number."""

_LONGEST_NAME = 150  # characters
_MOST_LISTED = 2000  # entries of a folder that are looked at for a name that is like the one given
_PATTERN = re.compile(r"[*?\[]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,30}://")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file comes from.

    Attributes:
        name: What the user calls it, in one line.
        place: What tells it from others: the same file may be named twice.
        read: Reads it; ``None`` for what is at an address.
        url: The address, where it is one.
        folder: The name of the folder that it is in, where it is called by its own name alone.
    """

    name: str
    place: Hashable
    read: Callable[[str], Content] | None
    url: str = ""
    folder: str = ""


def sources(given: Sequence[Any]) -> list[Source]:
    """The files that a user names, each once.

    Args:
        given: Paths, patterns such as ``data/*.csv``, addresses, bytes, pairs of a name and bytes, open files.

    Raises:
        InvalidMessagesError: One is not there, is no file, or is of another type; or there are too many.
    """
    found: dict[Hashable, Source] = {}
    for number, one in enumerate(given, start=1):
        for source in _sources(one, number):
            found.setdefault(source.place, source)
    if len(found) > MOST:
        raise InvalidMessagesError(
            f"{len(found):,} files are named, and at most {MOST} go along with a prompt", hint="Name fewer."
        )
    return _told_apart(list(found.values()))


def shown_name(name: str) -> str:
    """A file's name in one line and without secrets: anybody may have chosen it."""
    name = single_line(redact(name[: 4 * _LONGEST_NAME])).replace("`", "'").strip() or "a file without a name"
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _sources(given: Any, number: int) -> Iterable[Source]:
    if isinstance(given, Content):
        return [Source(given.name, ("content", given.name), lambda name: replace(given, name=name))]
    if isinstance(given, str) and is_address(given.strip()):
        url = given.strip()
        return [Source(shown_address(url), ("address", url), None, url)]
    if isinstance(given, (str, os.PathLike)):
        return _of_path(given)
    name = f"unnamed-{number}"
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], str):
        name, given = given
    if isinstance(given, (bytes, bytearray, memoryview)):
        data = bytes(given)
        return [Source(shown_name(name), ("bytes", data), lambda name: content.of_bytes(name, data))]
    if callable(getattr(given, "read", None)):
        called = getattr(given, "name", None)
        called = os.path.basename(called) if isinstance(called, str) and called else name  # noqa: PTH119
        return [Source(shown_name(called), ("object", id(given)), lambda name: _of_open(name, given))]
    raise InvalidMessagesError(
        f"a value of type {type(given).__name__} is not a file",
        hint="Give a path, an address, bytes, (name, bytes) or an open file; images= takes figures.",
    )


def _of_path(given: str | os.PathLike[Any]) -> list[Source]:
    text = os.fsdecode(os.fspath(given)).strip("\n") if not isinstance(given, str) else given.strip()
    if not text:
        raise InvalidMessagesError("a file's name is empty", hint="Give a path, such as data.csv.")
    shown = shown_name(text)
    if _SCHEME.match(text):
        raise InvalidMessagesError(
            f"{shown} cannot be fetched",
            hint="Addresses begin with https:// or http://; of a file write the path.",
        )
    try:
        path = os.path.expanduser(text)  # noqa: PTH111  it leaves a user whom nobody knows as he is
        if _PATTERN.search(path) and not os.path.lexists(path):
            return _of_pattern(path, shown, text)
        return [_file(path, text)]
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidMessagesError):
            raise
        raise _unreadable(shown, error) from None


def _file(path: str, typed: str) -> Source:
    """A file on the disk, which must be there.

    Raises:
        InvalidMessagesError: It is not, or it is a folder.
        OSError, ValueError: It cannot be looked at.
    """
    shown = shown_name(typed)
    try:
        status = os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        raise InvalidMessagesError(f"there is no file {shown}", hint=_guess(path)) from None
    if os.path.isdir(path):  # noqa: PTH112
        inside = os.path.join(typed, "*").replace("\\", "/")  # noqa: PTH118
        raise InvalidMessagesError(
            f"{shown} is a folder", hint=f"For the files in it write {shown_name(inside)}."
        )
    # A path from the root tells how the user's own folders are called.
    own = os.path.isabs(path) or ".." in Path(typed).parts  # noqa: PTH117
    name, folder = (os.path.basename(path), os.path.basename(os.path.dirname(path))) if own else (typed, "")  # noqa: PTH119, PTH120
    place = (status.st_dev, status.st_ino) if status.st_ino else os.path.realpath(path)
    return Source(
        shown_name(name),
        place,
        lambda name: _read(name, path, shown),
        folder=shown_name(folder) if folder else "",
    )


def _read(name: str, path: str, shown: str) -> Content:
    try:
        return content.of_path(name, path)
    except (OSError, ValueError) as error:
        raise _unreadable(shown, error) from None


def _unreadable(shown: str, error: Exception) -> InvalidMessagesError:
    reason = getattr(error, "strerror", None) or "no file can have such a name"
    return InvalidMessagesError(f"the file {shown} cannot be read: {reason}", hint="")


def _of_pattern(pattern: str, shown: str, typed: str) -> list[Source]:
    matching = (path for path in glob.iglob(pattern, recursive=True) if os.path.isfile(path))  # noqa: PTH113, PTH207
    paths = sorted(islice(matching, MOST + 1))
    if not paths:
        raise InvalidMessagesError(
            f"no file matches {shown}", hint="Check the pattern, and the folder you are in."
        )
    if len(paths) > MOST:
        raise InvalidMessagesError(
            f"more than {MOST} files match {shown}, and at most {MOST} go along with a prompt",
            hint="Name fewer.",
        )
    home = os.path.expanduser("~")  # noqa: PTH111
    own = typed.startswith("~") and not pattern.startswith("~")
    return [_file(path, "~" + path[len(home) :] if own and path.startswith(home) else path) for path in paths]


def _guess(path: str) -> str:
    """The names in the folder that are like the one which is not there."""
    folder, name = os.path.split(path)
    try:
        with os.scandir(folder or ".") as entries:
            names = [entry.name for entry in islice(entries, _MOST_LISTED)]
    except (OSError, ValueError):
        return "Check the folder, too." if folder else "Check its name."
    near = difflib.get_close_matches(name, names, n=2, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(shown_name(one) for one in near)}?"
    return "Check its name." if folder else f"It is looked for in {shown_name(os.getcwd())}."  # noqa: PTH109


def _of_open(name: str, file: Any) -> Content:
    """What an open file holds from where it is, up to a bound; it stays open."""
    try:
        try:
            data = file.read(content.LARGEST_NOTEBOOK + 1)
        except TypeError:  # one that takes no bound
            data = file.read()
    except Exception as error:  # a file may be anybody's object
        raise InvalidMessagesError(
            f"the file {name} cannot be read: {type(error).__name__}", hint=""
        ) from None
    if isinstance(data, str):
        data = data.encode("utf-8", "replace")
    if not isinstance(data, (bytes, bytearray)):
        raise InvalidMessagesError(
            f"the file {name} gives {type(data).__name__}, and no bytes",
            hint="Open it with open(PATH, 'rb').",
        )
    return content.of_bytes(name, bytes(data))


def _told_apart(found: list[Source]) -> list[Source]:
    """The files with names of which no two are alike: with their folder's, or with a number."""
    names = [source.name for source in found]
    told = [
        replace(source, name=f"{source.folder}/{source.name}")
        if names.count(source.name) > 1 and source.folder
        else source
        for source in found
    ]
    seen: dict[str, int] = {}
    for place, source in enumerate(told):
        seen[source.name] = count = seen.get(source.name, 0) + 1
        if count > 1:
            told[place] = replace(source, name=f"{source.name} ({count})")
    return told
