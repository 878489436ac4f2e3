"""Text that can be sent, stored and shown."""

from __future__ import annotations

TEXT_NOTEBOOKS = (".py", ".md", ".markdown", ".qmd", ".rmd", ".myst")
"""How the names of notebooks end that are texts, as jupytext writes them."""


def replace_surrogates(text: str) -> str:
    """Replaces halves of surrogate pairs, which no encoding can hold, by U+FFFD.

    Args:
        text: Any text, such as a piece of a model's answer.

    Returns:
        The same text where it had none, else one that can be encoded as UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
