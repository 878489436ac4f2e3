"""The end of the answers that are coming when a session ends."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..conversation import Conversation

_SECONDS = 2.0
"""How long the answers have to end, all of them together."""


def stop_all(conversations: Iterable[Conversation]) -> None:
    """Stops the answers that are coming; what has come is kept. One that does not end is left to itself.

    Args:
        conversations: Where they are coming.
    """
    busy = [conversation for conversation in conversations if conversation.stop()]
    until = time.monotonic() + _SECONDS
    while any(conversation.busy for conversation in busy) and time.monotonic() < until:
        time.sleep(0.01)
    for conversation in busy:
        if (answering := conversation.answering) is not None:
            answering.progress.leave()
