"""The second wall: whatever the renderer made, only this vocabulary leaves the package.

The renderer writes nothing else, so the sanitizer should find nothing to do. It is there for the day when the
renderer, or a library under it, is wrong.
"""

from __future__ import annotations

from typing import Final

import nh3

from .characters import visible
from .inline_tags import TAGS as INLINE_TAGS
from .mathml import ATTRIBUTES as MATHML_ATTRIBUTES
from .mathml import LAYOUT, NOTATIONS, TOKENS

CODE_CLASSES: Final = frozenset("snfbmad")
"""What code is made of, besides keywords and comments: string, number, function or class, builtin, meta, added,
deleted."""

CLASSES: Final[dict[str, frozenset[str]]] = {
    "span": CODE_CLASSES,
    "p": frozenset({"nc-display", "nc-info", "nc-definition"}),
    "div": frozenset({"nc-note"}),
    "pre": frozenset({"nc-plain"}),
    "li": frozenset({"nc-task"}),
}
"""The classes an element may have. None of them is the container's, so nothing inside can pretend to be one.
"""

SCHEMES: Final = frozenset({"http", "https", "mailto"})

_ELEMENTS: Final = """
    p h1 h2 h3 h4 h5 h6 ul ol li blockquote pre hr div table thead tbody tr th td
    a br code input span
"""
_MATH: Final = ["math", "semantics", "annotation", *LAYOUT, *TOKENS]
TAGS: Final = frozenset([*_ELEMENTS.split(), *INLINE_TAGS, *_MATH])

_DIRECTED: Final = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table", "div")

VALUES: Final[dict[str, dict[str, frozenset[str]]]] = {
    **{tag: {"dir": frozenset({"auto"})} for tag in _DIRECTED},
    "a": {"target": frozenset({"_blank"})},
    "input": {
        "type": frozenset({"checkbox"}),
        "disabled": frozenset({""}),
        "checked": frozenset({""}),
        "aria-label": frozenset({"done", "to do"}),
    },
    "th": {"align": frozenset({"left", "center", "right"})},
    "td": {"align": frozenset({"left", "center", "right"})},
    "math": {"display": frozenset({"block"})},
    "menclose": {"notation": NOTATIONS},
}
"""Attributes that may have these values only."""

ATTRIBUTES: Final[dict[str, frozenset[str]]] = {
    "a": frozenset({"href", "title"}),
    "ol": frozenset({"start"}),
    **MATHML_ATTRIBUTES,
}
"""Attributes that may have any value; ``rel`` is put on every link besides."""

_CLEANER: Final = nh3.Cleaner(
    tags=set(TAGS),
    attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
    tag_attribute_values={
        tag: {name: set(values) for name, values in rules.items()} for tag, rules in VALUES.items()
    },
    set_tag_attribute_values={"a": {"target": "_blank"}, "input": {"type": "checkbox", "disabled": ""}},
    allowed_classes={tag: set(names) for tag, names in CLASSES.items()},
    url_schemes=set(SCHEMES),
    url_relative="deny",
    link_rel="noopener noreferrer",
)


def sanitized(html: str) -> str:
    """HTML of the vocabulary above and nothing else; giving the result again changes nothing.

    Characters that could not be seen for what they are have become visible, also those that came in as
    character references.
    """
    # Before, since half of a surrogate pair has no UTF-8; and after, since it is decoded references that come out.
    return visible(_CLEANER.clean(html if html.isascii() else visible(html)))
