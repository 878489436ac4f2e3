"""The style of an answer, and the container it applies to."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final


def _minified(css: str) -> str:
    css = re.sub(r"/\*.*?\*/|\n\s*", "", css, flags=re.DOTALL)
    return re.sub(r"\s*([{};,>+])\s*|(?<=:) ", lambda match: match[1] or "", css).replace(";}", "}")


STYLE: Final = _minified(files(__package__).joinpath("style.css").read_text("utf-8"))
"""The style as CSS. Every rule is nested in the container's, and nothing in it refers to anything outside."""

CONTAINER: Final = "notebook-chat mathjax_ignore tex2jax_ignore"
"""The container's classes: ours, and those that tell MathJax 3 and MathJax 2 to leave its text alone."""


def container(body: str, *, style: bool = False) -> str:
    """Put the HTML of an answer into its container.

    :param body: what a :class:`.Document` or :func:`.render_body` gave.
    :param style: with the style in front of it, as an output needs that stands alone; a panel has it once.
    """
    css = f"<style>{STYLE}</style>" if style else ""
    return f'{css}<div class="{CONTAINER}">{body}</div>'
