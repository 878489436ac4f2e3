"""Calls of providers without a chat, answered from records."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from ..events import Event
from ..ledger import Record, RequestKey
from ..providers.async_result import AsyncResult
from ..providers.base import AsyncGeneratorProvider
from ..providers.options import CONNECTION, check_messages
from ..secrets import secrets_in, wrap_secrets
from ..tool_spec import specs_of
from .chat_calls import asked_by_chat


class Answers(Protocol):
    """What has answers from before, and keeps others."""

    async def find(self, key: RequestKey) -> Record | None:
        """The answer to a request; ``None`` where a service is to be asked.

        Args:
            key: The request.

        Raises:
            NotRecordedError: No service may be asked, and there is none.
        """

    def play(self, record: Record) -> AsyncGenerator[Sequence[Event]]:
        """An answer from before, as events.

        Args:
            record: What ``find`` has given.
        """

    def note(self, record: Record) -> object:
        """Keeps an answer.

        Args:
            record: The answer.
        """


def recorded_calls(answers: Answers) -> Any:
    """What takes the place of ``create_async_generator``, which all providers share.

    Args:
        answers: What has the answers.
    """
    real = AsyncGeneratorProvider.create_async_generator.__func__  # type: ignore[attr-defined]

    def create_async_generator(
        cls: Any, model: str, messages: Any, proxy: Any = None, **kwargs: Any
    ) -> AsyncResult:
        if asked_by_chat.get():
            asked_by_chat.set(False)
            result: AsyncResult = real(cls, model, messages, proxy, **kwargs)
            return result
        options = wrap_secrets({"proxy": proxy, **kwargs})
        call = _Call(cls, model, messages, options, lambda: real(cls, model, messages, proxy, **kwargs))
        return AsyncResult(
            call.batches(answers),
            provider=cls.name,
            model=model or cls.default_model,
            secrets=secrets_in(options),
            checked=True,
        )

    function: Any = create_async_generator
    return classmethod(function)


class _Call:
    """One call of a provider.

    Args:
        provider, model, messages, options: As the caller gives them, with secrets held as ``Secret``.
        ask: Makes the call.
    """

    def __init__(
        self, provider: type[AsyncGeneratorProvider], model: str, messages: Any, options: Any, ask: Any
    ) -> None:
        self._provider = provider
        self._model = model
        self._messages = messages
        self._options = options
        self._ask = ask

    def key(self) -> RequestKey:
        """What it is known by.

        Raises:
            ConfigurationError: A message or an option is of another type.
        """
        provider, options = self._provider, self._options
        place = getattr(provider, "place", None)
        address = place(options)[0] if place is not None else ""
        shaping = {name: value for name, value in options.items() if name not in CONNECTION}
        messages = check_messages(self._messages, shaping.pop("system", None))
        if shaping.get("tools") is not None:
            shaping["tools"] = [spec.told for spec in specs_of(shaping["tools"])]
        model = self._model or provider.default_model
        return RequestKey.of(provider.name, address, model, shaping, messages)

    async def batches(self, answers: Answers) -> AsyncGenerator[tuple[Event, ...]]:
        """Its answer, from before or as it comes.

        Args:
            answers: What has the answers.
        """
        key = self.key()
        if (record := await answers.find(key)) is not None:
            async with aclosing(answers.play(record)) as playing:
                async for batch in playing:
                    yield tuple(batch)
            return
        result: AsyncResult = self._ask()
        async with result, aclosing(result.batches()) as batches:
            async for batch in batches:
                yield tuple(batch)
        snapshot = result.snapshot
        answers.note(
            Record(
                key.digest,
                tuple(snapshot.messages),
                model=f"{self._provider.name}:{key.model}" if key.model else self._provider.name,
                answered_by=snapshot.model,
                finish_reason=snapshot.finish_reason,
                usage=snapshot.usage,
                key=key,
            )
        )
