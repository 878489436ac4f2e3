"""What is done about one exchange besides asking: its answer from before, and its account."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future
from typing import Any

from .asked_request import request_key
from .conversation import Conversation, Draft, Turn
from .events import Event, ReasoningDelta, TextDelta, ToolCall, Usage
from .ledger import Account, Origin, Planned, Record, RequestKey, Used
from .question import Asked

_PIECES = {TextDelta, ReasoningDelta, ToolCall}


class Bookkeeping:
    """The books of one exchange.

    Args:
        conversation: Where it belongs.
        asked: Who is asked, and how.

    Attributes:
        record: The answer from before that it is; ``None`` where a service is asked.
        account: Its account; ``None`` where nobody keeps one.
        used: What its requests have used so far, in order.
    """

    def __init__(self, conversation: Conversation, asked: Asked) -> None:
        self.record: Record | None = None
        self.account: Account | None = None
        self.used: list[Used] = []
        self._conversation = conversation
        self._asked = asked
        self._key: RequestKey | None = None
        self._origin = Origin()
        self._at = 0.0

    async def find(self, draft: Draft) -> Record | None:
        """Begins. The answer from before, where there is one to be taken.

        Args:
            draft: The turn, with all that goes out before it.

        Raises:
            NotRecordedError: No service may be asked, and there is no answer from before.
        """
        books, self._at = self._asked.books, draft.at
        if books is None:
            return None
        self._key = request_key(self._asked, draft)
        self._origin = Origin(books.notebook, self._conversation.id, draft.id, draft.cell)
        if books.replay is not None:
            self.record = await books.replay.find(self._key, self._shown(draft))
        if self.record is None and books.accounts is not None:
            self.account = books.accounts.open(self._key, self._origin)
        return self.record

    def play(self, record: Record) -> AsyncGenerator[Sequence[Event]]:
        """An answer from before, as events.

        Args:
            record: What ``find`` has given.
        """
        books = self._asked.books
        assert books is not None
        assert books.replay is not None
        return books.replay.play(record)

    async def before(self, planned: Planned) -> OneRequest:
        """One more request is about to go out.

        Args:
            planned: The request.

        Raises:
            BudgetError: It would be more than may be used.
        """
        if self.account is not None:
            await self.account.before(planned)
        return OneRequest(planned, self._note)

    def close(self, turn: Turn | None) -> Future[Any] | None:
        """Ends. It may be called in any thread.

        Args:
            turn: What has become of it; ``None`` where nothing came.

        Returns:
            A future that is done when it is written down; ``None`` where it is not.
        """
        account = self.account
        if account is None or self._key is None:
            return None
        if turn is None:
            name = self._asked.target.name
            return account.close(
                Record(
                    self._key.digest,
                    status="failed",
                    model=name,
                    at=self._at,
                    key=self._key,
                    origin=self._origin,
                )
            )
        return account.close(record_of(turn, self._key, self._origin))

    @property
    def facts(self) -> dict[str, Any]:
        """What its turn remembers of it, by the names of ``Turn``'s fields."""
        facts: dict[str, Any] = {} if self._key is None else {"request": self._key.digest}
        if (record := self.record) is not None:
            return facts | {"replayed": True, "first_text": record.first_text, "seconds": record.seconds}
        first = next((one.first_text for one in self.used if one.first_text is not None), None)
        return facts | {"first_text": first}

    def _note(self, used: Used) -> None:
        self.used.append(used)
        if self.account is not None:
            self.account.used(used)

    def _shown(self, draft: Draft) -> Record | None:
        """What the turn in whose place this one comes has answered."""
        if draft.replaces is None:
            return None
        turn = self._conversation.turn_by_id(draft.replaces)
        return record_of(turn) if turn is not None and turn.request else None


class OneRequest:
    """A request on its way: how long it takes, and until when its first text is there.

    Args:
        planned: The request.
        note: Is told once what it has used.
    """

    def __init__(self, planned: Planned, note: Callable[[Used], object]) -> None:
        self.planned = planned
        self._note = note
        self._start = time.monotonic()
        self._first: float | None = None

    def see(self, batch: Sequence[Event]) -> None:
        """Something has come.

        Args:
            batch: What has come.
        """
        if self._first is None and not _PIECES.isdisjoint(map(type, batch)):
            self._first = time.monotonic() - self._start

    def end(self, usage: Usage | None, waited: float = 0.0) -> None:
        """It has ended, however it has.

        Args:
            usage: The tokens that it used, where the service has told.
            waited: How many seconds it waited before it went out.
        """
        seconds = max(time.monotonic() - self._start - waited, 0.0)
        first = None if self._first is None else max(self._first - waited, 0.0)
        self._note(Used(self.planned.model, usage, seconds=seconds, first_text=first))


def record_of(turn: Turn, key: RequestKey | None = None, origin: Origin = Origin()) -> Record:  # noqa: B008
    """A turn as the ledger has it.

    Args:
        turn: The turn.
        key: Its request, where that is known.
        origin: Where it was asked for.
    """
    return Record(
        turn.request if key is None else key.digest,
        turn.exchange,
        turn.status,
        turn.model,
        "",
        turn.finish_reason,
        turn.usage,
        turn.seconds,
        turn.first_text,
        turn.at,
        key,
        origin,
    )
