"""Texts with ``*`` in them, compared in linear time: rules come from files, and texts from models."""

from __future__ import annotations

import re
import unicodedata

_UP = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)")


def matches(pattern: str, text: str) -> bool:
    """Whether a text is as a pattern says, from its beginning to its end. Only ``*`` means anything else than itself:
    any number of characters.

    Args:
        pattern: The pattern.
        text: The text.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, last = rest
    end = len(text) - len(last)
    if not (text.startswith(first) and text.endswith(last) and end >= len(first)):
        return False
    place = len(first)
    for piece in middle:
        found = text.find(piece, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def narrowly(pattern: str, text: str) -> bool:
    """As ``matches``, for what opens a door: a ``*`` does not stand for what a reader would not see, such as an end of
    a line, a control character, or a mark of direction; and beside other characters for no ``..`` of a path, which
    would lead out of the folder that they name."""
    if not matches(pattern, text):
        return False
    if "*" not in pattern:
        return True
    return text.isprintable() and (pattern == "*" or bool(_UP.search(pattern)) or not _UP.search(text))


def widely(pattern: str, text: str) -> bool:
    """As ``matches``, for what closes a door: without regard to the case of letters, to blanks, to characters without
    width, and to other ways of writing the same."""
    return matches(skeleton(pattern), skeleton(text))


def skeleton(text: str) -> str:
    """A text without what tells it from another one that reads the same, as far as Unicode says so."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if not plain.isascii():
        plain = "".join(one for one in plain if unicodedata.category(one) not in ("Cf", "Mn", "Me", "Cs"))
        plain = unicodedata.normalize("NFKC", plain)
    return " ".join(plain.split())
