"""The text inside of blocks of safe Markdown; ``markdown_output`` says what it must withstand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from markdown_it.token import Token

from .math_rules import delimited
from .mathml import UnsupportedTeXError, brace_depth, mathml

_ELEMENT: Final = {"$": "<span>&#36;</span>", "\\": "<span>&#92;</span>"}
_SIGN: Final = re.compile(r"[$\\&<>`*_\[\]{}~|^@!#]|:(?=//)")
_LINE_START: Final = re.compile(r"^(\d{0,9})([-+=:%.)])", re.MULTILINE)
_PLAIN_CODE: Final = re.compile(r"[\w .,;:()/'\"+*=#%?-]*")
_URL_SIGN: Final = re.compile(r"[^A-Za-z0-9._~:/?#@!*+,;=%&'-]")

_MARKS: Final = {"em": ("*", "em"), "strong": ("**", "strong"), "s": ("~~", "s")}

_COMMANDS: Final = re.compile(r"\\(?:([A-Za-z]+)|(.))", re.DOTALL)
_NAMES: Final = """
    frac dfrac tfrac cfrac binom dbinom tbinom choose over atop sqrt root of left right middle
    big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm
    text textbf textit textrm textsf texttt textnormal mbox hbox operatorname mathop
    mathrm mathbf mathit mathsf mathtt mathbb mathcal mathscr mathfrak mathnormal boldsymbol bm bold pmb
    overline underline overbrace underbrace overset underset stackrel substack overrightarrow overleftarrow
    hat widehat tilde widetilde bar vec dot ddot dddot acute grave breve check mathring
    limits nolimits displaystyle textstyle scriptstyle scriptscriptstyle
    boxed cancel bcancel xcancel phantom hphantom vphantom not prime
    quad qquad enspace thinspace medspace thickspace negthinspace hline mod bmod pmod pod tag bra ket braket
    sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan log ln lg exp
    lim liminf limsup max min sup inf arg argmax argmin det dim ker gcd deg hom Pr
    xrightarrow xleftarrow xRightarrow xLeftarrow xmapsto
"""
_STRUCTURE: Final = frozenset(_NAMES.split())
"""The commands, beside those for symbols, that do no more than set math."""

# What would be markup or an address to a reader that knows no math, or end the formula for one that does.
_FOREIGN: Final = re.compile(r"[$`#]|@@|~~|(?<!\\)%|\]\s*[(\[:]|!\[|://|&#?\w+;")
# Each run of blanks is looked at once, from its beginning.
_BLANKS_BEFORE: Final = re.compile(r"(?<![ \t\n])[ \t\n]+(?=[A-Za-z\\&(])")
_BLANKS: Final = re.compile(r"\s+(?=([A-Za-z\\&(])?)")
_ENVIRONMENTS: Final = re.compile(
    r"\\(?:begin|end)\{(?:(?:aligned|alignedat|gathered|split|cases|array|[pbvBV]?matrix|smallmatrix))\}"
)


def text(content: str) -> str:
    """Text of its own in which nothing is markup, to any reader."""
    return _line_starts(_SIGN.sub(_escaped, content))


def _line_starts(escaped: str) -> str:
    """Where a line starts: no sign of a list, a heading or a rule, and no spaces, which would make code."""
    escaped = re.sub(r"^[ \t]+", "", escaped, flags=re.MULTILINE)
    return _LINE_START.sub(lambda match: f"{match[1]}&#{ord(match[2])};", escaped)


def _escaped(match: re.Match[str]) -> str:
    sign = match.group()
    if sign in _ELEMENT:
        return _ELEMENT[sign]
    if sign == "_":
        before, after = (
            match.string[match.start() - 1 : match.start()],
            match.string[match.end() : match.end() + 1],
        )
        return "_" if before.isalnum() and after.isalnum() else "\\_"
    if sign in "*|#":
        return "\\" + sign
    if sign == "@" and not match.string.startswith("@", match.end()):
        return "@"
    return f"&#{ord(sign)};"


def inline(tokens: Sequence[Token], in_cell: bool = False) -> str:
    """A block's inline tokens."""
    written, _ = _inline(tokens, 0, in_cell)
    return written.strip(" ")


def _inline(tokens: Sequence[Token], pos: int, in_cell: bool) -> tuple[str, int]:
    """The tokens from *pos* to the end of the element they are in, and where that is."""
    out: list[str] = []
    run = ""  # text tokens side by side are one text: signs in it may be escaped by what comes after them
    while pos < len(tokens) and tokens[pos].nesting != -1:
        token = tokens[pos]
        if token.type == "text":
            run += token.content
            pos += 1
            continue
        if run:
            out.append(_text(run, out))
            run = ""
        if token.nesting == 1:
            inside, pos = _inline(tokens, pos + 1, in_cell)
            out.append(_element(token, inside, out))
        else:
            out.append(_leaf(token, in_cell))
        pos += 1
    if run:
        out.append(_text(run, out))
    return "".join(out), pos


def _text(content: str, out: list[str]) -> str:
    escaped = _SIGN.sub(_escaped, content)
    return _line_starts(escaped) if not out or out[-1].endswith("\n") else escaped


def _element(token: Token, inside: str, out: list[str]) -> str:
    if token.type == "link_open":
        url = _URL_SIGN.sub(lambda match: _percent(match.group()), str(token.attrGet("href")))
        # Some readers decode twice, so what looks like a character reference must not be there at all.
        url = re.sub(r"&(?=#?\w+;)", "%26", url).replace("&", "&amp;")
        return f"[{inside}]({url})"
    if token.type == "tag_open":
        return f"<{token.tag}>{inside}</{token.tag}>"
    mark, tag = _MARKS[token.tag]
    clean = inside[:1].isalnum() and inside[-1:].isalnum() and not (out and out[-1].endswith(("*", "~", "_")))
    return f"{mark}{inside}{mark}" if clean else f"<{tag}>{inside}</{tag}>"


def _percent(sign: str) -> str:
    return "".join(f"%{byte:02X}" for byte in sign.encode("utf-8", "replace"))


def _leaf(token: Token, in_cell: bool) -> str:
    match token.type:
        case "code_inline":
            return code_span(token.content)
        case "math":
            tex = formula(token.content, display=token.info == "display", in_cell=in_cell)
            if tex is None or token.meta["open"]:
                return code_span(delimited(token))
            mark = "$$" if token.info == "display" and not in_cell else "$"
            return f"{mark}{tex}{mark}"
        case "citation":
            return raised(token)
        case "note_reference":
            return text(f"[{token.content}]")
        case "hardbreak":
            return "<br>" if in_cell else "\\\n"
        case "softbreak":
            return " " if in_cell else "\n"
        case _:
            return text(token.content)


def raised(token: Token) -> str:
    """The numbers of the sources that a mark refers to."""
    return f"<sup>{''.join(f'&#91;{one.number}&#93;' for one in token.meta['cited'])}</sup>"


def code_span(content: str) -> str:
    """Code within a line: with backticks when they are sure to be understood, else as references."""
    content = content.replace("\n", " ")
    if content.strip() and content == content.strip() and _PLAIN_CODE.fullmatch(content):
        return f"`{content}`"
    return (
        f"<code>{re.sub(r'[^A-Za-z0-9 .,;()/-]', lambda match: f'&#{ord(match.group())};', content)}</code>"
    )


def formula(tex: str, display: bool, in_cell: bool = False) -> str | None:
    """TeX that MathJax, KaTeX and LaTeX may have, in one paragraph; ``None`` when it may not be passed on."""
    # One line, but where a new one cannot be taken for the start of a list or a heading by those who know no math.
    line_end = "\n" if display and not in_cell else " "
    tex = _BLANKS_BEFORE.sub(lambda match: line_end if "\n" in match[0] else match[0], tex.strip())
    tex = _BLANKS.sub(_one_blank, tex)
    if not tex or _FOREIGN.search(tex) or brace_depth(tex) < 0 or tex.endswith("\\"):
        return None
    try:
        mathml(tex, display)
    except UnsupportedTeXError:
        return None
    if not all(_harmless(match) for match in _COMMANDS.finditer(_ENVIRONMENTS.sub("", tex))):
        return None
    tex = re.sub(r"<\s*", "< ", tex)  # before a space it opens no element
    if in_cell:
        tex = re.sub(r"\\?\|", lambda match: "\\Vert " if len(match.group()) == 2 else "\\vert ", tex)
    return tex


def _one_blank(match: re.Match[str]) -> str:
    """Blanks with the end of a line among them as one, unless they stand before what a new line may begin with."""
    blanks = match[0]
    kept = blanks[-1] if match[1] else ""
    return f" {kept}" if "\n" in blanks[: len(blanks) - len(kept)] else blanks


def _harmless(match: re.Match[str]) -> bool:
    from latex2mathml.symbols_parser import convert_symbol

    name, sign = match.groups()
    if name is None:
        return sign in "\\,;:! {}|&%_-"
    if name in ("begin", "end"):  # of an environment that is not known
        return False
    return name in _STRUCTURE or convert_symbol(f"\\{name}") is not None
