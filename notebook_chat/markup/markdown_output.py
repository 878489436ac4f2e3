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
from collections.abc import Sequence
from typing import Final

from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token

from .characters import unix_lines, visible
from .code import language
from .markdown_text import code_span, formula, inline, text
from .math_rules import delimited
from .parser import parse_inline, split
from .references import Label, References

_RISKY: Final = re.compile(r"[$\\`]|@@")
_DISPLAY: Final = re.compile(r"\\(begin|end)\{(align|gather|alignat)\*?\}")
_BULLETS: Final = "-*"
_APART: Final = frozenset(
    {"fence", "code_block", "math_block", "plain", "table_open", "blockquote_open", "heading_open"}
)


def safe_markdown(source: str) -> str:
    """Writes an answer anew as Markdown that does no more than its HTML would.

    Args:
        source: Markdown as the model wrote it, whole or in part, which may be hostile.

    Returns:
        Markdown for ``text/markdown``. It may hold a few elements of HTML (``span``, ``code``, ``br``, ``pre`` and
        those in ``inline_tags``), without attributes, where Markdown has no safe form of its own.
    """
    markdown = visible(unix_lines(source))
    try:
        blocks = split(markdown)
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
