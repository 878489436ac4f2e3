"""One call of a provider: what is asked, which is a value that travels, and the way to the service, which does not."""

from __future__ import annotations

import ssl as tls
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

from .. import errors
from ..attempts import RetryPolicy
from ..errors import InvalidOptionError
from ..messages import Message, Messages
from ..pace import NO_PACE, Pace
from ..request import Timeouts
from ..secrets import Secret
from ..transport import Transport
from .options import CONNECTION, GENERATION, Check, check_ask, check_messages, check_model


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a model: all that decides the answer, and nothing else.

    It can be pickled and asked in another process: ``provider.create_async_generator(ask.model, ask.messages,
    **ask.options)``. A key, an address, a proxy or a certificate is never in it; these are found where it is asked.

    Attributes:
        model: The model's own name at the provider.
        messages: The conversation, the system prompt as its first message.
        options: The options that decide the answer, by name.

    Raises:
        InvalidOptionError: Among the options is one of the way to the service, such as a key.
    """

    model: str
    messages: tuple[Message, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if misplaced := CONNECTION.intersection(self.options):
            raise InvalidOptionError(
                f"an ask holds no {', '.join(sorted(misplaced))}: give it where it is asked"
            )

    @classmethod
    def checked(
        cls,
        model: str,
        messages: Messages,
        options: Mapping[str, Any],
        checks: Mapping[str, Check] = GENERATION,
    ) -> Self:
        """An ask made of what a caller gives.

        Args:
            model: The model's own name.
            messages: The conversation, in any form that ``normalize`` takes.
            options: All options of the call. ``system`` becomes the first message; those of the way to the service,
                and those without a check, are left out.
            checks: The checks of the options that shape an answer.

        Raises:
            ConfigurationError: A message or a value must be put right first.
        """
        return cls(
            check_model(model), check_messages(messages, options.get("system")), check_ask(options, checks)
        )

    def named(self, names: Mapping[str, str]) -> dict[str, Any]:
        """The options that shape the answer, by the names that a dialect has for them.

        Args:
            names: The dialect's names that differ from the common ones.
        """
        return {names.get(name, name): self.options[name] for name in GENERATION if name in self.options}

    def body(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """A request's body: the dialect's fields, and the caller's ``extra_body`` over them. Where both have an
        object, such as Gemini's ``generationConfig``, the two are merged; its tools go along with those of ``tools``.

        Args:
            own: The dialect's fields. Those that are ``None`` are left out.
        """
        fields = {name: value for name, value in own.items() if value is not None}
        over = self.options.get("extra_body") or {}
        merged, more = _merged(fields, over), over.get("tools")
        if self.options.get("tools") and isinstance(fields.get("tools"), list) and isinstance(more, list):
            merged["tools"] = [*fields["tools"], *more]
        return merged


@dataclass(frozen=True, slots=True)
class Connection:
    """The way to a service, found where a request is sent.

    Attributes:
        base_url: Where the service lives, without a slash at its end.
        transport: What sends the requests.
        api_key: The key, where there is one.
        headers: Further headers, sent last, so that they win.
        timeouts: How long a request may take.
        proxy: The address of an HTTP proxy, where one is given.
        ssl: The context that checks the server's certificate; ``False`` to trust any.
        retries: How often to ask again after a failure that may pass.
        withheld: Where a key was found that does not go to this address; empty where there is none.
        pace: How fast it may be asked.
    """

    base_url: str
    transport: Transport
    api_key: Secret | None = None
    headers: Mapping[str, Secret] = field(default_factory=dict)
    timeouts: Timeouts = field(default_factory=Timeouts)
    proxy: Secret | None = None
    ssl: tls.SSLContext | bool = True
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    withheld: str = ""
    pace: Pace = NO_PACE

    def explain(self, error: errors.ChatError) -> None:
        """Says in an error that a key is missing because it was held back, where it was."""
        if self.withheld and isinstance(error, errors.AuthenticationError):
            error.hint = f"{self.withheld} is not sent to an address that is given: give api_key= beside it."


@dataclass(frozen=True, slots=True)
class Call:
    """One call, checked: what dialects build a request from.

    Attributes:
        ask: What is asked.
        connection: The way to the service.
        changed: Fields of the request's body that are otherwise than the dialect has them, since the service has
            refused them so; ``None`` for those that are not sent.
        form: How the service is asked for data, one of ``structured.FORMS``; empty where it is not.
    """

    ask: Ask
    connection: Connection
    changed: Mapping[str, Any] = field(default_factory=dict)
    form: str = ""

    @property
    def model(self) -> str:
        """The model's name in the dialect."""
        return self.ask.model

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation, the system prompt as its first message."""
        return self.ask.messages

    @property
    def base_url(self) -> str:
        """Where the service lives, without a slash at its end."""
        return self.connection.base_url

    def named(self, names: Mapping[str, str]) -> dict[str, Any]:
        """As ``Ask.named``."""
        return self.ask.named(names)

    def with_fields(self, fields: Mapping[str, Any]) -> Call:
        """The same call with some fields of its body otherwise.

        Args:
            fields: The fields; ``None`` for those that are not to be sent.
        """
        return replace(self, changed={**self.changed, **fields})


class Adapted(NamedTuple):
    """A call as a service may take it that has refused it.

    Attributes:
        call: The call.
        told: What the reader is told of it under the answer; ``""`` where it makes no difference to a reader.
        option: The option that this is about.
    """

    call: Call
    told: str = ""
    option: str = ""


def _merged(own: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(own)
    for name, value in over.items():
        before = merged.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            value = _merged(before, value)
        merged[name] = value
    return merged
