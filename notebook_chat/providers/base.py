"""What every provider is: a thin class around an async generator, and the result it hands out."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Generator,
    Iterator,
    Mapping,
    Sequence,
)
from types import TracebackType
from typing import Any, ClassVar, Self, Unpack

import msgspec

from .. import exits, faults, runner
from ..answer import AnswerFold, AnswerSnapshot
from ..errors import ChatError, ConfigurationError, ResponseFormatError
from ..events import TOO_LARGE, Event, Finish, Notice, TextDelta, Usage
from ..messages import Messages, Part, SourcePart, ToolCallPart
from ..secrets import Secret, bare, hides_secrets, secrets_in, wrap_secrets
from ..text import replace_surrogates, sendable
from .context_limits import known_limit
from .options import (
    GENERATION,
    MAX_CHARACTERS,
    Check,
    ProviderOptions,
    RequestOptions,
    check_known,
    check_size,
)

Item = str | Event | list[Event] | tuple[Event, ...]
"""What a provider's generator may yield: text, an event, or the events of one block of bytes at once."""

_FEWEST_EVENTS = 10_000
"""How many events an answer may have at least, however small it may be: some add nothing to its size."""


_OURS = f"{__package__}."


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
        self._events = 0
        self._iterable = source
        self._source = _iterator(source, provider)
        self._secrets = secrets
        self._checked = checked
        self._pending: Iterator[Event] = iter(())
        self._ended = False

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
            if self.fold.weight > self._most or self._events > max(self._most, _FEWEST_EVENTS):
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


class AsyncGeneratorProvider:
    """The base of all providers. A subclass writes ``stream``; everything else follows from it.

    Class attributes describe the service:
        name: What it is called in ``provider:model``.
        url: Where it lives.
        working: Whether its public host answers today.
        needs_auth: Whether it needs a key.
        default_model, models: The model used when none is named, and models known to exist.
        options: The options its dialect has a place for; ``Chat`` and ``%%chat`` refuse others.
        option_checks: What checks the values of those options.
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
    option_checks: ClassVar[Mapping[str, Check]] = GENERATION

    # What g4f's client asks of a provider class besides.
    live: ClassVar[int] = 0
    use_stream_timeout: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in cls.__dict__:
            cls.name = cls.__name__.lower()

    @classmethod
    def available(cls) -> bool:
        """Whether it is known to be usable as things are, without asking anybody: a key is there, or an engine is
        installed. Where nobody names a model, one of those that are is asked."""
        return False

    @classmethod
    def accepts(cls, model: str) -> bool:
        """Whether a name that begins with no provider's is a model of this one, as a file's path may be.

        Args:
            model: The name as it was given.
        """
        return False

    @classmethod
    def context_limit(cls, model: str, options: Mapping[str, Any]) -> int | None:
        """How many tokens the model can read at once.

        Args:
            model: The model's own name.
            options: The options of the request, which may change it.

        Returns:
            The number of tokens; ``None`` where it is not known.
        """
        return known_limit(model or cls.default_model)

    @classmethod
    def check_options(cls, options: Mapping[str, Any]) -> None:
        """Refuses options that the provider has no place for, and values out of range.

        Args:
            options: The options by name.

        Raises:
            InvalidOptionError: It says which option is wrong, and which there are.
        """
        check_known(cls.name, options, cls.options, cls.option_checks)

    @classmethod
    @hides_secrets
    def create_async_generator(
        cls,
        model: str,
        messages: Messages,
        proxy: str | Secret | None = None,
        **kwargs: Unpack[ProviderOptions],
    ) -> AsyncResult:
        """Asks the model and streams its answer.

        Nothing is sent before the result is first iterated; that is also where every failure is raised.

        Args:
            model: The model's name; empty for the provider's default.
            messages: The conversation: a list of ``{"role": …, "content": …}``, ``Message`` or ``str``.
            proxy: An HTTP proxy's URL.
            **kwargs: Options by their common names. One that the dialect has no place for is passed over.

        Returns:
            An ``AsyncResult``: iterate it with ``async for``, or await it first, both work.
        """
        most = check_size(kwargs.pop("max_characters", None))
        options = wrap_secrets({"proxy": proxy, **kwargs})
        return AsyncResult(
            cls.stream(model, messages, **options),
            provider=cls.name,
            model=model or cls.default_model,
            secrets=secrets_in(options),
            checked=cls.__module__.startswith(_OURS),
            most=most,
        )

    @classmethod
    def stream(cls, model: str, messages: Messages, **options: Any) -> AsyncIterator[Item]:
        """The answer's pieces: an async generator, to be written by the subclass. ``proxy``, ``api_key``
        and the values of ``headers`` arrive as ``Secret``."""
        raise TypeError(f"{cls.__name__} has no stream() of its own")

    @classmethod
    @hides_secrets
    async def create_async(cls, model: str, messages: Messages, **kwargs: Unpack[RequestOptions]) -> str:
        """The whole answer's text; parameters and errors as in ``create_async_generator``."""
        result = cls.create_async_generator(model, messages, **kwargs)
        async with result:
            return await result.read()

    @classmethod
    @hides_secrets
    def create_completion(
        cls, model: str, messages: Messages, **kwargs: Unpack[RequestOptions]
    ) -> Iterator[str]:
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
