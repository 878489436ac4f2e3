r"""Markdown that is as safe as the HTML, for where ``text/markdown`` is wanted: exports to Markdown and PDF.

Escaping what the model wrote is not enough. A front end cuts math out before it parses, so that a pair of
``$`` or of ``\begin`` and ``\end`` can swallow the end of a code span; MathJax reads the finished page, where
an escaped dollar is a dollar again; and an address in an image is fetched. So nothing of the model's own
markup is passed on: its Markdown is parsed, and what was understood is written anew, in a form that holds for
each reader alone.

- In text, ``$`` and ``\`` are character references in an element of their own, where MathJax cannot pair them;
  ``<``, ``&`` and the other signs of markup are references or escaped.
- Formulas keep their TeX when every command in them is known and harmless, else they are shown as code.
- Code spans with any sign that could mean something elsewhere are ``code`` elements of references.
- Blocks have blank lines around them, beyond which no reader's math reaches. Code in quotations, whose blank lines
  are not blank, is a ``pre`` element when it has such signs.
- Images are links, links lead where they lead in HTML, and no fence has a name that a front end draws a diagram
  for.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token

from . import LONGEST
from .characters import unix_lines, visible
from .citations import Citation, attached, settled, shares, source_places
from .code import language
from .document import Document
from .markdown_text import code_span, formula, inline, raised, text
from .math_rules import delimited
from .parser import Block, parse_inline, split
from .references import Label, References

_RISKY: Final = re.compile(r"[$\\`]|@@")
_DISPLAY: Final = re.compile(r"\\(begin|end)\{(align|gather|alignat)\*?\}")
_BULLETS: Final = "-*"
_NUMBERS: Final = re.compile(r"<sup>[0-9, ]+</sup>")
_APART: Final = frozenset(
    {"fence", "code_block", "math_block", "plain", "table_open", "blockquote_open", "heading_open"}
)


def safe_markdown(source: str, citations: Iterable[Citation] = ()) -> str:
    """Writes an answer anew as Markdown that does no more than its HTML would.

    Args:
        source: Markdown as the model wrote it, whole or in part, which may be hostile.
        citations: Where the text refers to its sources: raised numbers stand there.

    Returns:
        Markdown for ``text/markdown``. It may hold a few elements of HTML (``span``, ``code``, ``br``, ``pre`` and
        those in ``inline_tags``), without attributes, where Markdown has no safe form of its own.
    """
    markdown = visible(unix_lines(source))
    try:
        blocks = split(markdown)
        if citations:
            blocks = cited_blocks(blocks, markdown, settled(source, citations))
        references = References()
        for block in blocks:
            references.learn(block.tokens)
        for block in blocks:
            parse_inline(block.tokens, references)
        tokens = [token for block in blocks for token in block.tokens]
        written = _Writer(tokens, references.asked).blocks(0, len(tokens))
    except Exception:  # a fault of the parser: no answer is lost to it
        written = _pre(markdown)
    return visible(written).strip("\n") + "\n"


def cited_blocks(blocks: Sequence[Block], markdown: str, citations: Sequence[Citation]) -> list[Block]:
    """The blocks of a text with the marks of its sources at their tokens."""
    own = zip(blocks, shares([one.start for one in blocks], citations), strict=True)
    return [
        Block(block.start, block.end, attached(block.tokens, markdown[block.start : block.end], cited))
        if cited
        else block
        for block, cited in own
    ]


def spliced(source: str, citations: Iterable[Citation], inserts: Sequence[tuple[int, str]]) -> str:
    """An answer's Markdown as the model wrote it, with the numbers of its sources, and with pieces of ours between its
    blocks.

    Args:
        source: Markdown as the model wrote it.
        citations: Where it refers to its sources. What cannot be seen in the text has no place that is sure: such a
            text stays without numbers.
        inserts: Pieces of Markdown, and behind how many characters of the text they belong, in order.
    """
    if not (citations or inserts):
        return source
    text = unix_lines(source)
    pieces: list[tuple[int, str]] = []
    try:
        blocks = split(text[:LONGEST])
        starts = [block.start for block in blocks]
        pieces = list(_numbers(blocks, text, settled(text, citations))) if visible(text) == text else []
    except Exception:  # a fault of the parser: no answer is lost to it
        starts = []
    for place, insert in inserts:
        block = bisect_left(starts, place)
        at = starts[block] if block < len(starts) else _next_block(text, max(place, *starts[-1:], 0))
        pieces.append((at, insert))
    pieces.sort(key=lambda piece: piece[0])
    return _joined(text, pieces, {insert for _, insert in inserts})


def _next_block(text: str, place: int) -> int:
    """Where the next block of a text begins for certain: behind what is parsed of it, or at its end."""
    end = text.find("\n\n", place) if place > LONGEST else -1
    return end + 2 if end >= 0 else len(text)


def _joined(text: str, pieces: Sequence[tuple[int, str]], blocks: set[str]) -> str:
    """A text with pieces in it, those that are blocks with blank lines around."""
    written: list[str] = []
    done = 0
    for place, piece in pieces:
        written.append(text[done:place])
        done = place
        if piece in blocks:
            last = next((one for one in reversed(written) if one), "\n\n")
            lead = "" if last.endswith("\n\n") else "\n" if last.endswith("\n") else "\n\n"
            piece = f"{lead}{piece}" if place == len(text) else f"{lead}{piece}\n\n"
        written.append(piece)
    return "".join([*written, text[done:]])


def _numbers(blocks: Sequence[Block], text: str, marks: Sequence[Citation]) -> Iterator[tuple[int, str]]:
    """The raised numbers of a text's sources, and where in it they belong: outside of code, links and formulas."""
    references = References()
    for block in blocks:
        references.learn(block.tokens)
    for block in cited_blocks(blocks, text, marks):
        parse_inline(block.tokens, references)
        source = text[block.start : block.end]
        places = [
            (place, f"<sup>{', '.join(str(one.number) for one in cited)}</sup>")
            for place, cited in source_places(block.tokens)
        ]
        if places and _NUMBERS.sub("", _shown(_joined(source, places, set()))) == _shown(source):
            yield from ((block.start + place, number) for place, number in places)


def _shown(source: str) -> str:
    """A block as it is shown, to see that numbers in it change nothing."""
    document = Document()
    document.feed(source)
    return document.finish()


class _Writer:
    """Writes the blocks of a token stream."""

    def __init__(self, tokens: Sequence[Token], wanted: set[Label]) -> None:
        self._tokens = tokens
        self._wanted = wanted
        self._quoted = 0

    def blocks(self, start: int, end: int, tight: bool = False) -> str:
        """The blocks of ``tokens[start:end]``, with a blank line between them unless *tight*."""
        written: list[str] = []
        previous = ""
        bullet = 0
        pos = start
        while pos < end:
            token = self._tokens[pos]
            after = self._end(pos)
            bullet = (bullet + 1) % 2 if token.type == previous else 0
            part = self._block(token, pos, after, bullet)
            previous = token.type
            pos = after
            if part:
                written.append(part)
        return ("\n" if tight else "\n\n").join(written)

    def _end(self, pos: int) -> int:
        """Where the block that begins at *pos* ends."""
        if self._tokens[pos].nesting != 1:
            return pos + 1
        level = self._tokens[pos].level
        pos += 1
        while self._tokens[pos].nesting != -1 or self._tokens[pos].level != level:
            pos += 1
        return pos + 1

    def _block(self, token: Token, pos: int, after: int, bullet: int) -> str:
        match token.type:
            case "paragraph_open":
                return inline(self._tokens[pos + 1].children or [])
            case "heading_open":
                title = inline(self._tokens[pos + 1].children or []).replace("\\\n", " ").replace("\n", " ")
                return f"{'#' * int(token.tag[1])} {title}"
            case "bullet_list_open" | "ordered_list_open":
                return self._list(token, pos, after, bullet)
            case "blockquote_open":
                self._quoted += 1
                quotation = self.blocks(pos + 1, after - 1)
                self._quoted -= 1
                return "\n".join(f"> {line}".rstrip(" ") for line in quotation.split("\n"))
            case "table_open":
                return self._table(pos, after)
            case "footnote_reference_open":
                return self._led(text(f"[{token.meta['label']}]"), pos + 1, after - 1)
            case _:
                return self._leaf(token)

    def _leaf(self, token: Token) -> str:
        match token.type:
            case "fence" | "code_block":
                return self._code(token)
            case "math_block":
                return self._display(token)
            case "definition" if ("link", token.meta["id"]) not in self._wanted:
                return text(f"[{token.meta['label']}]: {token.meta['url']} {token.meta['title']}".strip())
            case "hr":
                return "***"
            case "citation_line":
                return raised(token)
            case "plain":
                return _pre(token.content)
            case _:
                return ""

    def _led(self, lead: str, start: int, end: int, tight: bool = False) -> str:
        """Blocks with a few words before them, in the line of the first if that is text: no fence begins there."""
        blocks = self.blocks(start, end, tight)
        same_line = start < end and self._tokens[start].type == "paragraph_open"
        between = " " if same_line else "\n\n"
        return f"{lead}{between}{blocks}" if lead else blocks

    def _list(self, token: Token, pos: int, after: int, bullet: int) -> str:
        number = int(token.attrGet("start") or 1) if token.type == "ordered_list_open" else 0
        inside = self._tokens[pos + 1 : after - 1]
        # A nested list may follow a line of text; code, formulas and the like need the blank lines around them.
        tight = not any(t.type in _APART or (t.type == "paragraph_open" and not t.hidden) for t in inside)
        items: list[str] = []
        pos += 1
        while pos < after - 1:
            end = self._end(pos)
            marker = f"{number + len(items)}{'.)'[bullet]}" if token.tag == "ol" else _BULLETS[bullet]
            checked = self._tokens[pos].meta.get("checked")
            box = "" if checked is None else f"[{'x' if checked else ' '}]"
            first, *others = self._led(box, pos + 1, end - 1, tight).split("\n")
            indent = " " * (len(marker) + 1)
            items.append(
                "\n".join([f"{marker} {first}", *(f"{indent}{line}".rstrip(" ") for line in others)])
            )
            pos = end
        return ("\n" if tight else "\n\n").join(items)

    def _table(self, pos: int, after: int) -> str:
        rows: list[list[str]] = []
        aligns: list[str] = []
        for index in range(pos, after):
            token = self._tokens[index]
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                if token.type == "th_open":
                    aligns.append(str(token.attrGet("align") or ""))
                rows[-1].append(inline(self._tokens[index + 1].children or [], in_cell=True))
        rules = {"": "---", "left": ":--", "center": ":-:", "right": "--:"}
        rows.insert(1, [rules[align] for align in aligns])
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def _code(self, token: Token) -> str:
        info = unescapeAll(token.info).strip()
        name = language(info)
        said = f"{text(info)}\n\n" if info and info != name else ""
        if self._quoted and _RISKY.search(token.content):
            return said + _pre(token.content)
        longest = max((len(run) for run in re.findall(r"`+", token.content)), default=0)
        fence = "`" * max(3, longest + 1)
        content = token.content if token.content.endswith("\n") or not token.content else token.content + "\n"
        return f"{said}{fence}{name}\n{content}{fence}"

    def _display(self, token: Token) -> str:
        tex = formula(_DISPLAY.sub(r"\\\1{\2ed}", token.content), display=True)
        if tex is None:
            return code_span(delimited(token))
        return f"$$\n{tex}\n$$"


def _pre(content: str) -> str:
    """Text as it is, in references where a sign could mean anything to anyone."""
    escaped = re.sub(r"[^\w\s.,;()/'-]", lambda match: f"&#{ord(match.group())};", content.strip("\n"))
    # A blank line would end the element for some readers.
    filled = re.sub(r"\n(?=[ \t]*(?:\n|$))", "\n&#8203;", escaped)
    return f"<pre>{filled}</pre>"
