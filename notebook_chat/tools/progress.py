"""How a function tells how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Tells the reader in a line what a function is doing. A parameter of this type is filled in, and no model is told
    of it: ``def train(epochs: int, tell: Progress): tell("epoch 3 of 10", 0.3)``.
    """

    def __call__(self, words: str, fraction: float | None = None, /) -> None:
        """Shows a line in the place of the one before.

        Args:
            words: The line.
            fraction: How much is done, from 0 to 1, where that is known.
        """
