"""Text that can be sent, stored and shown."""

from __future__ import annotations

import re
from typing import Any, TypeVar, cast

T = TypeVar("T")

_BACKTICKS = re.compile(r"`++")

TEXT_NOTEBOOKS = (".py", ".md", ".markdown", ".qmd", ".rmd", ".myst")
"""How the names of notebooks end that are texts, as jupytext writes them."""


def replace_surrogates(text: str) -> str:
    """Replaces halves of surrogate pairs, which no encoding can hold, by U+FFFD.

    Args:
        text: Any text, such as a piece of a model's answer.

    Returns:
        The same text where it had none, else one that can be encoded as UTF-8.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


# What somebody else has written must not move a terminal's cursor, retitle its window or fill the clipboard, nor turn
# the direction of what stands beside it.
_VISIBLE = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"}
_VISIBLE |= {0x7F: 0x2421} | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_VISIBLE |= dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x2070)), 0xFFFD)


def printable(text: str) -> str:
    """The text with control characters made visible. Ends of lines and tabs stay."""
    return text.replace("\r\n", "\n").translate(_VISIBLE)


def single_line(text: str) -> str:
    """As ``printable``, in one line: what was written elsewhere cannot pass for a line of ours."""
    if not text.isprintable():
        text = " ".join(filter(None, map(str.strip, text.splitlines()))).replace("\t", " ")
    return text.translate(_VISIBLE)


_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"


def seen(text: str) -> str:
    """A text of which nothing is invisible: what has no shape of its own is written as its number."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(one if _has_shape(one) else f"‹U+{ord(one):04X}›" for one in text)


def _has_shape(character: str) -> bool:
    if character in "\n\t" or character.isascii():
        return character in "\n\t" or character.isprintable()
    import unicodedata  # loading the extension is to cost little

    selects = "\ufe00" <= character <= "\ufe0f" or "\U000e0000" <= character <= "\U000e0fff"
    if selects or character in _FILLERS:
        return False
    return unicodedata.category(character) not in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")


def sendable(value: T) -> T:
    """Replaces halves of surrogate pairs in all texts of a value, as ``replace_surrogates`` does in one.

    Args:
        value: A text, or lists, mappings and structs of texts and whatever else.

    Returns:
        The value itself where there was nothing to replace.
    """
    return cast(T, _sendable(value))


def _sendable(value: Any) -> Any:
    if isinstance(value, str):
        return replace_surrogates(value)
    import msgspec  # loading the extension is to cost little

    replaced: Any
    if isinstance(value, dict):
        replaced = {_sendable(key): _sendable(one) for key, one in value.items()}
    elif type(value) in (list, tuple):
        replaced = type(value)(_sendable(one) for one in value)
    elif isinstance(value, msgspec.Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        replaced = {name: _sendable(one) for name, one in fields.items()}
        return value if replaced == fields else msgspec.structs.replace(value, **replaced)
    else:
        return value
    return value if replaced == value else replaced


# What an answer's surroundings are written with, and what models like, in the characters that every encoding has.
_PLAIN = str.maketrans(
    {"·": "-", "…": "...", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "•": "*", "→": "->"}
    | {"\u00a0": " ", "\u202f": " ", "␛": "?"}
)


def encodable(text: str, encoding: str) -> str:
    """Replaces what an encoding has no character for.

    Args:
        text: Any text.
        encoding: The name of an encoding, such as ``cp1252``. One that is not known is taken for ASCII.

    Returns:
        The same text where it can be encoded; else one that can, with dashes, quotes and dots in a plainer form and
        ``?`` for the rest.
    """
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_encodable(character, encoding) for character in text)
    except LookupError:
        return encodable(text, "ascii")
    return text


def _encodable(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return character.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
    return character


def fenced(text: str, language: str = "") -> str:
    """A text as a block of code in Markdown, in a fence that nothing in it ends.

    Args:
        text: The text.
        language: What the fence is marked with, such as what the text is written in.
    """
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    marks = "`" * max(longest + 1, 3)
    end = "" if text.endswith("\n") or not text else "\n"
    return f"{marks}{language}\n{text}{end}{marks}"
