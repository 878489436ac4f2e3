"""What a paper says of the use of AI: the facts of a notebook, and how they are written down."""

from .collection import collect
from .facts import Statement
from .writing import as_json, as_markdown

__all__ = ["Statement", "as_json", "as_markdown", "collect"]
