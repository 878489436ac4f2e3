"""What the tests of permissions share: tools of any kind, calls of them, and a user who answers from a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notebook_chat.conversation import Conversation
from notebook_chat.messages import ToolCallPart
from notebook_chat.tool_spec import ToolSpec
from notebook_chat.tools import Confirmation, PendingCall, Reply, Tell, Tool, ToolOutput, Verdict
from notebook_chat.tools.permissions import Permissions

ANY = {"type": "object", "properties": {}}


class Thing(Tool):
    """A tool that does nothing."""

    def __init__(
        self,
        name: str = "git__log",
        kind: Any = "mcp",
        *,
        server: str = "git",
        home: str = "uvx mcp-server-git",
        original: str = "",
        description: str = "shows the log",
        parameters: dict[str, Any] | None = None,
        reads_only: bool = False,
        given: bool = False,
        reads: Sequence[str] = (),
    ) -> None:
        self.spec = ToolSpec(name, description, parameters or ANY)
        self.kind, self.server, self.home, self.original = kind, server, home, original
        self.reads_only, self.given = reads_only, given
        self._reads = tuple(reads)

    def reads(self, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        return self._reads

    async def run(self, arguments: Mapping[str, Any], tell: Tell) -> ToolOutput:
        return ToolOutput.text("done")


class User:
    """A user who gives these answers, one after the other, and then none."""

    def __init__(self, *replies: Reply | None) -> None:
        self.replies = list(replies)
        self.asked: list[Confirmation] = []

    async def ask(self, confirmation: Confirmation) -> Reply | None:
        self.asked.append(confirmation)
        return self.replies.pop(0) if self.replies else None


YES = Reply(True)


def pending(
    tool: Tool, arguments: Mapping[str, Any], conversation: Conversation | None = None
) -> PendingCall:
    """A call of a tool."""
    return PendingCall(
        tool,
        ToolCallPart("c", tool.name, "{}"),
        arguments,
        Conversation() if conversation is None else conversation,
        "m:x",
    )


async def decided(
    permissions: Any,
    tool: Tool,
    arguments: Mapping[str, Any] | None = None,
    conversation: Conversation | None = None,
) -> Verdict:
    """What becomes of a call."""
    verdict: Verdict = await permissions.decide(pending(tool, arguments or {}, conversation), lambda *_: None)
    return verdict


def with_user(*replies: Reply | None, **more: Any) -> tuple[Permissions, User]:
    """Permissions, and the user whom they ask."""
    user = User(*replies)
    return Permissions(user, **more), user
