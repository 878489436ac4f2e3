"""Paths and open files: what is there, and the first lines of a text."""

from __future__ import annotations

import io
import os
import stat
import time
from itertools import islice
from pathlib import Path, PurePath
from typing import Any

from ....files import open_regular
from ....images import media_type
from ....text import single_line
from ..bounds import counted, cut_middle, lines_within
from ..classes import is_a, type_name
from ..description import Description
from ..private_names import is_private_file

_READ = 64 * 1024
_ENTRIES = 1_000


def describe_path(value: Any, tokens: int) -> Description:
    """A path: what it leads to. Of a text the first lines, unless its name says that it holds secrets."""
    shown = single_line(str(PurePath.__str__(value)))[:300]
    if not is_a(value, Path):
        return Description(shown, type_name(type(value)), inline=True)
    return _path(str(PurePath.__str__(value)), f"The path {shown}", tokens)


def _path(path: str, first: str, tokens: int) -> Description:
    try:
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError) as error:
        missing = isinstance(error, FileNotFoundError)
        why = "does not exist" if missing else f"cannot be looked at: {getattr(error, 'strerror', error)}"
        return Description(f"{first} {why}.", "not there" if missing else "path")
    if stat.S_ISDIR(status.st_mode):
        return _folder(path, first, tokens)
    if not stat.S_ISREG(status.st_mode):
        return Description(f"{first} is neither a file nor a folder.", "path")
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(status.st_mtime))
    size = size_of(status.st_size)
    first = f"{first} is a file of {size} ({status.st_size:,} bytes), changed {when}"
    return Description(_file(path, first, tokens), size)


def size_of(count: int) -> str:
    """A number of bytes as people say it: ``12 bytes``, ``3.4 MB``."""
    if count < 1000:
        return counted(count, "byte")
    power = min(4, (len(str(count)) - 1) // 3)
    return f"{count / 1000**power:.3g} {('', 'kB', 'MB', 'GB', 'TB')[power]}"


def _folder(path: str, first: str, tokens: int) -> Description:
    with os.scandir(path) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in islice(entries, _ENTRIES + 1)]
    more = len(found) > _ENTRIES
    count = f"more than {_ENTRIES:,} entries" if more else counted(len(found), "entry", "entries")
    names = sorted(single_line(name) + "/" * is_folder for name, is_folder in found[:_ENTRIES])
    lines = [f"{first} is a folder of {count}:", *names]
    return Description(lines_within(lines, tokens), f"folder, {count}")


def _file(path: str, first: str, tokens: int) -> str:
    if is_private_file(PurePath(path).name):
        return f"{first}. By its name it holds secrets, so it was not read."
    try:
        with open_regular(path) as file:
            head = os.read(file.fileno(), _READ)
            whole = len(head) < _READ and not os.read(file.fileno(), 1)
    except OSError as error:
        return f"{first}. It cannot be read: {error.strerror}."
    text = _text(head, whole)
    if text is None:
        kind = media_type(head)
        return f"{first}; {f'an image ({kind})' if kind else 'it is no text'}."
    count = f"; {counted(text.count(chr(10)) + (not text.endswith(chr(10))), 'line')}" if whole else ""
    lines = text.splitlines()
    shown = lines_within([f"{first}{count}:", *(line[:500] for line in lines)], tokens)
    return shown if lines else f"{first}."


def _text(head: bytes, whole: bool) -> str | None:
    """The beginning of a file as text; ``None`` where it is none. Its last character may be broken."""
    if b"\0" in head:
        return None
    for cut in range(1 if whole else 4):
        try:
            return head[: len(head) - cut].decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
    text = head.decode("latin-1")
    strange = sum(not one.isprintable() and one not in "\n\r\t\f" for one in text)
    return text if strange * 50 < len(text) else None


def describe_file(value: Any, tokens: int) -> Description:
    """An open file: how it was opened, and what it is of. Nothing is read from it: its position stays."""
    cls = type(value)
    if cls in (io.StringIO, io.BytesIO):
        return _in_memory(value, tokens)
    if cls not in (io.TextIOWrapper, io.BufferedReader, io.BufferedWriter, io.BufferedRandom, io.FileIO):
        return Description(f"A {type_name(cls)}, a stream. Nothing was read from it.", type_name(cls))
    state = "closed" if value.closed else "open"
    name, mode = getattr(value, "name", None), getattr(value, "mode", None)
    encoding = f", encoding {value.encoding}" if cls is io.TextIOWrapper else ""
    first = f"A file object ({state}, mode {mode!r}{encoding})"
    if not isinstance(name, (str, bytes)):
        return Description(f"{first} of a stream. Nothing was read from it.", f"file, {state}")
    path = os.fsdecode(name)
    return _path(path, f"{first}; the path {single_line(path)[:300]}", tokens)


def _in_memory(value: Any, tokens: int) -> Description:
    name = type(value).__name__
    if value.closed:
        return Description(f"A {name}, closed.", "closed")
    if type(value) is io.BytesIO:
        size = counted(value.getbuffer().nbytes, "byte")
        return Description(f"A BytesIO of {size}. Nothing was read from it.", size)
    text = value.getvalue()
    size = counted(len(text), "character")
    first = f"A StringIO of {size}:\n"
    return Description(first + cut_middle(text, max(8, tokens - 8 - len(first) // 3)), size)
