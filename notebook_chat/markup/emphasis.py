"""Emphasis in Chinese, Japanese and Korean, where CommonMark sees none.

CommonMark lets a mark such as ``**`` open or close by what stands around it: punctuation inside and a letter outside
mean that it does not. That presumes spaces between words. Where there are none, ``**注意：**这是`` and
``**한국어(Korean)**는`` come out with their asterisks. So here East Asian characters count as what they are to a
reader, as the CommonMark amendments "CJK-friendly emphasis" say. A mark without an East Asian character beside it,
or beside the punctuation that it stands at, means what it means in CommonMark.
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import category, east_asian_width

from markdown_it import MarkdownIt
from markdown_it.parser_inline import RuleFuncInlineType
from markdown_it.rules_inline import StateInline, emphasis, strikethrough

_FIRST: Final = "\u1100"
"""The first East Asian character: text without any above it needs no look at all."""

_EMOJI: Final = re.compile("[\u2330-\u2e7f\U0001f000-\U0001faff]")
"""What is as wide as an ideograph and belongs to no script."""

_SELECTOR: Final = re.compile("[\ufe00-\ufe0e\U000e0100-\U000e01ef]")
"""Says which form the character before it has, and is not seen; the selector of emoji is another one."""


def emphasis_plugin(md: MarkdownIt) -> None:
    """Teach a parser where ``*`` and ``~~`` open and close beside East Asian characters."""
    md.inline.ruler.at("emphasis", _widened(emphasis.tokenize))
    md.inline.ruler.at("strikethrough", _widened(strikethrough.tokenize))


def _widened(tokenize: RuleFuncInlineType) -> RuleFuncInlineType:
    """A rule for marks of emphasis that lets more of them open and close than the parser's own."""

    def rule(state: StateInline, silent: bool) -> bool:
        start, known = state.pos, len(state.delimiters)
        if not tokenize(state, silent):
            return False
        # Underscores stay as they are: inside of a word they are part of it, in every language.
        if state.src[start] != "_" and not state.src.isascii():
            opens, closes = _flanks(state.src, start, state.pos, state.posMax)
            for delimiter in state.delimiters[known:]:
                delimiter.open = delimiter.open or opens
                delimiter.close = delimiter.close or closes
        return True

    return rule


def _flanks(src: str, start: int, end: int, limit: int) -> tuple[bool, bool]:
    """Whether a mark may open and whether it may close because of the East Asian characters around it."""
    before, after = _last(src, start), src[end] if end < limit else " "
    if before.isspace() or after.isspace():
        return False, False  # one of the two holds in CommonMark already, and the other in neither
    near = east_asian(before) or east_asian(after)
    opens = near or (_punctuation(after) and east_asian(_beyond(src, end, 1, limit)))
    closes = near or (_punctuation(before) and east_asian(_beyond(src, start - 1, -1, limit)))
    return opens, closes


def _last(src: str, end: int) -> str:
    """The character before *end*; a space at the beginning."""
    pos = end - 1
    if pos > 0 and _SELECTOR.match(src, pos):
        pos -= 1
    return src[pos] if pos >= 0 else " "


def _beyond(src: str, pos: int, step: int, limit: int) -> str:
    """The character behind the punctuation at *pos*, of which a mark has a few at most."""
    for _ in range(3):
        if not 0 <= pos < limit or not _punctuation(src[pos]):
            break
        pos += step
    return src[pos] if 0 <= pos < limit else " "


def _punctuation(character: str) -> bool:
    return category(character)[0] in "PS"


def east_asian(character: str) -> bool:
    """Whether a character is Chinese, Japanese or Korean, punctuation included, and no emoji."""
    if character < _FIRST:
        return character == "\u20a9"
    if _EMOJI.match(character):
        return False
    return (
        east_asian_width(character) in "WFH"
        or "\u1100" <= character <= "\u11ff"
        or "\ud7b0" <= character <= "\ud7ff"
    )
