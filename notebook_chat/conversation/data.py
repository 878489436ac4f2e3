"""A conversation as plain values."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

from ..errors import InvalidMessagesError
from .journal import Origin
from .turns import Turn


class ConversationData(msgspec.Struct, omit_defaults=True):
    """What is kept of a conversation, as plain values.

    Attributes:
        name: What it is called.
        id: What it is known by in a store and in notebooks.
        system: The system prompt, until a turn says another.
        origin: Where it branched off from.
        turns: The turns in order, each as ``Turn.to_dict`` gives it.
    """

    name: str
    id: str = msgspec.field(default_factory=lambda: uuid.uuid4().hex)
    system: str | None = None
    origin: Origin | None = None
    turns: list[dict[str, Any]] = []

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> tuple[ConversationData, list[Turn]]:
        """What plain values say: the data, and the turns among them.

        Raises:
            InvalidMessagesError: They are not those of a conversation; it says where.
        """
        try:
            read = msgspec.convert(values, cls)
        except (msgspec.ValidationError, RecursionError, ValueError) as error:
            raise InvalidMessagesError(f"this is not a conversation: {error}") from None
        turns = []
        for number, turn in enumerate(read.turns, start=1):
            try:
                turns.append(Turn.from_dict(turn))
            except InvalidMessagesError as error:
                raise InvalidMessagesError(f"turn {number}: {error.message}") from None
        return read, turns
