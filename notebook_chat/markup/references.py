"""What an answer's links and footnotes may refer to.

In Markdown a definition counts for the whole document, but a growing answer shows its blocks before it has
seen all of them. So the definitions are learnt in the order of the document, and what was asked for is noted:
a block that asked for something defined after it is rendered once more when the answer has ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from markdown_it.token import Token

Label = tuple[str, str]
"""The kind of a label, ``link`` or ``note``, and the label itself."""


@dataclass(slots=True)
class References:
    """The definitions known so far, and the labels asked for.

    ``links`` and ``notes`` belong to the document; ``asked`` belongs to whoever takes it (``take``).
    An instance is what markdown-it finds as ``env["references"]``: ``get`` is all it calls.
    """

    links: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)
    asked: set[Label] = field(default_factory=set)

    def get(self, label: str, default: dict[str, str] | None = None) -> dict[str, str] | None:
        """The destination (``href``, ``title``) of a link's label, in markdown-it's normal form."""
        self.asked.add(("link", label))
        return self.links.get(label, default)

    def note(self, label: str) -> bool:
        """Whether a footnote of this label is known."""
        self.asked.add(("note", label))
        return label in self.notes

    def learn(self, tokens: Iterable[Token]) -> set[Label]:
        """Adds the definitions among a block's tokens; the first definition of a label wins.

        Returns:
            The labels that the block defines, also those that were known.
        """
        defined: set[Label] = set()
        for token in tokens:
            if token.type == "definition":
                label = token.meta["id"]
                self.links.setdefault(label, {"href": token.meta["url"], "title": token.meta["title"]})
                defined.add(("link", label))
            elif token.type == "footnote_reference_open":
                self.notes.add(token.meta["label"])
                defined.add(("note", token.meta["label"]))
        return defined

    def defines(self, label: Label) -> bool:
        """Whether a label, as found in :attr:`asked`, is known."""
        kind, name = label
        return name in (self.links if kind == "link" else self.notes)

    def take(self) -> set[Label]:
        """The labels asked for since the last call."""
        asked, self.asked = self.asked, set()
        return asked

    def copy(self) -> References:
        """For a block that is not finished: what it defines is not settled yet."""
        return References(dict(self.links), set(self.notes))

    @property
    def size(self) -> int:
        """How much is known; it only grows, so equal sizes mean equal knowledge."""
        return len(self.links) + len(self.notes)
