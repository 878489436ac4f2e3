"""The few HTML tags that a model writes where Markdown has no sign: ``H<sub>2</sub>O``, ``<kbd>Ctrl</kbd>``, ``<br>``.

Each of them has a fixed name, no attributes, and its end in the same paragraph, cell or heading, between the same marks
of emphasis. So it can neither carry anything nor reach beyond its place. A tag of which any of that is not true is
text, as every other one is; and so are two that are only spoken of, as in "between <b> and </b>", which have nothing
between them or a space at both ends of it.
"""

from __future__ import annotations

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_NAMES: Final = "abbr b del em i ins kbd mark s samp small strong sub sup u var"
TAGS: Final = tuple(_NAMES.split())
"""What may stand around text; each changes how the text in it looks, and nothing else."""

_TAG: Final = re.compile(rf"<(?:(/)?({'|'.join(TAGS)})[ \t]*|(br)[ \t]*/?)>", re.IGNORECASE)
_HALF: Final = re.compile(r"</?(?:[a-z]{1,6}[ \t]*/?)?\Z", re.IGNORECASE)
_STARTS: Final = frozenset(name[:length] for name in (*TAGS, "br") for length in range(len(name) + 1))

_DEEPEST: Final = 4
"""How deep these elements may nest: small text in small text cannot be read, and raised text leaves its line."""

_MOST_OPEN: Final = 8
"""How many tags may be open at once; of more, those that began first are text."""

_NEAR: Final = 100
"""How many characters may follow a tag in a growing text for its end to be on its way."""


def inline_tags_plugin(md: MarkdownIt) -> None:
    """Teach a parser the tokens ``tag``, which ``pair_tags`` settles, and a ``hardbreak`` for ``<br>``."""
    md.inline.ruler.before("autolink", "inline_tag", _inline_tag)


def _inline_tag(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "<":
        return False
    match = _TAG.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        end, name, line_break = match.groups()
        token = state.push("hardbreak" if line_break else "tag", (name or "br").lower(), 0)
        token.content = match.group()
        token.meta = {"ends": bool(end)}
    state.pos = match.end()
    return True


def pair_tags(tokens: list[Token], growing: bool = False) -> list[Token]:
    """Makes elements of the tags among inline tokens that belong together, and text of the others.

    Args:
        tokens: The inline tokens of one piece of text, emphasis settled.
        growing: Whether the text is still growing: then the end of a tag near its end is most likely on its way.

    Returns:
        The tokens without any of type ``tag``.
    """
    if not any(token.type == "tag" for token in tokens):
        return tokens
    settled: list[Token] = []
    elements: list[list[int]] = [[]]  # where the tags are that are open, in each of the elements around
    end = _trailing_ends(tokens) if growing else len(tokens) + 1
    for index, token in enumerate(tokens):
        if token.nesting == 1:
            elements.append([])
        elif token.nesting == -1 and len(elements) > 1:
            opened = elements.pop()
            if index >= end:
                _close(settled, opened)
        elif token.type == "tag":
            token.type = "text"
            _settle(settled, elements[-1], token)
        settled.append(token)
    if growing:
        _close(settled, elements[-1])
    return _bounded(settled)


def _settle(settled: list[Token], opened: list[int], token: Token) -> None:
    """Find the beginning for a tag that ends an element, or remember one that begins one."""
    if not token.meta["ends"]:
        opened.append(len(settled))
        del opened[:-_MOST_OPEN]
        return
    at = next((i for i in reversed(range(len(opened))) if settled[opened[i]].tag == token.tag), -1)
    if at >= 0:
        inside = settled[opened[at] + 1 :]
        if inside and not (inside[0].content[:1].isspace() and inside[-1].content[-1:].isspace()):
            _pair(settled[opened[at]], token)
        del opened[at:]


def _pair(first: Token, last: Token) -> None:
    first.type, first.nesting = "tag_open", 1
    last.type, last.nesting = "tag_close", -1


def _trailing_ends(tokens: list[Token]) -> int:
    """Where the ends of elements begin after which there is nothing else."""
    end = len(tokens)
    while end and (tokens[end - 1].nesting == -1 or not (tokens[end - 1].content or tokens[end - 1].nesting)):
        end -= 1
    return end


def _close(settled: list[Token], opened: list[int]) -> None:
    """Put ends for the tags that are open and near."""
    for start in reversed(opened):
        inside = settled[start + 1 :]
        spoken_of = bool(inside) and inside[0].content[:1].isspace()
        if not spoken_of and sum(len(token.content) for token in inside) <= _NEAR:
            end = Token("", settled[start].tag, 0)
            _pair(settled[start], end)
            settled.append(end)


def _bounded(tokens: list[Token]) -> list[Token]:
    """Make text again of the elements that nest too deep."""
    depth = 0
    for token in tokens:
        if token.type in ("tag_open", "tag_close"):
            depth += max(token.nesting, 0)
            deepest, depth = depth, depth + min(token.nesting, 0)
            if deepest > _DEEPEST:
                token.type, token.nesting = "text", 0
    return tokens


def without_half_tag(text: str) -> str:
    """A growing text without the beginning of such a tag at its end."""
    half = _HALF.search(text, max(0, len(text) - 10))
    if half is None or half.group().strip("</ \t").lower() not in _STARTS:
        return text
    return text[: half.start()]
