"""Texts, numbers, moments and the like, which stand in a sentence as they are."""

from __future__ import annotations

from typing import Any

from ....images import media_type
from ..bounds import counted, cut_middle, fits
from ..classes import class_member, instance_values, is_a, type_name
from ..description import Description
from ..short_repr import integer, own_repr, short_repr
from .objects import a

_LONGEST_LABEL = 24
_LONGEST_DIGITS = 1_000


def describe_text(value: str, tokens: int) -> Description:
    """A text: itself, without its middle where it is long."""
    text = str.__str__(value)
    return Description(cut_middle(text, tokens), counted(len(text), "character"), inline=True)


def describe_number(value: Any, tokens: int) -> Description:
    """A number or a constant: itself."""
    if is_a(value, int) and not is_a(value, bool):
        text = integer(int.__index__(value), _LONGEST_DIGITS)
    elif is_a(value, float):
        text = float.__repr__(value)
    else:
        text = str(value)
    if not fits(text, tokens):
        text = f"<int of about {int(int.bit_length(value) * 0.30103) + 1:,} digits>"
    return Description(text, text if len(text) <= _LONGEST_LABEL else type_name(type(value)), inline=True)


def describe_moment(value: Any, tokens: int) -> Description:
    """A date, a time, a fraction, a range: as it is written."""
    text = (
        own_repr(value, 4 * tokens) if is_a(value, range) or is_a(value, slice) else str(value)[: 4 * tokens]
    )
    label = text if len(text) <= _LONGEST_LABEL else type_name(type(value))
    return Description(text, label, inline=True)


def describe_enum(value: Any, tokens: int) -> Description:
    """A member of an enumeration: its name and its value, and the names of the others."""
    cls = type(value)
    held = instance_values(value)
    name = str(held.get("_name_"))
    members = class_member(cls, "_member_names_")
    text = f"{type_name(cls)}.{name} (value {short_repr(held.get('_value_'))}"
    if type(members) is list and len(members) > 1:
        others = [str(member) for member in members if member != name]
        text += f"; the others are {', '.join(others[:20])}{', …' if len(others) > 20 else ''}"
    return Description(f"{text})", type_name(cls), inline=True)


def describe_bytes(value: Any, tokens: int) -> Description:
    """Bytes: how many, the first and the last ones, and what they look like."""
    view = memoryview(value).cast("B") if memoryview(value).contiguous else None
    count = memoryview(value).nbytes
    size = counted(count, "byte")
    if view is None:
        return Description(f"{_what(value)} of {size}.", size)
    try:
        if count <= 40 and type(value) is bytes:
            return Description(repr(value), size, inline=True)
        return Description(_told(value, view, size, tokens), size)
    finally:
        view.release()


def _what(value: Any) -> str:
    name = type_name(type(value))
    return "A bytes object" if name == "bytes" else a(name)


def _told(value: Any, view: memoryview, size: str, tokens: int) -> str:
    head = bytes(view[: 4 * tokens])
    kind = media_type(head) or _SIGNATURES.get(head[:4], "")
    said = f"{_what(value)} of {size}{f', which begin as {kind} does' if kind else ''}."
    if not kind and type(value) is not memoryview and (text := _decoded(head, len(view))) is not None:
        rest = f"{said} As UTF-8 text:\n"
        return (
            rest
            + cut_middle(text, max(8, tokens - len(rest) // 3 - 1))
            + ("…" if len(view) > len(head) else "")
        )
    room = max(8, min(64, tokens // 4))
    if type(value).__name__ == "array" and len(value) > 0:
        return f"{said[:-1]}, {counted(len(value), 'item')} of type code {value.typecode!r}: {_items(value, room)}"
    tail = f" … {bytes(view[-room // 2 :])!r}" if len(view) > room else ""
    return f"{said}\n{head[:room]!r}{tail}"


def _items(value: Any, room: int) -> str:
    head = ", ".join(map(repr, value[:room]))
    return f"{head}, …, {value[-1]!r}" if len(value) > room else head


def _decoded(head: bytes, size: int) -> str | None:
    """The bytes as text, where they are one; the last character of a piece may be broken."""
    for cut in range(4 if size > len(head) else 1):
        try:
            text = head[: len(head) - cut].decode()
        except UnicodeDecodeError:
            continue
        return text if all(character.isprintable() or character in "\n\r\t" for character in text) else None
    return None


_SIGNATURES = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b\x08\x00": "gzip",
    b"PAR1": "a Parquet file",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"SQLi": "an SQLite database",
    b"\x80\x04\x95": "a pickle",
    b"ARRO": "an Arrow file",
}
