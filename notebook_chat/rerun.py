"""The turns of a conversation, asked again of another model."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import msgspec

from . import errors
from .chat import Chat
from .composition import Composed
from .conversation import Conversation, Draft, Turn, estimate
from .errors import ChatError
from .providers.options import REMEMBERED
from .run import Run

_FOR_ALL = (
    errors.ConfigurationError,
    errors.AuthenticationError,
    errors.PermissionDeniedError,
    errors.ModelNotFoundError,
    errors.QuotaError,
    errors.ConnectError,
    errors.NotRecordedError,
)
"""Failures that every further turn would meet, too."""

_SAMPLE = "rerun"
"""What tells an answer that is asked for once more from the one that is there. Each has a record of its own, so that a
notebook that runs again has both, and a conversation that is asked again of the same model is not given back itself."""


class Step(msgspec.Struct, frozen=True):
    """A turn that was asked again.

    Attributes:
        number: Its number in its conversation, counted from 1.
        before: The turn as it was.
        after: What has become of it; ``None`` where nothing came.
        error: How it failed; ``None`` where it did not.
    """

    number: int
    before: Turn
    after: Turn | None = None
    error: ChatError | None = None

    @property
    def is_same(self) -> bool:
        """Whether the model has said the same, but for blanks at the ends."""
        return self.after is not None and self.after.answer.strip() == self.before.answer.strip()


class Foreseen(msgspec.Struct, frozen=True):
    """What it would take.

    Attributes:
        requests: How many requests go out.
        read: How many tokens the model has to read, about.
        written: How many it writes, if its answers are as long as the old ones.
    """

    requests: int
    read: int
    written: int


class Rerun:
    """Asks turns of a conversation again, one after the other. Each is sent with what the new model has answered to
    those before it, so that it shows how the conversation would have gone; or with the old answers.

    Args:
        turns: The turns of the conversation.
        chat: Who is asked. Its conversation begins with the turns before the first that is asked again, and gets the
            answers. Answers from before are used as it is set: those to the same, asked again before.
        numbers: Which turns are asked again, counted from 1.
        old_context: Whether each is sent with the old answers to the turns before it.

    Attributes:
        steps: What has been asked so far.
        left_out: The options of turns that the model has no place for.
    """

    def __init__(
        self, turns: Sequence[Turn], chat: Chat, numbers: range, *, old_context: bool = False
    ) -> None:
        self.steps: list[Step] = []
        self.left_out: set[str] = set()
        self._turns = turns
        self._chat = chat
        self._numbers = numbers
        self._old_context = old_context
        self._run: Run | None = None

    def leave(self) -> None:
        """Ends the answer that is coming, whatever its provider still does."""
        if self._run is not None:
            self._run.leave()

    def foreseen(self) -> Foreseen:
        """What it would take; nothing is sent."""
        read = written = 0
        for number in self._numbers:
            turn = self._turns[number - 1]
            limit = self._chat.limit
            draft = self._sketch(number)
            read += (draft if limit is None else draft.within(limit)).size
            written += estimate(turn.exchange)
        return Foreseen(len(self._numbers), read, written)

    def _sketch(self, number: int) -> Draft:
        turn = self._turns[number - 1]
        return self._conversation_before(number).sketch(turn.prompt, system=turn.system, fresh=turn.fresh)

    def _conversation_before(self, number: int) -> Conversation:
        """The conversation as it was before a turn."""
        into = self._chat.conversation
        return Conversation(into.name, system=into.system, turns=self._turns[: number - 1])

    async def asking(self) -> AsyncGenerator[Step]:
        """Asks, and gives each turn once its answer has ended. A failure ends all of it where every other turn would
        meet it, too."""
        for number in self._numbers:
            before, error = self._turns[number - 1], None
            self._run, ended = None, False
            try:
                await self._ask(number)
                ended = True
                error = self._no_data()
            except ChatError as failure:
                error, ended = failure, True
            finally:
                after = self._run.turn if self._run is not None else None
                if ended or after is not None:
                    self.steps.append(Step(number, before, after, error))
            yield self.steps[-1]
            if isinstance(error, _FOR_ALL) and not self._is_of_turn(error):
                return

    @staticmethod
    def _is_of_turn(error: ChatError) -> bool:
        """Whether a failure is about what one turn holds."""
        return isinstance(error, errors.InvalidMessagesError)

    async def _ask(self, number: int) -> None:
        turn, chat = self._turns[number - 1], self._chat
        into = chat.conversation
        if self._old_context:
            chat = chat.in_conversation(self._conversation_before(number))
            chat.conversation.sent_requests = into.sent_requests
        options = self._options(turn.options)
        self._run = chat.reply(
            Composed.again(turn), cell="", system=turn.system, fresh=turn.fresh, sample=_SAMPLE, **options
        )
        try:
            async with contextlib.aclosing(self._run.batches()) as batches:
                async for _ in batches:
                    pass
        finally:
            if self._old_context and self._run.turn is not None:
                into.replace((*into.turns, msgspec.structs.replace(self._run.turn, cell=None)))

    def _no_data(self) -> ChatError | None:
        """Why an answer that was to be data, and is whole, is none."""
        expected = self._run.expected if self._run is not None else None
        return expected.error if expected is not None else None

    def _options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The options that shaped an answer, as far as the model has a place for them. They may come from a file, which
        says nothing else about a request."""
        options: dict[str, Any] = {}
        for name in REMEMBERED:
            if given.get(name) is None:
                continue
            usable = self._chat.usable({name: given[name]})
            options |= usable
            if not usable:
                self.left_out.add(name)
        return options
