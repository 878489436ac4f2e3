"""The records in a SQLite file, read page by page: what is left of it when SQLite itself gives up.

The format is that of https://www.sqlite.org/fileformat2.html. Nothing in the file is trusted: a page or a record that
is not as it should be is left out, or cut off where it ends to make sense.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

Value = None | int | float | str | bytes

_LEAF_TABLE, _LEAF_INDEX, _INNER_INDEX = 0x0D, 0x0A, 0x02
PAGE = 4096
"""How many bytes a page of ours has."""

_LARGEST = 100_000_000  # bytes of a record
_COLUMNS = 64


class Record(NamedTuple):
    """A row, or an entry of an index.

    Attributes:
        row: The row's number; ``None`` for an entry of an index, which a table without numbers is made of, too.
        values: What stands in its columns, as far as it can be read.
    """

    row: int | None
    values: tuple[Value, ...]


def records(file: BinaryIO, size: int = 0) -> Iterator[Record]:
    """All records of a file, in the order of its pages. Those of pages that were given free are not among them.

    Args:
        file: The file.
        size: How many bytes a page has; 0 for as many as the file says.
    """
    pages = _Pages(file, size)
    free = pages.free()
    for number in range(1, pages.count + 1):
        if number not in free:
            yield from pages.records(number)


class _Pages:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        file.seek(0)
        head = file.read(100).ljust(100, b"\0")
        size = size or int.from_bytes(head[16:18], "big")
        size = 65536 if size == 1 else size
        self._size = self._usable = size if 512 <= size <= 65536 and size & (size - 1) == 0 else PAGE
        self._first_free, self._count_free = struct.unpack_from(">II", head, 32)
        self.count = -(-file.seek(0, 2) // self._size)

    def page(self, number: int) -> bytes:
        if not 1 <= number <= self.count:
            return b""
        self._file.seek((number - 1) * self._size)
        return self._file.read(self._size)

    def free(self) -> set[int]:
        """The numbers of the pages that hold nothing any more, whatever stands there."""
        found: set[int] = set()
        trunk = self._first_free
        while 1 < trunk <= self.count and trunk not in found:
            page = self.page(trunk)
            count = min(int.from_bytes(page[4:8], "big"), len(page) // 4 - 2)
            found.add(trunk)
            found.update(struct.unpack_from(f">{max(count, 0)}I", page, 8) if len(page) >= 8 else ())
            trunk = int.from_bytes(page[:4], "big")
        return found if len(found) == self._count_free else set()  # else that list is damaged, too

    def records(self, number: int) -> Iterator[Record]:
        page = self.page(number)
        start = 100 if number == 1 else 0
        kind = page[start] if len(page) > start + 12 else 0
        if kind not in (_LEAF_TABLE, _LEAF_INDEX, _INNER_INDEX):
            return
        first = start + (12 if kind == _INNER_INDEX else 8)
        count = min(int.from_bytes(page[start + 3 : start + 5], "big"), (len(page) - first) // 2)
        for cell in range(count):
            at = int.from_bytes(page[first + 2 * cell : first + 2 * cell + 2], "big")
            try:
                record = self._record(page, at, kind)
            except (IndexError, ValueError, struct.error, OverflowError):
                continue
            if record.values:
                yield record

    def _record(self, page: bytes, at: int, kind: int) -> Record:
        if kind == _INNER_INDEX:
            at += 4
        size, at = _varint(page, at)
        row = None
        if kind == _LEAF_TABLE:
            row, at = _varint(page, at)
        if not 0 < size <= _LARGEST:
            raise ValueError
        return Record(row, _values(self._payload(page, at, size, kind)))

    def _payload(self, page: bytes, at: int, size: int, kind: int) -> bytes:
        """A record's bytes, those on further pages too."""
        usable = self._usable
        most = usable - 35 if kind == _LEAF_TABLE else (usable - 12) * 64 // 255 - 23
        if size <= most:
            return page[at : at + size]
        least = (usable - 12) * 32 // 255 - 23
        local = least + (size - least) % (usable - 4)
        local = local if local <= most else least
        payload = bytearray(page[at : at + local])
        following = int.from_bytes(page[at + local : at + local + 4], "big")
        seen: set[int] = set()
        while len(payload) < size and following not in seen and (more := self.page(following)):
            seen.add(following)
            payload += more[4 : 4 + min(usable - 4, size - len(payload))]
            following = int.from_bytes(more[:4], "big")
        return bytes(payload)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for length in range(9):
        byte = data[at + length]
        if length == 8:
            value = value << 8 | byte
            break
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return value - (1 << 64) if value >> 63 else value, at + length + 1


def _values(payload: bytes) -> tuple[Value, ...]:
    end, at = _varint(payload, 0)
    kinds = []
    while at < min(end, len(payload)):
        kind, at = _varint(payload, at)
        kinds.append(kind)
        if len(kinds) > _COLUMNS:
            raise ValueError
    values: list[Value] = []
    at = end
    for kind in kinds:
        size = _size(kind)
        values.append(_value(kind, payload[at : at + size]))
        at += size
    return tuple(values)


def _size(kind: int) -> int:
    if kind < 0 or kind in (10, 11):
        raise ValueError
    return kind - 12 >> 1 if kind >= 12 else (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)[kind]


def _value(kind: int, data: bytes) -> Value:
    if kind >= 12:
        return data.decode("utf-8", "replace") if kind % 2 else data
    if kind in (8, 9):
        return kind - 8
    if kind == 0 or len(data) < _size(kind):
        return None
    if kind == 7:
        return float(struct.unpack(">d", data)[0])
    return int.from_bytes(data, "big", signed=True)
