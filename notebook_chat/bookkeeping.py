"""What is done about one exchange besides asking: its answer from before, and its account."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future
from typing import Any

from msgspec.structs import replace

from .answer import AnswerSnapshot
from .asked_request import request_key
from .conversation import Conversation, Draft, Turn
from .conversation.token_budget import tokens_of
from .events import TOO_LARGE, Event, ModelName, ReasoningDelta, TextDelta, ToolCall, Usage
from .ledger import Account, Origin, Planned, Record, RequestKey, Used
from .parts import Part, ReasoningPart, TextPart, ToolCallPart
from .question import Asked
from .replay.kept import Kept
from .spending.prices import Cost, cost_of, prepare

_LONGEST_NAME = 300  # characters
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
        self._costs: list[Cost | None] = []
        self._asking: OneRequest | None = None

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
        self._key = request_key(self._asked, draft, self._conversation.digests)
        self._origin = Origin(
            books.notebook, self._conversation.id, self._conversation.beside or draft.id, draft.cell
        )
        if books.replay is not None:
            self.record = await books.replay.find(self._key, draft, self._shown(draft))
        if self.record is None and books.accounts is not None:
            self.account = books.accounts.open(self._key, self._origin)
        return self.record

    def follow(self, snapshot: Callable[[], AnswerSnapshot]) -> None:
        """The answers are coming.

        Args:
            snapshot: Gives how far they have come, in any thread.
        """
        if self.account is not None:
            self.account.follow(snapshot)

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
        prepare(self._address)
        self._asking = OneRequest(planned, self._note, self._asking)
        return self._asking

    @property
    def kept(self) -> Kept | None:
        """The answer that stays what it is, where it is one."""
        return self.record if isinstance(self.record, Kept) else None

    def close(self, turn: Turn | None) -> list[Future[Any]]:
        """Ends. It may be called in any thread.

        Args:
            turn: What has become of it; ``None`` where nothing came.

        Returns:
            Futures that are done when it is written down.
        """
        return [one for one in (self._settled(turn), self._recorded(turn)) if one is not None]

    def _recorded(self, turn: Turn | None) -> Future[Any] | None:
        """Has it written down as it can be had again, where it is whole."""
        books = self._asked.books
        if books is None or books.recorder is None or self._key is None or turn is None:
            return None
        if turn.status != "complete" or not turn.exchange:
            return None
        at = self.record.at if self.record is not None else self._at
        return books.recorder.note(replace(record_of(turn, self._key, self._origin), at=at))

    def _settled(self, turn: Turn | None) -> Future[Any] | None:
        """Closes its account."""
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
        named = self._asking.named if self._asking is not None else ""
        return account.close(record_of(turn, self._key, self._origin, named))

    @property
    def notes(self) -> list[str]:
        """What the reader should know: which budgets are nearly used up."""
        if self.account is None:
            return []
        from .spending.budgeted_accounts import BudgetedAccount

        return self.account.notes if isinstance(self.account, BudgetedAccount) else []

    @property
    def facts(self) -> dict[str, Any]:
        """What its turn remembers of it, by the names of ``Turn``'s fields."""
        facts: dict[str, Any] = {} if self._key is None else {"request": self._key.digest}
        if (record := self.record) is not None:
            return facts | {"replayed": True, "first_text": record.first_text, "seconds": record.seconds}
        first = next((one.first_text for one in self.used if one.first_text is not None), None)
        return facts | {"first_text": first, "cost": self._cost}

    @property
    def usage(self) -> Usage | None:
        """The tokens of all its requests, as far as the service has told; ``None`` where it has told nothing."""
        total: Usage | None = None
        for one in self.used:
            if one.usage is not None:
                total = one.usage.added(total)
        return total

    @property
    def _cost(self) -> float | None:
        """What all its requests have cost, in US dollars; ``None`` where that is not known of each, and of what was
        estimated."""
        if not self._costs or any(one.estimated is not None for one in self.used):
            return None
        amounts = [one.amount for one in self._costs if one is not None]
        return sum(amounts) if len(amounts) == len(self._costs) else None

    @property
    def _address(self) -> str:
        """Where the service is; empty where that is not known."""
        place = getattr(self._asked.target.provider, "place", None)
        return place(self._asked.options)[0] if place is not None else ""

    def _note(self, used: Used) -> None:
        books, total = self._asked.books, used.total
        priced = cost_of if books is None or books.cost is None else books.cost
        nothing = used.usage is None and used.estimated is None
        cost = Cost(0.0, "nothing") if nothing else priced(used.model, self._address, total)
        self.used.append(used)
        self._costs.append(cost)
        for tally in (self._asked.tally, books.tally if books is not None else None):
            if tally is not None:
                tally.note(used, cost)
        if self.account is not None:
            self.account.used(used)

    def foretold(self, draft: Draft) -> str:
        """What would become of it, in words; ``""`` where it would be asked as ever.

        Args:
            draft: The turn, with all that goes out before it.
        """
        books = self._asked.books
        if books is None or books.replay is None:
            return ""
        return books.replay.foretell(
            request_key(self._asked, draft, self._conversation.digests), draft, self._shown(draft)
        )

    def _shown(self, draft: Draft) -> Turn | None:
        """The turn in whose place this one comes."""
        return next((turn for turn in self._conversation.turns if turn.id == draft.replaces), None)


class OneRequest:
    """A request on its way: how long it takes, and until when its first text is there.

    Args:
        planned: The request.
        note: Is told once what it has used.
        before: The request before it.

    Attributes:
        planned: As given.
        whole: Whether all that there is has come.
        named: The model as the service has named it, here or before; empty where it has not.
    """

    def __init__(
        self, planned: Planned, note: Callable[[Used], object], before: OneRequest | None = None
    ) -> None:
        self.planned = planned
        self.named: str = before.named if before is not None else ""
        self.whole = False
        self._note = [note]
        self._start = time.monotonic()
        self._first: float | None = None

    def see(self, batch: Sequence[Event]) -> None:
        """Something has come.

        Args:
            batch: What has come.
        """
        if self._first is None:
            for event in batch:  # services name the model before the first text, or with it
                if type(event) is ModelName:
                    self.named = event.name[:_LONGEST_NAME]
            if not _PIECES.isdisjoint(map(type, batch)):
                self._first = time.monotonic() - self._start

    def end(self, snapshot: AnswerSnapshot, before: int = 0, waited: float = 0.0) -> None:
        """It has ended, however it has. It may be called again, by any thread, and does nothing then.

        Args:
            snapshot: What has come, and what it used as far as the service has told.
            before: How many of the parts were there before it.
            waited: How many seconds it waited for its turn, which is not the service's time.
        """
        try:
            note = self._note.pop()
        except IndexError:
            return
        seconds = max(time.monotonic() - self._start - waited, 0.0)
        first = None if self._first is None else max(self._first - waited, 0.0)
        cut = snapshot.finish_reason == TOO_LARGE or not (self.whole or snapshot.finish_reason)
        estimated = _estimated(self.planned, snapshot, snapshot.parts[before:], cut=cut)
        note(
            Used(
                self.planned.model,
                snapshot.last_usage,
                estimated,
                seconds,
                first,
                snapshot.requests,
            )
        )


def _estimated(
    planned: Planned, snapshot: AnswerSnapshot, came: Sequence[Part], *, cut: bool
) -> Usage | None:
    """How many tokens a request used besides those that the service has told; ``None`` where it has told all, or
    nothing has come of an answer."""
    told = snapshot.last_usage
    if told is None and cut and not came:
        return None  # a request that was refused used nothing
    given, written = (None, None) if told is None else (told.input_tokens, told.output_tokens)
    into = planned.input_tokens if given is None else None
    out: int | None = None
    if written is None or cut:  # of an answer that has broken off, a service has told how it began
        more = max(_written(came) - (written or 0), 0)
        out = more if more or written is None else None
    return None if into is None and out is None else Usage(into, out)


def _written(came: Sequence[Part]) -> int:
    """How many tokens a model has written that gave some parts, about."""
    texts = (
        part.text if isinstance(part, TextPart | ReasoningPart) else f"{part.name} {part.arguments}"
        for part in came
        if isinstance(part, TextPart | ReasoningPart | ToolCallPart)
    )
    return -int(-sum(map(tokens_of, texts)) // 1)


def record_of(
    turn: Turn,
    key: RequestKey | None = None,
    origin: Origin = Origin(),  # noqa: B008
    answered_by: str = "",
) -> Record:
    """A turn as the ledger has it.

    Args:
        turn: The turn.
        key: Its request, where that is known.
        origin: Where it was asked for.
        answered_by: The model as the service has named it.
    """
    return Record(
        turn.request if key is None else key.digest,
        turn.exchange,
        turn.status,
        turn.model,
        answered_by,
        turn.finish_reason,
        turn.usage,
        turn.seconds,
        turn.first_text,
        turn.at,
        key,
        origin,
    )
