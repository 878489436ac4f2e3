"""What of earlier answers goes back to a vendor in its own form.

Signatures, encrypted reasoning and the like are valid only for the model that gave them and behind the very messages
that it was given; elsewhere a vendor refuses them, or drops them silently. A conversation in a notebook is edited as a
matter of course, so each replay carries a digest of all that went out before its answer, and goes out again only while
that is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from ..messages import Message, ReplayPart
from .call import Call


class Settled(NamedTuple):
    """The messages of a request, once it is clear which replays go out.

    Attributes:
        messages: The messages; those have a ``ReplayPart`` whose raw form goes out in their place, no others.
        digest: What a replay of the answer to come must carry.
    """

    messages: tuple[Message, ...]
    digest: str

    def replay(self, provider: str, model: str, raw: str) -> ReplayPart:
        """The replay of the answer that has come.

        Args:
            provider: The provider's name.
            model: The model's own name, as it was asked for.
            raw: The answer in the vendor's form, as JSON text.
        """
        return ReplayPart(provider, model, self.digest, raw)


def settle(provider: str, call: Call) -> Settled:
    """Decides which of the earlier answers of a call go out in their vendor's own form.

    Args:
        provider: The provider's name.
        call: The call.
    """
    state = _digest(b"", msgspec.json.encode(_tools(call.ask.options), order="sorted"))
    settled = []
    for message in call.messages:
        replay = replay_of(message)
        if replay is None:
            state = _digest(state, _encoded(message))
        elif (replay.provider, replay.model, replay.digest) == (provider, call.model, state.hex()):
            state = _digest(state, replay.raw.encode())
        else:
            message = without_replay(message)
            state = _digest(state, _encoded(message))
        settled.append(message)
    return Settled(tuple(settled), state.hex())


def replay_of(message: Message) -> ReplayPart | None:
    """A message's replay, if it has one: the last one, since an answer may have gone on behind its end."""
    if isinstance(message.content, str):
        return None
    return next((part for part in reversed(message.content) if isinstance(part, ReplayPart)), None)


def without_replay(message: Message) -> Message:
    """A message without its replay: the plain form of what was said."""
    parts = tuple(part for part in message.parts if not isinstance(part, ReplayPart))
    return msgspec.structs.replace(message, content=parts)


def without_replays(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Messages without their replays.

    Args:
        messages: The messages.
    """
    return tuple(without_replay(one) if replay_of(one) is not None else one for one in messages)


def _tools(options: Mapping[str, Any]) -> list[Any]:
    """What a model was given besides the messages that its answers are bound to."""
    body = options.get("extra_body") or {}
    own = [body.get("tools"), bool(options.get("web"))]
    return [*own, [spec.told for spec in options["tools"]]] if options.get("tools") else own


def _encoded(message: Message) -> bytes:
    return msgspec.msgpack.encode(message, order="sorted")


def _digest(before: bytes, data: bytes) -> bytes:
    return hashlib.sha256(before + hashlib.sha256(data).digest()).digest()
