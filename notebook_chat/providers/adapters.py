"""Providers from elsewhere: g4f's classes, any object like them, and a plain async-generator function."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping
from typing import Any

from .. import errors, faults
from ..events import Event, Finish, ReasoningDelta, TextDelta, Usage
from ..messages import Messages, normalize
from ..schemas import LOOSE
from ..secrets import bare, hides_secrets, secrets_in, unwrap_secrets
from .async_result import AsyncResult, Item
from .base import AsyncGeneratorProvider
from .chat_usage import usage
from .model_facts import known_facts
from .options import check_schema, check_size
from .outsiders import translated
from .structured import has_place, in_words

_THEIR_PACKAGES = ("g4f", "aiohttp", "curl_cffi", "httpx", "requests")


class ForeignProvider:
    """Makes a provider of something that is one in other people's terms.

    Args:
        source: A class or object with ``create_async_generator(model, messages, **options)``, as g4f's
            are; or an async-generator function, which is given what its parameters ask for by name:
            ``model``, ``messages`` (or whatever its first parameter is called), and options.

    Raises:
        ConfigurationError: It is neither.
    """

    def __init__(self, source: Any) -> None:
        generate = getattr(source, "create_async_generator", None)
        if generate is None and callable(source):
            generate = source
        if generate is None:
            raise errors.ConfigurationError(
                f"{source!r} is no provider",
                hint="Give a name, a class with create_async_generator, or an async-generator function.",
            )
        self.name = str(getattr(source, "__name__", None) or type(source).__name__)
        self.default_model = str(getattr(source, "default_model", None) or "")
        self.models = tuple(getattr(source, "models", None) or ())
        self.takes_images = getattr(source, "takes_images", False) is True
        self.takes_files = frozenset(getattr(source, "takes_files", None) or ())
        self.largest_request: int | None = None
        self.takes_own_media = False
        self.takes_result_media = False
        self._generate: Callable[..., AsyncIterable[Any]] = generate
        self._parameters = _parameters(generate)
        self.options = frozenset({"schema"} & self._parameters.keys())

    needs_auth = False
    takes_transport = False
    schema_subset = LOOSE

    def available(self) -> bool:
        """Whether it is asked where nobody names a model: never."""
        return False

    def accepts(self, model: str) -> bool:
        """Whether a name without a provider's is a model of this one: never.

        Args:
            model: The name as it was given.
        """
        return False

    def context_limit(self, model: str, options: Mapping[str, Any]) -> int | None:
        """How many tokens the model can read at once, as far as its name tells; ``None`` where it does not.

        Args:
            model: The model's own name.
            options: The options of the request.
        """
        return known_facts(model).context

    def left_out(self, model: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """The names of options that are given and not sent: what is not sent is not known here.

        Args:
            model: The model's own name.
            options: The options of the request.
        """
        return ()

    def check_options(self, options: Mapping[str, Any]) -> None:
        """Refuses options that the function has no parameter for.

        Args:
            options: The options by name.

        Raises:
            InvalidOptionError: It says which.
        """
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in self._parameters.values()):
            return
        for option in options:
            if option not in self._parameters and option not in ("max_characters", "schema"):
                raise errors.InvalidOptionError(f"{self.name} has no option {option!r}")

    def prepared(self, model: str, messages: Messages, options: Mapping[str, Any]) -> None:
        """What it sends is not known before: it is given the messages, and makes a request of its own."""

    async def count_tokens(self, model: str, messages: Messages, options: Mapping[str, Any]) -> None:
        """It has no count."""

    @hides_secrets
    def create_async_generator(self, model: str, messages: Messages, **options: Any) -> AsyncResult:
        """As every provider's. Messages go over as dicts, which everybody understands."""
        most = check_size(options.pop("max_characters", None))
        if options.get("schema") is not None and not has_place(self):
            messages = in_words(messages, check_schema(options.pop("schema")))
        plain = [message.to_dict() for message in normalize(messages)]
        return AsyncResult(
            self._items(model, plain, options),
            provider=self.name,
            model=model,
            secrets=secrets_in(options),
            most=most,
        )

    async def _items(
        self, model: str, messages: list[dict[str, Any]], options: Mapping[str, Any]
    ) -> AsyncGenerator[Item]:
        source: Any = None
        failure: Exception | None = None
        try:
            source = self._generate(**self._arguments(model, messages), **unwrap_secrets(options))
            if not hasattr(source, "__aiter__"):
                if inspect.iscoroutine(source):
                    source.close()
                raise errors.ConfigurationError(
                    f"{self.name} gave {type(source).__name__}, and no asynchronous generator",
                    hint="Write it as async def with yield.",
                )
            async for item in source:
                if isinstance(item, str):
                    yield item
                elif events := _events(item):
                    yield events
        except Exception as error:
            if isinstance(error, errors.ChatError) or _package(error) not in _THEIR_PACKAGES:
                raise
            failure = translated(error, self.name)
        finally:
            if (close := getattr(source, "aclose", None)) is not None:
                await close()
        if failure is not None:
            raise bare(failure)
        yield Finish("stop")

    def _arguments(self, model: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
        named = dict(self._parameters)
        arguments: dict[str, Any] = {}
        if named.pop("model", None) is not None or not self._parameters:
            arguments["model"] = model
        if "messages" in named or not named:
            arguments["messages"] = messages
        else:
            arguments[next(iter(named))] = messages
        return arguments


def adapt(provider: Any) -> type[AsyncGeneratorProvider] | ForeignProvider:
    """The provider itself where it is one of ours, else made into one."""
    if isinstance(provider, ForeignProvider):
        return provider
    if isinstance(provider, type) and issubclass(provider, AsyncGeneratorProvider):
        return provider
    with faults.as_chat_errors():
        return ForeignProvider(provider)


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {"options": inspect.Parameter("options", inspect.Parameter.VAR_KEYWORD)}


def _events(item: Any) -> list[Event]:
    """The events of one of g4f's response objects, which are told apart by their classes' names, so that
    g4f need not be imported. Those that are hidden by their own account give none."""
    kind = type(item).__name__
    if isinstance(item, Event):
        return [item]
    if isinstance(item, (list, tuple)):
        return list(item)
    if kind == "Reasoning":
        token = getattr(item, "token", None)
        return [ReasoningDelta(str(token))] if token else []
    if kind == "FinishReason":
        reason = getattr(item, "reason", None)
        return [Finish(None if reason is None else str(reason))]
    if kind == "Usage":
        told = usage({"usage": getattr(item, "__dict__", None)})
        return [told or Usage(getattr(item, "prompt_tokens", None), getattr(item, "completion_tokens", None))]
    if isinstance(item, Exception):
        raise item
    if any(parent.__name__ == "HiddenResponse" for parent in type(item).__mro__):
        return []
    text = str(item)
    return [TextDelta(text)] if text else []


def _package(error: Exception) -> str:
    return type(error).__module__.partition(".")[0]
