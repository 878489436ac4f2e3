"""Whether a line is code, by itself."""

from __future__ import annotations

import re
from typing import Final

from .code_signs import ANYWHERE, ENDS, HTML, PLACE, STARTS, TAG

_MOST_SEGMENTS: Final = 12
"""How many beginnings of a line are looked at: its own, and those of what it quotes or says after a colon."""

_SEGMENT: Final = re.compile(r":\s{1,9}|[\"“„«'‘]")
_ENTRY: Final = re.compile(r"(?:-\s{1,9})?[a-z_][\w\-]{0,40}:\s{1,9}([\"'])([^\n]{1,400})\1(,?)$")
_ROW: Final = re.compile(rf"{PLACE}(?: {PLACE}){{2,100}}")
_SIGNS_BETWEEN: Final = re.compile(rf"[-:=\[\]<>/\\|#@$^~_]|{PLACE},{PLACE}")


def sign_of(line: str, *, in_list: bool = False) -> str:
    """By what a line is known as code: the name of a sign; empty where it has none.

    Args:
        line: The line, without what leads it, and as ``code_signs`` takes it.
        in_list: Whether it is an item of a list, which may end in a semicolon.
    """
    if line == PLACE or line.isalpha() or not line.strip("=-*_#~+.<>"):
        return ""
    for name, pattern in ENDS:
        if pattern.search(line) and not (in_list and line.endswith(";")):
            return name
    if line.count("}") > line.count("{"):
        return "opens or closes a block"
    for name, pattern in ANYWHERE:
        if pattern.search(line):
            return name
    return _at_start(line) or _tag(line) or _template(line)


def _at_start(line: str) -> str:
    starts = [0]
    for found in _SEGMENT.finditer(line):
        starts.append(found.end())
        if len(starts) > _MOST_SEGMENTS:
            break
    for start in starts:
        for name, pattern in STARTS:
            if pattern.match(line, start):
                return name
    entry = _ENTRY.match(line)
    return "an entry" if entry and (entry[3] or entry[2] != PLACE) else ""


def _tag(line: str) -> str:
    """Tags of HTML, XML and JSX are code; a simple ``<document>`` around a text is not."""
    last = None
    first = TAG.search(line)
    if first is None or (first.start() and -1 < line.rfind(PLACE) < first.start()):
        return ""  # of a line of prose that speaks of tags behind its values
    for found in TAG.finditer(line):
        name, rest = found[1], found[2]
        plain = name is not None and name.isidentifier() and name.islower() and not rest
        if not plain or name in HTML or found[0].endswith("/>"):
            return "a tag"
        if last is not None and last.end() == found.start() and not found[0].startswith("</"):
            return "a tag"
        last = found
    return ""


def _template(line: str) -> str:
    """Several values and nothing but signs between them, as formats of logs and files have."""
    if line.count(PLACE) < 2 or line.startswith("|") or any(map(str.isalnum, line.replace(PLACE, ""))):
        return ""
    return "a template" if _SIGNS_BETWEEN.search(line) or _ROW.fullmatch(line) else ""
