r"""Where a prompt names values: ``{name}``, ``{rows[3].title}``, ``{df:2000}`` with a budget of tokens, ``$`name```.

Such a brace stands where a word could: with a blank, an opening bracket or a quote before it, and a blank or
punctuation behind. And it stands in prose: not in what Markdown and TeX mark as code or maths (``marked``), not inside
of other braces or of a call (``brackets``), not in a line that is code (``pasted``). ``{{name}}`` is never a value and
is sent as it is typed, since that is how Jinja and its kin write their own. Where in doubt, it is none: the line under
an answer says which values went along, so that one that is missing is seen, and there is no way back from a prompt
whose code has been changed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..paths.path import PATH, Path
from .brackets import enclosed
from .code_signs import AFTER, BEFORE
from .marked import Mask, marked
from .pasted import Pasted

_VALUE: Final = re.compile(rf"\{{({PATH})(?::([1-9]\d{{0,6}}))?\}}|\$`({PATH})(?::([1-9]\d{{0,6}}))?`")
_WINDOW: Final = 80  # characters around a value that are looked at

_OPENING: Final = "(\"'[*_~|"
_CLOSING: Final = ")\"']*_~|.,;:!?%…"
_ELISION: Final = re.compile(
    r"(?<!\w)(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|un|all|dall|dell|nell|sull|quell)'$", re.IGNORECASE
)
_SUFFIX: Final = re.compile(
    r"(?:['’][^\W\d_]{1,5}|(?:st|nd|rd|th)|-(?:dimensional|class|bit|fold|way|step|point|digit|word|line|year|month|week|day|hour"
    r"|minute|second|sample|row|column|element|item|character|token|page|based|like|th|sided|sigma|layer|percent|sentence))(?=\W|$)"
)
_TAG_BEFORE: Final = re.compile(r"<[a-z_]\w{0,40}>$")
_TAG_BEHIND: Final = re.compile(r"</[a-z_]\w{0,40}>")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a prompt names a value.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        path: The way to the value.
        tokens: How many tokens the value may take; ``None`` where the prompt does not say.
    """

    start: int
    end: int
    path: Path
    tokens: int | None = None


def find_places(text: str) -> list[Place]:
    """Where a prompt names values, in order.

    Args:
        text: The prompt, as it was typed.
    """
    return [place for place, reason in judge(text) if not reason]


def judge(text: str) -> Iterator[tuple[Place, str]]:
    """All that looks like a value, and why it is none, in words; empty where it is one.

    Args:
        text: The prompt, as it was typed.
    """
    candidates = list(_candidates(text))
    if not candidates:
        return
    spans = [(place.start, place.end) for place in candidates]
    mask, fenced = marked(text, {start: end for start, end in spans if text[start] == "$"})
    inside = enclosed(text, spans, mask)
    pasted = Pasted(text, spans, mask, fenced)
    starts, ends = {start for start, _ in spans}, {0}
    reasons: list[str] = []
    for place in candidates:
        reasons.append(_reason(text, place, mask, inside, pasted) or _position(text, place, starts, ends))
        if not reasons[-1]:
            ends.add(place.end)
    of_code = {place.path for place, reason in zip(candidates, reasons, strict=True) if reason}
    for place, reason in zip(candidates, reasons, strict=True):
        yield place, reason or ("code in the prompt has the same" if place.path in of_code else "")


def _candidates(text: str) -> Iterator[Place]:
    for found in _VALUE.finditer(text):
        if text[found.start() - 1 : found.start()] == "{" or text[found.end() : found.end() + 1] == "}":
            continue
        path = Path.parse(found[1] or found[3])
        if path is not None:
            budget = found[2] or found[4]
            yield Place(found.start(), found.end(), path, int(budget) if budget else None)


def _reason(text: str, place: Place, mask: Mask, inside: bytearray, pasted: Pasted) -> str:
    if place.start in mask:
        return "marked as code or maths"
    if inside[place.start]:
        return "inside brackets of code"
    return pasted.sign(place.start)


def _position(text: str, place: Place, starts: set[int], ends: set[int]) -> str:
    line = text.rfind("\n", 0, place.start) + 1
    before = text[max(line, place.start - _WINDOW) : place.start]
    stop = text.find("\n", place.end, place.end + _WINDOW)
    after = text[place.end : stop if stop >= 0 else place.end + _WINDOW]
    in_table = text[line : line + 20].lstrip(" \t>").startswith("|")
    if not (_may_follow(before, in_table) or (before.endswith(",") and place.start - 1 in ends)):
        return "no word could begin here"
    if not (_may_precede(after, in_table) or (after.startswith(",") and place.end + 1 in starts)):
        return "no word could end here"
    if BEFORE.search(before) or AFTER.match(after):
        return "beside a sign of code"
    return ""


def _may_follow(before: str, in_table: bool) -> bool:
    """Whether a word may stand behind a text."""
    if (
        _ELISION.search(before)
        or _TAG_BEFORE.search(before)
        or (before.strip(" \t>") == "" and before.endswith(">"))
    ):
        return True
    place = len(before)
    while place and before[place - 1] in _OPENING and (in_table or before[place - 1] != "|"):
        place -= 1
    return not place or _is_boundary(before[place - 1])


def _may_precede(after: str, in_table: bool) -> bool:
    """Whether a word may stand before a text."""
    if _SUFFIX.match(after) or _TAG_BEHIND.match(after):
        return True
    place = 0
    while place < len(after) and after[place] in _CLOSING and (in_table or after[place] != "|"):
        place += 1
    return place == len(after) or _is_boundary(after[place])


def _is_boundary(character: str) -> bool:
    """Whether a word ends at a character: a blank, or what no code has there: letters of scripts without blanks and
    without case, their punctuation, dashes."""
    if character.isspace():
        return True
    return not character.isascii() and unicodedata.category(character)[:2] in (
        *("Lo", "Lm", "Mn", "Mc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sc", "So", "Sm", "Cf"),
    )
