"""A file of records beside a notebook: a line for each, which version control can compare and merge."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec.structs import replace

from .. import files
from ..ledger import Record, RequestKey
from ..text import single_line
from .file_lock import held
from .record_line import (
    HEAD,
    LONGEST,
    TELLING,
    VERSION,
    is_digest,
    read_line,
    same_answer,
    texts_of,
    written_line,
)

ENDING = ".chat.jsonl"
"""How the name of a record's file ends."""

LARGEST = 256_000_000
"""The largest file of records that is read, in bytes."""

_CONFLICT = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")
_MARK = b"\xef\xbb\xbf"  # which editors of Windows put before a text
_BEGINNINGS = (b'{"answered_by":', b'{"at":', b'{"exchange":')  # of a line, whose names are in order


class Entry(msgspec.Struct, frozen=True):
    """Where a record stands in its file.

    Attributes:
        start, size: From which byte on, and how many they are.
        at: When it was asked for.
        model: Who was asked.
    """

    start: int
    size: int
    at: float
    model: str


class Contents(msgspec.Struct, frozen=True):
    """What a file of records holds.

    Attributes:
        entries: Where the newest record of each request stands, in the order of the file.
        lines: How many lines it has.
        unread: How many of them are no records.
        newer: How many of those are of a later version.
        conflict: The first line that a merge has left to be settled, counted from 1; 0 for none.
        torn: From which byte on the last line is only the beginning of a record; ``None`` where it is not.
        size: How large it is, in bytes.
    """

    entries: dict[str, Entry] = {}
    lines: int = 0
    unread: int = 0
    newer: int = 0
    conflict: int = 0
    torn: int | None = None
    size: int = 0

    @property
    def is_foreign(self) -> bool:
        """Whether something else stands in the file, such as a table, a notebook, or whatever else a path was meant
        for by mistake."""
        return bool(self.unread and not self.entries and not self.newer)


class RecordFile:
    """A file of records. What it holds is read once for each of its states.

    Args:
        path: The file; it need not be there.
        check: Says what looks like a secret in a text, in words; ``""`` for nothing.
    """

    def __init__(self, path: Path, check: Callable[[str], str] = lambda text: "") -> None:
        self.path = path
        self._check = check
        self._state: files.Identity | None = None
        self._contents = Contents()
        self._problem = self._damaged = ""
        self._last: tuple[tuple[files.Identity | None, str], Record] | None = None  # what was found last

    @property
    def problem(self) -> str:
        """What is wrong with the file as it was last read, in a sentence; ``""`` for nothing."""
        contents, name = self._contents, self.path.name
        if self._problem:
            return f"{name} is not read: {self._problem}."
        if contents.conflict:
            return (
                f"{name} has marks of a merge that is not settled, from line {contents.conflict} on: keep the lines"
                " of both sides, or write %chat record tidy."
            )
        if contents.newer:
            return f"{contents.newer:,} lines of {name} are of a later version of notebook_chat, and are not read."
        if self._damaged:
            return self._damaged
        if contents.unread:
            return f"{contents.unread:,} lines of {name} are no records, and are not read."
        return ""

    def contents(self) -> Contents:
        """What it holds now."""
        try:
            with files.open_regular(self.path) as file:
                state = files.Identity.of(os.fstat(file.fileno()))
                if state != self._state:
                    self._problem = self._damaged = ""
                    self._contents, self._state = scanned(files.read_rest(file, LARGEST)), state
        except FileNotFoundError:
            self._contents, self._state, self._problem = Contents(), None, ""
        except OSError as error:
            self._contents, self._state = Contents(), None
            self._problem = error.strerror or str(error) or "it cannot be opened"
        return self._contents

    def find(self, request: str) -> Record | None:
        """The newest record of a request; ``None`` where there is none that can be read.

        Args:
            request: The request's digest.
        """
        entry = self.contents().entries.get(request)
        if entry is None:
            return None
        if self._last is not None and self._last[0] == (self._state, request):
            return self._last[1]
        try:
            record = read_line(self._bytes(entry))
        except OSError:
            return None
        except ValueError as error:
            self._damaged = (
                f"A record of {self.path.name} is damaged, and is not read: {single_line(str(error))[:200]}."
            )
            return None
        if record.request != request:  # the file has changed meanwhile
            return None
        self._last = (self._state, request), record
        return record

    def keys(self) -> Iterator[tuple[str, RequestKey]]:
        """The requests of its records, as far as they are told."""
        for request, entry in self.contents().entries.items():
            with contextlib.suppress(OSError, msgspec.MsgspecError, RecursionError):
                if (key := TELLING.decode(self._bytes(entry)).key) is not None:
                    yield request, key

    def records(self) -> Iterator[Record]:
        """All its records that can be read, in the order of the file."""
        for request in tuple(self.contents().entries):
            if (record := self.find(request)) is not None:
                yield record

    def add(self, record: Record) -> str:
        """Adds a record, or puts it in the place of another of the same request. One that says the same stays.

        Args:
            record: The record.

        Returns:
            Why it is not written, in a sentence; ``""`` where it is there.
        """
        if self._has(record):
            return ""
        if problem := self._unfit(record):
            return problem
        try:
            with held(self.path) as descriptor:
                contents = self._known(descriptor)
                if contents.conflict:
                    return self.problem
                if contents.is_foreign:
                    return self._foreign
                entry = contents.entries.get(record.request)
                if entry is None:
                    self._note(descriptor, _append(descriptor, written_line(record), contents), record)
                    return ""
                content = _whole(descriptor)
                rest = [one for one in _split(content) if not _is_of(one, record.request)]
                at = sum(1 for one in _split(content[: entry.start]) if not _is_of(one, record.request))
                self._replace([*rest[:at], written_line(record), *rest[at:]], descriptor)
        except OSError as error:
            return f"{self.path.name} cannot be written: {error.strerror or error}."
        return ""

    def write(self, records: Iterable[Record]) -> str:
        """Has the file hold these records, and nothing else. What it says already, whenever that was, stays as it is.

        Args:
            records: The records, in order.

        Returns:
            Why it is not written, in a sentence; ``""`` where it is.
        """
        wanted = list({record.request: record for record in records}.values())
        for record in wanted:
            if problem := self._unfit(record):
                return problem
        try:
            with held(self.path) as descriptor:
                content = _whole(descriptor)
                contents = scanned(content)
                if contents.is_foreign:
                    return self._foreign
                entries, lines = contents.entries, list[bytes]()
                for record in wanted:
                    before = _read(content, entry := entries.get(record.request))
                    if before is not None and entry is not None and same_answer(before, record):
                        lines.append(content[entry.start : entry.start + entry.size] + b"\n")
                    else:
                        lines.append(written_line(record))
                self._replace(lines, descriptor)
        except OSError as error:
            return f"{self.path.name} cannot be written: {error.strerror or error}."
        return ""

    @property
    def _foreign(self) -> str:
        """Why nothing is written into a file that is something else."""
        return (
            f"{self.path.name} holds something else than records, and is left as it is: name another file, such as"
            " %config ChatMagics.record = 'NAME.chat.jsonl'."
        )

    def _has(self, record: Record) -> bool:
        """Whether the file says the same already, and as much."""
        before = self.find(record.request)
        return before is not None and same_answer(before, record) and not (record.key and not before.key)

    def _known(self, descriptor: int) -> Contents:
        """What the file holds that is open, which is read only where it has changed."""
        state = files.Identity.of(os.fstat(descriptor))
        if state != self._state:
            self._problem = ""
            self._contents, self._state = scanned(_whole(descriptor)), state
        return self._contents

    def _note(self, descriptor: int, added: Entry, record: Record) -> None:
        """Takes in what was added, so that it need not be read again."""
        before = self._contents
        self._contents = replace(
            before,
            entries={**before.entries, record.request: added},
            lines=before.lines + 1,
            torn=None,
            size=added.start + added.size + 1,
        )
        self._state = files.Identity.of(os.fstat(descriptor))

    def _unfit(self, record: Record) -> str:
        """Why a record is not written, in a sentence; ``""`` where it may be."""
        size = len(written_line(record))
        if size > LONGEST:
            return f"An answer of {size:,} bytes is not recorded in {self.path.name}: it is too large."
        if found := self._check("\n".join(texts_of(record))):
            return (
                f"An answer is not recorded in {self.path.name}: what looks like a secret is in it or in its prompt"
                f" ({found}). %config ChatMagics.secrets = 'redact' keeps such out of prompts."
            )
        return ""

    def _replace(self, lines: list[bytes], descriptor: int) -> None:
        """Writes the file anew, as a whole or not at all."""
        with files.draft(self.path.parent, b"".join(lines), os.fstat(descriptor).st_mode & 0o777) as written:
            written.replace(self.path)

    def _bytes(self, entry: Entry) -> bytes:
        with files.open_regular(self.path) as file:
            os.lseek(file.fileno(), entry.start, os.SEEK_SET)
            pieces, size = [], entry.size
            while size > 0 and (piece := os.read(file.fileno(), size)):
                pieces.append(piece)
                size -= len(piece)
            return b"".join(pieces)


def scanned(content: bytes) -> Contents:
    """What a file's bytes hold.

    Args:
        content: The bytes.
    """
    entries: dict[str, Entry] = {}
    lines = unread = newer = conflict = 0
    torn, start = None, len(_MARK) if content.startswith(_MARK) else 0
    for number, line in enumerate(content[start:].split(b"\n"), start=1):
        size = len(line)
        if line.strip():
            lines += 1
            try:
                head = HEAD.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                if line.startswith(_CONFLICT):
                    conflict, lines = conflict or number, lines - 1
                elif start + size == len(content) and _is_beginning(line):
                    torn = start
                else:
                    unread += 1
            else:
                if head.version != VERSION or not is_digest(head.request):
                    unread += 1
                    newer += head.version > VERSION
                elif (before := entries.get(head.request)) is None or before.at <= head.at:
                    entries.pop(head.request, None)
                    entries[head.request] = Entry(start, size, head.at, head.model)
        start += size + 1
    return Contents(entries, lines, unread, newer, conflict, torn, len(content))


def _whole(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    pieces, size = [], 0
    while piece := os.read(descriptor, 1 << 20):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise OSError(errno.EFBIG, f"it is larger than {LARGEST:,} bytes")
    return b"".join(pieces)


def _read(content: bytes, entry: Entry | None) -> Record | None:
    if entry is None:
        return None
    try:
        return read_line(content[entry.start : entry.start + entry.size])
    except ValueError:
        return None


def _split(content: bytes) -> list[bytes]:
    """The lines, each with its end, without what is only the beginning of a record."""
    lines = content.removeprefix(_MARK).split(b"\n")
    rest = lines.pop()
    whole = [line + b"\n" for line in lines if line.strip()]
    if rest.strip():
        try:
            HEAD.decode(rest)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            if _is_beginning(rest):
                return whole
        whole.append(rest + b"\n")
    return whole


def _is_beginning(line: bytes) -> bool:
    """Whether a line that is no record can be the beginning of one, as a process leaves it that is killed."""
    return any(line.startswith(one[: len(line)]) for one in _BEGINNINGS)


def _is_of(line: bytes, request: str) -> bool:
    if request.encode() not in line:
        return False
    try:
        return HEAD.decode(line).request == request
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def _append(descriptor: int, line: bytes, contents: Contents) -> Entry:
    """Adds a line at the end, in one write; what a killed process has left there of another is taken away."""
    end, gap = contents.size, b""
    if contents.torn is not None:
        os.ftruncate(descriptor, end := contents.torn)
    elif end:
        os.lseek(descriptor, end - 1, os.SEEK_SET)
        gap = b"\n" * (os.read(descriptor, 1) != b"\n")
    os.lseek(descriptor, 0, os.SEEK_END)
    if os.write(descriptor, gap + line) < len(gap + line):
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, end)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    head = HEAD.decode(line)
    return Entry(end + len(gap), len(line) - 1, head.at, head.model)


def with_key(record: Record, key: RequestKey | None) -> Record:
    """A record that tells its request, where that is known.

    Args:
        record: The record.
        key: The request.
    """
    return record if key is None or key.digest != record.request else replace(record, key=key)
