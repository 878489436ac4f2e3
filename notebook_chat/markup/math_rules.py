r"""Finding TeX in Markdown: ``$…$``, ``$$…$$``, ``\(…\)``, ``\[…\]`` and bare ``\begin{align}…\end{align}``.

Prices are not math. A single dollar opens math as in Pandoc (nothing but ink inside of it, no digit after
the closing one), and what is inside must not read as prose: "$5 and $10" stays as written.
"""

from __future__ import annotations

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

LONGEST: Final = 4000
"""How many characters a formula may have; it also bounds the search for a closing delimiter."""

MOST_LINES: Final = 60
"""How many lines a formula may have."""

_ENVIRONMENT: Final = (
    r"equation|align|aligned|alignat|gather|gathered|multline|eqnarray|flalign|split|cases|[pbvBV]?matrix"
)
_CLOSERS: Final = {"$": "$", "$$": "$$", "\\(": "\\)", "\\[": "\\]"}
_BLOCK: Final = re.compile(rf"\$\$(?!\$)|\\\[|\\begin\{{((?:{_ENVIRONMENT})\*?)\}}")
_AFTER: Final = re.compile(r"[ \t]*[.,;:]?[ \t]*$")

_COMMAND: Final = re.compile(r"\\[A-Za-z]+(?:\{[^{}]*\})?")
_WORD: Final = re.compile(
    r"(?<!\S)[(\"']?(?!(?:log|ln|lg|exp|sin|cos|tan|min|max|mod|div|gcd|lcm|lim|sup|inf|det|dim|ker|arg)\b)"
    r"[A-Za-z]{2,}[)\"',.;:!?]*(?!\S)"
)
_TEX: Final = re.compile(r"[\\^_{}=+<>|]")


def math_plugin(md: MarkdownIt) -> None:
    """Teach a parser the tokens ``math_block`` and ``math``, whose ``info`` says "display" or nothing."""
    interrupts = ["paragraph", "reference", "blockquote", "list"]
    md.block.ruler.before("fence", "math_block", _block, {"alt": interrupts})
    md.inline.ruler.before("escape", "math", _inline)


def delimited(token: Token) -> str:
    """The TeX of a token between its delimiters, as it was written; its end may still be missing."""
    if token.meta["open"]:
        return token.content if token.content.startswith(token.markup) else token.markup + token.content
    return f"{token.markup}{token.content}{_CLOSERS.get(token.markup, '')}"


def _inline(state: StateInline, silent: bool) -> bool:
    src, pos = state.src, state.pos
    if src[pos] == "$":
        found = _dollars(src, pos, state.posMax)
    elif src[pos] == "\\" and src[pos + 1 : pos + 2] in ("(", "["):
        found = _brackets(src, pos, state.posMax, bool(state.env.get("tail")))
    else:
        return False
    if found is None:
        return False
    markup, end, close = found
    if not silent:
        token = state.push("math", "math", 0)
        token.content = src[pos + len(markup) : end]
        token.markup = markup
        token.info = "display" if markup in ("$$", "\\[") else ""
        token.meta = {"open": close == end}
    state.pos = close
    return True


def _brackets(src: str, pos: int, limit: int, growing: bool) -> tuple[str, int, int] | None:
    r"""``\(…\)`` or ``\[…\]`` at *pos*: its opener, where its content ends, and where it ends itself."""
    markup = src[pos : pos + 2]
    closer = "\\)" if markup == "\\(" else "\\]"
    end = src.find(closer, pos + 2, min(limit, pos + LONGEST))
    while end > 0 and _escaped(src, end):
        end = src.find(closer, end + 1, min(limit, pos + LONGEST))
    if end < 0:
        # At the end of an answer that is still growing the closer is most likely on its way.
        return (markup, limit, limit) if growing and limit - pos < LONGEST else None
    content = src[pos + 2 : end]
    # Blank, prose, or a bare "\[1\]": brackets that were escaped for Markdown's sake, not TeX.
    bare = markup == "\\[" and not content[:1].isspace() and not _TEX.search(content)
    return None if bare or not content.strip() or _prose(content, amounts=False) else (markup, end, end + 2)


def _dollars(src: str, pos: int, limit: int) -> tuple[str, int, int] | None:
    """``$…$`` or ``$$…$$`` at *pos*, when it is math and no price."""
    markup = "$$" if src.startswith("$$", pos) else "$"
    start = pos + len(markup)
    before, after = src[pos - 1 : pos], src[start : start + 1]
    if before == "$" or (before.isascii() and before.isalnum()) or after in ("$", ""):
        return None
    end = src.find(markup, start, min(limit, pos + LONGEST))
    while end > 0 and _escaped(src, end):
        end = src.find(markup, end + 1, min(limit, pos + LONGEST))
    if end < 0:
        return None
    content, close = src[start:end], end + len(markup)
    following = src[close : close + 1] if close < limit else ""
    good = (
        bool(content.strip()) and following != "$" if markup == "$$" else _single_dollars(content, following)
    )
    return (markup, end, close) if good and not _prose(content) else None


def _single_dollars(content: str, following: str) -> bool:
    if not content or content[0].isspace() or content[-1].isspace() or "`" in content:
        return False
    if following.isdigit() or following in ("{", "$"):
        return False
    if following.isascii() and following.isalpha():
        # "$n$th" is math, "$HOME/$USER" is not.
        return len(content) == 1 or any(sign in content for sign in "\\^_")
    return True


def _prose(content: str, amounts: bool = True) -> bool:
    """Whether words stand where a formula would: after an amount, or with nothing of TeX around them."""
    if not any(map(str.isspace, content)):
        return False
    if _TEX.search(content) and not (amounts and content[0].isdigit()):
        return False
    return _WORD.search(_COMMAND.sub("", content)) is not None


def _escaped(src: str, pos: int) -> bool:
    """Whether an odd number of backslashes stands before *pos*."""
    start = pos
    while start > 0 and src[start - 1] == "\\":
        start -= 1
    return (pos - start) % 2 == 1


def _block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    if state.is_code_block(start_line):
        return False
    pos = state.bMarks[start_line] + state.tShift[start_line]
    opener = _BLOCK.match(state.src, pos, state.eMarks[start_line])
    if opener is None:
        return False
    markup, environment = opener.group(), opener.group(1)
    closer = f"\\end{{{environment}}}" if environment else _CLOSERS[markup]
    found = _closing_line(state, opener.end(), start_line, end_line, closer)
    if found is None:
        return False
    last, is_open = found
    if silent:
        return True
    text = state.getLines(start_line, last + 1, state.sCount[start_line], False).strip()
    token = state.push("math_block", "math", 0)
    token.map = [start_line, last + 1]
    token.meta = {"open": is_open}
    token.markup = "" if environment else markup
    if environment or is_open:
        token.content = text
    else:
        body, _, after = text[len(markup) :].rpartition(closer)
        token.content = body.strip() + after.strip()
    state.line = last + 1
    return True


def _closing_line(
    state: StateBlock, first: int, start_line: int, end_line: int, closer: str
) -> tuple[int, bool] | None:
    """The line that ends a formula whose opener ends at *first*, and whether that end is still to come.

    A blank line, a line that leaves the list or quotation, and text after the closer say that it is no
    formula: then it is none either from any line in between, which is remembered, so that no line is read
    twice for nothing.
    """
    limit = min(first + LONGEST, state.eMarks[end_line - 1])
    at = _find(state, closer, first, limit)
    growing = end_line == state.env.get("growing_at")
    if at < 0 and not (growing and limit == state.eMarks[end_line - 1]):
        return None
    if state.src.count("\n", first, at if at >= 0 else limit) > MOST_LINES:
        return None
    failed: dict[tuple[str, int], int] = state.env.setdefault("no_math_before", {})
    if failed.get((closer, state.blkIndent), 0) > start_line:
        return None
    line, pos = start_line, first
    while line < end_line:
        text = state.src[pos : state.eMarks[line]]
        at = text.find(closer)
        inside = line > start_line
        if at >= 0 and not _escaped(text, at):
            alone = _AFTER.match(text, at + len(closer)) is not None
            if alone and (inside or text[:at].strip() or closer.startswith("\\end")):
                return line, False
            break
        if inside and (not text.strip() or state.sCount[line] < state.blkIndent):
            break
        line += 1
        pos = state.bMarks[line] + state.tShift[line]
    else:
        return (end_line - 1, True) if growing else None
    failed[closer, state.blkIndent] = line
    return None


def _find(state: StateBlock, closer: str, start: int, end: int) -> int:
    """``state.src.find(closer, start, end)``, without searching again where nothing was found before."""
    searched: dict[str, tuple[int, int]] = state.env.setdefault("searched", {})
    first, last = searched.get(closer, (0, 0))
    if not first <= start <= last:
        first, last = start, start
    at = state.src.find(closer, max(start, last - len(closer) + 1), end)
    if at < 0:
        searched[closer] = (first, max(last, end))
    return at
