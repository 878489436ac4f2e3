"""Markdown to tokens, in two steps that the growing answer needs apart.

``split`` finds the blocks of a text; it depends on nothing outside of it. ``parse_inline`` then reads
the text inside of one block, which may refer to definitions anywhere in the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from .citations import Citation, behind, parsed, without_marks
from .emphasis import emphasis_plugin
from .incomplete import completed
from .inline_tags import inline_tags_plugin, pair_tags
from .links import links_plugin, normalized, settle_links
from .math_rules import math_plugin
from .references import Label, References
from .tables import tables_plugin

DEEPEST: Final = 14
"""How deep blocks may nest, in the parser's levels (a list takes two): what is deeper is shown as text."""

_DEEPEST_EMPHASIS: Final = 12
_DEEPEST_BRACKETS: Final = 4
"""How deep brackets may nest before they are text: every level costs another look at what is inside."""
_SIGN: Final = re.compile(r"[]\[*_`<&\\$~!]|://")
_SIGN_WORK: Final = 10
"""How many characters of plain text a sign of markup costs as much as."""
_EMPHASIS: Final = frozenset({"em_open", "strong_open", "s_open", "em_close", "strong_close", "s_close"})


@dataclass(frozen=True, slots=True)
class Block:
    """One block at the top level of a text: where it starts and ends in it, in characters, and its tokens."""

    start: int
    end: int
    tokens: list[Token]

    @property
    def is_open(self) -> bool:
        """Whether the block is a formula whose end has not come yet, and so may turn out to be none."""
        return (
            bool(self.tokens) and self.tokens[-1].type == "math_block" and bool(self.tokens[-1].meta["open"])
        )


@dataclass(slots=True)
class InlineCache:
    """The inline tokens of an answer's open block, which is parsed again and again while it grows."""

    known: int = -1
    entries: dict[str, tuple[list[Token], set[Label]]] = field(default_factory=dict)


class _Parser(MarkdownIt):
    """Destinations are judged once, in ``links``; while parsing every one is taken as it is."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the library's name
        return normalized(url)

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        return True


@cache
def parser(deepest: int) -> MarkdownIt:
    """The parser, by how deep it goes; it holds no state of what it parses, so threads may share it."""
    options = {"html": False, "tasklists": True, "inline_definitions": True, "maxNesting": deepest}
    md = _Parser("js-default", options)
    md.disable(["html_block", "html_inline", "linkify"])
    footnote_plugin(md, inline=False, move_to_end=False)
    md.inline.ruler.at("footnote_ref", _note_reference)
    emphasis_plugin(md)
    math_plugin(md)
    links_plugin(md)
    tables_plugin(md)
    inline_tags_plugin(md)
    md.block.ruler.before("table", "too_deep", _too_deep)
    return md


def split(text: str, growing: bool = False) -> list[Block]:
    """Finds the top-level blocks of a text.

    Args:
        text: Markdown with line feeds for line ends.
        growing: Whether more text will follow: a formula without its end then counts as a formula.

    Returns:
        The blocks in order, their inline text not parsed yet.
    """
    if not text.strip():
        return []
    md = parser(DEEPEST + 4)
    tokens: list[Token] = []
    state = StateBlock(text, md, {}, tokens)
    if growing:
        state.env["growing_at"] = state.lineMax
    md.block.tokenize(state, 0, state.lineMax)
    starts = [i for i, token in enumerate(tokens) if token.level == 0 and token.nesting >= 0]
    return [_block(state, tokens[first:after]) for first, after in pairwise([*starts, len(tokens)])]


def _block(state: StateBlock, tokens: list[Token]) -> Block:
    first, after = tokens[0].map or [0, state.lineMax]
    return Block(state.bMarks[first], state.bMarks[min(after, state.lineMax)], tokens)


def parse_inline(
    tokens: Sequence[Token], references: References, cache: InlineCache | None = None, growing: bool = False
) -> int:
    """Parses the text inside of a block's tokens, in place.

    Args:
        tokens: The block's tokens, as ``split`` gave them.
        references: What links and footnotes may refer to; it notes what was asked for.
        cache: For the open block: what has been parsed before is taken from there.
        growing: Whether the last piece of text is still growing.

    Returns:
        How much work it was, in characters of plain text.
    """
    pieces = [token for token in tokens if token.type == "inline"]
    if cache is not None and cache.known != references.size:
        cache.known = references.size
        cache.entries.clear()
    work = 0
    for i, token in enumerate(pieces):
        tail = growing and i == len(pieces) - 1
        if (
            cache is not None
            and not tail
            and token.content in cache.entries
            and "citations" not in token.meta
        ):
            token.children, asked = cache.entries[token.content]
            references.asked |= asked
            continue
        work += len(token.content) + _SIGN_WORK * len(_SIGN.findall(token.content))
        before, references.asked = references.asked, set()
        content = completed(token.content) if tail else token.content
        env = {"references": references, "tail": tail}
        if citations := token.meta.get("citations"):
            token.children = _cited_tokens(content, env, citations)
        else:
            token.children = _inline_tokens(content, env)
        if cache is not None and not tail and not citations:
            cache.entries[token.content] = (token.children, references.asked)
        before |= references.asked
        references.asked = before
    return work


def _inline_tokens(content: str, env: dict[str, Any], citations: Sequence[Citation] = ()) -> list[Token]:
    md = parser(_DEEPEST_BRACKETS)
    children: list[Token] = []
    if citations:
        children = parsed(md, content, env, citations)
    else:
        md.inline.parse(content, md, env, children)
    depth = 0
    for token in children:
        if token.type == "text_special":  # an escape or a character reference, which is text from here on
            token.type = "text"
        elif token.type in _EMPHASIS:
            depth += max(token.nesting, 0)
            deepest, depth = depth, depth + min(token.nesting, 0)
            if deepest > _DEEPEST_EMPHASIS:  # back to the signs it was written with
                token.type, token.tag, token.nesting, token.content = "text", "", 0, token.markup
    return settle_links(pair_tags(children, env["tail"]))


def _cited_tokens(content: str, env: dict[str, Any], citations: Sequence[Citation]) -> list[Token]:
    """The inline tokens with marks among them; with the marks behind all of it where they would change anything."""
    plain = _inline_tokens(content, dict(env))
    shape = without_marks(plain)
    cited = _inline_tokens(content, dict(env), citations)
    return cited if without_marks(cited) == shape else [*plain, behind(content, citations)]


def _note_reference(state: StateInline, silent: bool) -> bool:
    """``[^label]``, where the label is known; it is shown as it was written, so it needs no number."""
    if not state.src.startswith("[^", state.pos):
        return False
    end = state.src.find("]", state.pos + 2, min(state.posMax, state.pos + 100))
    label = state.src[state.pos + 2 : end]
    if end < 0 or not label or any(map(str.isspace, label)):
        return False
    if not state.env["references"].note(label):
        return False
    if not silent:
        state.push("note_reference", "", 0).content = label
    state.pos = end + 1
    return True


def _too_deep(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Take what nests too deep as text. The parser's own bound drops it."""
    if silent or state.level < DEEPEST:
        return False
    state.line = end_line
    token = state.push("plain", "", 0)
    token.content = state.getLines(start_line, end_line, state.blkIndent, False)
    token.map = [start_line, end_line]
    return True
