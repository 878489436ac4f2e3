"""What went along with a prompt, as a turn remembers it."""

from __future__ import annotations

import msgspec


class Included(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Something that went along with a prompt: a value of the notebook, a cell, a file.

    Attributes:
        name: What the prompt calls it, such as ``df`` or ``data.csv``.
        label: What the reader is told of it, such as ``10,000,000 × 12``; empty for nothing.
        digest: What tells whether it is still the same; empty where that is not known.
    """

    name: str
    label: str = ""
    digest: str = ""

    @property
    def told(self) -> str:
        """It, as the line under an answer names it."""
        return f"{self.name} ({self.label})" if self.label else self.name


class PromptLayout(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What of a prompt's message is what: so that a turn can be asked again without anything of it being lost.

    Attributes:
        ahead: How many of what is included stand ahead of what was typed: cells, files. The others follow it.
        parts: How many parts of the message stand ahead of the one in which what was typed begins.
        characters: How many characters of that part are ahead of it.
        images: How many of the images at the message's end the user has given.
        fills: Whether it may be filled anew: what stands in the message is what was typed, with the values it names.
    """

    ahead: int = 0
    parts: int = 0
    characters: int = 0
    images: int = 0
    fills: bool = False
