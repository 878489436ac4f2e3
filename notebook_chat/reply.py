"""One answer on its way into the conversation."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any

from . import events
from .conversation import Conversation, Draft, Status, Turn
from .errors import ContextLengthError, ConversationBusyError
from .events import Event
from .providers.base import AsyncResult

_WRITTEN_SECONDS = 1.0
"""How long a request waits at most until the prompt is on the disk."""

_WAITING = events.Status("waiting for another answer in this conversation")


class Reply:
    """One answer on its way: iterate ``batches()``. The turn is open from the first item on; when the
    batches end, however they end, it is in the conversation.

    Parameters:
        conversation: Where the turn belongs.
        model: Who answers, as ``provider:model``.
        begin: Opens the turn.
        ask: Asks for the answer.
        limit: How many tokens may go out; ``None`` where that is not known.
        options: The options to remember with the turn.
        patient: Whether to wait for another answer that is coming in the conversation, and not to refuse.

    While it is on its way it is the conversation's ``Progress``: others see what has come, and may stop it.

    Attributes:
        model: Who answers, as ``provider:model``.
        turn: The turn, once the answer has ended; ``None`` before, and when it failed without any text.
        status: What the provider last told while there was no text.
    """

    def __init__(
        self,
        conversation: Conversation,
        model: str,
        begin: Callable[[], Draft],
        ask: Callable[[Draft], AsyncResult],
        *,
        limit: int | None = None,
        options: Mapping[str, Any] | None = None,
        patient: bool = False,
    ) -> None:
        self.model = model
        self.turn: Turn | None = None
        self.status: events.Status | None = None
        self._conversation = conversation
        self._begin = begin
        self._ask = ask
        self._limit = limit
        self._options = dict(options or {})
        self._patient = patient
        self._sent: Draft | None = None
        self._result: AsyncResult | None = None
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: asyncio.Task[Any] | None = None

    @property
    def text(self) -> str:
        """The text that has come so far."""
        return self._result.text if self._result is not None else ""

    @property
    def reasoning(self) -> str:
        """The reasoning that has come so far."""
        return self._result.reasoning if self._result is not None else ""

    def stop(self) -> None:
        """Ends the answer, from any thread: the batches end as if it had been whole, and the turn is kept as
        stopped."""
        self._stopped = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed, and the answer with it
                self._loop.call_soon_threadsafe(self._interrupt)

    def _interrupt(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()

    @property
    def notes(self) -> list[str]:
        """What the reader should know of what was sent: turns left out, turns that are stale."""
        notes = []
        if self._sent is not None and self._sent.left_out:
            out = self._sent.left_out
            oldest = "oldest turn" if out == 1 else f"{out} oldest turns"
            notes.append(f"without the {oldest}: the model's context is full")
        if self._sent is not None and self._sent.stale:
            count = self._sent.stale
            stale = "a stale turn" if count == 1 else f"{count} stale turns"
            notes.append(f"after {stale}: an earlier cell ran again, theirs did not")
        return notes

    async def batches(self) -> AsyncGenerator[Sequence[Event]]:
        """The events of the answer, those that arrived together in one sequence.

        Raises:
            ConversationBusyError: An answer is still coming in this conversation, and it is not to be waited for.
            ChatError: The answer failed. What had come of it is in its ``partial`` and in the conversation.
        """
        while True:
            try:
                draft = self._begin()
                break
            except ConversationBusyError:
                if not self._patient:
                    raise
            yield [_WAITING]
            await self._others()
        start = time.monotonic()
        status: Status = "stopped"
        self._loop = asyncio.get_running_loop()
        self._waiting = asyncio.current_task()
        try:
            await self._opened(draft)
            async for batch in self._answer(draft):
                if isinstance(batch[-1], events.Status):
                    self.status = batch[-1]
                self._conversation.heard()
                self._waiting = None  # what the caller does in between is not to be interrupted
                yield batch
                if self._stopped:
                    return
                self._waiting = asyncio.current_task()
            status = "complete"
        except asyncio.CancelledError:
            if not self._stopped or self._waiting is None or self._waiting.uncancel():
                raise
        except Exception:
            status = "failed"
            raise
        finally:
            self._waiting = None
            await self._close()
            turn = self._turn(draft, self._result, status, time.monotonic() - start)
            if turn is None:
                self._conversation.discard(draft)  # nothing came: what was there before stays
            else:
                self.turn = self._conversation.commit(draft, turn)

    async def _others(self) -> None:
        """Waits until no answer is coming in the conversation."""
        loop = asyncio.get_running_loop()
        news = asyncio.Event()
        end = self._conversation.watch(lambda: loop.call_soon_threadsafe(news.set))
        try:
            while self._conversation.busy:
                await news.wait()
                news.clear()
        finally:
            end()

    async def _answer(self, draft: Draft) -> AsyncGenerator[Sequence[Event]]:
        """The events of the answer to as much of the conversation as the model can read; with half of it
        once more, if the service says that it cannot."""
        self._sent = draft if self._limit is None else draft.within(self._limit)
        try:
            async for batch in self._asked(self._sent):
                yield batch
            return
        except ContextLengthError:
            shorter = self._sent.within(self._sent.size // 2)
            if shorter is self._sent or shorter.left_out == self._sent.left_out or self.text:
                raise
        await self._close()
        self._sent = shorter
        yield [events.Status("too long for the model: asking again with fewer turns")]
        async for batch in self._asked(shorter):
            yield batch

    async def _asked(self, draft: Draft) -> AsyncGenerator[Sequence[Event]]:
        self._result = self._ask(draft)
        async for batch in self._result.batches():
            yield batch

    async def _opened(self, draft: Draft) -> None:
        """Shows the open turn to others, and lets the user's part be written down before the request goes out.
        A slow disk does not hold it up for long, and what fails there is told elsewhere."""
        written = self._conversation.written_down(draft)
        self._conversation.follow(draft, self)
        if written is not None and not written.done():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(
                    _WRITTEN_SECONDS
                ):  # wait_for may lose a cancellation in Python 3.11
                    await asyncio.shield(asyncio.wrap_future(written))

    async def _close(self) -> None:
        if self._result is not None:
            with contextlib.suppress(Exception):
                await self._result.aclose()

    def _turn(self, draft: Draft, result: AsyncResult | None, status: Status, seconds: float) -> Turn | None:
        if result is None:
            return draft.turn("", status, model=self.model, seconds=seconds) if self._stopped else None
        if status == "failed" and not result.text:
            return None
        return draft.turn(
            result.text,
            status,
            model=self.model,
            finish_reason=result.finish_reason,
            usage=result.usage,
            reasoning=result.reasoning,
            seconds=seconds,
            options=self._options,
        )
