"""The answer of a provider as it comes: what a generator yields, added up, checked and bounded."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import msgspec

from .. import exits, faults
from ..answer import AnswerFold, AnswerSnapshot
from ..errors import ChatError, ConfigurationError, ResponseFormatError
from ..events import TOO_LARGE, Event, Finish, Notice, TextDelta, Usage
from ..messages import Part, SourcePart, ToolCallPart
from ..secrets import Secret, bare
from ..text import replace_surrogates, sendable
from .options import MAX_CHARACTERS

Item = str | Event | list[Event] | tuple[Event, ...]
"""What a provider's generator may yield: text, an event, or the events of one block of bytes at once."""

_FEWEST_EVENTS = 10_000
"""How many events an answer may have at least, however small it may be: some add nothing to its size."""


class AsyncResult:
    """The answer of a provider, as it comes.

    Iterate it for the text, iterate ``events()`` for all of it, or await ``read()`` for the whole. It may
    also be awaited (it gives itself), used as an async context manager, and closed early with ``aclose``,
    which ends the request.

    Attributes:
        provider: The name of the provider that answers.
        fold: What adds its events up.

    Args:
        source: The generator to take the answer from.
        provider: The name of the provider that answers.
        model: The model's name, until the service tells how it calls it.
        secrets: What must not be shown of whatever the generator raises.
        checked: Whether all that it yields is known to be well-formed, as our own dialects' events are.
        most: How large it may become, in characters. It ends there: what has come is kept, and its
            ``finish_reason`` is ``max_characters``.

    Raises:
        ConfigurationError: The source is not an asynchronous iterable.
    """

    def __init__(
        self,
        source: AsyncIterable[Item],
        *,
        provider: str = "",
        model: str = "",
        secrets: tuple[Secret, ...] = (),
        checked: bool = False,
        most: int = MAX_CHARACTERS,
    ) -> None:
        self.provider = provider
        self.fold = AnswerFold(model)
        self._most = most
        self._most_events = max(most, _FEWEST_EVENTS)
        self._events = 0
        self._iterable = source
        self._source = _iterator(source, provider)
        self._secrets = secrets
        self._checked = checked
        self._pending: Iterator[Event] = iter(())
        self._ended = False

    def join(self, fold: AnswerFold) -> None:
        """Has what comes added to what has come already in the same exchange, such as before a tool was run. To be
        called before anything comes.

        Args:
            fold: What has added that up.
        """
        self.fold = fold

    @property
    def snapshot(self) -> AnswerSnapshot:
        """All that has come so far, as a value that does not change."""
        return self.fold.snapshot()

    @property
    def text(self) -> str:
        """The text that has come so far."""
        return self.snapshot.text

    @property
    def reasoning(self) -> str:
        """The model's reasoning that has come so far."""
        return self.snapshot.reasoning

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts of the answer that have come so far, in order."""
        return self.snapshot.parts

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        """The tool calls so far, their pieces joined."""
        return self.snapshot.tool_calls

    @property
    def sources(self) -> tuple[SourcePart, ...]:
        """Where the answer comes from, as far as the service has told."""
        return self.snapshot.sources

    @property
    def usage(self) -> Usage | None:
        """The tokens used, once the service has told."""
        return self.snapshot.usage

    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended, once it has; ``None`` while it comes or when it was cut off."""
        return self.snapshot.finish_reason

    @property
    def model(self) -> str:
        """The model that answers, as the service names it; until then, as the caller did."""
        return self.snapshot.model

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        while True:
            for event in self._pending:
                if type(event) is TextDelta:
                    return event.text
            self._pending = iter(await self._next_batch())

    async def events(self) -> AsyncGenerator[Event]:
        """The typed events, one by one, as they come."""
        async for batch in self.batches():
            for event in batch:
                yield event

    async def batches(self) -> AsyncGenerator[Sequence[Event]]:
        """The typed events, those that arrived together in one sequence: the cheapest form to take."""
        while True:
            batch = tuple(self._pending)
            if not batch:
                try:
                    batch = tuple(await self._next_batch())
                except StopAsyncIteration:
                    return
            if batch:
                yield batch

    async def read(self) -> str:
        """Waits for the whole answer and gives its text."""
        async for _ in self.batches():
            pass
        return self.text

    async def aclose(self) -> None:
        """Ends the answer here: the request is closed; what has come stays readable. A generator that fails as it is
        closed fails nobody: that is only logged."""
        self._ended = True
        self._pending = iter(())
        for closing in (self._source, self._iterable):
            if (close := getattr(closing, "aclose", None)) is not None:
                try:
                    await close()
                except Exception as error:
                    self._failure(error)
                except BaseException as error:
                    if not exits.is_foreign(error):
                        raise
                    raise self._failure(error) from None
                break

    async def _next_batch(self) -> Sequence[Event]:
        if self._ended:
            raise StopAsyncIteration
        try:
            item = await anext(self._source)
            events: Sequence[Event]
            if isinstance(item, str):
                events = (TextDelta(replace_surrogates(item)),) if item else ()
            elif isinstance(item, (list, tuple)):
                events = item if self._checked else tuple(map(self._well_formed, item))
            else:
                events = (self._well_formed(item),)
            self.fold.add(events)
            self._events += len(events)
            if self._events > self._most_events or self.fold.weight > self._most:
                return await self._cut_off(events)
            return events
        except StopAsyncIteration:
            self._ended = True
            raise
        except BaseException as error:
            self._ended = True
            if not isinstance(error, Exception) and not exits.is_foreign(error):
                raise bare(error) from None
            failure = self._failure(error)
        try:
            raise failure
        finally:
            del failure  # which holds this frame

    def _failure(self, error: BaseException) -> ChatError:
        """The failure that ends the answer, whatever was raised: a ``ChatError`` with the text that had come."""
        if not isinstance(error, Exception):
            return exits.contained(error, provider=self.provider or None, partial=self.text)
        failure = faults.chat_error(error, provider=self.provider, partial=self.text, secrets=self._secrets)
        failure.partial = failure.partial or self.text
        failure.provider = failure.provider or self.provider or None
        if failure is error:
            return bare(failure)  # the frames below hold the request, and with it the key
        return failure

    async def _cut_off(self, events: Sequence[Event]) -> Sequence[Event]:
        """Ends an answer that has become too large."""
        if self.fold.weight - self._most > self._most // 16:
            self.fold.cut(self._most)  # a single event may be larger than all that is taken
        end = Finish(TOO_LARGE)
        self.fold.add((end,))
        with contextlib.suppress(Exception):
            await self.aclose()
        return (*events, end)

    def _well_formed(self, item: object) -> Event:
        """What somebody else's generator has yielded, where it is an event.

        Raises:
            ResponseFormatError: It is something else, such as a number, or an event whose text is none.
        """
        if isinstance(item, Event) and _fits(item):
            return sendable(item)
        if isinstance(item, Notice):  # what goes on beside the answer keeps nobody from it
            return Notice(item.text if isinstance(item.text, str) else "")
        kind = type(item).__name__
        raise ResponseFormatError(
            f"a provider yielded {kind} with a value of another type than it has"
            if isinstance(item, Event)
            else f"a provider yielded {kind}, which is neither text nor an event",
            provider=self.provider,
            hint="Yield str, or the events of notebook_chat.events.",
        )

    def __await__(self) -> Generator[Any, None, Self]:
        return self
        yield  # makes this a generator, which is what `await` asks for

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        state = (
            f"finished: {self.finish_reason}" if self.finish_reason else "ended" if self._ended else "open"
        )
        name = f"{self.provider or '?'}:{self.model or '?'}"
        return f"<AsyncResult of {name}, {len(self.text)} characters, {state}>"


def _iterator(source: Any, provider: str) -> AsyncIterator[Item]:
    """What gives a generator's items, if it is one."""
    try:
        return aiter(source)
    except TypeError:
        if inspect.iscoroutine(source):
            source.close()
        raise ConfigurationError(
            f"what is to give the answer is {type(source).__name__}, and no asynchronous generator",
            provider=provider,
            hint="Write it as async def with yield.",
        ) from None


def _fits(event: Event) -> bool:
    """Whether the values of an event are of the types that it says: nobody checks them when it is made. Figures are
    looked at where they are added up."""
    if isinstance(event, Usage):
        return True
    try:
        msgspec.convert(msgspec.to_builtins(event, builtin_types=(bytes,)), type(event))
    except Exception:  # such as of a value whose own methods fail
        return False
    return isinstance(getattr(event, "data", b""), bytes)
