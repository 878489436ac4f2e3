"""One answer on its way into the conversation."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, Iterable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from . import exits, faults
from .answer import AnswerSnapshot
from .conversation import Conversation, Draft, Status, Turn
from .errors import ChatError, ConversationBusyError
from .event_loop import current_task, require_asyncio
from .events import Event, Notice, Remark
from .exchange import Exchange
from .expectation import Expectation
from .loop_thread import STOP_SECONDS, is_replaced
from .providers.registry import Provider
from .question import Asked, Prompt, Target
from .readiness import until_idle, until_written
from .replay.kept import Kept
from .runner import LEFT
from .secrets import secrets_in
from .tools import Toolbox

if TYPE_CHECKING:
    from .outgoing import Outgoing

_WAITING = Notice("waiting for another answer in this conversation")


class Run:
    """One ask on its way: iterate ``batches()``. The turn is open from the first item on; when the batches
    end, however they end, it is in the conversation.

    While it is on its way it is the conversation's ``Progress``: others see what has come, and may stop it.

    Args:
        conversation: Where the turn belongs.
        prompt: What is asked.
        asked: Who is asked, and how.
        remembered: The names of options that shaped the answer, which are kept with the turn; never a key's or a
            header's.
        wait: Whether to wait for another answer that is coming in the conversation, and not to refuse.
        expected: The data that the answer is to be; ``None`` for any text.

    Attributes:
        turn: The turn, once the answer has ended; ``None`` before, and when it failed without any answer.
        expected: The data that the answer is to be, and has become; ``None`` for any text.
    """

    def __init__(
        self,
        conversation: Conversation,
        prompt: Prompt,
        asked: Asked,
        *,
        remembered: Iterable[str] = (),
        wait: bool = False,
        expected: Expectation | None = None,
    ) -> None:
        self.turn: Turn | None = None
        self.expected = expected
        self._conversation = conversation
        self._prompt = prompt
        self._asked = asked
        self._target = asked.target
        self._remembered = {
            name: asked.options[name] for name in remembered if asked.options.get(name) is not None
        }
        self._wait = wait
        self._exchange = Exchange(conversation, prompt, asked, expected)
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
        self._accounted: list[Future[Any]] = []

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
    def kept(self) -> Kept | None:
        """The answer that stays what it is, where it is one; ``None`` where another one comes."""
        return self._exchange.books.kept

    @property
    def replayed(self) -> bool:
        """Whether it is an answer from before, for which nobody is asked."""
        return self._exchange.books.record is not None

    @property
    def snapshot(self) -> AnswerSnapshot:
        """What has come so far."""
        return self._exchange.snapshot

    @property
    def repairs(self) -> bool:
        """Whether an answer that is not the data that it is to be is asked for once more."""
        return self._exchange.repairs

    @repairs.setter
    def repairs(self, repairs: bool) -> None:
        self._exchange.repairs = repairs

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
        sent = self._exchange.sent
        notes = self._prompt.warnings(sent) + self._unread(sent)
        remarks = (*self._left_out(), *self.snapshot.remarks)
        notes += [one.text for one in remarks if not self._told_before(one.option)]
        notes += self._exchange.warnings
        if self._unresponsive:
            notes.append(LEFT)
        return notes

    def _left_out(self) -> list[Remark]:
        """What is not sent of the options, since the model takes none."""
        target = self._target
        model = target.model or target.provider.default_model
        asked = {**self._asked.options, "tools": self._asked.tools is not None or None}
        names = target.provider.left_out(model, asked)
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

        draft = self._exchange.within(self._conversation.sketch(**self._prompt.place))
        notes = self._prompt.notes(draft) + self._unread(draft)
        notes += [one.text for one in self._left_out()]
        if foretold := self._exchange.books.foretold(draft):
            notes.append(foretold)
        if count and self._asked.books is not None and self._asked.books.closed:
            count = False
            notes.append("the tokens are estimated: nothing goes to the network")
        if self._conversation.busy:
            notes.append("an answer is still coming in this conversation: it is not in this")
        options, use = dict(self._asked.options), self._asked.tools
        if use is not None:
            options["tools"] = Toolbox(use.known).specs
            if options["tools"]:
                notes.append(f"it may call {', '.join(spec.name for spec in options['tools'])}")
            if any(source.known is None for source in use.sources):
                notes.append("without the tools of servers, which have not been started")
        target, (messages, options) = self._target, self._target.told(draft.messages, options)
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
            yield self._exchange.told(_WAITING)
            await until_idle(self._conversation)
        self._draft, self._start = draft, time.monotonic()
        status: Status = "stopped"
        self._waiting = asyncio.current_task()
        try:
            await self._opened(draft)
            async with contextlib.aclosing(self._exchange.batches(draft)) as answer:
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
            error.partial = error.partial or self._exchange.partial
            raise
        except Exception as error:
            status = "failed"
            failure = faults.chat_error(
                error,
                provider=self.provider.name,
                partial=self.snapshot.text,
                secrets=secrets_in(self._asked.options),
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
                await self._exchange.close()
            finally:
                self._keep(draft, status)
                for written in self._accounted:
                    await until_written(written)

    def _keep(self, draft: Draft, status: Status) -> bool:
        """Puts the turn into the conversation, as it is now; whether that was still to be done."""
        with self._ending:
            if self._kept:
                return False
            self._kept = True
        begun, seconds = self._exchange.begun, time.monotonic() - self._start
        seconds = max(seconds - self._exchange.waited, 0.0)  # which is not the service's time
        turn = None
        if begun or self._stopped:
            remembered = self._remembered if begun else {}
            turn = self._exchange.turn(draft, status, seconds, options=remembered)
        if turn is None:
            self._conversation.discard(draft)  # nothing came: what was there before stays
        else:
            self.turn = self._conversation.commit(draft, turn, kept=self.kept is not None)
        self._accounted = self._exchange.books.close(turn)
        return True

    def _unread(self, draft: Draft | None) -> list[str]:
        """What there is to tell of files of earlier turns that whoever is asked does not take."""
        return self._target.unread(draft.messages) if draft is not None else []

    async def _opened(self, draft: Draft) -> None:
        """Shows the open turn to others, and lets the user's part be written down before the request goes out."""
        written = self._conversation.persist(draft)
        self._conversation.follow(draft, self)
        await until_written(written)


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
            asyncio.run_coroutine_threadsafe(run._exchange.close(), run._loop)
    return True
