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
