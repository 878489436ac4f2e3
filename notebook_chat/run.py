"""One answer on its way into the conversation."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from itertools import count as counting
from typing import TYPE_CHECKING, Any

import msgspec

from . import exits, faults
from .answer import AnswerFold, AnswerSnapshot
from .attempts import (
    FEWER_TURNS,
    NO_FIGURES,
    OTHER_DATA,
    TOOL_RESULTS,
    Again,
    Attempts,
    may_mean_images,
)
from .conversation import Conversation, Draft, Status, Turn, estimate, going_out
from .errors import ChatError, ContextLengthError, ConversationBusyError, ProviderError
from .event_loop import current_task, require_asyncio
from .events import Event, Notice, Remark, Usage
from .expectation import Expectation
from .loop_thread import STOP_SECONDS, is_replaced
from .messages import Message, ToolCallPart
from .providers.async_result import AsyncResult
from .providers.options import remaining
from .providers.registry import Provider
from .question import Prompt, Target
from .readiness import until_idle, until_written
from .runner import LEFT
from .secrets import secrets_in
from .text import single_line
from .tools import Round, Toolbox, ToolUse, stopped
from .witness import witness

if TYPE_CHECKING:
    from .outgoing import Outgoing

_STEPS = 4
"""Into how many steps a model's context is divided, by which turns are left out of a conversation that is too long."""

_WAITING = Notice("waiting for another answer in this conversation")


class Run:
    """One ask on its way: iterate ``batches()``. The turn is open from the first item on; when the batches
    end, however they end, it is in the conversation.

    While it is on its way it is the conversation's ``Progress``: others see what has come, and may stop it.

    Args:
        conversation: Where the turn belongs.
        prompt: What is asked.
        target: Who is asked.
        options: The options of the request. Those of ``remembered`` are kept with the turn.
        remembered: The names of options that shaped the answer; never a key's or a header's.
        limit: How many tokens may go out; ``None`` where that is not known.
        wait: Whether to wait for another answer that is coming in the conversation, and not to refuse.
        expected: The data that the answer is to be; ``None`` for any text.
        tools: The tools that the model may have run; ``None`` for none.

    Attributes:
        turn: The turn, once the answer has ended; ``None`` before, and when it failed without any answer.
        expected: The data that the answer is to be, and has become; ``None`` for any text.
        repairs: Whether an answer that is not these data is asked for once more.
    """

    def __init__(
        self,
        conversation: Conversation,
        prompt: Prompt,
        target: Target,
        options: Mapping[str, Any],
        *,
        remembered: Iterable[str] = (),
        limit: int | None = None,
        wait: bool = False,
        expected: Expectation | None = None,
        tools: ToolUse | None = None,
    ) -> None:
        self.turn: Turn | None = None
        self._conversation = conversation
        self._prompt = prompt
        self._target = target
        self._options = options
        self._remembered = {name: options[name] for name in remembered if options.get(name) is not None}
        self._limit = limit
        self._wait = wait
        self._sent: Draft | None = None
        self._result: AsyncResult | None = None
        self._fold = AnswerFold(target.name)
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: asyncio.Task[Any] | None = None
        self._asker = current_task()
        self._holder: asyncio.Task[Any] | None = None  # in whose hands the answer is between two pieces
        self._start = 0.0
        self._draft: Draft | None = None
        self._ending = threading.Lock()
        self._kept = False
        self._left = False  # and another question asked
        self._unresponsive = False
        self._no_figures = False
        self.expected = expected
        self.repairs = True
        self._first: AnswerSnapshot | None = None  # the answer that was no good, once it is asked for anew
        self._notice: Notice | None = None
        self._behind: tuple[Message, ...] = ()  # what goes out behind the prompt then
        self._tools = tools
        self._toolbox: Toolbox | None = None
        self._before: AnswerSnapshot | None = None  # what has come in earlier rounds, once tools were run
        self._begun = True  # whether the answer of this round has a fold of its own
        self._first_usage: Usage | None = None
        self._cut_rounds = False

    @property
    def model(self) -> str:
        """Who answers, as ``provider:model``."""
        return self._target.name

    @property
    def provider(self) -> Provider:
        """Who is asked."""
        return self._target.provider

    @property
    def targets(self) -> tuple[Target, ...]:
        """All who are asked."""
        return (self._target,)

    @property
    def snapshot(self) -> AnswerSnapshot:
        """What has come so far."""
        return self._fold.snapshot()

    def stop(self) -> None:
        """Ends the answer, from any thread: the batches end as if it had been whole, and the turn is kept as
        stopped. One that takes no notice is left after a while."""
        self._stopped = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed, and the answer with it
                self._loop.call_soon_threadsafe(self._interrupt)
            if is_replaced(self._loop):
                self.leave()

    def _interrupt(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            assert self._loop is not None
            self._loop.call_later(STOP_SECONDS, self.leave)

    def leave(self) -> None:
        """Ends the answer as far as the conversation is concerned, from any thread: the turn is kept as stopped
        with what has come, whatever its provider still does. After its end it does nothing."""
        self._stopped = True
        if self._draft is not None and not self._kept:
            self._unresponsive = True
            self._keep(self._draft, "stopped")

    @property
    def notes(self) -> list[str]:
        """What the reader should know of what was sent: what went along with the prompt, and the warnings."""
        return [*self._prompt.along, *self.warnings]

    @property
    def warnings(self) -> list[str]:
        """What the reader should know of what was sent, beside what went along: turns left out, stale turns."""
        notes = self._prompt.warnings(self._sent) + self._unread(self._sent)
        remarks = (*self._left_out(), *self.snapshot.remarks)
        notes += [one.text for one in remarks if not self._told_before(one.option)]
        if self._no_figures:
            notes.append("without figures: the model takes none")
        if self._first is not None:
            notes.append("asked once more: the first answer was not the data that were asked for")
        if self._cut_rounds and self._tools is not None:
            notes.append(f"tools were used {self._tools.rounds} times, and no further: ask it to go on")
        if self._unresponsive:
            notes.append(LEFT)
        return notes

    def _left_out(self) -> list[Remark]:
        """What is not sent of the options, since the model takes none."""
        target = self._target
        model = target.model or target.provider.default_model
        names = target.provider.left_out(model, {**self._options, "tools": self._tools is not None or None})
        return [Remark(f"without {name}: {model} takes none", name) for name in names]

    def _told_before(self, option: str) -> bool:
        """Whether an earlier turn was asked of the same model with an option, where the reader was told of it."""
        own = self._draft.id if self._draft is not None else ""
        return any(
            option in turn.options and turn.model == self.model and turn.id != own
            for turn in self._conversation.turns
        )

    def preview(self, *, count: bool = False) -> Outgoing:
        """What ``batches`` would send first, byte for byte. No turn is opened, and nothing changes.

        Args:
            count: Whether to have the service count the tokens, for which it is sent the messages. Else nothing is
                sent.

        Raises:
            ConfigurationError: Something must be put right before it could be sent.
        """
        from .preview import preview

        draft = self._within(self._conversation.sketch(**self._prompt.place))
        notes = self._prompt.notes(draft) + self._unread(draft)
        notes += [one.text for one in self._left_out()]
        if self._conversation.busy:
            notes.append("an answer is still coming in this conversation: it is not in this")
        own = dict(self._options)
        if self._tools is not None:
            own["tools"] = Toolbox(self._tools.known).specs
            if len(self._tools.known) < 1 or any(source.known is None for source in self._tools.sources):
                notes.append("some tools are not in this: their servers have not been started")
        target, (messages, options) = self._target, self._target.told(draft.messages, own)
        factor = self._conversation.calibration.factor(self.model)
        return preview(target.provider, target.model, messages, options, notes, count=count, factor=factor)

    async def batches(self) -> AsyncGenerator[Sequence[Event]]:
        """The events of the answer, those that arrived together in one sequence.

        Raises:
            ConversationBusyError: An answer is still coming in this conversation, and it is not to be waited for; or
                this one was left where it was, and another question has been asked meanwhile.
            ConfigurationError: The caller is not driven by asyncio.
            ChatError: The answer failed. What had come of it is in its ``partial`` and in the conversation.
        """
        self._loop = require_asyncio()
        while True:
            try:
                draft = self._conversation.begin(**self._prompt.place)
                break
            except ConversationBusyError:
                if end_what_was_left(self._conversation, self._asker):
                    continue
                if not self._wait:
                    raise
            yield self._told(_WAITING)
            await until_idle(self._conversation)
        self._draft, self._start = draft, time.monotonic()
        status: Status = "stopped"
        self._waiting = asyncio.current_task()
        try:
            await self._opened(draft)
            async with contextlib.aclosing(self._exchange(draft)) as answer:
                async for batch in answer:
                    if self._kept:
                        return  # it was left
                    self._conversation.notify()
                    self._waiting = None  # what the caller does in between is not to be interrupted
                    self._holder = asyncio.current_task()
                    yield batch
                    self._holder = None
                    if self._stopped:
                        return
                    if self._left:
                        raise ConversationBusyError(
                            "this answer was left, and another question asked", hint=""
                        )
                    self._waiting = asyncio.current_task()
            status = "complete"
        except asyncio.CancelledError:
            if not self._stopped or self._waiting is None or self._waiting.uncancel():
                raise
        except ChatError as error:
            status = "failed"
            if self._first is not None:
                error.partial = error.partial or self._first.text
            raise
        except Exception as error:
            status = "failed"
            failure = faults.chat_error(
                error,
                provider=self.provider.name,
                partial=self.snapshot.text,
                secrets=secrets_in(self._options),
            )
            raise failure from failure.__cause__
        except BaseException as error:
            if not exits.is_foreign(error):
                raise
            status = "failed"
            raise exits.contained(error, provider=self.provider.name, partial=self.snapshot.text) from None
        finally:
            self._waiting = self._holder = None
            try:
                await self._close()
            finally:
                self._keep(draft, status)

    def _keep(self, draft: Draft, status: Status) -> bool:
        """Puts the turn into the conversation, as it is now; whether that was still to be done."""
        with self._ending:
            if self._kept:
                return False
            self._kept = True
        turn = self._turn(draft, status, time.monotonic() - self._start)
        if turn is None:
            self._conversation.discard(draft)  # nothing came: what was there before stays
        else:
            self.turn = self._conversation.commit(draft, turn)
        return True

    def _within(self, draft: Draft) -> Draft:
        """As much of a draft as the model can read."""
        if self._limit is None:
            return draft
        factor = self._conversation.calibration.factor(self.model)
        used = estimate(self._before.messages) if self._before is not None else 0
        room = max(int(self._limit / factor) - used, 1)
        return draft.within(room, max(1, self._limit // _STEPS))

    def _unanswered(self) -> tuple[ToolCallPart, ...]:
        """The calls that have no result."""
        self._fold.calls()  # which sees to it that each has an id
        return self.snapshot.unanswered

    def _unread(self, draft: Draft | None) -> list[str]:
        """What there is to tell of files of earlier turns that whoever is asked does not take."""
        return self._target.unread(draft.messages) if draft is not None else []

    def _told(self, notice: Notice) -> Sequence[Event]:
        self._fold.add((notice,))
        return (notice,)

    async def _exchange(self, draft: Draft) -> AsyncGenerator[Sequence[Event]]:
        """The events of all that follows the prompt: the answer; where it calls tools, what they give and the answer
        to that, as often as it is allowed."""
        attempts, use = Attempts(), self._tools
        if use is not None:
            async with contextlib.aclosing(self._opened_tools(use)) as opening:
                async for batch in opening:
                    yield batch
        for number in counting(1):
            async with contextlib.aclosing(self._answer(draft, attempts)) as answer:
                async for batch in answer:
                    yield batch
            calls = self._fold.calls() if use is not None else ()
            if not calls or self._toolbox is None or use is None:
                return
            if number > use.rounds or attempts.again(TOOL_RESULTS, _CALLED) is None:
                self._cut_rounds = True
                yield self._given(stopped(calls, f"not run: tools were used {use.rounds} times already"))
                return
            one = Round(calls, self._toolbox, use, self._conversation, self.model)
            async with contextlib.aclosing(one.batches()) as batches:
                async for batch in batches:
                    yield self._given(batch)
            await self._close()
            if number == 1:
                self._first_usage = self.snapshot.usage
            self._fold.begin()
            self._before, self._begun, self._first, self._behind = self.snapshot, False, None, ()

    async def _opened_tools(self, use: ToolUse) -> AsyncGenerator[Sequence[Event]]:
        """Opens the tools; the events are what there is to tell meanwhile."""
        news: asyncio.Queue[Event] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def tell(words: str, fraction: float | None = None) -> None:
            loop.call_soon_threadsafe(news.put_nowait, Notice(single_line(words), fraction))

        opening = loop.create_task(use.open(tell))
        try:
            while not opening.done():
                waiting = loop.create_task(news.get())
                await asyncio.wait({opening, waiting}, return_when=asyncio.FIRST_COMPLETED)
                if waiting.done():
                    yield self._given([waiting.result()])
                waiting.cancel()
            self._toolbox = opening.result()
        finally:
            opening.cancel()

    def _given(self, events: Sequence[Event]) -> Sequence[Event]:
        self._fold.add(events)
        return events

    async def _answer(self, draft: Draft, attempts: Attempts) -> AsyncGenerator[Sequence[Event]]:
        """The events of the answer to as much of the conversation as the model can read; with half of it
        once more, if the service says that it cannot."""
        sent = self._sent = self._within(draft)
        while True:
            try:
                async with contextlib.aclosing(self._asked(sent)) as asked:
                    async for batch in asked:
                        yield batch
                again, other = await self._repaired(attempts), sent
                if again is None:
                    return
            except ContextLengthError as error:
                other = sent.within(sent.size // 2)
                useful = other.left_out > sent.left_out and not self._has_more
                again = attempts.again(FEWER_TURNS, error) if useful else None
                if again is None:
                    raise
            except ProviderError as error:
                refused = self._prompt.figures and may_mean_images(error) and not self._has_more
                other = sent.without_images() if refused else sent
                again = attempts.again(NO_FIGURES, error) if other is not sent else None
                if again is None:
                    raise
                self._no_figures = True
            await self._close()
            sent = self._sent = other
            self._notice = again.notice
            yield self._told(again.notice)

    @property
    def _has_more(self) -> bool:
        """Whether anything has come of the answer of this round."""
        before = len(self._before.parts) if self._before is not None else 0
        return len(self.snapshot.parts) > before

    async def _repaired(self, attempts: Attempts) -> Again | None:
        """Looks at a whole answer that is to be data; that it is to be asked for once more, where it is none."""
        expected, snapshot = self.expected, self.snapshot
        if expected is None or (self._tools is not None and self._fold.calls()):
            return None
        await asyncio.to_thread(expected.judge, snapshot)  # a class has validators of its own
        if expected.error is None or not (expected.repairable and self.repairs):
            return None
        again = attempts.again(OTHER_DATA, expected.error)
        if again is not None:
            self._first, self._behind = snapshot, expected.correction(snapshot)
            expected.begin()
        return again

    async def _asked(self, draft: Draft) -> AsyncGenerator[Sequence[Event]]:
        target = self._target
        before = going_out(self._before.messages) if self._before is not None else ()
        own = dict(self._options)
        if self._toolbox is not None and len(self._toolbox):
            own["tools"] = self._toolbox.specs
        messages, options = target.told((*draft.messages, *before, *self._behind), own)
        if self._result is not None:  # all that is asked has one timeout together
            options["timeout"] = remaining(options.get("timeout"), time.monotonic() - self._start)
        witness(
            self._conversation,
            target,
            draft,
            messages,
            options,
            self._prompt.notes(draft) + self._unread(draft),
        )
        self._result = target.provider.create_async_generator(target.model, messages, **options)
        if self._before is None:
            self._fold = self._result.fold
        else:
            if self._begun:  # and is asked for once more
                self._fold = AnswerFold.behind(self._before)
            self._result.join(self._fold)
            self._begun = True
        if self._notice is not None:
            self._fold.add((self._notice,))  # until there is more to show: why it is asked again
        async with contextlib.aclosing(self._result.batches()) as batches:
            async for batch in batches:
                yield batch

    async def _opened(self, draft: Draft) -> None:
        """Shows the open turn to others, and lets the user's part be written down before the request goes out."""
        written = self._conversation.persist(draft)
        self._conversation.follow(draft, self)
        await until_written(written)

    async def _close(self) -> None:
        if self._result is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(STOP_SECONDS):
                    await self._result.aclose()

    def _turn(self, draft: Draft, status: Status, seconds: float) -> Turn | None:
        if self._result is None and not self._stopped:
            return None
        if self._tools is not None and (open_calls := self._unanswered()):
            self._fold.add(stopped(open_calls))
        if self._no_figures and self._sent is not None:
            draft = msgspec.structs.replace(draft, prompt=self._sent.prompt)
        snapshot, usage = self.snapshot, self.snapshot.usage
        told = usage if self._before is None else self._first_usage
        if self._sent is not None and told is not None and self._first is None:
            self._conversation.calibration.note(self.model, self._sent.size, told.input_tokens)
        if (first := self._first) is not None:
            usage = usage.added(first.usage) if usage is not None else first.usage
            if not self._has_more:
                snapshot = first  # nothing has come since
        if status == "failed" and not (snapshot.text or snapshot.tool_calls):
            return None
        return draft.turn(
            snapshot.messages,
            status,
            model=self.model,
            finish_reason=snapshot.finish_reason,
            usage=usage,
            seconds=seconds,
            options=self._remembered if self._result is not None else {},
        )


_CALLED = ProviderError("the model calls tools")


def end_what_was_left(conversation: Conversation, asker: asyncio.Task[Any] | None) -> bool:
    """Ends the answer that is open in a conversation, if whoever has had it has left it: ``async for`` with a ``break``
    closes nothing by itself. It was left when the task that took its pieces asks anew, or has ended.

    Args:
        conversation: The conversation.
        asker: The task that asks anew.
    """
    open_ = conversation.answering
    run = open_.progress if open_ is not None else None
    if open_ is None or not isinstance(run, Run) or (holder := run._holder) is None:
        return False
    if holder is not asker and not holder.done():
        return False
    run._left = True
    run._keep(open_.draft, "stopped")
    if run._loop is not None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, and the connection with it
            asyncio.run_coroutine_threadsafe(run._close(), run._loop)
    return True
