"""What a server writes, line by line: which of it is passed on, and what is put right before."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from .schemas import LIE

_OF_USE = ("notifications/progress", "notifications/cancelled", "notifications/subscriptions")
_MOST_UNASKED = 100  # messages in a second that nobody has asked for


class _Head(msgspec.Struct):
    """What a message is, if nobody has asked for it."""

    method: str = ""
    id: Any = None


_HEAD = msgspec.json.Decoder(_Head)


class Sieve:
    """Tells of what a server sends by itself, which of it is of use.

    Attributes:
        changed: Whether it has said that what it has to offer is other than before.
    """

    def __init__(self) -> None:
        self.changed = False
        self._second, self._unasked = 0.0, 0

    def counts(self, line: bytes) -> bool:
        """Whether a message is passed on: of those that a server sends by itself only what is of use, and no more than
        anybody has a use for, or a server that floods would keep everybody waiting.

        Args:
            line: The message.
        """
        try:
            head = _HEAD.decode(line)
        except ValueError:
            return True  # it is none, which is told elsewhere
        if not head.method:
            return True
        if head.method.endswith("/list_changed"):
            self.changed = True
            return False
        if head.id is None and not head.method.startswith(_OF_USE):
            return False
        now = time.monotonic()
        if now - self._second >= 1:
            self._second, self._unasked = now, 0
        self._unasked += 1
        return self._unasked <= _MOST_UNASKED


def mend(message: Any) -> None:
    """Puts right what would have the whole list of a server's tools refused: a schema that is none of an object. It is
    told where the tools are made."""
    tools = result.get("tools") if isinstance(result := getattr(message, "result", None), dict) else None
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, dict):
            schema = tool.get("inputSchema")
            if not isinstance(schema, dict) or schema.get("type") != "object":
                tool["inputSchema"] = {"type": "object", LIE: schema}
            if not isinstance(tool.get("outputSchema", {}), dict):
                del tool["outputSchema"]
