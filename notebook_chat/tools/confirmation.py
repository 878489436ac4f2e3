"""The question to the user whether a call of a tool may be run, and the answer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Literal, Protocol

import msgspec

Scope = Literal["once", "conversation", "notebook", "always"]
"""For how long an answer holds."""


class Confirmation(msgspec.Struct, frozen=True):
    """What the user is asked. All of it may be a model's or a stranger's words: it is shown as text, never rendered.

    Attributes:
        tool: The tool's name.
        kind: Where it comes from, as ``Tool.kind``.
        server: The server that has it; ``""`` where none does.
        arguments: The arguments of the call.
        why: Why it is asked, where there is more to say than that nobody has allowed it.
        proposal: What the call would do, where that says more than its arguments: code, or a difference.
        scopes: For how long a yes may hold.
        model: Who asks for the call, as ``provider:model``.
        id: A name of its own.
    """

    tool: str
    kind: str
    arguments: Mapping[str, Any]
    server: str = ""
    why: str = ""
    proposal: str = ""
    scopes: tuple[Scope, ...] = ("once", "conversation", "notebook", "always")
    model: str = ""
    id: str = msgspec.field(default_factory=lambda: uuid.uuid4().hex)


class Reply(msgspec.Struct, frozen=True):
    """What the user has answered.

    Attributes:
        yes: Whether the call may be run.
        scope: For how long that holds.
        arguments: Other arguments to run it with, which the user has written; ``None`` for those of the call.
        words: What the user has to say to the model besides, such as why not.
        exact: Whether a yes that lasts holds for a call with these very arguments alone.
        rest: Whether a no is one to all further calls of this answer, too.
    """

    yes: bool
    scope: Scope = "once"
    arguments: Mapping[str, Any] | None = None
    words: str = ""
    exact: bool = False
    rest: bool = False


class Confirmer(Protocol):
    """Who asks the user."""

    async def ask(self, confirmation: Confirmation) -> Reply | None:
        """The user's answer; ``None`` where nobody can be asked. It waits for as long as it takes, and is cancelled
        when the answer is stopped.

        Args:
            confirmation: The question.
        """
