"""What went out with a conversation's turns: kept in memory, within bounds, and nowhere else."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from ..messages import MediaPart, Message
from ..request import HttpRequest
from ..secrets import redact_address

MOST_REQUESTS = 100
"""How many requests are kept, of all conversations together."""

MOST_BYTES = 64 * 1024 * 1024
"""How large they may be together, images included."""


@dataclass(slots=True)
class SentRequest:
    """A request as it went out. Of what proves who sent it, such as a key, it has nothing.

    Attributes:
        turn: The id of the turn that it was sent for.
        model: Who was asked, as ``provider:model``.
        messages: The messages, from which the provider made it.
        notes: What the reader should know of them: turns left out, stale ones.
        url: Where it went, without credentials; empty where a provider from elsewhere made the request.
        headers: The names of its headers.
        body: Its body, byte for byte; ``None`` where a provider from elsewhere made the request.
        status: The status of the response; ``None`` where none came.
    """

    turn: str
    model: str
    messages: tuple[Message, ...]
    notes: tuple[str, ...] = ()
    url: str = ""
    headers: tuple[str, ...] = ()
    body: bytes | None = None
    status: int | None = None

    @property
    def weight(self) -> int:
        """How much memory it keeps, in bytes, about."""
        media = sum(
            len(part.data)
            for message in self.messages
            for part in message.parts
            if isinstance(part, MediaPart)
        )
        text = sum(len(message.text) for message in self.messages) if self.body is None else len(self.body)
        return media + text

    def see(self, request: HttpRequest) -> None:
        """Takes down the request that was made of the messages.

        Args:
            request: The request.
        """
        self.url = redact_address(request.url, *request.secrets)
        self.headers = tuple(request.headers)
        self.body = request.body


class SentRequests:
    """The requests of several conversations, the oldest of which go when there are too many. All methods may be called
    from any thread.

    Args:
        most: How many are kept.
        size: How large they may be together, in bytes.
    """

    def __init__(self, most: int = MOST_REQUESTS, size: int = MOST_BYTES) -> None:
        self._most = most
        self._size = size
        self._kept: deque[tuple[object, SentRequest, int]] = deque()
        self._lock = threading.Lock()

    def note(self, conversation: object, request: SentRequest) -> None:
        """Keeps a request.

        Args:
            conversation: Where its turn belongs.
            request: The request.
        """
        weight = request.weight
        with self._lock:
            self._kept.append((conversation, request, weight))
            size = sum(weight for _, _, weight in self._kept)
            while self._kept and (len(self._kept) > self._most or size > self._size):
                size -= self._kept.popleft()[2]

    def of_turn(self, turn: str) -> tuple[SentRequest, ...]:
        """All that went out for one turn, in order: more than one where it was asked again.

        Args:
            turn: The turn's id.
        """
        with self._lock:
            return tuple(request for _, request, _ in self._kept if request.turn == turn)

    def latest(self, conversation: object) -> tuple[SentRequest, ...]:
        """All that went out when a conversation was asked last, also where no answer came.

        Args:
            conversation: The conversation.
        """
        with self._lock:
            turns = [request.turn for one, request, _ in self._kept if one is conversation]
        return self.of_turn(turns[-1]) if turns else ()

    def forget(self, conversation: object) -> None:
        """Forgets what went out for a conversation.

        Args:
            conversation: The conversation.
        """
        with self._lock:
            self._kept = deque(kept for kept in self._kept if kept[0] is not conversation)
