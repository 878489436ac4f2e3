"""What a request is known by: all that decides the answer, in one form, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import takewhile
from typing import Any

import msgspec

from ..message_digests import digest_of, folded, message_digests, plain
from ..messages import SYSTEM_ROLES, Message
from ..secrets import Fields, address_alone, is_secret_name

_FRACTIONS = frozenset({"temperature", "top_p"})  # of which 0 and 0.0 ask for the same


class RequestKey(msgspec.Struct, frozen=True, dict=True):
    """A request as it is known again: two that have the same digest are answered by the same.

    Keys, headers, proxies, time and place are in none. Images and files count by their bytes.

    Attributes:
        provider: The provider's name.
        base_url: Where the service lives, without credentials; empty where there is no such place.
        model: The model's own name there.
        options: The options that shape the answer, the schema and the tools among them, as JSON values.
        messages: A digest of each message that goes out, in order; of a long conversation, those that are far back
            have one for each block, as ``message_digests.folded`` makes them.
        prompt: The last message's text, for whoever looks for a difference.
    """

    provider: str
    base_url: str
    model: str
    options: dict[str, Any]
    messages: tuple[str, ...]
    prompt: str = ""

    @cached_property
    def digest(self) -> str:
        """What the request is known by: 40 hexadecimal digits."""
        told = [self.provider, self.base_url, self.model, self.options, self.messages]
        return digest_of(told, 20)

    @classmethod
    def of(
        cls,
        provider: str,
        base_url: str,
        model: str,
        options: Mapping[str, Any],
        messages: Sequence[Message],
        digests: tuple[str, ...] | None = None,
    ) -> RequestKey:
        """The key of a request.

        Args:
            provider, base_url, model: As the attributes; credentials in the address do not count.
            options: The options that shape the answer, by name; what is ``None`` is none.
            messages: The messages that go out, the system prompt as the first; only the last one is looked at where the
                digests are given.
            digests: Their digests, where they are known, as ``folded`` gives them.
        """
        given = {name: _counted(name, value) for name, value in options.items() if value is not None}
        text = messages[-1].text if messages else ""
        told = _digests(messages) if digests is None else digests
        return cls(provider, address_alone(base_url), model, plain(given), told, text)


def _digests(messages: Sequence[Message]) -> tuple[str, ...]:
    """The digests of all messages. The system prompt is in no block."""
    head = tuple(takewhile(lambda message: message.role in SYSTEM_ROLES, messages))
    return (*message_digests(head), *folded(message_digests(messages[len(head) :])))


def _counted(name: str, value: Any) -> Any:
    """The value of an option as it counts. In a notebook's file, 0.0 is 0."""
    return (
        float(value)
        if name in _FRACTIONS and type(value) is int and abs(value) < 1 << 53
        else _without_keys(value)
    )


def _without_keys(value: Any, inside: bool = False) -> Any:
    """The value of an option. Of further fields of a request, what is named as a key does not count."""
    if isinstance(value, list) and inside:
        return [_without_keys(one, True) for one in value]
    if not isinstance(value, (Fields, dict) if inside else Fields):
        return value
    return {name: "…" if _is_key(name, one) else _without_keys(one, True) for name, one in value.items()}


def _is_key(name: Any, value: Any) -> bool:
    return value is not None and not isinstance(value, (int, float)) and is_secret_name(str(name))
