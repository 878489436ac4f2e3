"""What a model is told of a value."""

from __future__ import annotations

from dataclasses import dataclass

from ...parts import ImagePart

DEFAULT_TOKENS = 300
"""How many tokens a value may take where the prompt says nothing else."""


@dataclass(frozen=True, slots=True)
class Description:
    """A value as a model can read it.

    Attributes:
        text: What the model is told.
        label: What the reader is told beside the value's name, such as ``10,000,000 × 12``; empty for nothing.
        images: The value as images, for a model that takes them; the text must do without.
        inline: Whether the text can stand in the middle of a sentence in the value's place, as a number or a text of
            the user's own does; else the value's name stands there, and the text follows the prompt.
        digest: What tells, in this kernel, whether the value is still the same later; empty where that cannot be
            told. ``describe`` sets it.
    """

    text: str
    label: str = ""
    images: tuple[ImagePart, ...] = ()
    inline: bool = False
    digest: str = ""
