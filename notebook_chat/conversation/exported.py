"""A conversation as plain values."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

from ..errors import InvalidMessagesError
from .journal import Origin
from .turns import Turn


class Exported(msgspec.Struct, omit_defaults=True):
    """What is kept of a conversation."""

    name: str
    id: str = msgspec.field(default_factory=lambda: uuid.uuid4().hex)
    system: str | None = None
    origin: Origin | None = None
    turns: list[Turn] = []

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Exported:
        """What plain values say.

        Raises:
            InvalidMessagesError: They are not those of a conversation; it says where.
        """
        try:
            read = msgspec.convert(values, cls)
        except (msgspec.ValidationError, RecursionError, ValueError) as error:
            raise InvalidMessagesError(f"this is not a conversation: {error}") from None
        read.turns = [turn.checked() for turn in read.turns]
        return read
