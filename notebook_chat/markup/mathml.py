"""TeX to MathML.

latex2mathml knows the TeX. Its result is taken as a tree and written out here, not with its own writer: that
one puts what stands in ``\\text{…}`` into the page as it is, and places no bound on what it was asked to
build.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import Final
from xml.etree.ElementTree import Element

from .linear_math import make_linear
from .math_rules import LONGEST
from .tex_text import closing_brace, plain_text

TOKENS: Final = frozenset({"mi", "mn", "mo", "mtext", "mspace"})
_LAYOUT: Final = """
    mrow mfrac msqrt mroot mstyle msub msup msubsup munder mover munderover mtable mtr mtd mpadded mphantom
    menclose
"""
LAYOUT: Final = frozenset(_LAYOUT.split())
ATTRIBUTES: Final[dict[str, frozenset[str]]] = {
    "math": frozenset({"data-tex"}),
    "mo": frozenset(
        {"stretchy", "fence", "form", "movablelimits", "largeop", "accent", "minsize", "maxsize"}
    ),
    "mi": frozenset({"mathvariant"}),
    "mn": frozenset({"mathvariant"}),
    "mtext": frozenset({"mathvariant"}),
    "mspace": frozenset({"width"}),
    "mpadded": frozenset({"width", "height", "depth", "lspace", "voffset"}),
    "mstyle": frozenset({"displaystyle", "scriptlevel"}),
    "mfrac": frozenset({"linethickness"}),
    "mover": frozenset({"accent"}),
    "mtable": frozenset({"displaystyle"}),
    "mtd": frozenset({"columnalign"}),
}
"""The attributes that are kept, by element. Colors, classes, styles and links are not among them."""

NOTATIONS: Final = frozenset({"box", "updiagonalstrike", "downdiagonalstrike", "horizontalstrike"})
"""What ``menclose`` may draw. Browsers that have no such element get it from the style, which knows one at a time."""

_DEEPEST: Final = 24
"""How deep elements may nest: browsers lay out deep MathML in more than linear time."""

# Lengths stay small, those that move or overlap things below one em: nothing is drawn over something else.
_SMALL: Final = re.compile(r"[+-]?0?\.\d{1,4}(?:em|ex)|0(?:px)?")
_VALUE: Final = re.compile(
    r"\+?\d(?:\.\d{1,4})?(?:em|ex|px|pt)?|-0?\.\d{1,4}(?:em|ex)|[a-z]{1,16}(?:-[a-z]{1,16})?"
)
_REFERENCE: Final = re.compile(r"&#x([0-9A-Fa-f]{1,6});")

_REFUSED: Final = re.compile(
    r"\\(?:(?:re|provide)?newcommand|newenvironment|def|[egx]def|let|DeclareMathOperator|require"
    r"|href|url|includegraphics|class|cssId|style|unicode|verb)(?![A-Za-z])"
)
_BARS: Final = frozenset("|‖")
_BRACE: Final = re.compile(r"(?<!\\)[{}]")
_UNSEEN: Final = re.compile(r"\\(?:label\{[^{}]*\}|nonumber|notag)(?![A-Za-z])")
_TAG: Final = re.compile(r"\\tag\*?\{")
_ALIGNED: Final = re.compile(
    r"\\(begin|end)\{(?:align|aligned|eqnarray|flalign|alignat|alignedat)\*?\}(?:\{\d\})?"
)
_GATHERED: Final = re.compile(r"\\(begin|end)\{(?:gather|gathered|multline)\*?\}")
_PLAIN: Final = re.compile(r"\\(begin|end)\{(dcases|equation)\*?\}")
_NAMED: Final = re.compile(r"\\operatorname\*?\s*\{(?![A-Za-z\s*]+\})")
_CANCELED: Final = re.compile(r"\\cancelto\s*\{")


class UnsupportedTeXError(ValueError):
    """The formula is not TeX that can be shown as MathML."""


@lru_cache(maxsize=512)
def mathml(tex: str, display: bool) -> str:
    """Renders a formula.

    Args:
        tex: The TeX between the delimiters.
        display: Whether it stands on a line of its own, in display style.

    Returns:
        A ``math`` element, with the TeX as an attribute.

    Raises:
        UnsupportedTeXError: It cannot be rendered; the caller then shows the TeX itself.
    """
    # Here, not at the top: it reads a table of 2,500 symbols, and most answers have no formula.
    from latex2mathml.converter import convert_to_element

    if len(tex) > LONGEST or _REFUSED.search(tex) or not 0 <= brace_depth(tex) <= _DEEPEST:
        raise UnsupportedTeXError(tex)
    try:
        root = convert_to_element(_prepared(tex), display="block" if display else "inline")
        rows = [_cleaned(child, 1) for child in root]
        for row in rows:
            make_linear(row)
        html = "".join(_written(row, 1) for row in rows)
    except UnsupportedTeXError:
        raise
    except Exception as error:  # for TeX it does not know: KeyError, StopIteration, its own and others
        raise UnsupportedTeXError(tex) from error
    block = ' display="block"' if display else ""
    return f'<math data-tex="{escape(tex)}"{block}>{html}</math>'


def _prepared(tex: str) -> str:
    """The TeX in terms of what latex2mathml knows."""
    tex = plain_text(_UNSEEN.sub("", tex.strip()))
    tex = _NAMED.sub(r"\\mathrm{", _canceled(tex))
    tex = _TAG.sub(r"\\qquad\g<0>", tex)
    tex = _ALIGNED.sub(r"\\\1{align*}", tex)
    tex = _GATHERED.sub(r"\\\1{matrix}", tex)
    tex = _PLAIN.sub(lambda m: f"\\{m[1]}{{cases}}" if m[2] == "dcases" else "", tex)
    if "\\\\" in tex and "\\begin" not in tex and "\\substack" not in tex:
        lines = "align*" if "&" in tex else "matrix"
        tex = f"\\begin{{{lines}}}{tex}\\end{{{lines}}}"
    return tex


def brace_depth(tex: str) -> int:
    """How deep the braces nest, escaped ones aside; -1 when they do not match."""
    deepest = depth = 0
    for brace in _BRACE.findall(tex):
        depth += 1 if brace == "{" else -1
        deepest = max(deepest, depth)
        if depth < 0:
            return -1
    return -1 if depth else deepest


def _canceled(tex: str) -> str:
    r"""``\cancelto{0}{x}`` in terms of ``\cancel``."""
    while (match := _CANCELED.search(tex)) is not None:
        end = closing_brace(tex, match.end())
        start = tex.find("{", end + 1)
        after = closing_brace(tex, start + 1)
        if min(end, start, after) < 0 or tex[end + 1 : start].strip():
            raise UnsupportedTeXError(tex)
        what, value = tex[start + 1 : after], tex[match.end() : end]
        tex = f"{tex[: match.start()]}{{\\cancel{{{what}}}}}^{{{value}}}{tex[after + 1 :]}"
    return tex


def _cleaned(element: Element, depth: int) -> Element:
    """The same element as it may be shown, with all that is in it."""
    tag = element.tag
    if depth > _DEEPEST:
        raise UnsupportedTeXError("too deep")
    if tag in TOKENS and not len(element):
        text = element.text or ""
        if text.startswith("\\") and len(text) > 1:
            raise UnsupportedTeXError(f"unknown command {text}")
        token = Element(tag, _attributes(element))
        token.text = _REFERENCE.sub(lambda match: chr(int(match[1], 16)), text)
        return token
    if tag in TOKENS:  # an operator made of several: HTML has no elements inside of tokens
        tag = "mrow"
    if tag not in LAYOUT:
        raise UnsupportedTeXError(f"element {tag}")
    children = [_cleaned(child, depth + 1) for child in element]
    if tag == "mrow" and len(children) == 1:
        return children[0]
    if tag == "menclose":
        return _enclosed(element, children)
    clean = Element(tag, _attributes(element) if tag == element.tag else {})
    clean.extend(children)
    _pair_bars(clean)
    return clean


def _enclosed(element: Element, children: list[Element]) -> Element:
    """Elements of one notation each, around the children: two strokes are two elements."""
    for notation in element.get("notation", "").split():
        if notation in NOTATIONS:
            enclosed = Element("menclose", {"notation": notation})
            enclosed.extend(children)
            children = [enclosed]
    if len(children) == 1:
        return children[0]
    row = Element("mrow")
    row.extend(children)
    return row


def _written(element: Element, depth: int) -> str:
    if depth > _DEEPEST:
        raise UnsupportedTeXError("too deep")
    attributes = "".join(f' {name}="{value}"' for name, value in element.attrib.items())
    inside = escape(element.text or "", quote=False) + "".join(
        _written(child, depth + 1) for child in element
    )
    return f"<{element.tag}{attributes}>{inside}</{element.tag}>"


def _pair_bars(row: Element) -> None:
    """Say which bars open and which close, when they come in pairs; else each is spaced like a sign between two."""
    bars = [
        child for child in row if child.tag == "mo" and child.text in _BARS and "form" not in child.attrib
    ]
    if len(bars) % 2 == 0:
        for index, bar in enumerate(bars):
            bar.set("form", "postfix" if index % 2 else "prefix")


def _attributes(element: Element) -> dict[str, str]:
    kept = ATTRIBUTES.get(element.tag, frozenset())
    pattern = _SMALL if element.tag == "mpadded" else _VALUE
    return {
        name: value for name, value in element.attrib.items() if name in kept and pattern.fullmatch(value)
    }
