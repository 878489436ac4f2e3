"""Characters that would not be seen for what they are.

A model can write characters that reorder the text around them, end a line for one program and not for
another, or steer a terminal. None of them is dropped: each is shown as what it is.
"""

from __future__ import annotations

import re
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
