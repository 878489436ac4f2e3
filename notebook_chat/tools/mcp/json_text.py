"""JSON as people write it into files of settings: with comments, and with commas behind the last of a list."""

from __future__ import annotations

import re
from typing import Any

import msgspec

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_COMMENT = re.compile(r"//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?")
_SPACE = re.compile(r"[ \t\r\n]*+")


def decoded(text: str) -> Any:
    """The value that a text holds.

    Args:
        text: JSON, with or without comments.

    Raises:
        ValueError: It is none.
    """
    try:
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:
            return msgspec.json.decode(plain(text))
    except (RecursionError, UnicodeError) as error:
        raise ValueError(str(error)) from None


def plain(text: str) -> str:
    """The text without comments and without commas behind the last of a list. What stands in strings stays.

    Args:
        text: JSON, as people write it.
    """
    pieces: list[str] = []
    comma = -1  # the place of a comma among the pieces, with nothing but blanks behind it
    place = 0
    while place < len(text):
        character = text[place]
        if character == '"':
            found = _STRING.match(text, place)
            comma = -1
        elif character == "/":
            found = _COMMENT.match(text, place)
            if found is not None:
                pieces.append(" ")
                place = found.end()
                continue
            comma = -1
        elif character in " \t\r\n":
            found = _SPACE.match(text, place)
        else:
            found = None
            if character in "]}" and comma >= 0:
                pieces[comma] = ""
            comma = len(pieces) if character == "," else -1
        end = found.end() if found is not None else place + 1
        pieces.append(text[place:end])
        place = end
    return "".join(pieces)
