"""What the tools that change cells and run code need of a notebook, whatever front end it has."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Literal, NamedTuple, Protocol

import msgspec

from ...cell_record import CellOutput
from ...session import KnownCells
from ..tool import Tell

Side = Literal["below", "above", "here", "end"]
"""Where a new cell stands: beside another one, below the one that the user was last in, or behind all others."""


class ScreenCell(msgspec.Struct, frozen=True):
    """A cell as it stands on the screen, saved or not.

    Attributes:
        id: Its id in the notebook.
        kind: ``code``, ``markdown`` or ``raw``.
        source: Its text; ``None`` where it is too long.
        count: The number of its last run, as the front end shows it.
        waits: Whether it runs or waits to run: what it runs is what it said when it was queued.
        locked: Whether it may not be changed.
    """

    id: str
    kind: str
    source: str | None = None
    count: int | None = None
    waits: bool = False
    locked: bool = False


class Screen(Protocol):
    """The notebook on the screen."""

    @property
    def cells(self) -> Sequence[ScreenCell]:
        """Its cells, in order, as they were when it was opened."""

    async def change(self, cell: ScreenCell, source: str) -> str | None:
        """Gives a cell another text, if it still says what it said; its id, or ``None``.

        Raises:
            TimeoutError: It is not known what came of it.
        """

    async def insert(self, source: str, kind: str, side: Side, cells: Sequence[str]) -> str | None:
        """Puts a new cell beside the first of some cells that is there; its id, or ``None`` where none is.

        Raises:
            TimeoutError: It is not known what came of it.
        """


class Asking(NamedTuple):
    """Who asks.

    Attributes:
        cell: The id of the cell; ``None`` where it is a panel, or not known.
        run: What tells this run of the cell from every other.
    """

    cell: str | None = None
    run: object = None


class Desk(Protocol):
    """The notebook, as far as it can be changed from the kernel."""

    @property
    def known(self) -> KnownCells:
        """What the kernel knows of the cells now."""

    async def asking(self) -> Asking:
        """Who asks."""

    def screen(self, asking: str | None) -> AbstractAsyncContextManager[Screen | None]:
        """Opens the notebook on the screen; gives ``None`` where there is none that can be changed.

        Args:
            asking: The id of the cell that asks; ``None`` where none does.
        """

    async def hand_on(self, source: str) -> str:
        """Has the front end make a new cell of some code below the one that asks, at its end.

        Returns:
            What became of it, in a line; empty where no cell asks.
        """

    async def show(self, head: str, before: str, source: str) -> bool:
        """Shows the user what a cell should say, to be copied; whether that can be done here.

        Args:
            head: The line above it.
            before: What the cell says; empty for a new one.
            source: What it should say.
        """

    def difference(self, before: str, after: str) -> str:
        """What changes from one text to another, line by line, with nothing invisible in it."""


class CodeOutcome(msgspec.Struct, frozen=True):
    """What came of code that ran.

    Attributes:
        outputs: What it gave, in order.
        error: What went wrong, and where, in a few lines; empty where nothing did.
        ended: Why it ended before its end: the user has stopped it, or its time was over; empty where it did not.
    """

    outputs: tuple[CellOutput, ...] = ()
    error: str = ""
    ended: Literal["", "stopped", "time"] = ""


class CodeRunner(Protocol):
    """Who runs code in the notebook's kernel."""

    async def run(self, code: str, seconds: float | None, tell: Tell) -> CodeOutcome:
        """Runs code as a cell would. An interrupt, and the end of the answer, ends it.

        Args:
            code: The code.
            seconds: How long it may take.
            tell: Tells the reader what is waited for.

        Raises:
            ConfigurationError: It cannot be run here.
        """
