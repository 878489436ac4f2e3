"""Texts within a number of tokens."""

from __future__ import annotations

from collections.abc import Iterable

from ...conversation import BYTES_PER_TOKEN as BYTES_PER_TOKEN  # for those who bound what they tell


def tokens_of(text: str) -> int:
    """How many tokens a text is, about, as ``conversation.token_budget`` estimates it."""
    return int(_size(text) / BYTES_PER_TOKEN) + 1


def fits(text: str, tokens: int) -> bool:
    """Whether a text is no longer than so many tokens."""
    return len(text) <= tokens * 4 and tokens_of(text) <= tokens


def cut_middle(text: str, tokens: int) -> str:
    """A text whose middle is left out where it is longer than so many tokens, with a note of how much that is. Two
    thirds of what stays are the beginning.

    Args:
        text: The text; what is left out of it is not looked at.
        tokens: How long the result may be.
    """
    if fits(text, tokens):
        return text
    room = max(0, int((tokens - 1) * BYTES_PER_TOKEN) - _size(_left_out(len(text))))
    head = _head(text, room * 2 // 3)
    tail = _tail(text, min(room - _size(head), len(text) - len(head)))
    return f"{head}{_left_out(len(text) - len(head) - len(tail))}{tail}"


def cut_end(text: str, tokens: int) -> str:
    """A text whose end is left out where it is longer than so many tokens, with an ellipsis in its place."""
    if fits(text, tokens):
        return text
    return f"{_head(text, max(0, int((tokens - 1) * BYTES_PER_TOKEN) - 3))}…"


def lines_within(lines: Iterable[str], tokens: int, *, more: str = "…") -> str:
    """As many of the first lines as so many tokens hold; the lines after them are not asked for.

    Args:
        lines: The lines.
        tokens: How long the result may be.
        more: The line that says that there are others.
    """
    room = int((tokens - 1) * BYTES_PER_TOKEN)
    kept: list[str] = []
    taken = 0
    for line in lines:
        size = _size(line[: room + 1]) + 1
        if taken + size > room + 1:
            return _with_note(kept, room, more, line)
        kept.append(line)
        taken += size
    return "\n".join(kept)


def _with_note(kept: list[str], room: int, more: str, next_line: str) -> str:
    room -= _size(more)
    taken = sum(_size(line) + 1 for line in kept)
    while kept and taken > room:
        taken -= _size(kept.pop()) + 1
    if kept or room <= 0:
        return "\n".join((*kept, more))
    return f"{_head(next_line, room - 1)}\n{more}"  # the beginning of a line says more than nothing


def counted(count: int, one: str, several: str = "") -> str:
    """A number of things, such as ``1 item`` or ``1,000 items``.

    Args:
        count: How many.
        one: What one is called.
        several: What several are called; with an ``s`` at its end unless it is given.
    """
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def _left_out(count: int) -> str:
    return f"\n[… {count:,} characters left out …]\n"


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def _head(text: str, size: int) -> str:
    piece = text[: max(0, size)]
    return piece if piece.isascii() else piece.encode(errors="replace")[:size].decode(errors="ignore")


def _tail(text: str, size: int) -> str:
    piece = text[-size:] if size > 0 else ""
    return piece if piece.isascii() else piece.encode(errors="replace")[-size:].decode(errors="ignore")
