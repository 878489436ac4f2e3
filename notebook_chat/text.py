"""Text that can be sent, stored and shown."""

from __future__ import annotations


def replace_surrogates(text: str) -> str:
    """Replaces halves of surrogate pairs, which no encoding can hold, by U+FFFD.

    Args:
        text: Any text, such as a piece of a model's answer.

    Returns:
        The same text where it had none, else one that can be encoded as UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


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
