"""What every provider is: a thin class around an async generator, and the result it hands out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterator, Sequence
from types import TracebackType
from typing import Any, ClassVar, Self

from .. import runner
from ..errors import ChatError, ResponseFormatError
from ..events import Event, Finish, ModelName, ReasoningDelta, TextDelta, ToolCall, Usage, well_formed
from ..keys import guarded
from ..messages import Messages

Item = str | Event | list[Event] | tuple[Event, ...]
"""What a provider's generator may yield: text, an event, or the events of one block of bytes at once."""


class AsyncResult:
    """The answer of a provider, as it comes.

    Iterate it for the text, iterate ``events()`` for all of it, or await ``read()`` for the whole. It may
    also be awaited (it gives itself), used as an async context manager, and closed early with ``aclose``,
    which ends the request.

    Attributes:
        provider: The name of the provider that answers.
        usage: The tokens used, once the service has told.
        finish_reason: Why the answer ended, once it has; ``None`` while it comes or when cut off.
        model: The model that answers, as the service names it; until then, as the caller did.
        tool_calls: The tool calls so far, their pieces joined.

    Parameters:
        source: The generator to take the answer from.
    """

    def __init__(self, source: AsyncIterable[Item], *, provider: str = "", model: str = "") -> None:
        self.provider = provider
        self.model = model
        self.usage: Usage | None = None
        self.finish_reason: str | None = None
        self.tool_calls: tuple[ToolCall, ...] = ()
        self._iterable = source
        self._source = aiter(source)
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._pending: Iterator[Event] = iter(())
        self._ended = False

    @property
    def text(self) -> str:
        """The text that has come so far."""
        return "".join(self._text)

    @property
    def reasoning(self) -> str:
        """The model's reasoning that has come so far."""
        return "".join(self._reasoning)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        while True:
            for event in self._pending:
                if type(event) is TextDelta:
                    self._text.append(event.text)
                    return event.text
                self._note(event)
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
            for event in batch:
                self._note(event)
            if batch:
                yield batch

    async def read(self) -> str:
        """Waits for the whole answer and gives its text."""
        async for _ in self.batches():
            pass
        return self.text

    async def aclose(self) -> None:
        """Ends the answer here: the request is closed; what has come stays readable."""
        self._ended = True
        self._pending = iter(())
        for closing in (self._source, self._iterable):
            if (close := getattr(closing, "aclose", None)) is not None:
                await close()
                break

    async def _next_batch(self) -> Sequence[Event]:
        if self._ended:
            raise StopAsyncIteration
        try:
            item = await anext(self._source)
        except StopAsyncIteration:
            self._ended = True
            raise
        except ChatError as error:
            self._ended = True
            error.partial = error.partial or self.text
            error.provider = error.provider or self.provider or None
            # The frames below hold the request, and with it the key: none of them may reach a traceback.
            error.__cause__ = error.__context__ = None
            raise error.with_traceback(None) from None
        except BaseException:
            self._ended = True
            raise
        if isinstance(item, str):
            return (TextDelta(well_formed(item)),) if item else ()
        if isinstance(item, (list, tuple)):
            return item
        return (item,) if isinstance(item, Event) else self._foreign(item)

    def _foreign(self, item: object) -> Sequence[Event]:
        """Providers from elsewhere yield objects of their own between the text, such as g4f's usage."""
        raise ResponseFormatError(
            f"a provider yielded {type(item).__name__}, which is neither text nor an event",
            provider=self.provider,
            hint="Yield str, or the events of notebook_chat.events.",
        )

    def _note(self, event: Event) -> None:
        match event:
            case TextDelta():
                self._text.append(event.text)
            case ReasoningDelta():
                self._reasoning.append(event.text)
            case Usage():
                self.usage = event if self.usage is None else self.usage.merged(event)
            case Finish():
                self.finish_reason = event.reason or self.finish_reason or "stop"
            case ModelName():
                self.model = event.name
            case ToolCall():
                self.tool_calls = _joined(self.tool_calls, event)

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


def _joined(calls: tuple[ToolCall, ...], piece: ToolCall) -> tuple[ToolCall, ...]:
    for position, call in enumerate(calls):
        if call.index == piece.index:
            whole = ToolCall(
                call.index, call.id or piece.id, call.name or piece.name, call.arguments + piece.arguments
            )
            return (*calls[:position], whole, *calls[position + 1 :])
    return (*calls, piece)


class AsyncGeneratorProvider:
    """The base of all providers. A subclass writes ``stream``; everything else follows from it.

    Class attributes describe the service:
        name: What it is called in ``provider:model``.
        url: Where it lives.
        working: Whether its public host answers today.
        needs_auth: Whether it needs a key.
        default_model, models: The model used when none is named, and models known to exist.
        options: The common options its dialect has a place for; ``Chat`` and ``%%chat`` refuse others.
    """

    name: ClassVar[str] = ""
    url: ClassVar[str] = ""
    working: ClassVar[bool] = True
    needs_auth: ClassVar[bool] = False
    supports_stream: ClassVar[bool] = True
    supports_message_history: ClassVar[bool] = True
    supports_system_message: ClassVar[bool] = True
    default_model: ClassVar[str] = ""
    models: ClassVar[tuple[str, ...]] = ()
    options: ClassVar[frozenset[str]] = frozenset()

    # What g4f's client asks of a provider class besides.
    live: ClassVar[int] = 0
    use_stream_timeout: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in cls.__dict__:
            cls.name = cls.__name__.lower()

    @classmethod
    def create_async_generator(
        cls, model: str, messages: Messages, proxy: str | None = None, **kwargs: Any
    ) -> AsyncResult:
        """Asks the model and streams its answer.

        Nothing is sent before the result is first iterated; that is also where every failure is raised.

        Parameters:
            model: The model's name; empty for the provider's default.
            messages: The conversation: a list of ``{"role": …, "content": …}``, ``Message`` or ``str``.
            proxy: An HTTP proxy's URL.
            **kwargs: Options by their common names. One that the dialect has no place for is passed over.

        Returns:
            An ``AsyncResult``: iterate it with ``async for``, or await it first, both work.
        """
        source = cls.stream(model, messages, **guarded({"proxy": proxy, **kwargs}))
        return AsyncResult(source, provider=cls.name, model=model or cls.default_model)

    @classmethod
    def stream(cls, model: str, messages: Messages, **options: Any) -> AsyncIterator[Item]:
        """The answer's pieces: an async generator, to be written by the subclass. ``proxy``, ``api_key``
        and the values of ``headers`` arrive as ``Secret``."""
        raise TypeError(f"{cls.__name__} has no stream() of its own")

    @classmethod
    async def create_async(cls, model: str, messages: Messages, **kwargs: Any) -> str:
        """The whole answer's text; parameters and errors as in ``create_async_generator``."""
        result = cls.create_async_generator(model, messages, **kwargs)
        kwargs.clear()  # an error's traceback shows this frame, and a key must not be in it
        async with result:
            return await result.read()

    @classmethod
    def create_completion(cls, model: str, messages: Messages, **kwargs: Any) -> Iterator[str]:
        """The answer's pieces for a synchronous caller, also where an event loop runs already.

        Parameters and errors as in ``create_async_generator``. Closing the iterator ends the request.
        """
        return runner.iterate(cls.create_async_generator(model, messages, **kwargs))

    @classmethod
    def get_dict(cls) -> dict[str, Any]:
        """The provider described, in the form that g4f's clients use."""
        return {"name": cls.__name__, "url": cls.url, "label": cls.name}

    @classmethod
    def get_parent(cls) -> str:
        """The name of the class that ``g4f`` shows as the provider's family."""
        return cls.__name__
