"""A model's Markdown to safe HTML, block by block.

What a model writes is hostile input: nothing in it may run, fetch, navigate or read a file when it is shown.
Two walls see to that. The renderer writes a small vocabulary and none of the model's own markup; the
sanitiser lets nothing else through. Maths becomes MathML here, so the front end's MathJax need not, and must
not, look at the text.

::

    document = Document()
    document.feed("# Title\\n\\nThe first ")   # in pieces of any size
    document.html()                            # what can be shown of it now
    document.finish()                          # the whole

    render("# Title")                          # at once, with container and style
    neutralise("# Title")                      # Markdown that is safe to show as text/markdown
"""

from __future__ import annotations

from .document import Document, render_body
from .neutral import neutralise
from .style import STYLE, container

__all__ = ["STYLE", "Document", "container", "neutralise", "render", "render_body"]


def render(source: str) -> str:
    """Render a whole answer as an output that stands alone: in its container, with its style."""
    return container(render_body(source), style=True)
