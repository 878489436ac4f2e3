"""One question to several models at once, on its way into the conversation."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Iterable, Sequence

import msgspec

from . import faults
from .answer import AnswerFold, AnswerSnapshot
from .conversation import Alternative, Conversation, Draft, SentRequest, SentRequests, Turn
from .errors import ChatError, ConversationBusyError
from .event_loop import current_task, require_asyncio
from .events import Event, Notice
from .expectation import expectation
from .loop_thread import STOP_SECONDS
from .outgoing import Outgoing
from .question import Asked, Prompt, Target
from .readiness import until_idle, until_written
from .run import Run, end_what_was_left

_WAITING = Notice("waiting for another answer in this conversation")


class Column:
    """One of the models that are asked, and how far its answer has come.

    Args:
        asked: Who is asked, and how.

    Attributes:
        expected: The data that its answer is to be, and has become; ``None`` for any text.
        turn: Its answer as a turn, once it has ended; ``None`` before, and where nothing came.
        error: How it failed; ``None`` where it did not.
        ended: Whether no more of it is coming.
        place: Which of its turn's ``answers`` it has become, counted from 0; ``None`` before, and where it is none.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.expected = expectation(asked)
        self.turn: Turn | None = None
        self.error: ChatError | None = None
        self.ended = False
        self.place: int | None = None
        self.run: Run | None = None
        self._waiting = AnswerFold(asked.target.name)

    @property
    def model(self) -> str:
        """Who is asked, as ``provider:model``."""
        return self.asked.target.name

    @property
    def snapshot(self) -> AnswerSnapshot:
        """What has come so far."""
        return self._waiting.snapshot() if self.run is None else self.run.snapshot

    @property
    def warnings(self) -> list[str]:
        """What the reader should know of what this model was sent, beside what went along with the prompt."""
        return [] if self.run is None else self.run.warnings

    def wait(self) -> None:
        """Shows that it has not been asked yet."""
        self._waiting.add((_WAITING,))

    def settle(self) -> None:
        """Takes the answer as it is, if it has not ended: nobody waits for more of it."""
        if self.run is not None and not self.ended:
            self.run.leave()
            self.turn = self.run.turn
        self.ended = True


class Comparison:
    """One question that several models are asked at once: iterate ``batches()``. Each is sent the same messages, as
    many as it can read, and none sees what another one says. When the batches end, however they end, one answer is in
    the conversation, and the others are alternatives of its turn.

    While it is on its way it is the conversation's ``Progress``, for which the first one's answer stands.

    Args:
        conversation: Where the turn belongs.
        prompt: What is asked.
        asked: Who is asked. The first one's answer stays in the conversation; where that one fails, the first that does
            not.
        remembered: As for ``Run``.
        wait: As for ``Run``.

    Attributes:
        columns: Those who are asked, in order.
        turn: The turn, once all have ended; ``None`` before, and where none has answered.
    """

    def __init__(
        self,
        conversation: Conversation,
        prompt: Prompt,
        asked: Sequence[Asked],
        *,
        remembered: Iterable[str] = (),
        wait: bool = False,
    ) -> None:
        self.columns = tuple(map(Column, asked))
        self.turn: Turn | None = None
        self._conversation = conversation
        self._prompt = prompt
        self._remembered = tuple(remembered)
        self._wait = wait
        self._asker = current_task()
        self._draft: Draft | None = None
        self._stopped = False
        self._news = asyncio.Event()
        self._ending = threading.Lock()
        self._kept = False

    @property
    def model(self) -> str:
        """Who answers first of all, as ``provider:model``."""
        return self.columns[0].model

    @property
    def snapshot(self) -> AnswerSnapshot:
        """What has come so far of the answer that stays in the conversation."""
        return self._first.snapshot

    @property
    def _first(self) -> Column:
        """The one whose answer stays, as it looks now."""
        return next((one for one in self.columns if one.error is None), self.columns[0])

    @property
    def targets(self) -> tuple[Target, ...]:
        """All who are asked, each once."""
        named = {one.asked.target.name: one.asked.target for one in self.columns}
        return tuple(named.values())

    @property
    def notes(self) -> list[str]:
        """What the reader should know of what was sent to all of them alike: what went along, and the warnings."""
        return [*self._prompt.along, *self.warnings]

    @property
    def warnings(self) -> list[str]:
        """As ``notes``, without what went along."""
        first, *others = (one.warnings for one in self.columns)
        return [note for note in first if all(note in warnings for warnings in others)]

    def stop(self) -> None:
        """Ends all answers, from any thread: what has come of each is kept as stopped."""
        self._stopped = True
        for column in self.columns:
            if column.run is not None and not column.ended:
                column.run.stop()

    def leave(self) -> None:
        """Ends all answers as far as the conversation is concerned, from any thread, whatever their providers still do.
        After their end it does nothing."""
        for column in self.columns:
            column.settle()
        if self._draft is not None:
            self._keep(self._draft)

    def preview(self, *, count: bool = False) -> list[Outgoing]:
        """What each would be sent first, byte for byte; as ``Run.preview``.

        Args:
            count: As for ``Run.preview``.
        """
        return [self._run(self._conversation, column).preview(count=count) for column in self.columns]

    async def batches(self) -> AsyncGenerator[Sequence[Event]]:
        """The events of all answers, as they come: a sign that there is more to see in ``columns``.

        Raises:
            ConversationBusyError: An answer is still coming in this conversation, and it is not to be waited for.
            ConfigurationError: The caller is not driven by asyncio.
            ChatError: None has answered. What had come of the first is in its ``partial``.
        """
        require_asyncio()
        self._news = asyncio.Event()
        while True:
            try:
                draft = self._conversation.begin(**self._prompt.place)
                break
            except ConversationBusyError:
                if end_what_was_left(self._conversation, self._asker):
                    continue
                if not self._wait:
                    raise
            for column in self.columns:
                column.wait()
            yield (_WAITING,)
            await until_idle(self._conversation)
        self._draft = draft
        tasks: list[asyncio.Task[None]] = []
        try:
            for column in self.columns:
                column.run = self._run(self._beside(draft), column)
            written = self._conversation.persist(draft)
            self._conversation.follow(draft, self)
            await until_written(written)
            tasks = [asyncio.create_task(self._answered(column)) for column in self.columns]
            while not all(column.ended for column in self.columns):
                await self._news.wait()
                self._news.clear()
                if self._kept:
                    return  # they were left
                self._conversation.notify()
                yield ()
        finally:
            await _ended(tasks)
            self.leave()
        if all(column.error is not None for column in self.columns):
            raise self._failure()

    def _run(self, conversation: Conversation, column: Column) -> Run:
        return Run(
            conversation,
            self._prompt,
            column.asked,
            remembered=self._remembered,
            expected=column.expected,
        )

    def _beside(self, draft: Draft) -> Conversation:
        """A conversation in which one model is asked, as if it were the only one."""
        beside = self._conversation.aside()
        beside.beside = draft.id
        if self._conversation.sent_requests is not None:
            beside.sent_requests = _Forwarded(self._conversation, draft.id)
        return beside

    async def _answered(self, column: Column) -> None:
        run = column.run
        assert run is not None
        try:
            if self._stopped:
                return
            async with contextlib.aclosing(run.batches()) as batches:
                async for _ in batches:
                    self._news.set()
        except ChatError as error:
            column.error = error
        except Exception as error:  # of ours, which would leave the others waiting
            column.error = faults.chat_error(error, provider=column.model)
        finally:
            if not column.ended:
                column.turn, column.ended = run.turn, True
            self._news.set()

    def _keep(self, draft: Draft) -> None:
        """Puts the turn into the conversation, once."""
        with self._ending:
            if self._kept:
                return
            self._kept = True
        stays = _staying([one.turn for one in self.columns if one.turn is not None])
        if stays is None:
            self._conversation.discard(draft)
            return
        shown: list[Turn] = []
        for column in self.columns:
            if column.turn is not None and (column.turn is stays or column.turn.exchange):
                column.place = len(shown)
                shown.append(column.turn)
        others = tuple(map(_alternative, (turn for turn in shown if turn is not stays)))
        turn = msgspec.structs.replace(
            stays, id=draft.id, at=draft.at, alternatives=others, kept=shown.index(stays)
        )
        self.turn = self._conversation.commit(draft, turn)

    def _failure(self) -> ChatError:
        """Why none has answered."""
        errors = [column.error for column in self.columns if column.error is not None]
        told = "; ".join(f"{one.model}: {one.error.message}" for one in self.columns if one.error is not None)
        kinds, hints = {type(error) for error in errors}, {error.hint for error in errors}
        kind = kinds.pop() if len(kinds) == 1 else ChatError
        return kind(
            f"none of the {len(errors)} models answered: {told}",
            hint=hints.pop() if len(hints) == 1 else "",
            partial=errors[0].partial,
        )


class _Forwarded(SentRequests):
    """Has what goes out to one of several models kept with the turn that all of them answer."""

    def __init__(self, conversation: Conversation, turn: str) -> None:
        super().__init__()
        self._conversation = conversation
        self._turn = turn

    def note(self, conversation: object, request: SentRequest) -> None:
        """Keeps a request."""
        request.turn = self._turn
        if self._conversation.sent_requests is not None:
            self._conversation.sent_requests.note(self._conversation, request)


def _staying(answered: Sequence[Turn]) -> Turn | None:
    """The answer that stays in the conversation: the first that is whole or was stopped, and has something in it."""
    sound = (turn for turn in answered if turn.status != "failed" and turn.exchange)
    anything = (turn for turn in answered if turn.exchange)
    return next(sound, None) or next(anything, None) or next(iter(answered), None)


def _alternative(turn: Turn) -> Alternative:
    return Alternative(
        turn.exchange,
        turn.status,
        turn.model,
        turn.finish_reason,
        turn.usage,
        turn.seconds,
        turn.options,
        turn.id,
        turn.request,
        turn.replayed,
        turn.first_text,
        turn.cost,
    )


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Ends what still runs, all at once, and waits for it for a while."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=STOP_SECONDS)
