"""Texts within a number of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

BYTES_PER_TOKEN = 3.3
"""As in ``conversation.token_budget``: rather too many tokens than too few."""

_LEAST = 16  # what a note of what was left out takes, about


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
    room = max(0, int((tokens - 1) * BYTES_PER_TOKEN) - len(_left_out(len(text))))
    head = _head(text, room * 2 // 3)
    tail = _tail(text[len(head) :], room - _size(head))
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
    sizes: list[int] = []
    for line in lines:
        size = len(line) + 1 if len(line) > room else _size(line) + 1
        if sum(sizes) + size > room:
            return _with_note(kept, sizes, room, more, line)
        kept.append(line)
        sizes.append(size)
    return "\n".join(kept)


def _with_note(kept: list[str], sizes: list[int], room: int, more: str, next_line: str) -> str:
    note = _size(more) + 1
    while kept and sum(sizes) + note > room:
        kept.pop()
        sizes.pop()
    if not kept:  # the first line alone is too long: its beginning says more than nothing
        return f"{_head(next_line, max(0, room - note))}\n{more}" if room > note else more[:room]
    return "\n".join((*kept, more))


def counted(count: int, one: str, several: str = "") -> str:
    """A number of things, such as ``1 item`` or ``1,000 items``.

    Args:
        count: How many.
        one: What one is called.
        several: What several are called; with an ``s`` at its end unless it is given.
    """
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def shared(tokens: int, parts: Sequence[float]) -> list[int]:
    """Tokens that are shared out among several parts.

    Args:
        tokens: How many there are.
        parts: How much of them each gets, in proportion.
    """
    whole = sum(parts) or 1.0
    return [int(tokens * part / whole) for part in parts]


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
