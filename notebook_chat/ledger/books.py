"""What is done about an exchange besides asking: answers that are there already, and the accounts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

import msgspec

from ..answer import AnswerSnapshot
from ..conversation import Draft, Turn
from ..events import Event, Usage
from ..request import HttpRequest
from .record import Origin, Record, Used
from .request_key import RequestKey


class Replay(Protocol):
    """Who has answers from before."""

    @property
    def closed(self) -> bool:
        """Whether there is nothing but answers from before: nothing goes to the network."""

    async def find(self, key: RequestKey, draft: Draft, shown: Turn | None) -> Record | None:
        """The answer to a request, if it is to be taken from before; ``None`` where a service is to be asked.

        Args:
            key: The request.
            draft: The turn that asks.
            shown: The turn in whose place it comes, which the cell that asks still shows; ``None`` where there is none.

        Raises:
            NotRecordedError: No service may be asked, and there is no answer from before.
        """

    def foretell(self, key: RequestKey, draft: Draft, shown: Turn | None) -> str:
        """What would become of a request, in words; ``""`` where it would be asked as ever.

        Args:
            key, draft, shown: As for ``find``.
        """

    def model_for(self, typed: str, cell: str | None) -> str | None:
        """Who has answered before what is asked; ``None`` where that is not known, or an answer from before is not
        taken.

        Args:
            typed: What is asked, as it was typed.
            cell: The cell that asks; ``None`` where that is not known.
        """

    def play(self, record: Record) -> AsyncGenerator[Sequence[Event]]:
        """An answer from before, as events.

        Args:
            record: The answer.
        """


class Planned(msgspec.Struct, frozen=True):
    """A request that is about to go out.

    Attributes:
        model: Who is asked, as ``provider:model``.
        input_tokens: How many tokens go out, estimated.
        output_tokens: How many may come at most; ``None`` where that is not bounded.
    """

    model: str
    input_tokens: int
    output_tokens: int | None = None


class Account(Protocol):
    """The account of one exchange, which is open until it is closed, whatever becomes of it."""

    async def before(self, planned: Planned) -> None:
        """One more request is about to go out.

        Args:
            planned: The request.

        Raises:
            BudgetError: It would be more than is allowed. It does not go out.
        """

    def follow(self, snapshot: Callable[[], AnswerSnapshot]) -> None:
        """The answers are coming.

        Args:
            snapshot: Gives how far they have come, in any thread.
        """

    def left(self, request: HttpRequest | None) -> Callable[[int], object]:
        """A request goes out to the network.

        Args:
            request: The request; ``None`` where a provider makes it that says nothing of it.

        Returns:
            What is told of the response's status.
        """

    def used(self, used: Used) -> None:
        """A request has ended.

        Args:
            used: What it used.
        """

    def close(self, record: Record) -> Future[Any] | None:
        """The exchange has ended. It may be called in any thread.

        Args:
            record: What has become of it; without any messages where nothing came.

        Returns:
            A future that is done when it is written down; ``None`` where it is not.
        """


class Accounts(Protocol):
    """Who keeps account of exchanges."""

    def open(self, key: RequestKey, origin: Origin) -> Account:
        """The account of an exchange that begins.

        Args:
            key: Its request.
            origin: Where it is asked for.
        """


class Recorder(Protocol):
    """Who writes answers down, so that they can be had again."""

    def note(self, record: Record) -> Future[Any] | None:
        """Takes an answer that is whole, wherever it has come from. It may be called in any thread.

        Args:
            record: The answer.

        Returns:
            A future that is done when it is written down; ``None`` where it is not.
        """


class Books(msgspec.Struct, frozen=True):
    """What is done about the exchanges of one chat besides asking.

    Attributes:
        replay: Who has answers from before; ``None`` where each is asked for.
        accounts: Who keeps account; ``None`` for nobody.
        notebook: The notebook's file; empty where there is none, or it is not known.
        recorder: Who writes answers down beside the ledger; ``None`` for nobody.
        cost: What a request costs, by its model, its service's address and its tokens, as ``spending.prices.cost_of``;
            ``None`` for that function itself.
        tally: What adds up all that is used, with ``note`` as ``spending.tally.Tally`` has it; ``None`` for nobody.
    """

    replay: Replay | None = None
    accounts: Accounts | None = None
    notebook: str = ""
    recorder: Recorder | None = None
    cost: Callable[[str, str, Usage], Any] | None = None
    tally: Any = None

    @property
    def closed(self) -> bool:
        """Whether nothing goes to the network, whatever is asked."""
        return self.replay is not None and self.replay.closed
