"""Which lines of a prompt are code that was pasted without a fence.

A line is code by a sign of its own, because it stands in the body of a line of code, in a string that code opens, or
between or beside lines of code without reading as a sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .code_lines import sign_of
from .code_signs import PLACE, SPAN
from .marked import Mask, lines_of

_LONGEST: Final = 2000
"""How many characters of a line are judged."""

_LEAD: Final = re.compile(
    r"[ \t]*+(?:>(?!>>)[ \t]?)*+(?P<bullet>(?:[-*+•]|\d{1,9}[.)])[ \t]++(?:\[[ xX]\][ \t]++)?)?"
    r"(?P<heading>(?:#{1,6}|--)[ \t]++)?"
)
_WORD: Final = re.compile(r"[^\W\d_][\w'’\-]*+")
_ENDS_SENTENCE: Final = re.compile(r"[.?!:…。？！：][\"'”’»)*_]{0,3}\s*$")
_ASKS: Final = re.compile(
    r"(?:what|why|how|when|which|who|is|are|does|do|did|can|could|should|would|will|explain|fix|please|tell|describe"
    r"|summari[sz]e|translate|compare|write|show|give|find|now|use|and|but|here)\b",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(r"[a-z_][\w\-]{0,40}:(?=\s|$)")
_PARAMETER: Final = re.compile(r"[a-z_*][\w, *]{0,60} : \S")
_TRIPLE: Final = re.compile(r"\"\"\"|'''")
_TAG_ONLY: Final = re.compile(r"<[a-z_]\w{0,40}>$")


@dataclass(eq=False)
class _Line:
    start: int
    indent: int
    text: str  # without what leads it, and with one character for each place
    has_bullet: bool
    has_heading: bool
    sign: str = ""
    follows_label: bool = False

    @property
    def has_label(self) -> bool:
        return _LABEL.match(self.text) is not None

    @property
    def is_text(self) -> bool:
        return len(self.text) > 3 and self.text[0] in "\"'" and self.text[-1] == self.text[0]

    @property
    def is_label(self) -> bool:
        return self.has_label and self.text.endswith(":")


class Pasted:
    """A prompt's lines, and which of them are code.

    Args:
        text: The prompt.
        places: Where it may name values.
        mask: What is marked as code or maths.
        fenced: What of it stands in fences.
    """

    def __init__(self, text: str, places: Sequence[tuple[int, int]], mask: Mask, fenced: Mask) -> None:
        lines = list(_read(text, places, mask, fenced))
        self._lines = [line for line in lines if line is not None]
        self._starts = [line.start for line in self._lines]
        for line in self._lines:
            line.sign = sign_of(line.text, in_list=line.has_bullet)
        _take_strings(self._lines)
        _take_bodies(lines)
        _spread(lines)

    def sign(self, place: int) -> str:
        """By what the line that a place is in is known as code; empty where it is none."""
        index = bisect_right(self._starts, place) - 1
        return self._lines[index].sign if index >= 0 else ""


def _read(text: str, places: Sequence[tuple[int, int]], mask: Mask, fenced: Mask) -> list[_Line | None]:
    lines: list[_Line | None] = []
    upcoming = 0
    for start, end in lines_of(text):
        first = upcoming
        while upcoming < len(places) and places[upcoming][0] < end:
            upcoming += 1
        blank = fenced.has(start, max(end, start + 1)) or not text[start:end].strip()
        lines.append(None if blank else _line(text, start, end, places[first:upcoming], mask))
    return lines


def _line(text: str, start: int, end: int, places: Sequence[tuple[int, int]], mask: Mask) -> _Line:
    lead = _LEAD.match(text, start, end)
    assert lead is not None  # nothing of it must be there
    end = min(end, start + _LONGEST)
    pieces: list[str] = []
    done = lead.end()
    for first, last in places:
        if first >= done and first not in mask:
            pieces += (_unmarked(text, done, first, mask), PLACE)
            done = last
    pieces.append(_unmarked(text, done, max(done, end), mask))
    white = text[start : lead.end()].replace("\t", "    ")
    indent = len(white) - len(white.lstrip())
    return _Line(
        start, indent, "".join(pieces)[:_LONGEST].strip(), bool(lead["bullet"]), bool(lead["heading"])
    )


def _unmarked(text: str, start: int, end: int, mask: Mask) -> str:
    """A piece of a line, with one character for what is marked in it."""
    if not mask.has(start, end):
        return text[start:end]
    spans = (SPAN if place in mask else text[place] for place in range(start, end))
    return re.sub(f"{SPAN}+", SPAN, "".join(spans))


def _take_strings(lines: Sequence[_Line]) -> None:
    """Takes the lines of a text in triple quotes that code opens."""
    closing, before = "", ""
    for line in lines:
        found = _TRIPLE.search(line.text)
        if closing:
            line.sign = line.sign or "a string of several lines"
            closing = "" if closing in line.text else closing
        elif found:
            ahead = line.text[: found.start()].rstrip()
            by_code = line.sign or (before and not ahead)
            if by_code or ahead.endswith(("=", "(", ",", "return")):
                line.sign = line.sign or "a string of several lines"
                closing = found[0] if line.text.count(found[0]) % 2 else ""
        before = line.sign


def _take_bodies(lines: Sequence[_Line | None]) -> None:
    """Takes what is indented beneath a line of code, and settings beneath their section."""
    above: list[_Line] = []
    before: _Line | None = None
    for line in lines:
        if line is None:
            before = None
            continue
        line.follows_label = before is not None and before.has_label
        while above and above[-1].indent >= line.indent:
            above.pop()
        if before and before.is_label and before.follows_label and line.has_bullet:
            before.sign = before.sign or "a section"
            line.sign = line.sign or "a section"
        if above and not line.sign:
            parent = above[-1]
            section = parent.is_label and (
                line.has_label or (line.has_bullet and (parent.follows_label or line.is_text))
            )
            if (
                section
                or _PARAMETER.match(parent.text)
                or (_TAG_ONLY.match(parent.text) and line.text.startswith("<"))
            ):
                parent.sign = parent.sign or "a section"
            if parent.sign:
                line.sign = parent.sign if parent.sign.startswith("in ") else f"in the body of {parent.sign}"
        elif above and not above[-1].sign and above[-1].has_label:
            above[-1].sign = "a section"
        above.append(line)
        before = line


def _spread(lines: Sequence[_Line | None]) -> None:
    """Takes what stands beside lines of code, with no blank line between, and is no sentence."""
    before: _Line | None = None
    for line in lines:
        if line and before and before.sign and not line.sign and not _is_sentence(line):
            line.sign = "beside code"
        before = line
    after: _Line | None = None
    for place in range(len(lines) - 1, -1, -1):
        line, above = lines[place], lines[place - 1] if place else None
        if line and after and after.sign and not line.sign:
            if above and above.sign:
                line.sign = "between lines of code"
            elif line.has_heading or not _introduces(line):
                line.sign = "beside code"
        after = line


def _is_sentence(line: _Line) -> bool:
    words = len(_WORD.findall(line.text))
    if line.has_heading or not words:
        return False
    ends = _ENDS_SENTENCE.search(line.text) is not None
    return (ends and words >= 2) or words >= 7 or _ASKS.match(line.text) is not None


def _introduces(line: _Line) -> bool:
    """Whether a line above code is none itself."""
    words = len(_WORD.findall(line.text))
    return (
        line.text[:1].isupper()
        or not line.text.replace(PLACE, "").isascii()
        or words >= 5
        or _is_sentence(line)
    )
