"""Chat: a provider, a conversation and options, and the way of an answer into the conversation."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from . import runner
from .conversation import DEFAULT_RESERVE, Conversation, Draft, Turn, known_limit
from .errors import InvalidOptionError
from .events import TextDelta, Usage
from .images import image_part
from .keys import guarded
from .messages import MessageLike, normalize
from .providers.base import AsyncResult
from .providers.call import CONNECTION, GENERATION
from .providers.foreign import ForeignProvider, adapt
from .providers.registry import Provider, default_model, get_provider, resolve
from .reply import Reply
from .session import loaded_session


class Answer(str):
    """The text of an answer, which also knows what came with it.

    Attributes:
        model: Who answered, as ``provider:model``.
        usage: The tokens used, where the service told.
        finish_reason: Why it ended, such as ``stop`` or ``length``.
        seconds: How long it took.
    """

    model: str
    usage: Usage | None
    finish_reason: str | None
    seconds: float

    def __new__(cls, turn: Turn) -> Answer:
        answer = super().__new__(cls, turn.answer)
        answer.model = turn.model
        answer.usage = turn.usage
        answer.finish_reason = turn.finish_reason
        answer.seconds = turn.seconds
        return answer

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


class Chat:
    """A conversation with a model.

    Parameters:
        model: ``provider:model``, such as ``openai:gpt-5``; without it the one that ``%%chat`` would use.
        system: The system prompt.
        provider: Instead of a provider's name in ``model``: a name, a provider class (also one of g4f's), or
            an async-generator function that takes ``messages`` and yields text.
        conversation: A conversation to go on with; or the name of one of this notebook's, which ``%%chat -c``
            and the cell's identity are shared with.
        context: How many tokens the model can read at once, where that is not known. Of a longer conversation
            the oldest turns are not sent.
        nested: Drive synchronous calls on the notebook's own loop, which is patched for it: only for a
            provider that is bound to that loop (needs ``notebook_chat[nested]``).
        **options: Options of every request: ``temperature, max_tokens, top_p, stop, seed, timeout, proxy,
            headers, extra_body, base_url, api_key, retries, ssl``.

    Raises:
        ConfigurationError: The model, the provider or an option is unknown, or none can be used yet.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        system: str | None = None,
        provider: Any = None,
        conversation: Conversation | str | None = None,
        context: int | None = None,
        nested: bool = False,
        **options: Any,
    ) -> None:
        self.nested = nested
        self.context = context
        self._options = guarded(options)
        options.clear()  # a traceback through here must not show a key
        self._provider = get_provider(provider) if isinstance(provider, str) else provider and adapt(provider)
        self._model = model
        self._next_cell: Callable[[], str | None] = lambda: None
        if isinstance(conversation, str):
            conversation, self._next_cell = loaded_session().shared(conversation)
        self.conversation = Conversation(system=system) if conversation is None else conversation
        self._target(model, self._options)

    @property
    def model(self) -> str:
        """Who answers, as ``provider:model``. May be set, also in the middle of the conversation."""
        return self._target(self._model, {})[1]

    @model.setter
    def model(self, model: str) -> None:
        self._target(model, self._options)
        self._model = model

    def ask(self, prompt: MessageLike, **options: Any) -> Answer:
        """Asks and waits for the whole answer; also where an event loop runs already.

        Parameters:
            prompt: A text, or a message of the user.
            **options: Options of this request alone, and what else ``reply`` takes, such as ``images``.

        Raises:
            ChatError: The answer failed; what had come of it is in ``partial``.
        """
        return runner.run(self._whole(self._opened(prompt, options)), nested=self.nested)

    async def ask_async(self, prompt: MessageLike, **options: Any) -> Answer:
        """As ``ask``, to be awaited."""
        return await self._whole(self._opened(prompt, options))

    def stream(self, prompt: MessageLike, **options: Any) -> Iterator[str]:
        """Asks and gives the pieces of the answer as they come; closing the iterator stops the answer."""
        return runner.iterate(self._pieces(self._opened(prompt, options)), nested=self.nested)

    def stream_async(self, prompt: MessageLike, **options: Any) -> AsyncGenerator[str]:
        """As ``stream``, for ``async for``."""
        return self._pieces(self._opened(prompt, options))

    def _opened(self, prompt: MessageLike, options: dict[str, Any]) -> Reply:
        safe = guarded(options)
        options.clear()  # the caller's frame is in every traceback, and a key must not be in it
        return self.reply(prompt, **safe)

    async def _whole(self, reply: Reply) -> Answer:
        async for _ in reply.batches():
            pass
        assert reply.turn is not None
        return Answer(reply.turn)

    async def _pieces(self, reply: Reply) -> AsyncGenerator[str]:
        async with contextlib.aclosing(reply.batches()) as batches:
            async for batch in batches:
                for event in batch:
                    if isinstance(event, TextDelta):
                        yield event.text

    def reply(
        self,
        prompt: MessageLike,
        *,
        model: str | None = None,
        cell: str | None = None,
        system: str | None = None,
        fresh: bool = False,
        replaces: str | None = None,
        images: Sequence[Any] = (),
        patient: bool = False,
        **options: Any,
    ) -> Reply:
        """An answer whose events the caller takes from the ``Reply``. Nothing is sent before that.

        Parameters:
            prompt: A text, or a message of the user.
            model: Another model for this turn alone.
            cell: As in ``Turn``; ``""`` for no cell, also where one of a notebook runs now.
            system, fresh: As in ``Turn``.
            replaces: The id of a turn that is asked anew, in its place.
            images: Images to go with the prompt, each as ``images.image_part`` takes it: a file's path or
                bytes, a ``data:`` URL, a Pillow image, a matplotlib figure.
            patient: Whether to wait for another answer that is coming in the conversation.
            **options: Options of this request alone.

        Raises:
            ConfigurationError: The prompt, an image, the model or an option is not usable.
        """
        merged = {**self._options, **guarded(options)}
        options.clear()
        provider, name, own_name = self._target(model or self._model, merged)
        [message] = normalize([prompt])
        if images:
            parts = (*message.parts, *(image_part(image) for image in images))
            message = msgspec.structs.replace(message, content=parts)
        asking = self._next_cell() if cell is None else cell or None
        conversation = self.conversation

        def begin() -> Draft:
            return conversation.begin(message, cell=asking, system=system, fresh=fresh, replaces=replaces)

        def ask(draft: Draft) -> AsyncResult:
            return provider.create_async_generator(own_name, draft.messages, **merged)

        remembered = {key: merged[key] for key in GENERATION if merged.get(key) is not None}
        limit = self._limit(name, merged)
        return Reply(conversation, name, begin, ask, limit=limit, options=remembered, patient=patient)

    def _limit(self, model: str, options: Mapping[str, Any]) -> int | None:
        """How many tokens may go out, so that there is room for the answer."""
        context = self.context or options.get("n_ctx") or known_limit(model)
        if context is None:
            return None
        return int(max(context - min(options.get("max_tokens") or DEFAULT_RESERVE, context // 2), 1))

    def _target(self, model: str | None, options: Mapping[str, Any]) -> tuple[Provider, str, str]:
        """The provider, ``provider:model``, and the model's name at the provider; the options checked."""
        if self._provider is None:
            provider, own_name = resolve(model or default_model())
        else:
            provider, own_name = self._provider, model or ""
        check_options(provider, options)
        own_name = own_name or provider.default_model
        return provider, f"{provider.name}:{own_name}" if own_name else provider.name, own_name

    def __repr__(self) -> str:
        return f"<Chat with {self.model}, {len(self.conversation)} turns>"


def check_options(provider: Provider, options: Mapping[str, Any]) -> None:
    """Refuses options by name that the provider's dialect has no place for, and values out of range.

    Raises:
        InvalidOptionError: It says which, and which there are.
    """
    if isinstance(provider, ForeignProvider):
        provider.refuse(options)
        return
    known: frozenset[str] = provider.options | CONNECTION
    for option, value in options.items():
        if option not in known:
            raise InvalidOptionError(
                f"{provider.name} has no option {option!r}", hint=f"It has {', '.join(sorted(known))}."
            )
        if option in GENERATION and value is not None:
            GENERATION[option](option, value)
