"""What the HTML of an answer may consist of, spelled out a second time, and checked with a browser's parser.

Nothing here comes from the package: a hole in its own lists would otherwise be a hole in the tests too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib

_HTML = "{http://www.w3.org/1999/xhtml}"
_MATHML = "{http://www.w3.org/1998/Math/MathML}"

_LENGTH = r"\+?\d(\.\d+)?(em|ex|px|pt)?|[+-]?0?\.\d+(em|ex|px|pt)"
_BOOLEAN = r"true|false"
_CODE = r"[snfbmad]"
_DIRECTION = {"dir": "auto"}

HTML: dict[str, dict[str, str]] = {
    "p": {"class": "nc-display|nc-info|nc-definition", **_DIRECTION},
    **{f"h{level}": _DIRECTION for level in range(1, 7)},
    **dict.fromkeys(("ul", "blockquote", "table"), _DIRECTION),
    "ol": {"start": r"\d{1,9}", **_DIRECTION},
    "li": {"class": "nc-task"},
    "pre": {"class": "nc-plain"},
    "div": {"class": "nc-note", **_DIRECTION},
    **{key: {} for key in ("hr", "thead", "tbody", "tr", "br", "code", "b", "em", "i", "strong", "s", "sup")},
    **{key: {} for key in ("abbr", "del", "ins", "kbd", "mark", "samp", "small", "sub", "u", "var")},
    **{key: {"align": "left|center|right"} for key in ("th", "td")},
    "a": {
        "href": r"(?i:https?://[^\s/?#\\]|mailto:[^\s/?#\\])[^\s<>\"]*",
        "title": r"[\s\S]*",
        "target": "_blank",
        "rel": "noopener noreferrer",
    },
    "span": {"class": _CODE},
    "input": {"type": "checkbox", "disabled": "", "checked": "", "aria-label": "done|to do"},
}

MATHML: dict[str, dict[str, str]] = {
    "math": {"display": "block", "data-tex": r"[\s\S]*"},
    **{key: {} for key in ("semantics", "annotation", "mrow", "msqrt", "mroot", "msub", "msup", "msubsup")},
    **{key: {} for key in ("munder", "munderover", "mtr", "mphantom")},
    "mover": {"accent": _BOOLEAN},
    "mi": {"mathvariant": "[a-z-]+"},
    "mn": {"mathvariant": "[a-z-]+"},
    "mtext": {"mathvariant": "[a-z-]+"},
    "mo": {
        **dict.fromkeys(("stretchy", "fence", "movablelimits", "largeop", "accent"), _BOOLEAN),
        "form": "prefix|infix|postfix",
        "minsize": _LENGTH,
        "maxsize": _LENGTH,
    },
    "mspace": {"width": _LENGTH},
    "mpadded": dict.fromkeys(("width", "height", "depth", "lspace", "voffset"), _LENGTH),
    "mstyle": {"displaystyle": _BOOLEAN, "scriptlevel": r"\d"},
    "mfrac": {"linethickness": _LENGTH},
    "mtable": {"displaystyle": _BOOLEAN},
    "mtd": {"columnalign": "left|center|right"},
    "menclose": {"notation": "box|(updiagonal|downdiagonal|horizontal)strike"},
}


def parsed(html: str) -> Element:
    """The tree a browser makes of the HTML of a body."""
    return html5lib.parseFragment(html, container="div", treebuilder="etree", namespaceHTMLElements=True)


def faults(html: str) -> list[str]:
    """Everything in the HTML that is not of the vocabulary, as one line for each."""
    return list(_faults(parsed(html)))


def _faults(root: Element) -> Iterator[str]:
    for element in root.iter():
        if element is root:
            continue
        if not isinstance(element.tag, str):
            yield f"a comment: {element.text!r}"
            continue
        known = MATHML if element.tag.startswith(_MATHML) else HTML
        name = element.tag.removeprefix(_MATHML).removeprefix(_HTML)
        if name not in known or "}" in name:
            yield f"an element: {element.tag}"
            continue
        for attribute, value in element.attrib.items():
            pattern = known[name].get(attribute)
            if pattern is None or re.fullmatch(pattern, value) is None:
                yield f"an attribute: {name} {attribute}={value!r}"
        if name == "a" and not {"target", "rel"} <= set(element.attrib):
            yield f"a link that stays in the page: {element.attrib}"
        if name == "input" and not {"type", "disabled"} <= set(element.attrib):
            yield f"a field to write in: {element.attrib}"


def select(html: str, name: str) -> list[Element]:
    """The elements of a name, HTML's or MathML's."""
    return [element for element in parsed(html).iter() if _named(element) == name]


def visible_text(html: str) -> str:
    """The text a reader sees: without what is read between the parts of a formula where there is no MathML."""
    return "".join(_seen(parsed(html)))


def inner_text(element: Element) -> str:
    """The text in one element, as ``visible_text`` gives it."""
    return "".join(_seen(element))


def whole_text(html: str) -> str:
    """All text, also what is hidden, and the values of attributes: nothing a model wrote may be in neither."""
    pieces: list[str] = []
    for element in parsed(html).iter():
        pieces += [element.text or "", *element.attrib.values(), element.tail or ""]
    return "".join(pieces)


def nesting(html: str) -> int:
    """How deep the elements nest."""

    def depth(element: Element) -> int:
        return 1 + max(map(depth, element), default=0)

    return depth(parsed(html)) - 1


def _seen(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if _named(child) == "br":
            yield "\n"
        elif _named(child) != "annotation":
            yield from _seen(child)
        yield child.tail or ""


def _named(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
