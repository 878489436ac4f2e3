"""What every provider is: a thin class around an async generator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, ClassVar, Unpack

from .. import runner
from ..messages import Messages
from ..request import HttpRequest
from ..schemas import LOOSE, Subset
from ..secrets import Secret, hides_secrets, secrets_in, wrap_secrets
from .async_result import AsyncResult, Item
from .model_facts import facts_of
from .options import GENERATION, Check, ProviderOptions, RequestOptions, check_known, check_schema, check_size
from .structured import has_place, in_words

_OURS = f"{__package__}."


class AsyncGeneratorProvider:
    """The base of all providers. A subclass writes ``stream``; everything else follows from it.

    Class attributes describe the service:
        name: What it is called in ``provider:model``.
        url: Where it lives.
        working: Whether its public host answers today.
        needs_auth: Whether it needs a key.
        takes_images: Whether its dialect has a place for images.
        takes_files: The media types of the files that its dialect has a place for as they are, besides images, such as
            ``application/pdf``.
        largest_request: The largest request that the service takes, in bytes; ``None`` where that is not known.
        takes_own_media: Whether a model may be sent the images that it made as its own; else they go with the user's
            next message.
        takes_result_media: Whether its dialect has a place for images and files in a tool's result; else they go with
            a message of the user.
        default_model, models: The model used when none is named, and models known to exist.
        options: The options its dialect has a place for; ``Chat`` and ``%%chat`` refuse others.
        option_checks: What checks the values of those options.
        schema_subset: What of JSON schema its service takes. One that has no ``schema`` among its options is told in
            words.
        takes_transport: Whether all that it sends of a prompt goes out on the ``transport`` that it is given.
    """

    name: ClassVar[str] = ""
    url: ClassVar[str] = ""
    working: ClassVar[bool] = True
    needs_auth: ClassVar[bool] = False
    supports_stream: ClassVar[bool] = True
    supports_message_history: ClassVar[bool] = True
    supports_system_message: ClassVar[bool] = True
    takes_images: ClassVar[bool] = True
    takes_files: ClassVar[frozenset[str]] = frozenset()
    largest_request: ClassVar[int | None] = None
    takes_own_media: ClassVar[bool] = False
    takes_result_media: ClassVar[bool] = False
    default_model: ClassVar[str] = ""
    models: ClassVar[tuple[str, ...]] = ()
    options: ClassVar[frozenset[str]] = frozenset()
    option_checks: ClassVar[Mapping[str, Check]] = GENERATION
    takes_transport: ClassVar[bool] = False
    schema_subset: ClassVar[Subset] = LOOSE

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
        return facts_of(cls, model, options).context

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
    def left_out(cls, model: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """The names of options that are given and not sent, since the model is known to refuse them.

        Args:
            model: The model's own name.
            options: The options by name.
        """
        return ()

    @classmethod
    def prepared(cls, model: str, messages: Messages, options: Mapping[str, Any]) -> HttpRequest | None:
        """The request that ``create_async_generator`` would send first, byte for byte; nothing is sent.

        Args:
            model, messages: As for ``create_async_generator``.
            options: The options by name, with secrets held as ``Secret``.

        Returns:
            The request; ``None`` where it is not known before it is sent.

        Raises:
            ConfigurationError: Something must be put right first.
        """
        return None

    @classmethod
    async def count_tokens(cls, model: str, messages: Messages, options: Mapping[str, Any]) -> int | None:
        """How many tokens the messages are by the service's own count, for which it is sent the messages.

        Args:
            model, messages, options: As for ``prepared``.

        Returns:
            The number; ``None`` where the service has no count.

        Raises:
            ChatError: The service or the way to it failed, or the key is missing.
        """
        return None

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
            **kwargs: Options by their common names. One that the dialect has no place for is passed over; a schema is
                told in words then.

        Returns:
            An ``AsyncResult``: iterate it with ``async for``, or await it first, both work.
        """
        most = check_size(kwargs.pop("max_characters", None))
        if kwargs.get("schema") is not None and not has_place(cls):
            messages = in_words(messages, check_schema(kwargs.pop("schema")))
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
