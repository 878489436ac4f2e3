"""A name for the beginning of a conversation, by which a service that caches prompts finds it again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from ..messages import SYSTEM_ROLES, Message

_LENGTH = 32  # characters; OpenAI takes 64


def cache_key(messages: Sequence[Message]) -> str:
    """The same name for all requests of a conversation, whatever comes after its beginning, and another one for
    conversations that begin otherwise. Nothing of what was said can be told from it.

    Args:
        messages: The messages of a request. The system prompt and the first message of the user are the beginning.
    """
    first = next((message for message in messages if message.role not in SYSTEM_ROLES), None)
    beginning = [message for message in messages if message.role in SYSTEM_ROLES]
    said = [(message.role, message.content) for message in [*beginning, *([first] if first else [])]]
    return hashlib.sha256(msgspec.msgpack.encode(said)).hexdigest()[:_LENGTH]
