r"""What Markdown, HTML and TeX mark as code or maths: fences, inline code, ``<pre>``, ``$…$``, ``\[…\]``, environments.

A mark that is not closed is none, but for a fence, which goes on till the end. All of it costs what the text weighs.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

_FENCE: Final = re.compile(
    r"(?P<lead>[ \t>]{0,40}+(?:(?:[-*+]|\d{1,9}[.)])[ \t]{1,4})?)(?P<mark>`{3,}+|~{3,}+)(?P<info>.*)"
)
_STARTS_BLOCK: Final = re.compile(r"[ \t>]{0,40}+(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]|\||[ \t>]*$)")
_MARK: Final = re.compile(
    r"\\begin\{[A-Za-z]{1,30}\*?\}|\\end\{[A-Za-z]{1,30}\*?\}|\\[()\[\]]|\\.|`++|\$\$|\$|<(?=/?(?:pre|code|script|style|svg|textarea)\b)",
    re.IGNORECASE,
)
_RAW: Final = re.compile(r"<(/?)(pre|code|script|style|svg|textarea)\b", re.IGNORECASE)
_TEX: Final = re.compile(r"[\\^_{}=<>|+*/]")
_COMMAND: Final = re.compile(r"\\[a-z]|\^|_\{")
_WORD: Final = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")
_CLOSERS: Final = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}


class Mask:
    """Which characters of a text are taken.

    Args:
        length: How long the text is.
    """

    def __init__(self, length: int) -> None:
        self._taken = bytearray(length + 1)

    def take(self, start: int, end: int) -> None:
        """Takes what is between two places."""
        self._taken[start:end] = b"\1" * (end - start)

    def __contains__(self, place: int) -> bool:
        return bool(self._taken[place])

    def has(self, start: int, end: int) -> bool:
        """Whether anything between two places is taken."""
        return self._taken.find(1, start, end) >= 0


def lines_of(text: str) -> Iterator[tuple[int, int]]:
    """Where each line begins and ends, its end not included."""
    start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield start, end
        start = end + 1


def marked(text: str, dollars: Mapping[int, int]) -> tuple[Mask, Mask]:
    r"""What is code or maths by its marks.

    Args:
        text: A prompt.
        dollars: Where names stand as ``$`name```, whose marks are no code: where each begins and ends.

    Returns:
        All of it; and what of it stands in fences.
    """
    mask, fenced = Mask(len(text)), Mask(len(text))
    for start, end in _fences(text):
        mask.take(start, end)
        fenced.take(start, end)
    _take_environments(text, mask)
    start = 0
    for line, end in lines_of(text):
        if _STARTS_BLOCK.match(text, line, end) or mask.has(line, end + 1):
            _take_inline(text, start, line, mask, dollars)
            start = line
    _take_inline(text, start, len(text), mask, dollars)
    return mask, fenced


def _fences(text: str) -> Iterator[tuple[int, int]]:
    opened: re.Match[str] | None = None
    for start, end in lines_of(text):
        found = _FENCE.match(text, start, end)
        if opened is None:
            if found and not (found["mark"][0] == "`" and "`" in found["info"]):
                opened = found
            continue
        quoted = ">" in opened["lead"]
        if (
            quoted and ">" not in text[start : start + 40].split("`")[0]
        ):  # the quotation ends, and its code with it
            yield opened.start(), start
            opened = None
        elif found and found["mark"].startswith(opened["mark"]) and not found["info"].strip():
            yield opened.start(), end
            opened = None
    if opened is not None:
        yield opened.start(), len(text)


def _take_environments(text: str, mask: Mask) -> None:
    """Takes environments of TeX and raw elements of HTML, which may have blank lines in them."""
    closers: dict[str, list[int]] = defaultdict(list)
    openers: list[tuple[int, str]] = []
    for found in _MARK.finditer(text):
        mark = found[0]
        if found.start() in mask:
            continue
        if mark.startswith(("\\begin", "\\end")):
            name = mark.partition("{")[2]
            (
                openers.append((found.start(), name))
                if mark.startswith("\\b")
                else closers[name].append(found.end())
            )
        elif mark == "<":
            raw = _RAW.match(text, found.start())
            assert raw is not None
            name = raw[2].lower()
            (closers[name].append(found.end()) if raw[1] else openers.append((found.start(), name)))
    done = 0
    for start, name in openers:
        ends = closers[name]
        place = bisect_left(ends, start)
        if start >= done and place < len(ends):
            done = ends[place]
            mask.take(start, done)


def _take_inline(text: str, start: int, end: int, mask: Mask, dollars: Mapping[int, int]) -> None:
    """Takes the code and the maths of one paragraph."""
    marks = [found for found in _MARK.finditer(text, start, end) if found.start() not in mask]
    places: dict[str, list[int]] = defaultdict(list)
    for found in marks:
        places[found[0]].append(found.start())
    done = start
    for found in marks:
        mark, place = found[0], found.start()
        if place < done:
            continue
        if place in dollars:
            done = dollars[place]
            continue
        closing = -1
        if mark[0] == "`":
            closing = _next(places[mark], found.end())
        elif mark in _CLOSERS:
            closing = _next(places[_CLOSERS[mark]], found.end())
        elif mark == "$":
            closing = _next(places["$"], found.end())
            closing = closing if closing >= 0 and _is_maths(text, place, closing) else -1
        if closing >= 0:
            done = closing + len(mark)
            mask.take(place, done)


def _next(places: list[int], after: int) -> int:
    index = bisect_left(places, after)
    return places[index] if index < len(places) else -1


def _is_maths(text: str, place: int, closing: int) -> bool:
    """Whether two dollars have maths between them, and neither prices nor a shell's variables."""
    before, after = text[place - 1 : place], text[closing + 1 : closing + 2]
    content = text[place + 1 : closing]
    if (before.isascii() and before.isalnum()) or after.isdigit() or (after.isascii() and after.isalpha()):
        return False
    if not content.strip() or content[0] == "{" or (content[0].isdigit() and content[-1].isspace()):
        return False
    if content[0].isspace() or content[-1].isspace():  # TeX takes it, and so may a shell's prompt or a price
        return "\n" not in content and _COMMAND.search(content) is not None
    return _TEX.search(content) is not None or _WORD.search(content) is None
