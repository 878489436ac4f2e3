"""What can be read of a JSON text that no parser takes: nested beyond all measure, or broken somewhere."""

from __future__ import annotations

import json
import re
from typing import Any

from ..text import sendable

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{},:]', re.DOTALL)
_LONGEST_NUMBER = 400  # digits, beyond which Python refuses or takes long


def read(text: str) -> Any:
    """What a JSON text says, also with ``NaN``, numbers of any length and halves of surrogate pairs in it.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested too deeply.
    """
    return sendable(json.loads(text, parse_int=_number, strict=False))


def is_whole(text: str) -> bool:
    """Whether all that is opened in a JSON text is closed, and nothing else; its values may be odd."""
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += (token[0] in ("[", "{")) - (token[0] in ("]", "}"))
        if depth < 0:
            return False
    return depth == 0


def values_of(text: str, key: str) -> list[Any]:
    """The objects that stand behind a key in a JSON text, wherever that is; ``None`` for one that cannot be read."""
    decoder = json.JSONDecoder(parse_int=_number, strict=False)
    found: list[Any] = []
    for place in re.finditer(rf'(?<!\\)"{re.escape(key)}"\s*:\s*(?=\{{)', text):
        try:
            found.append(sendable(decoder.raw_decode(text, place.end())[0]))
        except (ValueError, RecursionError):
            found.append(None)
    return found


def members(text: str) -> dict[str, str]:
    """The members of a JSON object by their names, each as its own text; as far as they can be told apart."""
    found = {}
    for piece in _pieces(text, "{"):
        key = _TOKEN.match(piece)
        if key is not None and piece.startswith('"'):
            rest = piece[key.end() :].lstrip()
            if rest.startswith(":"):
                found[key[0][1:-1]] = rest[1:].strip()
    return found


def items(text: str) -> list[str]:
    """The items of a JSON array, each as its own text; as far as they can be told apart."""
    return _pieces(text, "[")


def _pieces(text: str, opening: str) -> list[str]:
    """What stands between the commas of an object or an array; of one that does not end, all but what is cut off."""
    start = len(text) - len(text.lstrip())
    if not text.startswith(opening, start):
        return []
    depth, last = 0, start + 1
    pieces = []
    for token in _TOKEN.finditer(text, start):
        mark = token[0]
        if mark in ("[", "{"):
            depth += 1
        elif mark in ("]", "}"):
            depth -= 1
            if depth == 0:
                pieces.append(text[last : token.start()].strip())
                break
        elif mark == "," and depth == 1:
            pieces.append(text[last : token.start()].strip())
            last = token.end()
    return [piece for piece in pieces if piece]


def _number(digits: str) -> int:
    return int(digits) if len(digits) < _LONGEST_NUMBER else 0
