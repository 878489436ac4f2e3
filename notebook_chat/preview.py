"""A request as it would go out, without sending it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import runner
from .conversation import estimate
from .errors import ChatError, MissingKeyError
from .messages import Message
from .outgoing import Outgoing
from .providers.registry import Provider
from .secrets import Secret, redact_address


def preview(
    provider: Provider,
    model: str,
    messages: tuple[Message, ...],
    options: Mapping[str, Any],
    notes: Sequence[str],
    *,
    count: bool = False,
    factor: float = 1.0,
) -> Outgoing:
    """The first request that a provider would send, byte for byte.

    Args:
        provider: Who is asked.
        model: The model's own name there.
        messages: The messages that go out.
        options: The options of the request.
        notes: What the reader should know of them.
        count: Whether to have the service count the tokens, for which it is sent the messages. Else nothing is sent.
        factor: What the service has counted so far for each token that was estimated.

    Raises:
        ConfigurationError: Something must be put right before it could be sent.
    """
    told = list(notes)
    try:
        request = provider.prepared(model, messages, options)
    except MissingKeyError as error:
        told.append(f"it could not be sent: {error.message}")
        keyless = {**options, "api_key": Secret("not-needed")}  # a body has no key in it
        request, count = provider.prepared(model, messages, keyless), False
    own, asked = _counted(provider, model, messages, options, told) if count else (None, False)
    if request is None:
        told.append(f"{provider.name} is given the messages, and makes what it sends itself")
    return Outgoing(
        f"{provider.name}:{model}" if model else provider.name,
        messages,
        "" if request is None else redact_address(request.url, *request.secrets),
        () if request is None else tuple(request.headers),
        (request.body if request is not None else None) or b"",
        round(estimate(messages) * factor) if own is None else own,
        own is not None,
        tuple(told),
        "sent to be counted, and for nothing else" if asked else "nothing was sent",
    )


def _counted(
    provider: Provider,
    model: str,
    messages: tuple[Message, ...],
    options: Mapping[str, Any],
    told: list[str],
) -> tuple[int | None, bool]:
    """How many tokens the service counts, ``None`` where it does not; and whether it was asked. Why it does not count
    is added to what is told."""

    async def counted() -> tuple[int | None]:
        return (await provider.count_tokens(model, messages, options),)

    try:
        [own] = runner.run(counted())
    except ChatError as error:
        told.append(
            f"the tokens are estimated, since the service was asked and did not count: {error.message}"
        )
        return None, True
    if own is None:
        told.append(f"the tokens are estimated: {provider.name} has no count of its own, and was not asked")
    return own, own is not None
