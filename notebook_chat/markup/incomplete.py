"""Making the end of a growing answer look like what it is most likely about to be.

None of this touches what is finished: it is for the few characters, or the one line, that are still being
written.
"""

from __future__ import annotations

import re
from typing import Final

from markdown_it.token import Token

from .inline_tags import without_half_tag
from .tables import table_header

# What may become the beginning of a list, a heading, a fence and so on, and says nothing yet.
_MARKER: Final = re.compile(
    r"[ \t]*(?:`{1,2}|`{3,}[^`\n]*|~{1,2}|~{3,}[^\n]*|#{1,6}|[-+*=_]+|\d{1,9}[.)]?|>|\$\$?|\\\[?)[ \t]*"
)
_DELIMITER: Final = re.compile(r"\|?[-:| \t]*")
_HALF_LINK: Final = re.compile(r"!?\[([^\[\]\n]{1,200})\]\([^()\s]{0,2000}\Z")
_TICKS: Final = re.compile(r"`+")
_SPAN: Final = re.compile(r"(?<!`)(`+)(?!`)[^\n]{0,200}?(?<!`)\1(?!`)")


def held_back(text: str) -> str:
    """The text without its last line while that is only a marker.

    A lone ``-`` would make a heading of the paragraph above it, only to become a list a moment later.
    """
    start = text.rfind("\n") + 1
    return text[:start] if _MARKER.fullmatch(text, start) else text


def completed(content: str) -> str:
    """A paragraph's text with what is open at its end closed: code, strong emphasis, half a link."""
    start = max(0, len(content) - 400)
    head, end = content[:start], _HALF_LINK.sub(r"\1", content[start:])
    open_ticks = ""
    for run in _TICKS.findall(end):
        open_ticks = "" if run == open_ticks else open_ticks or run
    if open_ticks:
        return head + (end[: -len(open_ticks)] if end.endswith(open_ticks) else end + open_ticks)
    end = without_half_tag(end)
    if _SPAN.sub("", end).count("**") % 2:
        inside = end.rstrip("* ")
        return head + (inside + "**" if inside.rfind("**") >= 0 else inside)
    return head + end


def expected_table(tokens: list[Token]) -> str | None:
    """The Markdown of the table that a paragraph is about to become, from its tokens; ``None`` if of none."""
    if len(tokens) != 3 or tokens[0].type != "paragraph_open":
        return None
    header, _, delimiter = tokens[1].content.partition("\n")
    line = table_header(header)
    if line is None or _DELIMITER.fullmatch(delimiter) is None:
        return None
    return f"{header}\n{line}\n"
