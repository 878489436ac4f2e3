"""The cells of a notebook and what they gave, as values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .parts import (
        ImagePart,
    )  # whose module is loaded with the first image: loading the extension costs little

OutputKind = Literal["stdout", "stderr", "display", "result", "error"]
"""What an output is: what was printed, what was displayed, the value of the last line, a traceback."""


@dataclass(frozen=True, slots=True)
class CellOutput:
    """One output of a cell, as text and images.

    Attributes:
        kind: What it is.
        text: What can be read of it, without escape sequences.
        images: The figures in it.
    """

    kind: OutputKind
    text: str = ""
    images: tuple[ImagePart, ...] = ()


@dataclass(frozen=True, slots=True)
class CellRecord:
    """A cell of the notebook, as it ran.

    Attributes:
        number: Its number in IPython's ``In``; 0 for a text, which does not run.
        source: What it ran, which need not be what stands in it now; or the text.
        outputs: What it gave, in order.
        cell: What the front end calls it; ``None`` where it does not tell.
        text: Whether it is a Markdown cell.
    """

    number: int
    source: str
    outputs: tuple[CellOutput, ...] = ()
    cell: str | None = None
    text: bool = False

    @property
    def name(self) -> str:
        """What the user calls it, such as ``In[3]``."""
        return "a text" if self.text else f"In[{self.number}]"

    @property
    def error(self) -> str:
        """The traceback that it ended with; empty where it did not fail."""
        return "\n".join(output.text for output in self.outputs if output.kind == "error")

    @property
    def figures(self) -> tuple[ImagePart, ...]:
        """The images among its outputs, in order."""
        return tuple(image for output in self.outputs for image in output.images)

    @property
    def digest(self) -> str:
        """What tells whether it is still the same: of its source and its outputs."""
        hashed = hashlib.blake2b(self.source.encode(errors="replace"), digest_size=16)
        for output in self.outputs:
            hashed.update(f"\0{output.kind}\0{output.text}".encode(errors="replace"))
            for image in output.images:
                hashed.update(image.data)
        return hashed.hexdigest()
