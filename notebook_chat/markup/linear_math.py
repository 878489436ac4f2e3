"""Formulas that can be read where their MathML is taken away and its text left.

A viewer that does not trust a notebook keeps the text of elements it does not know: GitHub's, or JupyterLab before the
reader has said "Trust". Of ``a/b`` that leaves "ab", and a second form of the formula beside it, whatever hides it
elsewhere, would be shown as well. So a formula has one form only, and what says in a line how it is built stands
between its parts: ``(a+b)/(2c)``, ``x_(i+1)^2``, ``√(1-x)``. Where MathML is shown, none of that is: each sign is the
``annotation`` of an element, which browsers hide and screen readers leave out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from xml.etree.ElementTree import Element

_ROWS: Final = frozenset({"mrow", "mtd", "mstyle", "mpadded", "mphantom", "menclose", "msqrt"})
"""What sets any number of elements in a row."""

_SCRIPTS: Final = {
    "msub": ("_",),
    "msup": ("^",),
    "msubsup": ("_", "^"),
    "munder": ("_",),
    "mover": ("^",),
    "munderover": ("_", "^"),
}
_TOKENS: Final = frozenset({"mi", "mn", "mo", "mtext"})
_SIDE_SCRIPTS: Final = ("msub", "msup", "msubsup")
_PRIMES: Final = frozenset("′″‴⁗")
_FENCES: Final = {"(": ")", "[": "]", "{": "}", "|": "|", "‖": "‖", "⟨": "⟩", "⌊": "⌋", "⌈": "⌉"}
_WIDE: Final = re.compile(r"\+?(?:[1-9][\d.]*|0?\.[2-9]\d*)em")


def make_linear(element: Element) -> None:
    """Puts between the parts of MathML what a reader of its text alone needs, in place."""
    for child in element:
        make_linear(child)
    if element.tag in _ROWS:
        _space_out(element)
    rule = _RULES.get(element.tag)
    if rule is not None:
        rule(element)


def _fraction(fraction: Element) -> None:
    sign = " choose " if fraction.get("linethickness") == "0" else "/"
    opening, closing = _brackets(fraction[0], tight=_SIDE_SCRIPTS)
    next_opening, last = _brackets(fraction[1], tight=_SIDE_SCRIPTS)
    _say(fraction, 0, opening, f"{closing}{sign}{next_opening}")
    _say(fraction, 1, "", last)


def _root(root: Element) -> None:
    _bundle(root)
    opening, closing = _brackets(root[0])
    _say(root, 0, f"√{opening}", closing)


def _nth_root(root: Element) -> None:
    opening, closing = _brackets(root[0])
    _say(root, 0, opening, f"{closing}^(1/")
    _say(root, 1, "", ")")


def _scripts(element: Element) -> None:
    spoken = [
        (index, sign)
        for index, sign in enumerate(_SCRIPTS[element.tag], 1)
        if not _speaks_for_itself(element[index], element.tag)
    ]
    if not spoken:
        return
    opening, closing = _brackets(element[0], tight=_SIDE_SCRIPTS)
    _say(element, 0, opening)
    for index, sign in spoken:
        next_opening, next_closing = _brackets(element[index])
        _say(element, index - 1, "", f"{closing}{sign}{next_opening}")
        closing = next_closing
    _say(element, spoken[-1][0], "", closing)


def _speaks_for_itself(script: Element, kind: str) -> bool:
    """Whether it is a prime, or an accent, an arrow or a brace over or under something; or nothing."""
    return set(_text(script)) <= _PRIMES or (kind not in _SIDE_SCRIPTS and script.tag == "mo")


def _table(table: Element) -> None:
    aligned = table.get("displaystyle") == "true"
    for number, row in enumerate(table, 1):
        for cell in row:
            if cell is not row[-1]:
                # Left of a sign of relation, at which equations are aligned, nothing is missing.
                sign = "" if aligned and cell.get("columnalign") == "right" else ", "
            else:
                sign = "; " if number < len(table) else ""
            if sign:
                cell.append(_unseen(sign))


_RULES: Final[dict[str, Callable[[Element], None]]] = {
    "mfrac": _fraction,
    "msqrt": _root,
    "mroot": _nth_root,
    "mtable": _table,
    **dict.fromkeys(_SCRIPTS, _scripts),
}


def _space_out(row: Element) -> None:
    """Put spaces between what would read as one word or number, and where there is room in the formula."""
    spaced: list[Element] = []
    left: Element | None = None
    wide = False
    for right in row:
        if right.tag == "mspace":
            wide = wide or _WIDE.fullmatch(right.get("width", "")) is not None
        else:
            if left is not None and (wide or _run_together(left, right)):
                spaced.append(_unseen(" "))
            left, wide = right, False
        spaced.append(right)
    row[:] = spaced


def _run_together(left: Element, right: Element) -> bool:
    before, after = _text(left), _text(right)
    if not (before[-1:].isalnum() and after[:1].isalnum()):
        return left.tag == "mfrac" and after[:1] == "("
    if left.tag in _TOKENS:
        return _word(before) or (_word(after) and right.tag in ("mi", "mo"))
    return left.tag not in _ROWS


def _word(text: str) -> bool:
    return len(text) > 1 and text.isalpha()


def _brackets(part: Element, tight: tuple[str, ...] = ()) -> tuple[str, str]:
    """The brackets that a part of a formula needs to hold together, or none."""
    return ("", "") if part.tag in tight or _holds_together(part) else ("(", ")")


def _holds_together(element: Element) -> bool:
    if element.tag in _TOKENS or not len(element):
        return True
    if element.tag in ("munder", "mover"):  # with an accent, an arrow or a brace
        return element[-1].tag == "mo" and _holds_together(element[0])
    if element.tag not in _ROWS or element.tag == "msqrt":
        return False
    parts = [child for child in element if child.tag != "mspace"]
    if len(parts) < 2:
        return all(map(_holds_together, parts))
    first, *inside, last = map(_text, parts)
    return _FENCES.get(first) == last and first not in inside and last not in inside


def _say(parent: Element, index: int, before: str = "", after: str = "") -> None:
    """Have something read before and after a part of a formula."""
    part = parent[index]
    if not before and after and part.tag != "mrow":
        parent[index] = _annotated(part, after)
    elif before or after:
        if part.tag != "mrow":
            parent[index] = row = Element("mrow")
            row.append(part)
            part = row
        _keep_forms(part)
        if before:
            part.insert(0, _unseen(before))
        if after:
            part.append(_unseen(after))


def _keep_forms(row: Element) -> None:
    """Give the operators at the ends of a row the form they have there, which is seen by the space around them."""
    ends = {0: "prefix", len(row) - 1: "postfix"} if len(row) > 1 else dict.fromkeys(range(len(row)), "infix")
    for index, form in ends.items():
        if row[index].tag == "mo":
            row[index].attrib.setdefault("form", form)


def _bundle(element: Element) -> None:
    """Make one part of all that is under a root."""
    if len(element) != 1:
        row = Element("mrow")
        row.extend(element)
        element[:] = [row]


def _unseen(text: str) -> Element:
    return _annotated(Element("mrow"), text)


def _annotated(part: Element, text: str) -> Element:
    """An element that looks like the part, and has a text beside it that is not shown."""
    annotated = Element("semantics")
    annotation = Element("annotation")
    annotation.text = text
    annotated.extend((part, annotation))
    return annotated


def _text(element: Element) -> str:
    return "".join(element.itertext())
