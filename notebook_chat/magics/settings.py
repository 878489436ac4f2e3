"""The settings that the user makes with ``%config ChatMagics``, as whoever asks reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .failures import Failures
from .inserted_cells import InsertedCells
from .shown_answers import ShownAnswers

if TYPE_CHECKING:
    from ..prompt.secrets.disclosure import Disclosure
    from ..tools.permissions import Permissions


class Settings(Protocol):
    """What is set for the whole notebook; ``ChatMagics`` says what each setting means."""

    model: str
    footer: bool
    nested: bool
    context: int
    cells: int
    timeout: float
    max_characters: int
    tools: list[str]
    ledger_days: int
    ledger_megabytes: int
    told: set[str]
    shown: ShownAnswers
    failures: Failures
    inserted: InsertedCells

    def permit(self) -> Permissions:
        """Who decides about calls of tools."""

    def disclosure(self, *, asks: bool = True) -> Disclosure:
        """What becomes of secrets in a prompt.

        Args:
            asks: Whether the user can be asked.
        """

    @property
    def output(self) -> str:
        """``"html"`` or ``"markdown"``: how answers are stored."""
