"""One answer on its way into the conversation."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from . import exits, faults
from .answer import AnswerFold, AnswerSnapshot
from .attempts import FEWER_TURNS, NO_FIGURES, OTHER_DATA, Again, Attempts, may_mean_images
from .conversation import Conversation, Draft, Status, Turn
from .errors import ChatError, ContextLengthError, ConversationBusyError, ProviderError
from .event_loop import current_task, require_asyncio
from .events import Event, Notice, Remark
from .expectation import Expectation
from .loop_thread import STOP_SECONDS, is_replaced
from .messages import Message
from .providers.async_result import AsyncResult
from .providers.options import remaining
from .providers.registry import Provider
from .question import Prompt, Target
from .readiness import until_idle, until_written
from .runner import LEFT
from .secrets import secrets_in
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
        if self._unresponsive:
            notes.append(LEFT)
        return notes

    def _left_out(self) -> list[Remark]:
        """What is not sent of the options, since the model takes none."""
        target = self._target
        model = target.model or target.provider.default_model
        names = target.provider.left_out(model, self._options)
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
        target, (messages, options) = self._target, self._target.told(draft.messages, self._options)
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
            async with contextlib.aclosing(self._answer(draft)) as answer:
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
        return draft.within(int(self._limit / factor), max(1, self._limit // _STEPS))

    def _unread(self, draft: Draft | None) -> list[str]:
        """What there is to tell of files of earlier turns that whoever is asked does not take."""
        return self._target.unread(draft.messages) if draft is not None else []

    def _told(self, notice: Notice) -> Sequence[Event]:
        self._fold.add((notice,))
        return (notice,)

    async def _answer(self, draft: Draft) -> AsyncGenerator[Sequence[Event]]:
        """The events of the answer to as much of the conversation as the model can read; with half of it
        once more, if the service says that it cannot."""
        sent = self._sent = self._within(draft)
        attempts = Attempts()
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
                useful = other.left_out > sent.left_out and not self.snapshot.parts
                again = attempts.again(FEWER_TURNS, error) if useful else None
                if again is None:
                    raise
            except ProviderError as error:
                refused = self._prompt.figures and may_mean_images(error) and not self.snapshot.parts
                other = sent.without_images() if refused else sent
                again = attempts.again(NO_FIGURES, error) if other is not sent else None
                if again is None:
                    raise
                self._no_figures = True
            await self._close()
            sent = self._sent = other
            self._notice = again.notice
            yield self._told(again.notice)

    async def _repaired(self, attempts: Attempts) -> Again | None:
        """Looks at a whole answer that is to be data; that it is to be asked for once more, where it is none."""
        expected, snapshot = self.expected, self.snapshot
        if expected is None:
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
        messages, options = target.told((*draft.messages, *self._behind), self._options)
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
        self._fold = self._result.fold
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
        if self._no_figures and self._sent is not None:
            draft = msgspec.structs.replace(draft, prompt=self._sent.prompt)
        snapshot, usage = self.snapshot, self.snapshot.usage
        if self._sent is not None and usage is not None and self._first is None:
            self._conversation.calibration.note(self.model, self._sent.size, usage.input_tokens)
        if (first := self._first) is not None:
            usage = usage.added(first.usage) if usage is not None else first.usage
            if not (snapshot.text or snapshot.tool_calls):
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
