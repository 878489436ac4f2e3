"""What stands inside brackets that belong to code: braces, and what follows a word directly, as a call does."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from .marked import Mask

_BRACKET: Final = re.compile(r"[(){}\[\]]|\n[ \t]*(?=\n|$)")
_OPENS: Final = {")": "(", "]": "[", "}": "{"}
_CALLS: Final = ")]!$@#%.=&>?"
"""The signs after which a bracket begins a call or an index, as a letter does."""


def enclosed(text: str, places: Sequence[tuple[int, int]], mask: Mask) -> bytearray:
    """Which characters of a text stand inside of brackets of code.

    A bracket that is not closed holds what follows up to the next blank line.

    Args:
        text: A prompt.
        places: Where it may name values; their own braces hold nothing.
        mask: What of it is marked as code.
    """
    depth = [0] * (len(text) + 2)
    stack: list[tuple[str, int, bool]] = []
    skipped = dict(places)
    blanks: list[int] = []
    position = 0
    open_counts = dict.fromkeys("([{", 0)
    for found in _BRACKET.finditer(text):
        place = found.start()
        if place < position or place in mask:
            continue
        if place in skipped:
            position = skipped[place]
            continue
        sign = found[0]
        if sign[0] == "\n":
            blanks.append(place)
        elif sign in "([{":
            stack.append((sign, place, _is_of_code(text, place)))
            open_counts[sign] += 1
        elif open_counts[_OPENS[sign]]:
            while True:
                opened, start, of_code = stack.pop()
                open_counts[opened] -= 1
                if of_code:
                    depth[start] += 1
                    depth[place] -= 1
                if opened == _OPENS[sign]:
                    break
    _hold_open(stack, blanks, depth, len(text))
    return bytearray(total > 0 for total in accumulate(depth))


def _is_of_code(text: str, place: int) -> bool:
    before = text[place - 1 : place]
    return text[place] == "{" or (
        before.isascii() and (before.isalnum() or before in _CALLS + "_") and bool(before)
    )


def _hold_open(stack: list[tuple[str, int, bool]], blanks: list[int], depth: list[int], end: int) -> None:
    for _, start, of_code in stack:
        if of_code:
            index = bisect_left(blanks, start)
            depth[start] += 1
            depth[blanks[index] if index < len(blanks) else end] -= 1
