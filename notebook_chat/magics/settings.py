"""The settings that the user makes with ``%config ChatMagics``, as whoever asks reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from .failures import Failures
from .inserted_cells import InsertedCells
from .shown_answers import ShownAnswers

if TYPE_CHECKING:
    from ..prompt.secrets.disclosure import Disclosure
    from ..spending.tally import Tally
    from ..tools.permissions import Permissions
    from .notebook_replay import NotebookReplay


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
    prices: dict[str, Any]
    replay: str
    replay_pace: str
    record: str
    budget: str
    ledger_days: int
    ledger_megabytes: int
    told: set[str]
    shown: ShownAnswers
    failures: Failures
    inserted: InsertedCells

    @property
    def answers(self) -> NotebookReplay:
        """The notebook's answers from before."""

    def permit(self) -> Permissions:
        """Who decides about calls of tools."""

    def disclosure(self, *, asks: bool = True) -> Disclosure:
        """What becomes of secrets in a prompt.

        Args:
            asks: Whether the user can be asked.
        """

    @property
    def tally(self) -> Tally:
        """What has been used since the extension was loaded."""

    @property
    def output(self) -> str:
        """``"html"`` or ``"markdown"``: how answers are stored."""
