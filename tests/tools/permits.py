"""Who decides about calls in tests: somebody who asks about each."""

from __future__ import annotations

from typing import Any

from notebook_chat.tools import Confirmation, Confirmer, PendingCall, Reply, Scope, Tell, Verdict


class AskingEach:
    """Asks about each call.

    Args:
        confirmer: Who asks; ``None`` where nobody can.
        why: Why it is asked.
        proposal: What the call would do.
        scopes: For how long a yes may hold.

    Attributes:
        replies: What was answered.
    """

    def __init__(
        self,
        confirmer: Confirmer | None = None,
        *,
        why: str = "",
        proposal: str = "",
        scopes: tuple[Scope, ...] = ("once", "conversation", "notebook", "always"),
        replies: list[Reply | None] | None = None,
    ) -> None:
        self._more: dict[str, Any] = {"why": why, "proposal": proposal, "scopes": scopes}
        self._confirmer = confirmer
        self.replies: list[Reply | None] = [] if replies is None else replies

    def asking(self, confirmer: Confirmer) -> AskingEach:
        """The same, with the user asked by somebody else."""
        return AskingEach(confirmer, **self._more, replies=self.replies)

    async def decide(self, call: PendingCall, tell: Tell) -> Verdict:
        """Asks, and does as the user says."""
        if self._confirmer is None:
            return Verdict(False, words="nobody can be asked here")
        tell(f"waiting for your yes: {call.tool.name}", None)
        asked = Confirmation(
            call.tool.name,
            call.tool.kind,
            call.arguments,
            server=call.tool.server,
            model=call.model,
            **self._more,
        )
        reply = await self._confirmer.ask(asked)
        self.replies.append(reply)
        if reply is None:
            return Verdict(False, words="nobody can be asked here")
        return Verdict(reply.yes, reply.arguments, reply.words or "the user said no")
