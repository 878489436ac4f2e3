"""Whether a call of a tool may be run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import msgspec

from ..messages import ToolCallPart
from .confirmation import Confirmer
from .tool import Tell, Tool

if TYPE_CHECKING:
    from ..conversation import Conversation


class PendingCall(msgspec.Struct, frozen=True):
    """A call that a model has asked for and nobody has run yet.

    Attributes:
        tool: The tool.
        call: The call, as the model wrote it.
        arguments: Its arguments, which fit the tool's schema.
        conversation: Where it was asked.
        model: Who asks for it, as ``provider:model``.
    """

    tool: Tool
    call: ToolCallPart
    arguments: Mapping[str, Any]
    conversation: Conversation
    model: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """What is to become of a call.

    Attributes:
        allowed: Whether it may be run.
        arguments: The arguments to run it with, where the user has changed them; ``None`` for those of the call.
        words: Why it may not, for the model and the reader.
    """

    allowed: bool
    arguments: Mapping[str, Any] | None = None
    words: str = ""


class Permit(Protocol):
    """Who decides about calls. One is decided at a time."""

    async def decide(self, call: PendingCall, tell: Tell) -> Verdict:
        """What is to become of a call. It may take as long as the user takes to answer, and is cancelled when the user
        stops the answer.

        Args:
            call: The call.
            tell: Tells the reader what is waited for.
        """


@runtime_checkable
class Asking(Permit, Protocol):
    """Who decides by asking the user, where nothing else has decided."""

    def asking(self, confirmer: Confirmer) -> Permit:
        """The same, with the user asked by somebody else.

        Args:
            confirmer: Who asks.
        """


class FreeAlone:
    """Lets tools run that only read what the user can see, and those that the user has given; no others."""

    async def decide(self, call: PendingCall, tell: Tell) -> Verdict:
        """What is to become of a call."""
        if call.tool.reads_only or call.tool.given:
            return Verdict(True)
        return Verdict(False, words=f"nobody has allowed {call.tool.name} to run")
