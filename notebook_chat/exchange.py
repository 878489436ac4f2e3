"""What follows one prompt until the model has said all: answers, and what the tools gave that they called."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Sequence
from itertools import count
from typing import Any

import msgspec

from .answer import AnswerFold, AnswerSnapshot
from .attempts import (
    FEWER_TURNS,
    NO_FIGURES,
    OTHER_DATA,
    TOOL_RESULTS,
    Again,
    Attempts,
    Reason,
    may_mean_images,
)
from .bookkeeping import Bookkeeping, OneRequest
from .conversation import Conversation, Draft, Status, Turn, estimate, going_out
from .errors import ContextLengthError, ProviderError
from .events import Event, Notice, Usage
from .expectation import Expectation
from .ledger import Planned, Record
from .loop_thread import STOP_SECONDS
from .messages import Message
from .providers.async_result import AsyncResult
from .providers.options import remaining
from .question import Asked, Prompt
from .replay.playing import playable
from .tools import RUNAWAY, Round, Toolbox, ToolUse, opened, stopped
from .witness import witness

_STEPS = 4
"""Into how many steps a model's context is divided, by which turns are left out of a conversation that is too long."""

_CALLED = ProviderError("the model calls tools")


class Exchange:
    """Asks, has the tools run that the answer calls, gives back what they gave, and asks again, as often as it is
    allowed. Everything that comes is one snapshot, from the first answer to the last.

    Args:
        conversation: Where it belongs.
        prompt: What is asked.
        asked: Who is asked, and how.
        expected: The data that the last answer is to be; ``None`` for any text.

    Attributes:
        expected: As given.
        repairs: Whether an answer that is not these data is asked for once more.
        sent: What went out last; ``None`` before anything did.
        books: What is done about it besides asking.
    """

    def __init__(
        self, conversation: Conversation, prompt: Prompt, asked: Asked, expected: Expectation | None
    ) -> None:
        self.expected = expected
        self.repairs = True
        self.sent: Draft | None = None
        self._waits = self._waited = 0.0  # before the request that is open, and as its fold had them then
        self.books = Bookkeeping(conversation, asked)
        self._conversation = conversation
        self._prompt = prompt
        self._asked = asked
        self._target = asked.target
        self._fold = AnswerFold(asked.target.name)
        self._result: AsyncResult | None = None
        self._open: OneRequest | None = None  # the request that is on its way, or was last
        self._start = 0.0
        self._toolbox: Toolbox | None = None
        self._before: AnswerSnapshot | None = (
            None  # what had come when the answer of this round was asked for
        )
        self._goes_on = False  # whether the fold is to take the answer of this round, too
        self._first_usage: Usage | None = None  # of the first request alone
        self._broken: AnswerSnapshot | None = None  # the answer that was no good, once it is asked for anew
        self._behind: tuple[Message, ...] = ()  # what goes out behind it then
        self._notice: Notice | None = None
        self._no_figures = False
        self._cut_off = ""  # why no more of its calls are run, in words for the reader

    @property
    def snapshot(self) -> AnswerSnapshot:
        """What has come so far."""
        return self._fold.snapshot()

    @property
    def waited(self) -> float:
        """How many seconds were waiting for a turn at the service."""
        return self._waits + self._fold.waited - self._waited

    @property
    def begun(self) -> bool:
        """Whether it is on its way, or has been: the tools are opened, or somebody is asked."""
        return self._start > 0

    @property
    def partial(self) -> str:
        """The text to keep where it fails: that of an answer that was no good, where nothing has come since."""
        return self.snapshot.text or (self._broken.text if self._broken is not None else "")

    @property
    def warnings(self) -> list[str]:
        """What the reader should know of how it was asked."""
        notes = self.books.notes
        if self._no_figures:
            notes.append("without figures: the model takes none")
        if self._broken is not None:
            notes.append("asked once more: the first answer was not the data that were asked for")
        return [*notes, self._cut_off] if self._cut_off else notes

    def within(self, draft: Draft) -> Draft:
        """As much of a draft as the model can read beside what has come.

        Args:
            draft: The draft.
        """
        limit = self._asked.limit
        if limit is None:
            return draft
        factor = self._conversation.calibration.factor(self._target.name)
        used = estimate(self._before.messages) if self._before is not None else 0
        return draft.within(max(int(limit / factor) - used, 1), max(1, limit // _STEPS))

    def told(self, notice: Notice) -> Sequence[Event]:
        """Tells the reader what goes on.

        Args:
            notice: What is told.
        """
        return self._given((notice,))

    async def batches(self, draft: Draft) -> AsyncGenerator[Sequence[Event]]:
        """The events of all that follows the prompt.

        Args:
            draft: The turn that is open.
        """
        self._start = time.monotonic()
        if (record := await self.books.find(draft)) is not None:
            self.sent = self.within(draft)
            async with contextlib.aclosing(self.books.play(record)) as answer:
                async for batch in answer:
                    yield self._given(batch)
            if self.expected is not None:
                await asyncio.to_thread(self.expected.judge, self.snapshot)
            return
        self.books.follow(lambda: self.snapshot)
        async with contextlib.aclosing(self._asking(draft)) as asking:
            async for batch in asking:
                yield batch

    async def _asking(self, draft: Draft) -> AsyncGenerator[Sequence[Event]]:
        """As ``batches``, where somebody is asked."""
        attempts, use = Attempts(), self._asked.tools
        if use is not None:
            async with contextlib.aclosing(opened(use)) as opening:
                async for news in opening:
                    if isinstance(news, Toolbox):
                        self._toolbox = news
                    else:
                        yield self.told(news)
        for number in count(1):
            async with contextlib.aclosing(self._answer(draft, attempts)) as answer:
                async for batch in answer:
                    yield batch
            calls = self._fold.calls() if use is not None else ()
            if use is None or not calls:
                return
            began = time.monotonic()
            async with contextlib.aclosing(self._results(use, number, attempts)) as results:
                async for batch in results:
                    yield self._given(batch)
            self._start += (
                time.monotonic() - began
            )  # which is not the service's time, nor that of a user who decides
            if self._cut_off:
                return
            await self.close()
            if number == 1:
                self._first_usage = self._counted
            self._fold.begin()
            self._before, self._goes_on, self._broken, self._behind = self.snapshot, True, None, ()

    async def _results(
        self, use: ToolUse, number: int, attempts: Attempts
    ) -> AsyncGenerator[Sequence[Event]]:
        """What comes of the calls of an answer, the ``number``th with calls."""
        calls = self._fold.calls()
        if len(calls) > RUNAWAY:
            self._cut_off = f"it called its tools {len(calls):,} times at once, which were not run"
            yield stopped(calls, f"not run: there were more than {RUNAWAY} calls in one answer")
            return
        if number > use.rounds or attempts.again(TOOL_RESULTS, _CALLED) is None:
            self._cut_off = f"it has used its tools {use.rounds} times, and no further: ask it to go on"
            yield stopped(calls, f"not run: tools were used {use.rounds} times already")
            return
        assert self._toolbox is not None
        called = Round(calls, self._toolbox, use, self._conversation, self._target.name)
        async with contextlib.aclosing(called.batches()) as batches:
            async for batch in batches:
                yield batch

    async def _answer(self, draft: Draft, attempts: Attempts) -> AsyncGenerator[Sequence[Event]]:
        """The events of one answer, to as much of the conversation as the model can read; with half of it once more,
        if the service says that it cannot."""
        sent = self.sent = self.within(draft)
        while True:
            try:
                async with contextlib.aclosing(self._events(sent)) as events:
                    async for batch in events:
                        yield batch
                again, other = await self._repaired(attempts), sent
                if again is None:
                    return
            except ProviderError as error:
                reason, other = self._otherwise(error, sent)
                again = attempts.again(reason, error) if reason is not None else None
                if again is None:
                    raise
                self._no_figures = self._no_figures or reason is NO_FIGURES
            await self.close()
            sent = self.sent = other
            self._notice = again.notice
            yield self.told(again.notice)

    def _otherwise(self, error: ProviderError, sent: Draft) -> tuple[Reason | None, Draft]:
        """Why a service that has failed may be asked again, and with what; no reason where nothing helps."""
        if not self._has_more:
            if isinstance(error, ContextLengthError):
                other = sent.within(sent.size // 2)
                return (FEWER_TURNS if other.left_out > sent.left_out else None), other
            if self._prompt.figures and may_mean_images(error):
                other = sent.without_images()
                return (NO_FIGURES if other is not sent else None), other
        return None, sent

    @property
    def _has_more(self) -> bool:
        """Whether anything has come of the answer of this round."""
        before = len(self._before.parts) if self._before is not None else 0
        return len(self.snapshot.parts) > before

    async def _repaired(self, attempts: Attempts) -> Again | None:
        """Looks at a whole answer that is to be data; that it is to be asked for once more, where it is none."""
        expected, snapshot = self.expected, self.snapshot
        if expected is None or (self._asked.tools is not None and self._fold.calls()):
            return None
        await asyncio.to_thread(expected.judge, snapshot)  # a class has validators of its own
        if expected.error is None or not (expected.repairable and self.repairs):
            return None
        again = attempts.again(OTHER_DATA, expected.error)
        if again is not None:
            self._broken, self._behind = snapshot, expected.correction(snapshot)
            expected.begin()
        return again

    async def _events(self, draft: Draft) -> AsyncGenerator[Sequence[Event]]:
        """Asks, and gives what comes."""
        target = self._target
        messages, options = self._request(draft)
        if self._result is not None:  # all that is asked has one timeout together
            options["timeout"] = remaining(options.get("timeout"), time.monotonic() - self._start)
        notes = self._prompt.notes(draft) + target.unread(draft.messages)
        factor = self._conversation.calibration.factor(target.name)
        planned = Planned(target.name, round(estimate(messages) * factor), options.get("max_tokens"))
        request = self._open = await self.books.before(planned)
        witness(self._conversation, target, draft, messages, options, notes, self.books.account)
        self._result = target.provider.create_async_generator(target.model, messages, **options)
        self._waits = self.waited
        if self._before is None:
            self._fold = self._result.fold
        else:
            self._fold = self._fold if self._goes_on else AnswerFold.behind(self._before)
            self._goes_on = False
            self._result.join(self._fold)
        if self._notice is not None:
            self._fold.add((self._notice,))  # until there is more to show: why it is asked again
            self._notice = None
        self._waited = self._fold.waited
        try:
            async with contextlib.aclosing(self._result.batches()) as batches:
                async for batch in batches:
                    request.see(batch)
                    yield batch
            request.whole = True
        finally:
            self._end_request()

    def _end_request(self) -> None:
        """Has what the request used put to its account, once."""
        if self._open is not None:
            before = len(self._before.parts) if self._before is not None else 0
            self._open.end(self.snapshot, before, self._fold.waited - self._waited)

    @property
    def _counted(self) -> Usage | None:
        """What the service has counted of the request that was last; ``None`` where it was asked more than once."""
        last = self.books.used[-1] if self.books.used else None
        return last.usage if last is not None and last.requests == 1 else None

    def _request(self, draft: Draft) -> tuple[tuple[Message, ...], dict[str, Any]]:
        """The messages and options of a request."""
        before = going_out(self._before.messages) if self._before is not None else ()
        options = dict(self._asked.options)
        if self._toolbox is not None and len(self._toolbox):
            options["tools"] = self._toolbox.specs
        if self._before is not None and options.get("tool_choice") != "none":
            options.pop("tool_choice", None)  # or it would have to call tools for ever
        return self._target.told((*draft.messages, *before, *self._behind), options)

    def _given(self, events: Sequence[Event]) -> Sequence[Event]:
        self._fold.add(events)
        return events

    async def close(self) -> None:
        """Ends the request that is open, if one is."""
        if self._result is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(STOP_SECONDS):
                    await self._result.aclose()

    def turn(self, draft: Draft, status: Status, seconds: float, **told: Any) -> Turn | None:
        """The turn that it has become; ``None`` where nothing has come.

        Args:
            draft: The turn that was open.
            status: How it ended.
            seconds: How long it took, in seconds.
            **told: Further fields of ``Turn``.
        """
        if (record := self.books.record) is not None:
            return self._from_before(record, draft, status, seconds, told)
        if self._asked.tools is not None:
            self._fold.calls()  # which sees to it that each has an id
            self._fold.add(stopped(self.snapshot.unanswered))
        if self._no_figures and self.sent is not None:
            draft = msgspec.structs.replace(draft, prompt=self.sent.prompt)
        self._end_request()
        snapshot = self.snapshot
        of_first = self._counted if self._before is None else self._first_usage
        if self.sent is not None and of_first is not None and self._broken is None:
            size = self.sent.size
            self._conversation.calibration.note(self._target.name, size, of_first.input_tokens)
        usage = snapshot.usage if self.books.record is not None else self.books.usage
        if self._broken is not None and not self._has_more:
            snapshot = self._broken  # nothing has come since
        if status == "failed" and not (snapshot.text or snapshot.tool_calls):
            return None
        facts = {"seconds": seconds, **self.books.facts, **told}
        return draft.turn(
            snapshot.messages,
            status,
            model=self._target.name,
            finish_reason=snapshot.finish_reason,
            usage=usage,
            **facts,
        )

    def _from_before(
        self, record: Record, draft: Draft, status: Status, seconds: float, told: dict[str, Any]
    ) -> Turn | None:
        """The turn that an answer from before has become."""
        if (kept := self.books.kept) is not None:
            return kept.in_place_of(draft)
        snapshot, whole = self.snapshot, status == "complete"
        facts = {"seconds": seconds, **self.books.facts, **told}
        return draft.turn(
            playable(record.exchange) if whole else snapshot.messages,
            status,
            model=self._target.name,
            finish_reason=record.finish_reason if whole else snapshot.finish_reason,
            usage=record.usage if whole else snapshot.usage,
            **facts,
        )
