"""The words of a magic's line."""

from __future__ import annotations

import json

from ..errors import InvalidOptionError

_LONGEST = 20_000  # characters of a line

_DOUBLE = "“”„‟"
_SINGLE = "‘’‚‛"
_DASHES = "–—−"


def split(line: str) -> list[str]:
    """Splits a line into words.

    Quotes hold words together, also the curly ones that word processors and chats make of them; single curly ones
    around a whole word only, since they are apostrophes elsewhere. What they make of an option's hyphens is one.

    A value that begins as JSON does (``x={"a": 1}``) is taken as it is, quotes and blanks included. A word that begins
    with ``#`` begins a comment. A backslash is an ordinary character, as it is in Windows paths.

    Args:
        line: What stands behind the magic's name.

    Raises:
        InvalidOptionError: A quote is not closed, or the line is too long.
    """
    return _words(line)[0]


def has_comment(line: str) -> bool:
    """Whether a line ends in a comment."""
    try:
        return _words(line)[1] < len(line)
    except InvalidOptionError:
        return False


def _words(line: str) -> tuple[list[str], int]:
    """The words of a line, and where what follows them begins: a comment, or nothing."""
    if len(line) > _LONGEST:
        raise InvalidOptionError(
            f"the line has more than {_LONGEST:,} characters", hint="A prompt goes beneath %%chat."
        )
    words: list[str] = []
    place = 0
    while (place := _next(line, place)) < len(line) and line[place] != "#":
        word, place = _word(line, place)
        words.append(word)
    return words, place


def _next(line: str, place: int) -> int:
    """Where the next word begins."""
    while place < len(line) and line[place].isspace():
        place += 1
    return place


def _word(line: str, place: int) -> tuple[str, int]:
    """The word that begins at a place, and the place behind it."""
    word, start = "", place
    while place < len(line) and not line[place].isspace():
        first = place == start or line[place - 1] == "="
        if line[place] in "{[" and place > start and first:
            piece, place = _value(line, place)
        elif line[place] in "\"'" or line[place] in _DOUBLE or (first and line[place] in _SINGLE):
            piece, place = _quoted(line, place)
        else:
            piece, place = line[place], place + 1
        word += piece
    return (_option(word) if line[start] in _DASHES else word), place


def _option(word: str) -> str:
    """An option whose hyphens have become a dash, as it was meant; any other word as it is."""
    name = word.lstrip(f"{_DASHES}-")
    if not name[:1].isalpha():
        return word
    return ("-" if len(name) == 1 else "--") + name


def _quoted(line: str, place: int) -> tuple[str, int]:
    """What stands in quotes, and the place behind them."""
    opened = line[place]
    double = opened == '"' or opened in _DOUBLE
    curly = _DOUBLE if double else _SINGLE
    straight = '"' if double else "'"
    # One of the two may have been made curly and the other not.
    for closing in (curly, straight) if opened in curly else (straight, curly):
        for end in range(place + 1, len(line)):
            if line[end] in closing and (closing != _SINGLE or not line[end + 1 : end + 2].strip()):
                return line[place + 1 : end], end + 1
    if opened == "’":
        return opened, place + 1  # an apostrophe
    raise InvalidOptionError(f"a quote is not closed in: {line}")


def _value(line: str, place: int) -> tuple[str, int]:
    """A value that is JSON, and the place behind it; where it is none, all up to the next blank."""
    straight = line.translate(dict.fromkeys(map(ord, _DOUBLE), '"'))
    for text in (line, straight):
        try:
            _, end = json.JSONDecoder().raw_decode(text, place)
        except (ValueError, RecursionError):
            continue
        if not line[end : end + 1].strip():
            return text[place:end], end
    piece = line[place:].split(maxsplit=1)[0]
    return piece, place + len(piece)
