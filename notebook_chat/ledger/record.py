"""What the ledger holds of an exchange, as values."""

from __future__ import annotations

import time
from typing import Literal

import msgspec

from ..events import Usage
from ..messages import Message
from .request_key import RequestKey

Status = Literal["complete", "stopped", "failed"]


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where an exchange was asked for.

    Attributes:
        notebook: The notebook's file; empty where there is none, or it is not known.
        conversation: The id of the conversation.
        turn: The id of the turn.
        cell: The cell, as in ``Turn``; ``None`` where no cell asked.
        batch: The batch that it is a row of; empty for none.
    """

    notebook: str = ""
    conversation: str = ""
    turn: str = ""
    cell: str | None = None
    batch: str = ""


class Used(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one request used, or several together.

    Attributes:
        model: Who answered, as ``provider:model``.
        usage: The tokens, as the service has told; ``None`` where it has not.
        estimated: How many tokens it was besides, where the service has not told, or not told all since the answer
            broke off; ``None`` where it has told all.
        seconds: How long it took, in seconds.
        first_text: After how many seconds the first text came; ``None`` where none came.
        requests: How many requests they are.
    """

    model: str
    usage: Usage | None = None
    estimated: Usage | None = None
    seconds: float = 0.0
    first_text: float | None = None
    requests: int = 1

    @property
    def total(self) -> Usage:
        """The tokens that were used: what the service has told, and what is estimated besides."""
        return (self.usage or Usage()).added(self.estimated)


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """An exchange: a request, and all that followed it until the model had said all. Where tools were run, or the
    service was asked again, it is the first request that it is known by.

    Attributes:
        request: The digest of the request.
        exchange: What followed: the model's messages, and the tools' results.
        status: How it ended.
        model: Who was asked, as ``provider:model``.
        answered_by: The model as the service calls it.
        finish_reason: Why it ended, where the service has told.
        usage: The tokens of all its requests, where the service has told.
        seconds: How long it took, in seconds.
        first_text: After how many seconds the first text came; ``None`` where none came.
        at: When it was asked, in seconds since 1970.
        key: The request, for whoever looks for a difference; ``None`` where that is not known.
        origin: Where it was asked for.
    """

    request: str
    exchange: tuple[Message, ...] = ()
    status: Status = "complete"
    model: str = ""
    answered_by: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    seconds: float = 0.0
    first_text: float | None = None
    at: float = msgspec.field(default_factory=time.time)
    key: RequestKey | None = None
    origin: Origin = Origin()
