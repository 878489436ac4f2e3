"""Characters that would not be seen for what they are.

A model can write characters that reorder the text around them, end a line for one program and not for
another, or steer a terminal. None of them is dropped: each is shown as what it is.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_INVISIBLE: Final = re.compile(
    "["
    "\x00-\x08\x0b-\x1f"  # C0 but for tab and line feed: terminal sequences, vertical tab, form feed
    "\x7f-\x9f"  # DEL and C1, with NEL, a line end to Python and none to JavaScript
    "\u061c\u200e\u200f"  # the implicit directional marks
    "\u2028-\u202e"  # line and paragraph separator, embeddings and overrides
    "\u2066-\u2069"  # isolates
    "\ud800-\udfff"  # lone surrogates: no UTF-8 for them
    "\ufff9-\ufffb"  # interlinear annotation
    "]"
)
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def visible(text: str) -> str:
    """Show control characters instead of obeying them.

    C0 controls become their control pictures (``␛``), lone surrogates the replacement character, the others
    (Unicode's ``Bidi_Control`` property, C1, the separators that end lines) their code point: ``‹U+202E›``.
    Giving the result again changes nothing.
    """
    return _INVISIBLE.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"‹U+{code:04X}›"


def unix_lines(text: str) -> str:
    """The same text with every CR LF and lone CR as a line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def right_to_left(text: str) -> bool:
    """Whether the text has letters of a script written from right to left."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


_JOINERS: Final = "\u200c\u200d"  # within Persian words, within emoji
_FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_KEYCAPS: Final = frozenset("0123456789#*")
_SUSPECT: Final = re.compile(r"[^\n\t\x20-\x7e]")
_INDENTATION: Final = re.compile(r"^(?=[ \t]*[^\S\n \t])[^\S\n]+", re.MULTILINE)
_SHAPELESS: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def revealed(code: str) -> tuple[str, int]:
    """Code in which nothing is invisible, since whoever reads it before running it must see all of it.

    What has no shape of its own becomes its code point, ``‹U+200B›``, also within strings and comments: there it is
    seen, elsewhere it is an error. Joiners and selectors stay where emoji and the scripts that need them have them. An
    indentation is blanks and tabs. Giving the result again changes nothing.

    Args:
        code: Code that somebody else has written.

    Returns:
        The code, and how many characters in it were made visible.
    """
    code = unix_lines(code)
    code = _INDENTATION.sub(lambda match: re.sub(r"[^ \t]", " ", match.group()), code)
    shown = [
        f"‹U+{ord(found.group()):04X}›" if _is_hidden(found) else "" for found in _SUSPECT.finditer(code)
    ]
    places = iter(shown)
    return _SUSPECT.sub(lambda found: next(places) or found.group(), code), sum(map(bool, shown))


def _is_hidden(found: re.Match[str]) -> bool:
    """Whether a character that is not ASCII's cannot be seen where it stands."""
    character, text, place = found.group(), found.string, found.start()
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if character in _JOINERS:
        return before.isascii() or after.isascii()
    if character in "\ufe0e\ufe0f":
        return before.isascii() and before not in _KEYCAPS
    selects = "\ufe00" <= character <= "\ufe0d" or "\U000e0000" <= character <= "\U000e0fff"
    return selects or character in _FILLERS or unicodedata.category(character) in _SHAPELESS
