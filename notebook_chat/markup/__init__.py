"""A model's Markdown to safe HTML, block by block.

What a model writes is hostile input: nothing in it may run, fetch, navigate or read a file when it is shown.
Two walls see to that. The renderer writes a small vocabulary and none of the model's own markup; the
sanitizer lets nothing else through. Math becomes MathML here, so the front end's MathJax need not, and must
not, look at the text.

::

    document = Document()
    document.feed("# Title\\n\\nThe first ")   # in pieces of any size
    document.html()                            # what can be shown of it now
    document.finish()                          # the whole

    render("# Title")                          # at once, with container and style
    safe_markdown("# Title")                   # Markdown that is safe to show as text/markdown
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .citations import Citation as Citation
    from .document import Document as Document
    from .document import render as render
    from .document import render_body as render_body
    from .document import render_code as render_code
    from .document import render_plain as render_plain
    from .markdown_output import safe_markdown as safe_markdown
    from .markdown_output import spliced as spliced
    from .style import STYLE as STYLE
    from .style import container as container

LONGEST = 200_000
"""How much of an answer is rendered as Markdown, in characters, which takes a second. What is beyond is text."""

# Loaded when first used: the parsers take as long to import as the rest of the package.
_HOMES = {
    "STYLE": "style",
    "Citation": "citations",
    "Document": "document",
    "container": "style",
    "render": "document",
    "render_body": "document",
    "render_code": "document",
    "render_plain": "document",
    "safe_markdown": "markdown_output",
    "spliced": "markdown_output",
}

__all__ = [
    "LONGEST",
    "STYLE",
    "Citation",
    "Document",
    "container",
    "render",
    "render_body",
    "render_code",
    "render_plain",
    "safe_markdown",
    "spliced",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
