"""What a model has written for a cell, as it may be put there."""

from __future__ import annotations

import re
from typing import NamedTuple

from ...markup.characters import revealed, unix_lines
from ..tool import ArgumentsError

MOST = 100_000
"""Characters of a cell: what is longer belongs into a file."""

_SHOWS = re.compile(
    r"!\[|\\(?:mmltoken|unicode|includegraphics|require)\b|mglyph"
    r"|<[ \t]{0,9}/?(?:img|image|svg|math|iframe|frame|video|audio|source|track|picture|object|embed|link|style|script"
    r"|input|base|meta|form|html|body|applet|portal)\b",
    re.IGNORECASE,
)
_FETCHES = re.compile(
    r"\b(?:src|srcset|style|background|poster|data|action|on[a-z]{2,20})[ \t]{0,9}=", re.IGNORECASE
)
_REFERENCE = re.compile(r"[ \t>*+-]{0,20}\[[^\]\n]{1,200}\]:")


class NewSource(NamedTuple):
    """A text for a cell.

    Attributes:
        text: It. What the model has written and would not be seen is written as its number.
        revealed: How many characters that are.
    """

    text: str
    revealed: int = 0


def new_source(written: str, kind: str, before: str = "") -> NewSource:
    """A text for a cell. Lines that the cell has already stay as they are.

    Args:
        written: What the model has written.
        kind: ``code``, ``markdown`` or ``raw``.
        before: What the cell says; empty for a new one.

    Raises:
        ArgumentsError: It is none that is put into a cell.
    """
    text = unix_lines(written).strip("\n")
    if kind == "code" and not before:
        text = _without_fence(text)
    if len(text) > MOST:
        raise ArgumentsError(f"the source has more than {MOST:,} characters: that belongs into a file")
    own = frozenset(before.split("\n")) if before else frozenset()
    lines, count = [], 0
    for line in text.split("\n"):
        seen, number = (line, 0) if line in own else revealed(line)
        lines.append(seen)
        count += number
    text = "\n".join(lines)
    if kind != "code" and (line := _showing(text, own)):
        raise ArgumentsError(
            "text cells are given text, links, formulas and code, but no images and no HTML, which would be fetched or "
            f"run once the cell is shown. Leave this out: {line.strip()[:100]}"
        )
    return NewSource(text, count)


def _without_fence(text: str) -> str:
    """Code without the fence around it, which some models write there too."""
    first, _, rest = text.partition("\n")
    body, _, last = rest.rpartition("\n")
    if first.startswith("```") and last.strip() == "```" and "```" not in body:
        return body.strip("\n")
    return text


def _showing(text: str, own: frozenset[str]) -> str:
    """The first line that would have something fetched or run when the text is shown, and is not in the cell yet."""
    has_images = "![" in text
    for line in text.split("\n"):
        if line not in own and (
            _SHOWS.search(line)
            or (_FETCHES.search(line) and ("<" in text or "\\" in text))
            or (has_images and _REFERENCE.match(line))
        ):
            return line
    return ""
