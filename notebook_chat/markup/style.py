"""The style of an answer, and the container it applies to.

An output that stands alone brings its style along, in every cell of a notebook file. So it brings only the rules
that its own HTML needs: an answer of a few words a tenth of the whole.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple


def _minified(css: str) -> str:
    css = re.sub(r"/\*.*?\*/|\n\s*", "", css, flags=re.DOTALL)
    return re.sub(r"\s*([{};,>+])\s*|(?<=:) ", lambda match: match[1] or "", css).replace(";}", "}")


STYLE: Final = _minified(files(__package__).joinpath("style.css").read_text("utf-8"))
"""The whole style as CSS. Every rule is nested in the container's, and nothing in it refers to anything outside."""

CONTAINER: Final = "notebook-chat mathjax_ignore tex2jax_ignore"
"""The container's classes: ours, and those that tell MathJax 3 and MathJax 2 to leave its text alone."""


def container(body: str, *, style: bool = False) -> str:
    """Puts the HTML of an answer into its container.

    Args:
        body: Safe HTML, as a ``Document`` or ``render_body`` gives it.
        style: Whether to put the style that ``body`` needs in front, as an output needs that stands alone. A page
            with many answers, such as the panel, has all of ``STYLE`` once.

    Returns:
        HTML with one root element, after a ``style`` element where there is one.
    """
    css = f"<style>{style_for(body)}</style>" if style else ""
    return f'{css}<div class="{CONTAINER}">{body}</div>'


def style_for(body: str) -> str:
    """The part of ``STYLE`` that can apply to some HTML of an answer.

    Args:
        body: Safe HTML, as a ``Document`` or ``render_body`` gives it.

    Returns:
        CSS with every rule that has something to apply to, in the order of ``STYLE``; now and then one more, since
        it is looked at which tags there are, and not at how they nest.
    """
    sheet = _sheet()
    tags = "".join(set(_TAG.findall(body)))
    rules = "".join(rule.css_for(tags) for rule in sheet.rules)
    variables = "".join(text for name, text in sheet.variables if f"({name})" in rules)
    return f"{sheet.root}{{{variables}{sheet.properties}{rules}}}"


class _Rule(NamedTuple):
    """A rule: its selectors, each with the strings that must stand in the HTML's tags, and its declarations."""

    selectors: tuple[tuple[str, tuple[str, ...]], ...]
    declarations: str

    def css_for(self, tags: str) -> str:
        used = [text for text, needed in self.selectors if all(string in tags for string in needed)]
        return f"{','.join(used)}{{{self.declarations}}}" if used else ""


class _Sheet(NamedTuple):
    """``STYLE`` in parts: the container's selector, its variables and other properties, the rules nested in it."""

    root: str
    variables: tuple[tuple[str, str], ...]
    properties: str
    rules: tuple[_Rule, ...]


_TAG: Final = re.compile(r"<[a-z][^>]*>")
_NESTED: Final = re.compile(r"([^{};]+)\{([^{}]*)\}")
_PSEUDO: Final = re.compile(r":[a-z-]+")
_NAME: Final = re.compile(
    r"\[(?P<attribute>[a-z]+)\^?=(?P<value>[a-z]+)\]|(?P<kind>\.?)(?P<name>[a-z][\w-]*)"
)


@cache
def _sheet() -> _Sheet:
    root, _, inner = STYLE[:-1].partition("{")
    own = [text + ";" for text in _NESTED.sub("", inner).split(";") if text]
    rules = tuple(
        _Rule(tuple((selector, _needed(selector)) for selector in selectors.split(",")), declarations)
        for selectors, declarations in _NESTED.findall(inner)
    )
    variables = tuple((text.partition(":")[0], text) for text in own if text.startswith("--"))
    return _Sheet(root, variables, "".join(text for text in own if not text.startswith("--")), rules)


def _needed(selector: str) -> tuple[str, ...]:
    """What must stand in the HTML's tags for a selector to match: its elements, classes and attributes."""
    return tuple(
        f'{found["attribute"]}="{found["value"]}'
        if found["attribute"]
        else f'class="{found["name"]}"'
        if found["kind"]
        else f"<{found['name']}"
        for found in _NAME.finditer(_PSEUDO.sub("", selector))
    )
